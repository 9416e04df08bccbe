"""What one stage makes of one school: points by item and the totals, from figures and answers as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rounding import round2
from ratings.rules import missing_answers
from ratings.scoring import Blocked, Entry, ItemOutcome, Totals, asked_part, system_part
from ratings.scoring.stars import band_star, unknown
from ratings.scoring.totals import add_up

Metrics = Mapping[str, Fraction | None]


@dataclass(frozen=True)
class StageSheet:
    """`points` holds None for an item that does not apply; `missing` are codes without points, and then there is no total.

    `star` is None as well while a figure that the stars' conditions name is not known.
    """

    points: Mapping[str, Fraction | None]
    missing: tuple[str, ...]
    totals: Totals | None
    star: int | None

    @property
    def total(self) -> Fraction | None:
        """基础分 and 加分 together, once every item has points."""
        return self.totals.total if self.totals else None


def stage_sheet(
    spec: SchemeSpec, stage: str, metrics: Metrics, entries: Mapping[str, Entry], adjusted: Mapping[str, Fraction] | None = None
) -> StageSheet:
    """Points of every item by what `stage` answered. The star is what the points alone would give, without any cap."""
    points, missing = {}, []
    for code, bound in spec.bound.items():
        try:
            points[code] = item_points(spec, bound, metrics, entries.get(code), stage, (adjusted or {}).get(code))
        except Blocked:
            missing.append(code)
    totals = None if missing else _totals(spec, points)
    values = {} if totals is None else {**_known(metrics), **totals.values(_outcomes(points))}
    star = None if totals is None or unknown(spec, values) else band_star(spec, values)
    return StageSheet(points, tuple(missing), totals, star)


def item_points(
    spec: SchemeSpec, bound: BoundItem, metrics: Metrics, entry: Entry | None, stage: str, adjusted: Fraction | None = None
) -> Fraction | None:
    """System part (or what it was adjusted to) and asked part, rounded; None for 不适用. Raises Blocked while something is missing."""
    if entry is not None and entry.not_applicable:
        return None
    system = system_part(spec, bound, metrics)[0] if adjusted is None else adjusted
    points = system + (asked_part(spec, bound, metrics, _entry(bound, entry, stage), stage) if bound.asked else 0)
    return round2(min(max(points, Fraction(0)), bound.item.points))


def gap(spec: SchemeSpec, bound: BoundItem, metrics: Metrics, own: Entry | None, county: Entry | None) -> Fraction | None:
    """初评 minus 自评 on what both were asked for: 核定要素 count for neither side. None where one of them says nothing comparable."""
    if own is None or county is None or own.not_applicable or county.not_applicable or not bound.owed_by_school:
        return None
    try:
        return asked_part(spec, bound, metrics, county, Stage.SELF) - asked_part(spec, bound, metrics, own, Stage.SELF)
    except Blocked:
        return None


def is_answered(spec: SchemeSpec, bound: BoundItem, entry: Entry | None, stage: str) -> bool:
    """Whether the stage owes nothing more on this item."""
    if entry is None:
        return not bound.asked or (stage == Stage.SELF and not bound.owed_by_school)
    if entry.answers is None:
        return True
    return not missing_answers(bound.item.rule, spec.vocabulary, entry.answers, excluded=bound.excluded(stage))


def _entry(bound: BoundItem, entry: Entry | None, stage: str) -> Entry:
    """A school that is not asked anything of an item has answered it by saying nothing."""
    if entry is None:
        return Entry(answers={}) if stage == Stage.SELF and not bound.owed_by_school else Entry()
    return entry


def _totals(spec: SchemeSpec, points: Mapping[str, Fraction | None]) -> Totals | None:
    try:
        return add_up(spec, _outcomes(points))
    except Blocked:
        return None


def _outcomes(points: Mapping[str, Fraction | None]) -> dict[str, ItemOutcome]:
    return {code: ItemOutcome(code, value, Fraction(0), False, ()) for code, value in points.items()}


def _known(metrics: Metrics) -> dict[str, Fraction]:
    return {reference: value for reference, value in metrics.items() if value is not None}
