"""The final points of one item of one school: its stages, the sheets of the judges as one figure (评委汇总),
weighted, rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Aggregation, Stage
from ratings.rules.rounding import exact_sum, round2, show, show_rate

from .inputs import Blocked, Problem, SchoolInput, Sheet
from .stage import defined_system, points_from

#: Below this many complete sheets a panel is not valid (合议 excepted: one agreed sheet).
LEAST_SHEETS = 3
#: From this many sheets on one highest and one lowest are left out.
TRIM_FROM = 5


@dataclass(frozen=True)
class ItemOutcome:
    """Final points of an item and how they came about; `points` is None where the item does not apply.

    `system` is the computed part before any Adjustment, None where a rate in it divides by 0; `steps` are
    sentences about figures, never single judges.
    """

    code: str
    points: Fraction | None
    system: Fraction | None
    adjusted: bool
    steps: tuple[str, ...]
    city: Fraction | None = None


@dataclass(frozen=True)
class StageScore:
    """What one stage makes of an item, not rounded and of the city already aggregated; `note` is empty where
    only figures speak. `points` is None where the item does not apply.
    """

    points: Fraction | None
    note: str


def score_item(
    spec: SchemeSpec, bound: BoundItem, school: SchoolInput, sheets: tuple[Sheet, ...]
) -> ItemOutcome:
    """Final points of one item: stages weighted, rounded once to two decimals, between 0 and 分值.

    `sheets` are the city sheets that owe this item; empty for an 现场 item of a school that was not visited.
    """
    system, steps = defined_system(spec, bound, school.metrics)
    code = bound.item.code
    # Where the figures give nothing, what the city says stands for 初评 as well.
    found = school.adjustments.get((Stage.CITY, code)) if system is None else system
    county_base = school.adjustments.get((Stage.COUNTY, code), found)
    county = _county(spec, bound, school, county_base) if spec.has_county_stage else None
    city_base = school.adjustments.get((Stage.CITY, code), county_base)
    city = _city(spec, bound, school, city_base, sheets, county)
    stages = [(county, spec.county_weight), (city, spec.city_weight)] if county else [(city, Fraction(1))]
    points, notes = _weighed([(score, weight) for score, weight in stages if weight], code)
    if points is None and not bound.asked:
        notes = ["本项按方案不适用"]
    return ItemOutcome(
        code=code,
        points=points,
        system=system,
        adjusted=any((stage, code) in school.adjustments for stage in (Stage.COUNTY, Stage.CITY)),
        steps=(*steps, *notes),
        city=city.points,
    )


def _weighed(stages: list[tuple[StageScore, Fraction]], code: str) -> tuple[Fraction | None, list[str]]:
    """One figure from the stages that count, and how it came about; None where the item does not apply."""
    notes = [score.note for score, _ in stages if score.note]
    if _not_applicable(
        (score.points is None for score, _ in stages),
        Problem(f"{code} 初评与评审对是否适用不一致", code),
    ):
        return None, notes
    total = exact_sum(score.points * weight for score, weight in stages)
    if len({score.points for score, _ in stages}) > 1:
        weighed = " + ".join(f"{show(score.points)} × {show_rate(weight)}" for score, weight in stages)
        notes.append(f"{weighed} = {show(total)} 分")
    return round2(total), notes


def _not_applicable(said: Iterable[bool], problem: Problem) -> bool:
    """Whether all say that the item does not apply; blocks where only some do."""
    answers = set(said)
    if len(answers) == 2:
        raise Blocked(problem)
    return True in answers


def _county(spec: SchemeSpec, bound: BoundItem, school: SchoolInput, base: Fraction | None) -> StageScore:
    code, entry = bound.item.code, school.county.get(bound.item.code)
    if bound.owed_by_reviewers and entry is None:
        raise Blocked(Problem(f"{code} 缺初评评分", code))
    points = points_from(spec, bound, school.metrics, base, entry, Stage.COUNTY)
    if points is None:
        return StageScore(None, "初评认定不适用")
    said = f"初评 {show(points)} 分" if bound.owed_by_reviewers else ""
    return StageScore(points, _with_adjustment(said, school, Stage.COUNTY, code))


def _city(
    spec: SchemeSpec,
    bound: BoundItem,
    school: SchoolInput,
    base: Fraction | None,
    sheets: tuple[Sheet, ...],
    county: StageScore | None,
) -> StageScore:
    code = bound.item.code
    if not bound.owed_by_reviewers:
        points = points_from(spec, bound, school.metrics, base, None, Stage.CITY)
        return StageScore(points, _with_adjustment("", school, Stage.CITY, code))
    if sheets:
        return _panel(spec, bound, school, base, sheets)
    if county is None:
        raise Blocked(Problem(f"{code} 是现场项，本校未走访，又没有初评可沿用", code))
    return StageScore(county.points, "未实地走访，沿用初评")


def _panel(
    spec: SchemeSpec, bound: BoundItem, school: SchoolInput, base: Fraction | None, sheets: tuple[Sheet, ...]
) -> StageScore:
    code = bound.item.code
    missing = [sheet.judge or "合议" for sheet in sheets if code not in sheet.entries]
    if missing:
        raise Blocked(Problem(f"{code} 缺评审评分：{'、'.join(missing)}", code))
    entries = [sheet.entries[code] for sheet in sheets]
    if _not_applicable(
        (entry.not_applicable for entry in entries),
        Problem(f"{code} 评委对是否适用不一致", code),
    ):
        return StageScore(None, "评审认定不适用")
    points = [points_from(spec, bound, school.metrics, base, entry, Stage.CITY) for entry in entries]
    combined = aggregate(points, spec.aggregation)
    said = f"评审 {show(combined)} 分（{_aggregation(spec.aggregation, len(points))}）"
    return StageScore(combined, _with_adjustment(said, school, Stage.CITY, code))


def _with_adjustment(said: str, school: SchoolInput, stage: str, code: str) -> str:
    points = school.adjustments.get((stage, code))
    if points is None:
        return said
    return f"{said}{'，' if said else ''}{Stage(stage).label}核定系统取数部分为 {show(points)} 分"


def aggregate(points: Sequence[Fraction], method: str) -> Fraction:
    """One exact figure from the judges' points of an item; their order never matters.

    去一高一低平均 falls back to the mean for three or four sheets.
    """
    if method == Aggregation.MEDIAN:
        return median(points)
    ordered = sorted(points)
    if method == Aggregation.TRIMMED and len(ordered) >= TRIM_FROM:
        ordered = ordered[1:-1]
    return exact_sum(ordered) / len(ordered)


def _aggregation(method: str, count: int) -> str:
    """How the figure of `count` sheets came about, for the trace."""
    if method == Aggregation.JOINT:
        return "评审组合议"
    trimmed = "去一高一低平均" if count >= TRIM_FROM else "平均"
    ways = {Aggregation.MEDIAN: "取中位数", Aggregation.TRIMMED: trimmed}
    return f"{count}名评委{ways.get(method, '平均')}"
