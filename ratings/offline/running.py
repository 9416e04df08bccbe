"""The whole year headless: workbooks in, one published year in the database, results and bulletin out.

For history, for deliberation off line, and for checking: every page of the application shows the same year
afterwards, scored by the same functions. All or nothing.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from ratings.committee.materials import results_sheet
from ratings.committee.settling import settle
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Phase, Stage, Star, Trigger
from ratings.models import Bulletin, Result, Scheme
from ratings.publication.bulletin import BULLETIN, publish
from ratings.scoring import Outcome, owed_codes, score_all
from ratings.sheets.evaluation import evaluate
from schools import audit
from schools.importing.schools import ensure_city, upsert_schools
from schools.metrics import figures
from schools.models import School, TrainingClass
from schools.workbooks import ColumnOut, Problem, SheetOut, WorkbookError, write_workbook
from schools.workbooks.printable import replacements_noted

from .decisions import store_decisions
from .folder import (
    METRICS,
    SCORES,
    ScoreRow,
    YearFolder,
    incomplete_self,
    read_folder,
)
from .judging import SchoolYear, judge_rows
from .storing import IMPORTED_NOTE, refuse_or_clear, store_year

#: Called at the start of each step with its number, from 1, and its name.
Progress = Callable[[int, str], None]
STEPS = ("读取工作簿", "核对评分", "写入数据库", "计分审定", "生成通报")


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
    issue: bool = True,
    progress: Progress = lambda number, name: None,
) -> YearRun:
    """Read, check, score, settle and publish one year.

    With `issue` off the year stops at 已审定 with a bulletin draft that the office edits and publishes in the
    browser. Raises WorkbookError with every wrong row of every workbook; then nothing was written.
    """
    progress(1, STEPS[0])
    with replacements_noted() as replaced:
        year = read_folder(scheme, folder)
    year.warnings.extend(replaced)
    progress(2, STEPS[1])
    return enter_year(year, judge_year(year), replace=replace, issue=issue, progress=progress)


def enter_year(
    year: YearFolder,
    schools: list[SchoolYear],
    *,
    replace: bool = False,
    issue: bool = True,
    progress: Progress = lambda number, name: None,
) -> YearRun:
    """What follows reading and judging: write the year, score and settle it, and with `issue` publish it;
    nobody is named for it.
    """
    with transaction.atomic():
        progress(3, STEPS[2])
        city = ensure_city(year.spec.city)
        refuse_or_clear(city, year.spec.year, year.source.name, replace=replace)
        rows = upsert_schools(city, year.schools)
        stored = create_scheme(year.spec, city=city, imported=True)
        freeze(stored, reason=IMPORTED_NOTE, spec=year.spec)
        Scheme.objects.filter(pk=stored.pk).update(phase=Phase.SCORING)
        stored.refresh_from_db()
        store_year(stored, year, schools, {school.code: school for school in rows})
        progress(4, STEPS[3])
        evaluation = evaluate(stored)
        store_decisions(evaluation, year.decisions)
        settle(evaluation, by=None)
        detail = {"学校": len(schools), "版本": evaluation.version.digest}
        audit.record("run_year", by=None, city=city, subject=str(stored), detail=detail)
        BULLETIN.draft(stored, issued_on=timezone.localdate())
        if issue:
            progress(5, STEPS[4])
            publish(stored, by=None, check_text=False)
    stored.refresh_from_db()
    return YearRun(stored, year.spec, year.warnings)


def judge_year(year: YearFolder) -> list[SchoolYear]:
    """Judge every row and score every school before anything is written; raises WorkbookError with all that
    is wrong.
    """
    recorded = _recorded_figures(year)
    rows, cases = defaultdict(list), defaultdict(set)
    for row in year.scores:
        rows[row.school].append(row)
    for case in year.cases:
        cases[case.school].add(case.restriction)
    schools = []
    for school in year.schools:
        code = school.code
        figures = dict.fromkeys(year.spec.references) | recorded.get(code, {}) | year.metrics.get(code, {})
        judged = judge_rows(year.spec, rows[code], figures, year.warnings)
        submitted = _submitted(year.spec, rows[code], cases[code])
        school_input = judged.school_input(code, frozenset(cases[code]), submitted=submitted)
        schools.append(SchoolYear(code, school.name, figures, judged, school_input))
    problems = list(_problems(year, schools, rows))
    if problems:
        raise WorkbookError(problems)
    return schools


def _problems(
    year: YearFolder, schools: list[SchoolYear], rows: Mapping[str, list[ScoreRow]]
) -> Iterator[Problem]:
    """What is wrong with rows, then what schools owe and do not have."""
    yield from year.wrong_scores
    for school in schools:
        for code in incomplete_self(year.spec, rows[school.code]):
            yield _missing(school, f"自评缺 {code}")
    for school in schools:
        for reference in _gaps(year.spec, school):
            yield Problem(METRICS, "", None, None, f"{school.name}：缺指标“{reference}”的数值")
    numbers = {problem.row for problem in year.wrong_scores}
    reported = {(row.school, row.item) for row in year.scores if row.row.number in numbers}
    outcomes = score_all(year.spec, [school.input for school in schools])
    for school in schools:
        yield from _unscored(year.spec, school, outcomes[school.code], reported)
    lapsed = {school.code for school in schools if not school.input.submitted}
    yield from year.decisions.problems(outcomes, lapsed)


def _unscored(
    spec: SchemeSpec, school: SchoolYear, outcome: Outcome, reported: set[tuple[str, str]]
) -> Iterator[Problem]:
    """What a stage owes and does not have, unless its row or a figure was reported already."""
    gaps = _gaps(spec, school)
    reported = reported | {
        (school.code, code) for code, bound in spec.bound.items() if bound.references & gaps
    }
    for problem in outcome.problems:
        if (school.code, problem.code) not in reported:
            way = "，请加一行核定（得分、说明）" if problem.undefined else ""
            yield _missing(school, problem.text + way)


def _submitted(spec: SchemeSpec, rows, cases: set[str]) -> bool:
    """A school submitted unless it owes a self-assessment and gave no row of one, or a person recorded that
    it did not.
    """
    recorded = {entry.code for entry in spec.restrictions if entry.trigger == Trigger.NO_SUBMISSION} & cases
    return not recorded and (not owed_codes(spec, Stage.SELF) or any(row.stage == Stage.SELF for row in rows))


def _gaps(spec: SchemeSpec, school: SchoolYear) -> set[str]:
    """Figures a rated school lacks; a school that handed in nothing and was not scored needs none."""
    rated = school.input.submitted or school.input.has_reviews
    return {reference for reference in spec.references if rated and school.metrics[reference] is None}


def _missing(school: SchoolYear, text: str) -> Problem:
    return Problem(SCORES, "", None, None, f"{school.name}：{text}")


def _recorded_figures(year: YearFolder) -> dict[str, dict[str, Fraction | None]]:
    """Figures computed from the application's own records, for schools that registered classes in the period.

    A school without any class record is left to metrics.xlsx: counting its classes would make silent zeros.
    """
    spec, own = year.spec, {metric.label for metric in year.spec.custom_metrics}
    kept = TrainingClass.objects.kept().filter(starts_on__range=(spec.period_start, spec.period_end))
    recorded = School.objects.filter(
        city__name=spec.city, code__in=[school.code for school in year.schools], pk__in=kept.values("school")
    )
    registry = [reference for reference in spec.references if reference.split("[")[0] not in own]
    found = figures(registry, schools=recorded, year=spec.year, start=spec.period_start, end=spec.period_end)
    return {
        code: {reference: figure.value for reference, figure in found[pk].items()}
        for pk, code in recorded.values_list("pk", "code")
    }


def write_year(scheme: Scheme, spec: SchemeSpec, folder: Path, warnings: list[str]) -> None:
    """Write results.xlsx, trace.json and bulletin.pdf from what was published, not from what was read."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = Result.objects.filter(scheme=scheme).select_related("assessment__decision")
    results = list(rows.order_by("order", "school_code"))
    write_workbook(
        folder / "results.xlsx",
        [results_sheet(spec, results), _counts_sheet(results), _warnings_sheet(warnings)],
    )
    trace = {
        "方案": scheme.name,
        "年度": scheme.year,
        "版本摘要": scheme.versions.latest("number").digest,
        "学校": [_traced(r) for r in results],
    }
    (folder / "trace.json").write_text(json.dumps(trace, ensure_ascii=False, indent=1), encoding="utf-8")
    with Bulletin.objects.get(scheme=scheme).pdf.open() as pdf:
        (folder / "bulletin.pdf").write_bytes(pdf.read())


def _counts_sheet(results: list[Result]) -> SheetOut:
    counts = Counter(result.star for result in results)
    rows = [[star.label, counts[star]] for star in sorted(Star, reverse=True) if counts[star]]
    return SheetOut("星级统计", [ColumnOut("星级"), ColumnOut("学校数", "int")], rows)


def _warnings_sheet(warnings: list[str]) -> SheetOut:
    return SheetOut("提示", [ColumnOut("提示", width=100)], [[warning] for warning in warnings] or [["无"]])


def _traced(result: Result) -> dict[str, Any]:
    return {
        "学校编码": result.school_code,
        "学校名称": result.school_name,
        "县（市、区）": result.county_name,
        "未申报": result.lapsed,
        "分项": result.figures,
        "限制性情形": result.restrictions,
        "计算星级": Star(result.computed_star).label,
        "星级": Star(result.star).label,
        "计算过程": result.trace,
        "离上一星级": result.next_star,
        "摘要": result.digest,
    }
