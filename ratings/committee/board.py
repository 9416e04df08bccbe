"""评委会审定总表: every school of a scheme on one board, with what the committee should look at twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ratings.criteria.spec import RestrictionSpec, SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.enums import UNFINISHED, Star, Status
from ratings.models import Assessment, Decision, Result, Scheme
from ratings.rules import Reference
from ratings.rules.rounding import plain, show
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from schools.models import Liaison, School, Visit

from .comparing import ItemStages, mean_points, stages_of, total_gap
from .readiness import UNDECIDED, decision_of, missing_at, open_sheets, proposed

#: A total this close to a threshold is shown as 临界.
NEAR = Fraction(1)
#: Points this far above or below the average, as shares of the category's points, change the tint.
LIGHT, DEEP = Fraction(25, 1000), Fraction(75, 1000)
#: The neutral tint of the stylesheet, which knows 1 (far below) to 5 (far above).
NEUTRAL = 3


@dataclass(frozen=True)
class BoardFilters:
    """What the reader wants to see; empty values mean everything."""

    county: str = ""
    star: int | None = None
    flagged: bool = False
    by_total: bool = False


@dataclass(frozen=True)
class Cell:
    """Points of one category; `tint` is 1 (far below the average) to 5 (far above), and repeats what the
    figures say.
    """

    points: str
    tint: int = NEUTRAL


@dataclass(frozen=True)
class Row:
    result: Result
    cells: tuple[Cell, ...]
    near: tuple[str, ...]
    restrictions: tuple[tuple[str, str], ...]

    @property
    def flagged(self) -> bool:
        """Something here deserves a second look."""
        return bool(self.near or self.restrictions or self.result.lapsed or self.deviates)

    @property
    def deviates(self) -> bool:
        """The committee decided otherwise than computed."""
        return self.result.star != self.result.computed_star


@dataclass(frozen=True)
class Board:
    """`columns` are (code, name, points); averages and counts are of the whole scheme, whatever is
    filtered.
    """

    columns: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    averages: tuple[str, ...]
    average_total: str
    counts: tuple[tuple[str, int], ...]
    counties: tuple[str, ...]
    flagged: int
    size: int
    spec: SchemeSpec


def build(scheme: Scheme, filters: BoardFilters) -> Board:
    """The board of a settled scheme from its frozen results: two queries for any number of schools."""
    results = list(
        Result.objects.filter(scheme=scheme)
        .select_related("version")
        .defer("trace", "next_star", "version__content")
        .order_by("order", "school_code")
    )
    spec = spec_of(scheme.versions.latest("number"))
    averages = mean_points(result.figures["categories"] for result in results if result.total is not None)
    names = {restriction.code: restriction.name for restriction in spec.restrictions}
    rows = [_row(result, spec, averages, names) for result in results]
    totals = [Fraction(result.total) for result in results if result.total is not None]
    stars = Counter(result.star for result in results if not result.lapsed)
    return Board(
        columns=tuple(
            (category.code, category.name, plain(spec.category_points[category.code]))
            for category in spec.scored_categories
        ),
        rows=tuple(_chosen(rows, filters)),
        averages=tuple(
            show(averages[category.code]) if averages else "" for category in spec.scored_categories
        ),
        average_total=show(sum(totals, Fraction(0)) / len(totals)) if totals else "",
        counts=tuple((Star(star).label, stars[star]) for star in sorted(stars, reverse=True))
        + _lapsed(results),
        counties=tuple(dict.fromkeys(result.county_name for result in results if result.county_name)),
        flagged=sum(row.flagged for row in rows),
        size=len(rows),
        spec=spec,
    )


def thresholds(spec: SchemeSpec) -> dict[Fraction, int]:
    """Bounds of 总分 named by the star bands, with the star each leads to."""
    found = {}
    for band in spec.bands:
        for comparison in band.condition.comparisons:
            if isinstance(comparison.left, Reference) and comparison.left.name == "总分":
                found[comparison.value.value] = band.star
    return found


def near(total: Fraction, bounds: dict[Fraction, int]) -> tuple[str, ...]:
    """Every threshold within one point, with the signed distance to it."""
    close = [(bound, star) for bound, star in bounds.items() if abs(total - bound) <= NEAR]
    return tuple(
        f"{Star(star).label}线 {'+' if total >= bound else '−'}{show(abs(total - bound))}"
        for bound, star in close
    )


def _row(result: Result, spec: SchemeSpec, averages: dict[str, Fraction], names: dict[str, str]) -> Row:
    restrictions = tuple((code, names.get(code, "")) for code in result.restrictions)
    if result.total is None:
        return Row(result, tuple(Cell("") for _ in spec.scored_categories), (), restrictions)
    points = {code: Fraction(value) for code, value in result.figures["categories"].items()}
    cells = tuple(
        Cell(
            show(points[category.code]),
            tint(points[category.code] - averages[category.code], spec.category_points[category.code]),
        )
        for category in spec.scored_categories
    )
    return Row(result, cells, near(Fraction(result.total), thresholds(spec)), restrictions)


def tint(difference: Fraction, full: Fraction) -> int:
    """1 (far below) to 5 (far above), by how far the points lie from the average."""
    away = abs(difference) / full
    steps = 2 if away >= DEEP else 1 if away >= LIGHT else 0
    return NEUTRAL + (steps if difference > 0 else -steps)


def _chosen(rows: list[Row], filters: BoardFilters) -> list[Row]:
    chosen = [
        row
        for row in rows
        if (not filters.county or row.result.county_name == filters.county)
        and (filters.star is None or (row.result.star == filters.star and not row.result.lapsed))
        and (not filters.flagged or row.flagged)
    ]
    if filters.by_total:
        chosen.sort(key=lambda row: (row.result.total is None, -(row.result.total or 0), row.result.order))
    return chosen


def _lapsed(results: list[Result]) -> tuple[tuple[str, int], ...]:
    count = sum(result.lapsed for result in results)
    return (("未申报", count),) if count else ()


#: What the list may be narrowed to, with the words of the filter.
VIEWS = {
    "": "全部",
    "undecided": "未审定",
    "near": "临界 ±1 分",
    "spread": "评委分歧大",
    "gap": "初评、评审与前一环节相差大",
    "restricted": "有限制性情形",
    "missing": "有缺项",
}


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty values mean everything."""

    county: str = ""
    star: int | None = None
    view: str = ""
    by_total: bool = False


