"""A city and year already in the database: refused, or cleared when it came from workbooks and --replace was
said.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

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
from ratings.scoring import Entry, entry_to_json
from schools import audit
from schools.models import MetricValue, Region, School
from schools.saving import insert_many
from schools.workbooks import Problem, WorkbookError

from .folder import YearFolder
from .tables import ScoreRow, canonical_reference

#: How each table hangs on the scheme; children before parents, because every foreign key protects.
ROWS = (
    (models.Result, "scheme"),
    (models.Decision, "assessment__scheme"),
    (models.RestrictionCase, "assessment__scheme"),
    (models.Score, "assessment__scheme"),
    (models.Adjustment, "assessment__scheme"),
    (models.MetricSnapshot, "assessment__scheme"),
    (models.ReturnedItem, "move__assessment__scheme"),
    (models.Move, "assessment__scheme"),
    (models.Extension, "assessment__scheme"),
    (models.JudgeSheet, "assessment__scheme"),
    (models.SignedPage, "assessment__scheme"),
    (models.Evidence, "assessment__scheme"),
    (models.Goal, "assessment__scheme"),
    (models.Feedback, "assessment__scheme"),
    (models.Assessment, "scheme"),
    (models.OpeningNotice, "scheme"),
    (models.Panel, "scheme"),
    (models.Judge, "scheme"),
    (models.Bulletin, "scheme"),
    (models.Item, "scheme"),
    (models.Division, "category__scheme"),
    (models.Category, "scheme"),
    (models.CustomMetric, "scheme"),
    (models.StarBand, "scheme"),
    (models.Restriction, "scheme"),
    (models.ChangeNote, "scheme"),
    (models.AcknowledgedWarning, "scheme"),
    (models.OpeningProposal, "scheme"),
    (models.Erratum, "scheme"),
    (models.SchemeVersion, "scheme"),
)


def refuse_or_clear(city: Region, year: int, workbook: str, *, replace: bool) -> None:
    """Make room for a year. Raises WorkbookError where it exists and may not be replaced.

    A year made or published in the application is never replaced. The audit chain keeps what was cleared.
    """
    existing = Scheme.objects.filter(city=city, year=year).first()
    if existing is None:
        return
    if not existing.imported:
        raise _refused(workbook, f"{city} {year} 年度已在系统中开展评定，不能用工作簿替换")
    if not replace:
        raise _refused(workbook, f"{city} {year} 年度已经导入过，如确需重新导入请加 --replace")
    version = existing.versions.order_by("-number").first()
    audit.record(
        "replace_year",
        by=None,
        city=city,
        subject=str(existing),
        detail={"原版本": version.digest if version else ""},
    )
    for model, path in ROWS:
        model.objects.filter(**{path: existing}).delete()
    existing.delete()


def _refused(workbook: str, reason: str) -> WorkbookError:
    return WorkbookError([Problem(workbook, "方案", None, "年度", reason)])


#: Cases that a condition proposed are part of the trace; only people's findings are rows.
IMPORTED_NOTE = "由工作簿导入"


def store_year(scheme: Scheme, year: YearFolder, schools: list, rows: dict[str, School], *, by) -> None:
    """Write everything a year rests on, each table with one statement; `schools` are judged SchoolYears by
    file order.
    """
    at = timezone.now()
    status = {school.code: Status.CITY if school.input.submitted else Status.LAPSED for school in schools}
    insert_many(
        [
            Assessment(school=rows[school.code], scheme=scheme, status=status[school.code])
            for school in schools
        ]
    )
    assessments = {
        code: pk for pk, code in Assessment.objects.filter(scheme=scheme).values_list("pk", "school__code")
    }
    insert_many([_move(assessments[code], after, by, at) for code, after in status.items()])
    insert_many([_snapshot(assessments[school.code], school, year, at) for school in schools])
    _store_imported(scheme, year, rows, by, at)
    _store_scores(scheme, year, schools, assessments, by, at)
    restrictions = {entry.code: entry for entry in Restriction.objects.filter(scheme=scheme)}
    insert_many(
        [
            RestrictionCase(
                assessment_id=assessments[case.school],
                restriction=restrictions[case.restriction],
                basis=case.basis,
                by=by,
                at=at,
            )
            for case in year.cases
        ]
    )


def _move(assessment: int, after: str, by, at) -> Move:
    step = "lapse" if after == Status.LAPSED else "run_year"
    return Move(
        assessment_id=assessment,
        step=step,
        from_status=Status.DRAFT,
        to_status=after,
        by=by,
        at=at,
        comment=IMPORTED_NOTE,
    )


def _snapshot(assessment: int, school, year: YearFolder, at) -> MetricSnapshot:
    values = {reference: None if value is None else str(value) for reference, value in school.metrics.items()}
    imported = dict.fromkeys(year.metrics.get(school.code, {}), "导入")
    return MetricSnapshot(
        assessment_id=assessment,
        moment=MetricSnapshot.Moment.FINAL,
        values=values,
        sources=imported,
        taken_at=at,
    )


def _store_imported(scheme: Scheme, year: YearFolder, rows: dict[str, School], by, at) -> None:
    """Imported figures stay with the school for that year; a second run of the year takes the place of the
    first.
    """
    values = [
        (rows[code], reference, value)
        for code, found in year.metrics.items()
        for reference, value in found.items()
    ]
    MetricValue.objects.filter(
        school__city=scheme.city, school__in=list(rows.values()), year=scheme.year
    ).delete()
    insert_many(
        [
            MetricValue(
                school=school,
                year=scheme.year,
                reference=canonical_reference(reference),
                value=_exact(value),
                note=IMPORTED_NOTE,
                recorded_by=by,
                recorded_at=at,
            )
            for school, reference, value in values
        ]
    )


def _exact(value: Fraction) -> Decimal:
    return to_decimal(value)


def _store_scores(
    scheme: Scheme, year: YearFolder, schools: list, assessments: dict[str, int], by, at
) -> None:
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
            for entry, row in _entries(school.judged)
        ]
    )
    insert_many(
        [
            Adjustment(
                assessment_id=assessments[school.code],
                item_id=items[code],
                stage=stage,
                points=row.points,
                reason=row.remark,
                metric_values=_seen(school, year, code),
                by=by,
                by_label=row.judge,
                at=at,
            )
            for school in schools
            for (stage, code), row in school.judged.adjustments.items()
        ]
    )


def _entries(judged) -> Iterator[tuple[Entry, ScoreRow]]:
    yield from judged.self_entries.values()
    yield from judged.county.values()
    for sheet in judged.city.values():
        yield from sheet.values()


def _seen(school, year: YearFolder, code: str) -> dict[str, Any]:
    return {
        reference: str(school.metrics[reference]) for reference in sorted(year.spec.bound[code].references)
    }


def _shown(points: Fraction | None) -> Decimal | None:
    """For display only, so rounded; scoring starts from the answers."""
    return None if points is None else rounded(points)
