"""初评汇总表 for the county's signatures, and 评委评分表 for a judge's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage, Star
from ratings.judging.sheets import label_of, own_rows
from ratings.models import Assessment, JudgeSheet, Scheme
from ratings.results import Evaluation, county_points, evaluate, own_points, total_gap
from ratings.rounding import plain, round2, show
from ratings.rules import format_answers
from ratings.scoring import Blocked, Entry, ItemOutcome, asked_part, entry_from_json, system_part
from ratings.scoring.totals import Totals, add_up
from ratings.workflow import figures_of, owed_codes, scheme_spec
from schools.models import Region

from .papers import RatingPaper, about


@dataclass(frozen=True)
class CountyLine:
    """One school of the county; figures are "—" until its 初评 is complete."""

    school: str
    points: tuple[str, ...]
    bonus: str
    total: str
    gap: str
    star: str
    opinion: str


@dataclass(frozen=True, kw_only=True)
class CountyPaper(RatingPaper):
    columns: tuple[tuple[str, str], ...]
    lines: tuple[CountyLine, ...]

    template: ClassVar[str] = "documents/papers/county.html"

    @property
    def title(self) -> str:
        return f"{self.year}年度{self.county}镇街党校星级评定初评汇总表"


@dataclass(frozen=True)
class JudgeRow:
    """One item of a judge's sheet; `answers` and `points` are empty on a blank form."""

    item: str
    full: str
    standard: str
    words: tuple[str, ...]
    system: str
    answers: str
    points: str


@dataclass(frozen=True, kw_only=True)
class JudgePaper(RatingPaper):
    """评委评分表 of one judge at one school; blank to be filled in by hand, or with what this judge wrote."""

    judge: str
    rows: tuple[JudgeRow, ...]
    blank: bool

    template: ClassVar[str] = "documents/papers/judge.html"
    name: ClassVar[str] = "星级评定评委评分表"


def county_paper(scheme: Scheme, county: Region, rows: Sequence[Assessment]) -> CountyPaper:
    """The 初评 of these schools of the county; what the city scored has no part in it."""
    evaluation = evaluate(scheme, assessments=rows, with_self=True)
    spec = evaluation.spec
    return CountyPaper(
        **about(spec),
        county=county.name,
        columns=tuple((category.name, plain(spec.category_points[category.code])) for category in spec.scored_categories),
        lines=tuple(_county_line(evaluation, row) for row in rows),
    )


def _county_line(evaluation: Evaluation, row: Assessment) -> CountyLine:
    key, spec = str(row.pk), evaluation.spec
    totals = _county_totals(evaluation, key)
    gaps = [_gap(evaluation, key, bound) for bound in spec.bound.values()]
    difference = total_gap(gaps) if totals else None
    return CountyLine(
        school=row.school.name,
        points=tuple(show(totals.categories[one.code]) if totals else "—" for one in spec.scored_categories),
        bonus=show(totals.bonus) if totals else "—",
        total=show(totals.total) if totals else "—",
        gap="—" if difference is None else f"{'−' if difference < 0 else ''}{show(abs(difference))}",
        star="—" if row.suggested_star is None else Star(row.suggested_star).label,
        opinion=row.county_opinion,
    )


def _county_totals(evaluation: Evaluation, key: str) -> Totals | None:
    """Totals of the 初评 alone, by the same sums as the final ones; None while an item is not scored."""
    items = {}
    for code, bound in evaluation.spec.bound.items():
        points, entry = county_points(evaluation, key, bound), evaluation.inputs[key].county.get(code)
        if points is None and not (entry is not None and entry.not_applicable):
            return None
        items[code] = ItemOutcome(code, None if points is None else round2(points), Fraction(0), adjusted=False, steps=())
    try:
        return add_up(evaluation.spec, items)
    except Blocked:
        return None


def _gap(evaluation: Evaluation, key: str, bound: BoundItem) -> Fraction | None:
    own, county = own_points(evaluation, key, bound), county_points(evaluation, key, bound)
    return None if own is None or county is None else county - own


def judge_paper(sheet: JudgeSheet, *, filled: bool) -> JudgePaper:
    """The items this sheet owes, with the system part that is the same for every judge; `filled` adds what was written."""
    assessment = sheet.assessment
    spec, figures = scheme_spec(assessment.scheme), figures_of(assessment)
    adjusted = _adjusted(assessment)
    written = dict(own_rows(sheet).filter(answers__isnull=False).values_list("item__code", "answers")) if filled else {}
    rows = []
    for code in owed_codes(spec, Stage.CITY, visited=assessment.visited):
        entry = entry_from_json(written[code]) if code in written else None
        rows.append(_judge_row(spec, spec.bound[code], figures, adjusted.get(code), entry))
    return JudgePaper(
        **about(spec, assessment.school),
        judge=label_of(sheet.judge),
        rows=tuple(rows),
        blank=not filled,
    )


def _adjusted(assessment: Assessment) -> dict[str, Fraction]:
    """核定 by item; the city's takes the place of the county's."""
    rows = assessment.adjustments.values_list("item__code", "stage", "points")
    return {code: Fraction(points) for code, _, points in sorted(rows, key=lambda row: row[1] == Stage.CITY)}


def _judge_row(spec: SchemeSpec, bound: BoundItem, figures, adjusted: Fraction | None, entry: Entry | None) -> JudgeRow:
    system = adjusted if adjusted is not None else _system(spec, bound, figures)
    return JudgeRow(
        item=f"{bound.item.code} {bound.item.name}",
        full=plain(bound.item.points),
        standard=bound.item.standard,
        words=spec.words[bound.item.code],
        system=show(system) if system is not None and bound.system_parts else "",
        answers=_said(bound, entry),
        points=_points(spec, bound, figures, system, entry),
    )


def _system(spec: SchemeSpec, bound: BoundItem, figures) -> Fraction | None:
    try:
        return system_part(spec, bound, figures)[0]
    except Blocked:
        return None


def _said(bound: BoundItem, entry: Entry | None) -> str:
    if entry is None:
        return ""
    if entry.not_applicable:
        return "不适用"
    return "按得分录入" if entry.answers is None else format_answers(entry.answers, bound.asked)


def _points(spec: SchemeSpec, bound: BoundItem, figures, system: Fraction | None, entry: Entry | None) -> str:
    if entry is None or entry.not_applicable or system is None:
        return ""
    try:
        points = system + asked_part(spec, bound, figures, entry, Stage.CITY)
    except Blocked:
        return ""
    return show(min(max(points, Fraction(0)), bound.item.points))