@dataclass(frozen=True)
class Case:
    """One school before the committee."""

    assessment: Assessment
    outcome: Outcome
    items: tuple[ItemStages, ...]
    cells: tuple[Cell, ...]
    near: tuple[str, ...]
    proposed: tuple[RestrictionSpec, ...]
    missing: tuple[str, ...]
    opinions: tuple[Visit, ...]

    @property
    def school_name(self) -> str:
        return self.assessment.school.name

    @property
    def county_name(self) -> str:
        return self.assessment.school.county.name if self.assessment.school.county else ""

    @property
    def handed_in(self) -> bool:
        """Whether there is a self-assessment to be read."""
        return not self.lapsed and self.assessment.status not in UNFINISHED

    @property
    def lapsed(self) -> bool:
        return self.assessment.status == Status.LAPSED

    @property
    def before_committee(self) -> bool:
        """Whether the stages before are over; figures of a stage under way say nothing yet."""
        return self.assessment.status in (Status.CITY, Status.SETTLED)

    @property
    def decision(self) -> Decision | None:
        return decision_of(self.assessment)

    @property
    def star(self) -> int | None:
        """The computed star; None while something blocks it."""
        return self.outcome.star if self.outcome.verdict and not self.outcome.problems else None

    @property
    def total(self) -> Fraction | None:
        return self.outcome.totals.total if self.outcome.totals and not self.outcome.problems else None

    @property
    def caps(self) -> tuple:
        return self.outcome.verdict.caps if self.outcome.verdict else ()

    @cached_property
    def spreads(self) -> tuple[ItemStages, ...]:
        """Items on which the judges are far apart."""
        return tuple(item for item in self.items if item.is_spread and self.before_committee)

    @cached_property
    def gaps(self) -> tuple[ItemStages, ...]:
        """Items on which one stage differs much from the stage before."""
        return tuple(item for item in self.items if item.has_gap and self.before_committee)

    @property
    def county_gap(self) -> Fraction | None:
        """初评 minus 自评 over the items that compare, once the county has sent the school on."""
        return total_gap([item.county_gap for item in self.items]) if self.before_committee else None

    @property
    def city_gap(self) -> Fraction | None:
        """评审 minus 初评, once everything is scored."""
        return total_gap([item.city_gap for item in self.items]) if self.total is not None else None

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is missing besides the decision itself."""
        return tuple(text for text in self.missing if text != UNDECIDED)

    @property
    def undecided(self) -> bool:
        return self.decision is None and not self.lapsed

    def shows(self, view: str) -> bool:
        """Whether the school belongs to one of VIEWS."""
        belongs = _BELONGS.get(view)
        return belongs is None or bool(belongs(self))


#: When a school belongs to one of VIEWS; the others hold all.
_BELONGS: dict[str, Callable[[Case], object]] = {
    "undecided": lambda case: case.undecided,
    "near": lambda case: case.near,
    "spread": lambda case: case.spreads,
    "gap": lambda case: case.gaps,
    "restricted": lambda case: case.caps or case.proposed,
    "missing": lambda case: case.lacking,
}


@dataclass(frozen=True)
class Deliberation:
    """Every school of the scheme in administrative order; averages are of all that can be computed."""

    evaluation: Evaluation
    columns: tuple[tuple[str, str, str], ...]
    everyone: tuple[Case, ...]
    averages: tuple[str, ...]

    def chosen(self, filters: Filters) -> list[Case]:
        """The schools that fit the filters."""
        found = [case for case in self.everyone if _fits(case, filters)]
        if filters.by_total:
            found.sort(key=lambda case: (case.total is None, -(case.total or 0)))
        return found

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many schools have which computed star; those that cannot be computed yet are counted
        as such.
        """
        stars = Counter(case.star for case in self.everyone if not case.lapsed)
        found = [
            (Star(star).label, stars[star])
            for star in sorted((star for star in stars if star is not None), reverse=True)
        ]
        lapsed = sum(case.lapsed for case in self.everyone)
        return (
            tuple(found)
            + ((("尚不能计算", stars[None]),) if stars[None] else ())
            + ((("未申报", lapsed),) if lapsed else ())
        )

    @property
    def views(self) -> tuple[tuple[str, str], ...]:
        """The choices of the filter with their numbers."""
        return tuple(
            (key, f"{label}（{sum(case.shows(key) for case in self.everyone)}）")
            for key, label in VIEWS.items()
        )

    @property
    def counties(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(case.county_name for case in self.everyone if case.county_name))

    @property
    def decided(self) -> int:
        return sum(case.decision is not None for case in self.everyone)

    @property
    def owed(self) -> int:
        """Schools that need a decision at all."""
        return sum(not case.lapsed for case in self.everyone)

    @property
    def missing(self) -> list[Case]:
        return [case for case in self.everyone if case.missing]


