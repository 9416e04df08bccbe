"""A city and year already in the database: refused, or cleared when it came from workbooks and --replace was
said.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone

from ratings import models
from ratings.criteria.kinds import to_decimal
from ratings.enums import Status
from ratings.models import (
    Adjustment,
    Assessment,
    Item,
    Judge,
    MetricSnapshot,
    Move,
    Restriction,
    RestrictionCase,
    Scheme,
    Score,
)
from ratings.rules.rounding import rounded
from ratings.scoring import entry_to_json
from schools import audit
from schools.models import MetricValue, Region, School
from schools.saving import insert_many
from schools.workbooks import Problem, WorkbookError

from .folder import YearFolder, canonical_reference
from .judging import SchoolYear

#: How tables hang on the scheme; children before parents, because every foreign key protects.
HANGING = (
    ("scheme", (models.Result,)),
    (
        "assessment__scheme",
        (
            models.Motion,
            models.Decision,
            models.RestrictionCase,
            models.Score,
            models.Adjustment,
            models.MetricSnapshot,
        ),
    ),
    ("move__assessment__scheme", (models.ReturnedItem,)),
    ("sheet__assessment__scheme", (models.SheetConfirmation,)),
    ("assessment__scheme", (models.VoidedSheet,)),
    ("panel__scheme", (models.SeatChange,)),
    (
        "assessment__scheme",
        (
            models.Move,
            models.Extension,
            models.JudgeSheet,
            models.SignedPage,
            models.Evidence,
            models.Goal,
            models.Feedback,
            models.SiteVisit,
        ),
    ),
    (
        "scheme",
        (
            models.Assessment,
            models.Meeting,
            models.OpeningNotice,
            models.Panel,
            models.Judge,
            models.Bulletin,
            models.Item,
        ),
    ),
    ("category__scheme", (models.Division,)),
    (
        "scheme",
        (
            models.Category,
            models.CustomMetric,
            models.StarBand,
            models.Restriction,
            models.ChangeNote,
            models.AcknowledgedWarning,
            models.OpeningProposal,
            models.Erratum,
            models.SchemeVersion,
        ),
    ),
)
ROWS = [(model, path) for path, tables in HANGING for model in tables]
IMPORTED_NOTE = "由工作簿导入"


def refuse_or_clear(city: Region, year: int, workbook: str, *, replace: bool) -> None:
    """Make room for a year. Raises WorkbookError where it exists and may not be replaced.

    A year made or published in the application is never replaced. The audit chain keeps what was cleared.
    """
    existing = Scheme.objects.filter(city=city, year=year).first()
    if existing is None:
        return
    refusal = ""
    if not existing.imported:
        refusal = f"{city} {year} 年度已在系统中开展评定，不能用工作簿替换"
    elif not replace:
        refusal = f"{city} {year} 年度已经导入过，如确需重新导入请加 --replace"
    if refusal:
        raise WorkbookError([Problem(workbook, "方案", None, "年度", refusal)])
    version = existing.versions.order_by("-number").first()
    detail = {"原版本": version.digest if version else ""}
    audit.record("replace_year", by=None, city=city, subject=str(existing), detail=detail)
    for model, path in ROWS:
        model.objects.filter(**{path: existing}).delete()
    existing.delete()


def store_year(scheme: Scheme, year: YearFolder, schools: list[SchoolYear], rows: dict[str, School]) -> None:
    """Write everything a year rests on, each table with one statement."""
    at = timezone.now()
    statuses = {school.code: Status.CITY if school.input.submitted else Status.LAPSED for school in schools}
    insert_many(
        [Assessment(school=rows[code], scheme=scheme, status=status) for code, status in statuses.items()]
    )
    assessments = {
        code: pk for pk, code in Assessment.objects.filter(scheme=scheme).values_list("pk", "school__code")
    }
    insert_many(
        [
            Move(
                assessment_id=assessments[code],
                step="lapse" if status == Status.LAPSED else "run_year",
                from_status=Status.DRAFT,
                to_status=status,
                comment=IMPORTED_NOTE,
                at=at,
            )
            for code, status in statuses.items()
        ]
    )
    insert_many([_snapshot(assessments[school.code], school, year, at) for school in schools])
    _store_imported(scheme, year, rows, at)
    _store_scores(scheme, schools, assessments)
    _store_judgements(scheme, year, schools, assessments, at)


def _snapshot(assessment: int, school: SchoolYear, year: YearFolder, at: datetime) -> MetricSnapshot:
    return MetricSnapshot(
        assessment_id=assessment,
        moment=MetricSnapshot.Moment.FINAL,
        values={name: None if value is None else str(value) for name, value in school.metrics.items()},
        sources=dict.fromkeys(year.metrics.get(school.code, {}), "导入"),
        taken_at=at,
    )


def _store_imported(scheme: Scheme, year: YearFolder, rows: dict[str, School], at: datetime) -> None:
    """Imported figures stay with the school for that year; a second run of the year takes the place of the
    first.
    """
    MetricValue.objects.filter(
        school__city=scheme.city, school__in=list(rows.values()), year=scheme.year
    ).delete()
    insert_many(
        [
            MetricValue(
                school=rows[code],
                year=scheme.year,
                reference=canonical_reference(reference),
                value=to_decimal(value),
                note=IMPORTED_NOTE,
                recorded_at=at,
            )
            for code, values in year.metrics.items()
            for reference, value in values.items()
        ]
    )


def _store_scores(scheme: Scheme, schools: list[SchoolYear], assessments: dict[str, int]) -> None:
    items = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    labels = sorted({judge for school in schools for judge in school.judged.city if judge})
    insert_many([Judge(scheme=scheme, label=label) for label in labels])
    judges = dict(Judge.objects.filter(scheme=scheme).values_list("label", "pk"))
    insert_many(
        [
            Score(
                assessment_id=assessments[school.code],
                item_id=items[row.item],
                stage=row.stage,
                judge_id=judges.get(row.judge),
                answers=entry_to_json(entry),
                points=_shown(school.judged.asked_points.get((row.stage, row.judge, row.item))),
                remark=row.remark,
            )
            for school in schools
            for entry, row in school.judged.all_entries()
        ]
    )


def _shown(points: Fraction | None) -> Decimal | None:
    """For display only, so rounded; scoring starts from the answers."""
    return None if points is None else rounded(points)


def _store_judgements(
    scheme: Scheme,
    year: YearFolder,
    schools: list[SchoolYear],
    assessments: dict[str, int],
    at: datetime,
) -> None:
    """核定 with the figures that were seen, and what people found; cases that a condition proposed are part
    of the trace.
    """
    items = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    insert_many(
        [
            Adjustment(
                assessment_id=assessments[school.code],
                item_id=items[code],
                stage=stage,
                points=row.points,
                reason=row.remark,
                metric_values={
                    name: str(school.metrics[name]) for name in sorted(year.spec.bound[code].references)
                },
                by_label=row.judge,
                at=at,
            )
            for school in schools
            for (stage, code), row in school.judged.adjustments.items()
        ]
    )
    restrictions = {entry.code: entry for entry in Restriction.objects.filter(scheme=scheme)}
    insert_many(
        [
            RestrictionCase(
                assessment_id=assessments[case.school],
                restriction=restrictions[case.restriction],
                basis=case.basis,
                at=at,
            )
            for case in year.cases
        ]
    )
