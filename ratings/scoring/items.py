"""The final points of one item of one school: its stages, weighted, rounded once."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rules.rounding import round2, show, show_rate

from . import panel
from .inputs import Blocked, Problem, SchoolInput, Sheet
from .stage import points_from, system_part


@dataclass(frozen=True)
class ItemOutcome:
    """Final points of an item and how they came about; `points` is None where the item does not apply.

    `system` is the computed part before any Adjustment; `steps` are sentences about figures, never single
    judges.
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


def score_item(
    spec: SchemeSpec, bound: BoundItem, school: SchoolInput, sheets: tuple[Sheet, ...]
) -> ItemOutcome:
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
    final = (
        None
        if True in not_applicable
        else round2(sum((score.points * weight for score, weight in counted), Fraction(0)))
    )
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
    return [
        " + ".join(f"{show(score.points)} × {show_rate(weight)}" for score, weight in counted)
        + f" = {show(total)} 分"
    ]


def _county(spec: SchemeSpec, bound: BoundItem, school: SchoolInput, base: Fraction) -> StageScore:
    code, entry = bound.item.code, school.county.get(bound.item.code)
    if bound.owed_by_reviewers and entry is None:
        raise Blocked(Problem(f"{code} 缺初评评分", code, Stage.COUNTY))
    points = points_from(spec, bound, school.metrics, base, entry, Stage.COUNTY)
    if not bound.owed_by_reviewers:
        return StageScore(points, _adjusted_note(school, Stage.COUNTY, code))
    if points is None:
        return StageScore(None, "初评认定不适用")
    return StageScore(points, f"初评 {show(points)} 分{_adjusted_note(school, Stage.COUNTY, code, '，')}")


def _city(
    spec: SchemeSpec,
    bound: BoundItem,
    school: SchoolInput,
    base: Fraction,
    sheets: tuple[Sheet, ...],
    county: StageScore | None,
) -> StageScore:
    code = bound.item.code
    if not bound.owed_by_reviewers:
        points = points_from(spec, bound, school.metrics, base, None, Stage.CITY)
        return StageScore(points, _adjusted_note(school, Stage.CITY, code))
    if not sheets:
        if county is None:
            raise Blocked(Problem(f"{code} 是现场项，本校未走访，又没有初评可沿用", code, Stage.CITY))
        return StageScore(county.points, "未实地走访，沿用初评")
    entries = [(sheet.judge, sheet.entries.get(code)) for sheet in sheets]
    missing = [judge for judge, entry in entries if entry is None]
    if missing:
        raise Blocked(
            Problem(f"{code} 缺评审评分：{'、'.join(judge or '合议' for judge in missing)}", code, Stage.CITY)
        )
    not_applicable = {entry.not_applicable for _, entry in entries}
    if len(not_applicable) == 2:
        raise Blocked(Problem(f"{code} 评委对是否适用不一致", code, Stage.CITY))
    if True in not_applicable:
        return StageScore(None, "评审认定不适用")
    points = [points_from(spec, bound, school.metrics, base, entry, Stage.CITY) for _, entry in entries]
    combined = panel.aggregate(points, spec.aggregation)
    note = f"评审 {show(combined)} 分（{panel.in_words(spec.aggregation, len(points))}）"
    return StageScore(combined, note + _adjusted_note(school, Stage.CITY, code, "，"))


def _adjusted_note(school: SchoolInput, stage: str, code: str, lead: str = "") -> str:
    points = school.adjustments.get((stage, code))
    return "" if points is None else f"{lead}{Stage(stage).label}核定系统取数部分为 {show(points)} 分"