@dataclass(frozen=True)
class Docket:
    """One school before the committee, among all of the scheme in administrative order."""

    evaluation: Evaluation
    case: Case
    schools: tuple[Assessment, ...]

    @cached_property
    def place(self) -> int:
        """The place of the school, from 0."""
        return next(place for place, row in enumerate(self.schools) if row.pk == self.case.assessment.pk)

    @property
    def before(self) -> Assessment | None:
        return self.schools[self.place - 1] if self.place else None

    @property
    def after(self) -> Assessment | None:
        return self.schools[self.place + 1] if self.place + 1 < len(self.schools) else None

    @property
    def decided(self) -> int:
        return sum(decision_of(row) is not None for row in self.schools)

    @property
    def owed(self) -> int:
        """Schools that need a decision at all."""
        return sum(row.status != Status.LAPSED for row in self.schools)

    def next_open(self) -> Assessment | None:
        """The next school, coming round, that can be decided and is not."""
        outcomes = evaluate(self.evaluation.scheme, assessments=self.schools).outcomes
        rows = (*self.schools[self.place + 1 :], *self.schools[: self.place])
        waiting = (row for row in rows if decision_of(row) is None and row.status != Status.LAPSED)
        return next(
            (row for row in waiting if outcomes[str(row.pk)].verdict and not outcomes[str(row.pk)].problems),
            None,
        )


