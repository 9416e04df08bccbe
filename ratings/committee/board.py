"""评委会审定总表: every school of a scheme on one board, with what the committee should look at twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from ratings.criteria.spec import RestrictionSpec, SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.enums import UNFINISHED, Star, Status
from ratings.models import Assessment, Decision, Motion, Result, Scheme
from ratings.rules import Reference
from ratings.rules.rounding import plain, show
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from schools.models import Liaison, Visit

from .basis import basis_of, change_since
from .comparing import ItemStages, mean_points, stages_of, total_gap
from .readiness import (
    UNDECIDED,
    assessments_of,
    decision_of,
    missing_at,
    pending_motions,
    proposed,
    sheet_gaps,
)
from .settling import DECIDABLE

#: A total this close to a threshold is shown as 临界.
NEAR = Fraction(1)
#: Points this far above or below the average, as shares of the category's points, change the tint.
LIGHT, DEEP = Fraction(25, 1000), Fraction(75, 1000)
#: The neutral tint of the stylesheet, which knows 1 (far below) to 5 (far above).
NEUTRAL = 3


class Cell(NamedTuple):
    """Points of one category; `tint` is 1 (far below the average) to 5 (far above), and repeats what the
    figures say.
    """

    points: str
    tint: int = NEUTRAL


@dataclass(frozen=True)
class Board:
    """The schools of a scheme in administrative order, as frozen in results or as they stand before the
    committee; averages and counts are of all of them, whatever is shown.
    """

    spec: SchemeSpec
    rows: Sequence[Result | Case]
    means: Mapping[str, Fraction]

    @property
    def columns(self) -> list[tuple[str, str]]:
        """Name and points of each category."""
        points = self.spec.category_points
        return [(category.name, plain(points[category.code])) for category in self.spec.scored_categories]

    @property
    def averages(self) -> list[Fraction | None]:
        return [self.means.get(category.code) for category in self.spec.scored_categories]

    @property
    def average_total(self) -> Fraction | None:
        totals = [Fraction(row.total) for row in self.rows if row.total is not None]
        return sum(totals, Fraction(0)) / len(totals) if totals else None

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many schools have which star, the best first; those that cannot be computed yet and those that
        handed in nothing are counted as such.
        """
        stars = Counter(row.star for row in self.rows if not row.lapsed)
        lapsed = sum(row.lapsed for row in self.rows)
        named = [(star.label, stars[star]) for star in sorted(Star, reverse=True)]
        return [pair for pair in (*named, ("尚不能计算", stars[None]), ("未申报", lapsed)) if pair[1]]

    @property
    def counties(self) -> list[str]:
        return [row.county_name for row in self.rows]


def settled_board(scheme: Scheme) -> Board:
    """The board of a settled scheme from its frozen results: two queries for any number of schools."""
    results = list(
        Result.objects.filter(scheme=scheme)
        .select_related("version")
        .defer("trace", "next_star", "version__content")
        .order_by("order", "school_code")
    )
    spec = spec_of(scheme.versions.latest("number"))
    means = mean_points(map(_points, results))
    names = {restriction.code: restriction.name for restriction in spec.restrictions}
    for result in results:
        result.cells = cells_of(spec, _points(result), means)
        rated = result.total is not None
        result.near = near(Fraction(result.total), thresholds(spec)) if rated else ()
        result.named_restrictions = [(code, names.get(code, "")) for code in result.restrictions]
        # What deserves a second look.
        result.flagged = bool(result.near or result.restrictions or result.lapsed or result.deviates)
    return Board(spec, results, means)


def _points(result: Result) -> dict[str, Fraction]:
    """Points by category; none for a school without scores."""
    if result.total is None:
        return {}
    return {code: Fraction(points) for code, points in result.figures["categories"].items()}


def thresholds(spec: SchemeSpec) -> dict[Fraction, int]:
    """Bounds of 总分 named by the star bands, with the star each leads to."""
    return {
        comparison.value.value: band.star
        for band in spec.bands
        for comparison in band.condition.comparisons
        if isinstance(comparison.left, Reference) and comparison.left.name == "总分"
    }


def near(total: Fraction, bounds: Mapping[Fraction, int]) -> tuple[str, ...]:
    """Every threshold within one point, with the signed distance to it."""
    return tuple(
        f"{Star(star).label}线 {'+' if total >= bound else '−'}{show(abs(total - bound))}"
        for bound, star in bounds.items()
        if abs(total - bound) <= NEAR
    )


def cells_of(spec: SchemeSpec, points: Mapping[str, Fraction], means: Mapping[str, Fraction]) -> list[Cell]:
    """The categories of one school beside the averages; empty as long as either is not known."""
    if not points or not means:
        return [Cell("") for _ in spec.scored_categories]
    return [
        Cell(show(points[code]), tint(points[code] - means[code], spec.category_points[code]))
        for code in (category.code for category in spec.scored_categories)
    ]


def tint(difference: Fraction, full: Fraction) -> int:
    """1 (far below) to 5 (far above), by how far the points lie from the average."""
    steps = sum(abs(difference) / full >= share for share in (LIGHT, DEEP))
    return NEUTRAL + (steps if difference > 0 else -steps)


def by_total(rows: Sequence[Result | Case]) -> list[Result | Case]:
    """The best first, schools without a total last; equal ones stay in administrative order."""
    return sorted(rows, key=lambda row: (row.total is None, -(row.total or 0)))


