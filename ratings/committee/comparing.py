"""What deserves a second look: stages that differ on an item, judges who are far apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.models import Result, Scheme
from ratings.scoring import Blocked, SchoolInput, asked_part, difference, known_points
from ratings.sheets.evaluation import Evaluation, year_of

#: Judges of one item further apart than this share of its 分值 are flagged.
SPREAD_SHARE = Fraction(3, 10)
#: Stages that differ by more than this share of 分值 are flagged.
GAP_SHARE = Fraction(1, 5)


@dataclass(frozen=True)
class ItemStages:
    """Points of one item at each stage, None where there is none; `spread` is the range between judges.

    `county_gap` is 初评 minus 自评 on what both say; 核定要素, which only reviewers answer, count for
    neither.
    """

    code: str
    name: str
    full: Fraction
    own: Fraction | None
    county: Fraction | None
    city: Fraction | None
    final: Fraction | None
    spread: Fraction | None
    county_gap: Fraction | None

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

    def compare() -> tuple[ItemStages, ...]:
        return tuple(_stages(evaluation, key, bound) for bound in evaluation.spec.bound.values())

    kept = year_of(evaluation.version.digest)
    return kept.beside(evaluation.inputs[key], evaluation.own.get(key), compare)


def _stages(evaluation: Evaluation, key: str, bound: BoundItem) -> ItemStages:
    spec, school, code = evaluation.spec, evaluation.inputs[key], bound.item.code
    item, handed_in = evaluation.outcomes[key].items.get(code), school.submitted and key in evaluation.own
    own = evaluation.own[key].get(code) if handed_in else None
    county, adjusted = school.county.get(code), school.adjustments.get((Stage.COUNTY, code))
    figures = school.metrics
    own_points = county_points = gap = None
    if handed_in:
        own_points = known_points(spec, bound, figures, own, Stage.SELF)
    if spec.has_county_stage:
        county_points = known_points(spec, bound, figures, county, Stage.COUNTY, adjusted)
        if handed_in:
            gap = difference(spec, bound, figures, own, county, adjusted)
    return ItemStages(
        code=code,
        name=bound.item.name,
        full=bound.item.points,
        own=own_points,
        county=county_points,
        city=item.city if item else None,
        final=item.points if item else None,
        spread=_spread(spec, school, bound),
        county_gap=gap,
    )


def total_gap(gaps: list[Fraction | None]) -> Fraction | None:
    """The sum of the differences that can be told; None where there is none at all."""
    known = [gap for gap in gaps if gap is not None]
    return sum(known, Fraction(0)) if known else None


def _spread(spec: SchemeSpec, school: SchoolInput, bound: BoundItem) -> Fraction | None:
    """The range of the asked part: the system part is the same for every judge."""
    entries = [sheet.entries.get(bound.item.code) for sheet in school.city]
    scored = [entry for entry in entries if entry is not None and not entry.not_applicable]
    if not bound.asked or len(scored) < 2:
        return None
    try:
        points = [asked_part(spec, bound, school.metrics, entry, Stage.CITY) for entry in scored]
    except Blocked:
        return None
    return max(points) - min(points)


#: Below this, a school could work out another one's score from the average and its own.
LEAST_SCHOOLS = 4


@dataclass(frozen=True)
class Averages:
    """Mean points by category; empty where the group, or what is left of the city beside it, is too small to
    hide its members.
    """

    city: dict[str, Fraction]
    county: dict[str, Fraction]


def category_averages(scheme: Scheme, *, county_name: str) -> Averages:
    """Means over the scheme's results with scores, of the whole city and of one county; one query."""
    scored = Result.objects.filter(scheme=scheme, total__isnull=False)
    city = list(scored.values_list("county_name", "figures__categories"))
    county = [sheet for name, sheet in city if name == county_name] if county_name else []
    # City and county together give the mean of all other counties, so these must be enough, too.
    apart = len(city) - len(county)
    hidden = len(county) >= LEAST_SCHOOLS and (apart == 0 or apart >= LEAST_SCHOOLS)
    return Averages(
        city=mean_points(sheet for _, sheet in city) if len(city) >= LEAST_SCHOOLS else {},
        county=mean_points(county) if hidden else {},
    )


def mean_points(sheets: Iterable[Mapping[str, str | Fraction]]) -> dict[str, Fraction]:
    """Exact mean of each category over sheets of points, as they were added up or as results keep them."""
    points: dict[str, list[Fraction]] = defaultdict(list)
    for sheet in sheets:
        for code, figure in sheet.items():
            points[code].append(Fraction(figure))
    return {code: sum(figures, Fraction(0)) / len(figures) for code, figures in points.items()}
