"""One rehearsal from beginning to end: the earlier year's data, the draft's rules, what differs. It writes
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import mean
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import read_scheme
from ratings.criteria.versions import current_spec
from ratings.enums import Phase, Star
from ratings.models import Assessment, Item, Scheme
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from schools.models import TrainingClass

from .applying import Assumption, Assumptions, Metrics, Pairs, apply, figures_then, just_met, paired
from .effects import Limit, Shift, limits, shifts, why

#: Phases in which a year has data that can be rehearsed on.
WITH_DATA = (Phase.SCORING, Phase.SETTLED, Phase.NOTICE, Phase.PUBLISHED, Phase.ARCHIVED)


@dataclass(frozen=True)
class Case:
    """One school then and now."""

    key: str
    assessment: Assessment
    then: Outcome
    now: Outcome
    reasons: tuple[str, ...]

    @property
    def change(self) -> int:
        """Stars gained, or lost."""
        return self.now.star - self.then.star


class CategoryMean(NamedTuple):
    """Means of one category over the rated schools; None on the side where it does not exist."""

    code: str
    name: str
    then: Fraction | None
    then_full: Fraction | None
    now: Fraction | None
    now_full: Fraction | None


@dataclass(frozen=True)
class Rehearsal:
    """What the draft would have made of the earlier year. `left_out` are schools that were not
    scored then.
    """

    spec: SchemeSpec
    base: SchemeSpec
    cases: Sequence[Case]
    left_out: tuple[Assessment, ...]
    assumptions: tuple[Assumption, ...]
    categories: Sequence[CategoryMean]
    limits: Sequence[Limit]
    moved_thresholds: Sequence[Shift]

    @property
    def movers(self) -> list[Case]:
        """Those with another star, the largest fall first."""
        moved = (case for case in self.cases if case.change)
        return sorted(moved, key=lambda case: (case.change, -case.then.star))

    @property
    def levels(self) -> list[int]:
        """Every star of either year, the highest first, 不授星 last."""
        stars = {band.star for band in (*self.spec.bands, *self.base.bands)}
        return [*sorted(stars, reverse=True), Star.NONE.value]

    @property
    def distribution(self) -> list[tuple[int, int, int]]:
        """(star, schools then, schools now)."""
        then, now = (Counter(getattr(case, side).star for case in self.cases) for side in ("then", "now"))
        return [(star, then[star], now[star]) for star in self.levels]

    @property
    def shifts(self) -> list[tuple[Shift, list[int]]]:
        """Every threshold moved by a point, with the schools per star in the order of `levels`."""
        return [(shift, [shift.stars[star] for star in self.levels]) for shift in self.moved_thresholds]

    @property
    def flows(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """For each star then, how many have which star now."""
        counted = Counter((case.then.star, case.now.star) for case in self.cases)
        return [(old, [(new, counted[old, new]) for new in self.levels]) for old in self.levels]


def base_for(scheme: Scheme, schemes: Iterable[Scheme]) -> list[Scheme]:
    """Years whose data a rehearsal can use, the best first: earlier years that are settled, the latest of
    them; then those still under review; last the scheme's own year and later ones.
    """
    usable = [other for other in schemes if other.phase in WITH_DATA]
    return sorted(
        usable, key=lambda other: (other.year >= scheme.year, other.phase == Phase.SCORING, -other.year)
    )


def spec_to_rehearse(scheme: Scheme) -> SchemeSpec:
    """A draft as it stands, an opened scheme as it counts."""
    return read_scheme(scheme) if scheme.phase == Phase.DRAFTING else current_spec(scheme)


def rehearse(spec: SchemeSpec, base: Scheme, *, origins: Mapping[str, str] | None = None) -> Rehearsal:
    """Apply `spec` to the data of `base`. `origins` maps codes of `spec` to those of the items they were
    copied from.
    """
    held = TrainingClass.objects.kept().filter(
        school=OuterRef("school"), starts_on__range=(base.period_start, base.period_end)
    )
    assessments = Assessment.objects.filter(scheme=base).select_related("school", "school__county")
    assessments = list(assessments.annotate(recording=Exists(held)).in_order())
    year = evaluate(base, assessments=assessments)
    rows = {str(row.pk): row for row in assessments if str(row.pk) in year.inputs}
    figures = figures_then(
        spec,
        year.spec,
        {row.school_id: year.inputs[key].metrics for key, row in rows.items()},
        recording={row.school_id for row in assessments if row.recording},
    )
    metrics = {key: figures[row.school_id] for key, row in rows.items()}
    notes, pairs = Assumptions(), paired(spec, year.spec, origins or {})
    outcomes = apply(spec, year, pairs, metrics, notes)
    _note_period(spec, year.spec, notes)
    cases = [_case(row, spec, year, outcomes[key], pairs) for key, row in rows.items() if key in outcomes]
    values = {key: _values(spec, metrics[key], outcome) for key, outcome in outcomes.items()}
    return Rehearsal(
        spec=spec,
        base=year.spec,
        cases=cases,
        left_out=tuple(row for key, row in rows.items() if key not in outcomes),
        assumptions=notes.lines(),
        categories=list(_means(spec, year.spec, cases)),
        limits=limits(spec, year.spec, cases),
        moved_thresholds=list(shifts(spec, outcomes, values)),
    )


def origins_of(scheme: Scheme, base: Scheme) -> dict[str, str]:
    """Which item of `base` each item of `scheme` was copied from."""
    rows = Item.objects.filter(scheme=scheme, origin__scheme=base)
    return dict(rows.values_list("code", "origin__code"))


def _case(row: Assessment, spec: SchemeSpec, year: Evaluation, now: Outcome, pairs: Pairs) -> Case:
    then = year.outcomes[now.key]
    reasons = why(year.spec, spec, then, now, pairs) if then.star != now.star else ()
    return Case(now.key, row, then, now, reasons)


def _values(spec: SchemeSpec, metrics: Metrics, outcome: Outcome) -> dict[str, Fraction]:
    """What conditions may name; a figure that nobody knows counts as met, as in the stars themselves."""
    known = {name: value for name, value in metrics.items() if value is not None}
    met = {name: value for name, (_, value) in just_met(spec, metrics).items()}
    return known | met | (outcome.totals.values(outcome.points) if outcome.totals else {})


def _means(spec: SchemeSpec, base: SchemeSpec, cases: Iterable[Case]) -> Iterator[CategoryMean]:
    rated = [(case.then.totals, case.now.totals) for case in cases if case.then.totals and case.now.totals]
    names = {category.code: category.name for category in (*base.scored_categories, *spec.scored_categories)}
    for code, name in names.items():
        then = _mean(before.categories.get(code) for before, _ in rated)
        now = _mean(after.categories.get(code) for _, after in rated)
        yield CategoryMean(
            code, name, then, base.category_points.get(code), now, spec.category_points.get(code)
        )


def _mean(values: Iterable[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def _note_period(spec: SchemeSpec, base: SchemeSpec, notes: Assumptions) -> None:
    now, then = (
        [(day.month, day.day) for day in (year.period_start, year.period_end)] for year in (spec, base)
    )
    if now != then:
        period = f"{base.period_start:%Y-%m-%d} 至 {base.period_end:%Y-%m-%d}"
        notes.note("统计期", "本方案的统计起止日与当年不同", f"仍按当年的统计期（{period}）计")