@dataclass(frozen=True)
class Case:
    """One school before the committee."""

    assessment: Assessment
    outcome: Outcome
    items: tuple[ItemStages, ...]
    cells: list[Cell]
    near: tuple[str, ...]
    proposed: tuple[RestrictionSpec, ...]
    missing: tuple[str, ...]
    opinions: Sequence[Visit]

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
        return self.assessment.status in DECIDABLE

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

    @property
    def changed(self) -> str:
        """What has moved since the decision was taken; empty where nothing has."""
        return change_since(self.decision, self.outcome) if self.decision else ""

    @property
    def pending(self) -> list[Motion]:
        """What the office recorded and the chair has not confirmed."""
        return pending_motions(self.assessment)

    @property
    def by_two(self) -> bool:
        """Whether two people decided otherwise than the scores say now: one alone does not take it back."""
        return bool(self.decision and self.decision.deviates and self.decision.star != self.star)

    @property
    def basis(self) -> str:
        """A digest of the figures that are shown."""
        return basis_of(self.outcome)

    @property
    def remarkable(self) -> bool:
        """Whether the decision is not simply the computed star."""
        return bool(self.pending or self.changed or (self.decision and self.decision.deviates))


#: What the list may be narrowed to: the words of the filter, and which schools belong there.
VIEWS: dict[str, tuple[str, Callable[[Case], object]]] = {
    "": ("全部", lambda case: True),
    "undecided": ("未审定", attrgetter("undecided")),
    "by_hand": ("与计算不同、待确认、审定后有变化", attrgetter("remarkable")),
    "near": ("临界 ±1 分", attrgetter("near")),
    "spread": ("评委分歧大", attrgetter("spreads")),
    "gap": ("初评、评审与前一环节相差大", attrgetter("gaps")),
    "restricted": ("有限制性情形", lambda case: case.caps or case.proposed),
    "missing": ("有缺项", attrgetter("lacking")),
}


@dataclass(frozen=True)
class Deliberation(Board):
    """The board while the committee deliberates, of all `schools` or of one among them; averages are of what
    can be computed.
    """

    evaluation: Evaluation
    schools: list[Assessment]

    @property
    def views(self) -> list[tuple[str, str]]:
        """The choices of the filter with their numbers."""
        return [
            (view, f"{label}（{sum(bool(belongs(case)) for case in self.rows)}）")
            for view, (label, belongs) in VIEWS.items()
        ]

    @property
    def missing(self) -> list[Case]:
        return [case for case in self.rows if case.missing]

    @property
    def progress(self) -> tuple[int, int]:
        """How many schools are decided, of how many that need a decision at all."""
        decided = sum(decision_of(row) is not None for row in self.schools)
        return decided, sum(row.status != Status.LAPSED for row in self.schools)

    def next_open(self, after: Assessment) -> Assessment | None:
        """The next school, coming round, that can be decided and is not."""
        outcomes = evaluate(self.evaluation.scheme, assessments=self.schools).outcomes
        place = self.schools.index(after)
        for row in (*self.schools[place + 1 :], *self.schools[:place]):
            outcome = outcomes[str(row.pk)]
            waits = decision_of(row) is None and not pending_motions(row) and row.status != Status.LAPSED
            if waits and outcome.verdict and not outcome.problems:
                return row
        return None


def deliberate(scheme: Scheme, *, only: int | None = None) -> Deliberation:
    """Score the scheme as it stands and gather what belongs to each school; the queries do not grow with the
    schools. With `only` of one assessment alone: the others are scored only where the share of five stars
    ties them.
    """
    schools = list(assessments_of(scheme))
    shown = [row for row in schools if only in (None, row.pk)]
    evaluation = evaluate(scheme, assessments=schools, with_self=True, only=only)
    means = mean_points(
        outcome.totals.categories
        for outcome in evaluation.outcomes.values()
        if outcome.totals and not outcome.problems
    )
    sheets, opinions = sheet_gaps(scheme, only=only), _opinions(scheme, shown)
    cases = [_case(evaluation, row, means, sheets[row.pk], opinions[row.school_id]) for row in shown]
    return Deliberation(evaluation.spec, cases, means, evaluation, schools)


def _case(
    evaluation: Evaluation,
    row: Assessment,
    means: Mapping[str, Fraction],
    sheets: Sequence[str],
    opinions: Sequence[Visit],
) -> Case:
    key, spec = str(row.pk), evaluation.spec
    outcome = evaluation.outcomes[key]
    totals = None if outcome.problems else outcome.totals
    return Case(
        assessment=row,
        outcome=outcome,
        items=stages_of(evaluation, key),
        cells=cells_of(spec, totals.categories if totals else {}, means),
        near=near(totals.total, thresholds(spec)) if totals else (),
        proposed=proposed(evaluation, key),
        missing=tuple(gap.text for gap in missing_at(evaluation, row, sheets)),
        opinions=opinions,
    )


def _opinions(scheme: Scheme, rows: Sequence[Assessment]) -> Mapping[int, list[Visit]]:
    """What those who guide a school wrote down after their visits in the scheme's period, by school and the
    latest first.
    """
    guides = Liaison.objects.filter(school__city=scheme.city_id).values("user")
    visits = Visit.objects.kept().filter(
        school__in=[row.school_id for row in rows],
        on__range=(scheme.period_start, scheme.period_end),
        by__in=guides,
    )
    opinions = defaultdict(list)
    for visit in visits.exclude(findings="").select_related("by").order_by("school", "-on", "pk"):
        opinions[visit.school_id].append(visit)
    return opinions
