"""The whole year headless: workbooks in, one published year in the database, results and bulletin out.

For history, for deliberation off line, and for checking: every page of the application shows the same year
afterwards, scored by the same functions. All or nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from ratings.committee.settling import accept_computed, settle
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Phase, Trigger
from ratings.models import Scheme
from ratings.publication.bulletin import BULLETIN, publish
from ratings.scoring import SchoolInput, score_all
from ratings.sheets.evaluation import evaluate
from schools import audit
from schools.importing.schools import ensure_city, upsert_schools
from schools.metrics import figures
from schools.models import School, TrainingClass
from schools.workbooks import Problem, WorkbookError

from .folder import METRICS, SCORES, YearFolder, read_folder
from .judging import Judged, judge_rows
from .storing import refuse_or_clear, store_year
from .tables import incomplete_self, owed_self_rows, rows_by_school

#: Called at the start of each step with its number, from 1, and its name.
Progress = Callable[[int, str], None]
STEPS = ("读取工作簿", "核对评分", "写入数据库", "计分审定", "生成通报")


@dataclass
class SchoolYear:
    """One school of the folder with everything that was judged about it."""

    code: str
    name: str
    metrics: Mapping[str, Fraction | None]
    judged: Judged
    input: SchoolInput


@dataclass
class YearRun:
    scheme: Scheme
    spec: SchemeSpec
    warnings: list[str]


def run_year(
    scheme: Path,
    folder: Path,
    *,
    replace: bool = False,
    by=None,
    issue: bool = True,
    progress: Progress = lambda number, name: None,
) -> YearRun:
    """Read, check, score, settle and publish one year.

    With `issue` off the year stops at 已审定 with a bulletin draft that the office edits and publishes in the
    browser. Raises WorkbookError with every wrong row of every workbook; then nothing was written.
    """
    progress(*_step(0))
    year = read_folder(scheme, folder)
    progress(*_step(1))
    return enter_year(year, judge_year(year), replace=replace, by=by, issue=issue, progress=progress)


def enter_year(
    year: YearFolder,
    schools: list[SchoolYear],
    *,
    replace: bool = False,
    by=None,
    issue: bool = True,
    progress: Progress = lambda number, name: None,
) -> YearRun:
    """What follows reading and judging: write the year, score and settle it, and with `issue` publish it."""
    with transaction.atomic():
        progress(*_step(2))
        city = ensure_city(year.spec.city)
        refuse_or_clear(city, year.spec.year, year.source.name, replace=replace)
        rows = upsert_schools(city, year.schools)
        stored = create_scheme(year.spec, city=city, imported=True)
        freeze(stored, reason="由工作簿导入", by=by, spec=year.spec)
        Scheme.objects.filter(pk=stored.pk).update(phase=Phase.SCORING)
        stored.refresh_from_db()
        store_year(stored, year, schools, {school.code: school for school in rows}, by=by)
        progress(*_step(3))
        evaluation = evaluate(stored)
        accept_computed(evaluation, by=by)
        settle(evaluation, by=by)
        detail = {"学校": len(schools), "版本": evaluation.version.digest}
        audit.record("run_year", by=by, city=city, subject=str(stored), detail=detail)
        BULLETIN.draft(stored, issued_on=timezone.localdate())
        if issue:
            progress(*_step(4))
            publish(stored, by=by, check_text=False)
    stored.refresh_from_db()
    return YearRun(stored, year.spec, year.warnings)


def _step(index: int) -> tuple[int, str]:
    return index + 1, STEPS[index]


def judge_year(year: YearFolder) -> list[SchoolYear]:
    """Judge every row and score every school before anything is written; raises WorkbookError with all that
    is wrong.
    """
    problems: list[Problem] = []
    recorded = _recorded_figures(year)
    by_school, cases = rows_by_school(year.scores), defaultdict(set)
    for case in year.cases:
        cases[case.school].add(case.restriction)
    collected = next((row.row.table.problems for row in year.scores), None)
    schools = []
    for school in year.schools:
        rows = by_school.get(school.code, [])
        metrics = (
            dict.fromkeys(year.spec.references)
            | recorded.get(school.code, {})
            | year.metrics.get(school.code, {})
        )
        submitted = _submitted(year.spec, rows, cases[school.code])
        judged = judge_rows(year.spec, rows, metrics, year.warnings)
        problems += [_missing(school.name, f"自评缺 {code}") for code in incomplete_self(year.spec, rows)]
        entry = judged.school_input(school.code, metrics, frozenset(cases[school.code]), submitted=submitted)
        schools.append(SchoolYear(school.code, school.name, metrics, judged, entry))
    if collected:
        problems = list(collected) + problems
    gaps = {school.code: _gaps(year.spec, school) for school in schools}
    problems += [
        Problem(METRICS, "", None, None, f"{school.name}：缺指标“{reference}”的数值")
        for school in schools
        for reference in gaps[school.code]
    ]
    wrong = {(row.school, row.item) for row in _wrong_rows(year)}
    wrong |= {
        (code, item)
        for code, missing in gaps.items()
        for item, bound in year.spec.bound.items()
        if bound.references & missing
    }
    problems += _unscored(year, schools, wrong)
    if problems:
        raise WorkbookError(problems)
    return schools


def _submitted(spec: SchemeSpec, rows, cases: set[str]) -> bool:
    """A school submitted unless it owes a self-assessment and gave no row of one, or a person recorded that
    it did not.
    """
    recorded = {entry.code for entry in spec.restrictions if entry.trigger == Trigger.NO_SUBMISSION} & cases
    return not recorded and (not owed_self_rows(spec) or any(row.stage == "self" for row in rows))


def _gaps(spec: SchemeSpec, school: SchoolYear) -> set[str]:
    """Figures a rated school lacks; a school that handed in nothing and was not scored needs none."""
    rated = school.input.submitted or school.input.has_reviews
    return {reference for reference in spec.references if rated and school.metrics[reference] is None}


def _wrong_rows(year: YearFolder):
    numbers = {problem.row for problem in (year.scores[0].row.table.problems if year.scores else ())}
    return [row for row in year.scores if row.row.number in numbers]


def _unscored(year: YearFolder, schools: list[SchoolYear], wrong: set[tuple[str, str]]) -> list[Problem]:
    """What a stage owes and does not have, school by school; rows already reported as wrong are not reported
    again.
    """
    names = {school.code: school.name for school in schools}
    outcomes = score_all(year.spec, [school.input for school in schools])
    return [
        _missing(names[code], problem.text)
        for code, outcome in outcomes.items()
        for problem in outcome.problems
        if (code, problem.code) not in wrong
    ]


def _missing(school: str, text: str) -> Problem:
    return Problem(SCORES, "", None, None, f"{school}：{text}")


def _recorded_figures(year: YearFolder) -> dict[str, dict[str, Fraction | None]]:
    """Figures computed from the application's own records, for schools that registered classes in the period.

    A school without any class record is left to metrics.xlsx: counting its classes would make silent zeros.
    """
    spec = year.spec
    kept = TrainingClass.objects.kept().filter(starts_on__range=(spec.period_start, spec.period_end))
    recorded = School.objects.filter(
        city__name=spec.city, code__in=[school.code for school in year.schools], pk__in=kept.values("school")
    )
    registry = [
        reference
        for reference in spec.references
        if reference.split("[")[0] not in {m.label for m in spec.custom_metrics}
    ]
    found = figures(registry, schools=recorded, year=spec.year, start=spec.period_start, end=spec.period_end)
    codes = dict(recorded.values_list("pk", "code"))
    return {
        codes[pk]: {reference: figure.value for reference, figure in values.items()}
        for pk, values in found.items()
    }
