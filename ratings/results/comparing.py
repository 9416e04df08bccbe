"""What deserves a second look: stages that differ on an item, judges who are far apart."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem
from ratings.enums import Stage
from ratings.scoring import Blocked, Entry, SchoolInput, asked_part, system_part

from .loading import Evaluation

#: Judges of one item further apart than this share of its 分值 are flagged.
SPREAD_SHARE = Fraction(3, 10)
#: Stages that differ by more than this share of 分值 are flagged.
GAP_SHARE = Fraction(1, 5)


@dataclass(frozen=True)
class ItemStages:
    """Points of one item at each stage, None where there is none; `spread` is the range between judges.

    `own` is left out where 核定要素 were not asked of the school: such figures do not compare.
    """

    code: str
    name: str
    full: Fraction
    own: Fraction | None
    county: Fraction | None
    city: Fraction | None
    final: Fraction | None
    spread: Fraction | None

    @property
    def county_gap(self) -> Fraction | None:
        """初评 minus 自评."""
        return None if self.county is None or self.own is None else self.county - self.own

    @property
    def city_gap(self) -> Fraction | None:
        """评审 minus 初评."""
        return None if self.city is None or self.county is None else self.city - self.county

    @property
    def is_spread(self) -> bool:
        return self.spread is not None and self.spread > SPREAD_SHARE * self.full

    @property
    def has_gap(self) -> bool:
        return any(gap and abs(gap) > GAP_SHARE * self.full for gap in (self.county_gap, self.city_gap))


def stages_of(evaluation: Evaluation, key: str) -> tuple[ItemStages, ...]:
    """Every item of one school through the stages, in the order of the rating table."""
    school, outcome = evaluation.inputs[key], evaluation.outcomes[key]
    found = []
    for code, bound in evaluation.spec.bound.items():
        item = outcome.items.get(code)
        city, final = (item.city, item.points) if item else (None, None)
        own, county = own_points(evaluation, key, bound), county_points(evaluation, key, bound)
        found.append(ItemStages(code, bound.item.name, bound.item.points, own, county, city, final, _spread(evaluation, school, bound)))
    return tuple(found)


def total_gap(gaps: list[Fraction | None]) -> Fraction | None:
    """The sum of the differences that can be told; None where there is none at all."""
    known = [gap for gap in gaps if gap is not None]
    return sum(known, Fraction(0)) if known else None


def own_points(evaluation: Evaluation, key: str, bound: BoundItem) -> Fraction | None:
    """自评 of one item; None where it was not asked for as a whole, is not answered, or does not apply."""
    school = evaluation.inputs[key]
    if bound.not_for_school or not school.submitted:
        return None
    return _stage_points(evaluation, school, bound, evaluation.own.get(key, {}).get(bound.item.code), Stage.SELF)


def county_points(evaluation: Evaluation, key: str, bound: BoundItem) -> Fraction | None:
    """初评 of one item, whatever the city has scored yet; None where it is not scored or does not apply."""
    if not evaluation.spec.has_county_stage:
        return None
    school = evaluation.inputs[key]
    return _stage_points(evaluation, school, bound, school.county.get(bound.item.code), Stage.COUNTY)


def _stage_points(evaluation: Evaluation, school: SchoolInput, bound: BoundItem, entry: Entry | None, stage: str) -> Fraction | None:
    if bound.asked and (entry is None or entry.not_applicable):
        return None
    try:
        points, _ = system_part(evaluation.spec, bound, school.metrics)
        points = school.adjustments.get((stage, bound.item.code), points)
        if bound.asked:
            points += asked_part(evaluation.spec, bound, school.metrics, entry, stage)
    except Blocked:
        return None
    return min(max(points, Fraction(0)), bound.item.points)


def _spread(evaluation: Evaluation, school: SchoolInput, bound: BoundItem) -> Fraction | None:
    """The range of the asked part: the system part is the same for every judge."""
    entries = [sheet.entries.get(bound.item.code) for sheet in school.city]
    scored = [entry for entry in entries if entry is not None and not entry.not_applicable]
    if not bound.asked or len(scored) < 2:
        return None
    try:
        points = [asked_part(evaluation.spec, bound, school.metrics, entry, Stage.CITY) for entry in scored]
    except Blocked:
        return None
    return max(points) - min(points)
