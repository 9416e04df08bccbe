"""One item of one school: system part, asked part, stages, weights, one rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rounding import round2, show, show_rate
from ratings.rules import Unresolved, evaluate_part

from . import panel
from .inputs import Blocked, Entry, Problem, SchoolInput, Sheet


@dataclass(frozen=True)
class ItemOutcome:
    """Final points of an item and how they came about; `points` is None where the item does not apply.

    `system` is the computed part before any Adjustment; `steps` are sentences about figures, never single judges.
    """

    code: str
    points: Fraction | None
    system: Fraction
    adjusted: bool
    steps: tuple[str, ...]
    county: Fraction | None = None
    city: Fraction | None = None


@dataclass(frozen=True)
class StageScore:
    """What one stage makes of an item, not rounded; `asked` of the city is already aggregated."""

    points: Fraction | None
    note: str


def system_part(spec: SchemeSpec, bound: BoundItem, metrics: Mapping[str, Fraction | None]) -> tuple[Fraction, tuple[str, ...]]:
    """Sum of the wholly computed parts and their sentences; raises Blocked where a figure is not known."""

    def compute() -> tuple[Fraction, tuple[str, ...]]:
        results = [_evaluate(spec, bound, index, metrics, {}, frozenset()) for index in bound.system_parts]
        return sum((result.points for result in results), Fraction(0)), tuple(step.text for result in results for step in result.steps)

    return bound.remember(("system", bound.figures(bound.system_parts, metrics)), compute)


def asked_part(spec: SchemeSpec, bound: BoundItem, metrics: Mapping[str, Fraction | None], entry: Entry, stage: str) -> Fraction:
    """Points of the asked parts of one entry; raises Blocked where an answer is missing."""
    if entry.answers is None:
        if entry.total is None or entry.system is None:
            raise Blocked(Problem(f"{bound.item.code} 尚未评分", bound.item.code, stage))
        return entry.total - entry.system
    excluded, answers = bound.excluded(stage), entry.answers

    def compute() -> Fraction:
        parts = (_evaluate(spec, bound, index, metrics, answers, excluded) for index in bound.asked_parts)
        return sum((part.points for part in parts), Fraction(0))

    said = tuple(answers.get(question.name) for question in bound.asked)
    return bound.remember(("asked", bound.figures(bound.asked_parts, metrics), said, bool(excluded)), compute)


def score_item(spec: SchemeSpec, bound: BoundItem, school: SchoolInput, sheets: tuple[Sheet, ...]) -> ItemOutcome:
    """Final points of one item: stages weighted, rounded once to two decimals, between 0 and 分值.

    `sheets` are the city sheets that owe this item; empty for an 现场 item of a school that was not visited.
    """
    system, steps = system_part(spec, bound, school.metrics)
    code = bound.item.code
    county_base = school.adjustments.get((Stage.COUNTY, code), system)
    city_base = school.adjustments.get((Stage.CITY, code), county_base)
    county = _county(spec, bound, school, county_base) if spec.has_county_stage else None
    city = _city(spec, bound, school, city_base, sheets, county)
    stages = [(county, spec.county_weight), (city, spec.city_weight)] if county else [(city, Fraction(1))]
    counted = [(score, weight) for score, weight in stages if weight]
    not_applicable = {score.points is None for score, _ in counted}
    if len(not_applicable) == 2:
        raise Blocked(Problem(f"{code} 初评与评审对是否适用不一致", code))
    notes = [*steps, *(score.note for score, _ in counted if score.note), *_weighing(counted)]
    final = None if True in not_applicable else round2(sum((score.points * weight for score, weight in counted), Fraction(0)))
    return ItemOutcome(
        code=code,
        points=final,
        system=system,
        adjusted=(Stage.COUNTY, code) in school.adjustments or (Stage.CITY, code) in school.adjustments,
        steps=tuple(notes),
        county=county.points if county else None,
        city=city.points,
    )


def _weighing(counted: list[tuple[StageScore, Fraction]]) -> list[str]:
    """How two stages became one figure, told only where they differ."""
    if len({score.points for score, _ in counted}) < 2:
        return []
    total = sum((score.points * weight for score, weight in counted), Fraction(0))
    return [" + ".join(f"{show(score.points)} × {show_rate(weight)}" for score, weight in counted) + f" = {show(total)} 分"]


def _county(spec: SchemeSpec, bound: BoundItem, school: SchoolInput, base: Fraction) -> StageScore:
    code = bound.item.code
    if not bound.owed_by_reviewers:
        return StageScore(_within(base, bound), _adjusted_note(school, Stage.COUNTY, code))
    entry = school.county.get(code)
    if entry is None:
        raise Blocked(Problem(f"{code} 缺初评评分", code, Stage.COUNTY))
    if entry.not_applicable:
        return StageScore(None, "初评认定不适用")
    points = _within(base + asked_part(spec, bound, school.metrics, entry, Stage.COUNTY), bound)
    return StageScore(points, f"初评 {show(points)} 分{_adjusted_note(school, Stage.COUNTY, code, '，')}")


def _city(
    spec: SchemeSpec, bound: BoundItem, school: SchoolInput, base: Fraction, sheets: tuple[Sheet, ...], county: StageScore | None
) -> StageScore:
    code = bound.item.code
    if not bound.owed_by_reviewers:
        return StageScore(_within(base, bound), _adjusted_note(school, Stage.CITY, code))
    if not sheets:
        if county is None:
            raise Blocked(Problem(f"{code} 是现场项，本校未走访，又没有初评可沿用", code, Stage.CITY))
        return StageScore(county.points, "未实地走访，沿用初评")
    entries = [(sheet.judge, sheet.entries.get(code)) for sheet in sheets]
    missing = [judge for judge, entry in entries if entry is None]
    if missing:
        raise Blocked(Problem(f"{code} 缺评审评分：{'、'.join(judge or '合议' for judge in missing)}", code, Stage.CITY))
    not_applicable = {entry.not_applicable for _, entry in entries}
    if len(not_applicable) == 2:
        raise Blocked(Problem(f"{code} 评委对是否适用不一致", code, Stage.CITY))
    if True in not_applicable:
        return StageScore(None, "评审认定不适用")
    points = [_within(base + asked_part(spec, bound, school.metrics, entry, Stage.CITY), bound) for _, entry in entries]
    combined = panel.aggregate(points, spec.aggregation)
    note = f"评审 {show(combined)} 分（{panel.in_words(spec.aggregation, len(points))}）"
    return StageScore(combined, note + _adjusted_note(school, Stage.CITY, code, "，"))


def _evaluate(spec, bound: BoundItem, index: int, metrics, answers, excluded):
    try:
        part = bound.item.rule.parts[index]
        return evaluate_part(part, spec.vocabulary, metrics, answers, item_points=bound.item.points, excluded=excluded)
    except Unresolved as gap:
        raise Blocked(Problem(f"{bound.item.code} {gap}", bound.item.code)) from gap


def _within(points: Fraction, bound: BoundItem) -> Fraction:
    return min(max(points, Fraction(0)), bound.item.points)


def _adjusted_note(school: SchoolInput, stage: str, code: str, lead: str = "") -> str:
    points = school.adjustments.get((stage, code))
    return "" if points is None else f"{lead}{Stage(stage).label}核定系统取数部分为 {show(points)} 分"