def docket_of(scheme: Scheme, pk: int) -> Docket:
    """One school with everything the committee weighs; the others are scored only where the share of five
    stars ties them.
    """
    rows = _rows(scheme)
    evaluation = evaluate(scheme, assessments=rows, with_self=True, only=pk)
    row = next(row for row in rows if row.pk == pk)
    opinions = _opinions(scheme, row.school)
    return Docket(evaluation, _case(evaluation, row, {}, open_sheets(scheme, only=pk), opinions), tuple(rows))


def deliberate(scheme: Scheme) -> Deliberation:
    """Score the scheme as it stands and gather what belongs to each school; the queries do not grow with the
    schools.
    """
    rows = _rows(scheme)
    evaluation = evaluate(scheme, assessments=rows, with_self=True)
    spec = evaluation.spec
    averages = mean_points(
        {code: str(points) for code, points in outcome.totals.categories.items()}
        for outcome in evaluation.outcomes.values()
        if outcome.totals and not outcome.problems
    )
    sheets, opinions = open_sheets(scheme), _opinions(scheme)
    everyone = tuple(_case(evaluation, row, averages, sheets, opinions) for row in rows)
    return Deliberation(
        evaluation=evaluation,
        columns=tuple(
            (category.code, category.name, plain(spec.category_points[category.code]))
            for category in spec.scored_categories
        ),
        everyone=everyone,
        averages=tuple(
            show(averages[category.code]) if averages else "" for category in spec.scored_categories
        ),
    )


def _rows(scheme: Scheme) -> list[Assessment]:
    rows = Assessment.objects.filter(scheme=scheme).exclude(status=Status.DECLINED)
    return list(rows.select_related("school__county", "decision").in_order())


def _case(
    evaluation: Evaluation, row: Assessment, averages, sheets: Mapping[int, list[str]], opinions
) -> Case:
    key, spec = str(row.pk), evaluation.spec
    outcome = evaluation.outcomes[key]
    totals = outcome.totals if not outcome.problems else None
    return Case(
        assessment=row,
        outcome=outcome,
        items=stages_of(evaluation, key),
        cells=_cells(spec, totals.categories if totals else {}, averages),
        near=near(totals.total, thresholds(spec)) if totals else (),
        proposed=proposed(evaluation, key),
        missing=tuple(gap.text for gap in missing_at(evaluation, row, sheets.get(row.pk, ()))),
        opinions=tuple(opinions.get(row.school_id, ())),
    )


def _cells(
    spec: SchemeSpec, points: Mapping[str, Fraction], averages: Mapping[str, Fraction]
) -> tuple[Cell, ...]:
    if not points or not averages:
        return tuple(Cell("") for _ in spec.scored_categories)
    return tuple(
        Cell(
            show(points[one.code]),
            tint(points[one.code] - averages[one.code], spec.category_points[one.code]),
        )
        for one in spec.scored_categories
    )


def _opinions(scheme: Scheme, school: School | None = None) -> dict[int, list[Visit]]:
    """What those who guide a school wrote down after their visits in the scheme's period, the
    latest first.
    """
    guides = Liaison.objects.filter(school__city=scheme.city_id).values("user")
    visits = Visit.objects.kept().filter(
        school__city=scheme.city_id, on__range=(scheme.period_start, scheme.period_end), by__in=guides
    )
    if school is not None:
        visits = visits.filter(school=school)
    found = defaultdict(list)
    for visit in visits.exclude(findings="").select_related("by").order_by("school", "-on", "pk"):
        found[visit.school_id].append(visit)
    return found


def _fits(case: Case, filters: Filters) -> bool:
    in_county = not filters.county or case.county_name == filters.county
    with_star = filters.star is None or (case.star == filters.star and not case.lapsed)
    return in_county and with_star and case.shows(filters.view)
