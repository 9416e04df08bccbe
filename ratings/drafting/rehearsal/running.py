"""One rehearsal from beginning to end: the earlier year's data, the draft's rules, what differs. It writes
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Exists, OuterRef

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import read_scheme
from ratings.criteria.versions import current_spec
from ratings.enums import Phase, Star
from ratings.models import Assessment, Item, Scheme
from ratings.rules import reference_key
from ratings.scoring import Outcome
from ratings.sheets.evaluation import evaluate
from schools.models import TrainingClass

from .applying import ABOVE, Year, apply
from .effects import Limit, Shift, Threshold, limits, thresholds, why
from .matching import Assumption, Assumptions, Pair, figures_then, paired

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
    def moved(self) -> bool:
        return self.then.star != self.now.star


@dataclass(frozen=True)
class CategoryMean:
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
    cases: tuple[Case, ...]
    left_out: tuple[Assessment, ...]
    assumptions: tuple[Assumption, ...]
    categories: tuple[CategoryMean, ...]
    limits: tuple[Limit, ...]
    thresholds: tuple[Threshold, ...]

    @property
    def movers(self) -> list[Case]:
        """Those with another star, the largest fall first."""
        return sorted(
            (case for case in self.cases if case.moved),
            key=lambda case: (case.now.star - case.then.star, -case.then.star),
        )

    @property
    def levels(self) -> list[int]:
        """Every star of either year, the highest first, 不授星 last."""
        return [
            *sorted({band.star for band in (*self.spec.bands, *self.base.bands)}, reverse=True),
            Star.NONE.value,
        ]

    @property
    def distribution(self) -> list[tuple[int, int, int]]:
        """(star, schools then, schools now)."""
        then, now = (Counter(getattr(case, side).star for case in self.cases) for side in ("then", "now"))
        return [(star, then[star], now[star]) for star in self.levels]

    @property
    def shifts(self) -> list[tuple[Threshold, Shift, list[int]]]:
        """Every threshold moved by a point, with the schools per star in the order of `levels`."""
        levels = self.levels
        return [row for threshold in self.thresholds for row in _sides(threshold, levels)]

    @property
    def flows(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """For each star then, how many have which star now."""
        counted = Counter((case.then.star, case.now.star) for case in self.cases)
        return [(old, [(new, counted[old, new]) for new in self.levels]) for old in self.levels]


def _sides(threshold: Threshold, levels: list[int]) -> list[tuple[Threshold, Shift, list[int]]]:
    return [(threshold, shift, shift.counts(levels)) for shift in (threshold.lower, threshold.higher)]


def base_for(scheme: Scheme, schemes: Iterable[Scheme]) -> list[Scheme]:
    """Years whose data a rehearsal can use, the best first: earlier years that are settled, the latest of
    them; then those
    still under review; last the scheme's own year and later ones."""
    usable = [one for one in schemes if one.phase in WITH_DATA]
    return sorted(usable, key=lambda one: (one.year >= scheme.year, one.phase == Phase.SCORING, -one.year))


def spec_to_rehearse(scheme: Scheme) -> SchemeSpec:
    """A draft as it stands, an opened scheme as it counts."""
    return read_scheme(scheme) if scheme.phase == Phase.DRAFTING else current_spec(scheme)


def rehearse(spec: SchemeSpec, base: Scheme, *, origins: Mapping[str, str] | None = None) -> Rehearsal:
    """Apply `spec` to the data of `base`. `origins` maps codes of `spec` to those of the items they were
    copied from.
    """
    rows = Assessment.objects.filter(scheme=base).select_related("school", "school__county")
    held = TrainingClass.objects.kept().filter(
        school=OuterRef("school"), starts_on__range=(base.period_start, base.period_end)
    )
    rows = list(rows.annotate(recording=Exists(held)).in_order())
    evaluation = evaluate(base, assessments=rows)
    year = Year(evaluation.spec, evaluation.inputs, evaluation.outcomes)
    shown = {str(row.pk): row for row in rows if str(row.pk) in year.inputs}
    notes = Assumptions()
    pairs = paired(spec, year.spec, origins or {})
    known = {shown[key].school_id: school.metrics for key, school in year.inputs.items()}
    found = figures_then(spec, year.spec, known, recording={row.school_id for row in rows if row.recording})
    metrics = {key: found[row.school_id] for key, row in shown.items()}
    outcomes = apply(spec, year, pairs, metrics, notes)
    _note_period(spec, year.spec, notes)
    cases = tuple(
        Case(key, row, year.outcomes[key], outcomes[key], _reasons(year, spec, pairs, key, outcomes[key]))
        for key, row in shown.items()
        if key in outcomes
    )
    values = {key: _values(spec, metrics[key], outcome) for key, outcome in outcomes.items()}
    return Rehearsal(
        spec=spec,
        base=year.spec,
        cases=cases,
        left_out=tuple(row for key, row in shown.items() if key not in outcomes),
        assumptions=notes.lines(),
        categories=tuple(_means(spec, year.spec, cases)),
        limits=limits(spec, year.spec, cases),
        thresholds=thresholds(spec, outcomes, values),
    )


def origins_of(scheme: Scheme, base: Scheme) -> dict[str, str]:
    """Which item of `base` each item of `scheme` was copied from."""
    rows = Item.objects.filter(scheme=scheme, origin__scheme=base)
    return dict(rows.values_list("code", "origin__code"))


def _reasons(
    year: Year, spec: SchemeSpec, pairs: Mapping[str, Pair], key: str, now: Outcome
) -> tuple[str, ...]:
    then = year.outcomes[key]
    return why(year.spec, spec, then, now, pairs) if then.star != now.star else ()


def _values(
    spec: SchemeSpec, metrics: Mapping[str, Fraction | None], outcome: Outcome
) -> dict[str, Fraction]:
    """What conditions may name; a figure that nobody knows counts as met, as in the stars themselves."""
    known = {name: value for name, value in metrics.items() if value is not None}
    for band in spec.bands:
        for compared in band.condition.comparisons:
            if reference_key(compared.left) in spec.references:
                known.setdefault(reference_key(compared.left), compared.value.value + ABOVE[compared.op])
    return {**known, **outcome.totals.values(outcome.points)} if outcome.totals else known


def _means(spec: SchemeSpec, base: SchemeSpec, cases: Iterable[Case]) -> Iterable[CategoryMean]:
    rated = [case for case in cases if case.then.totals and case.now.totals]
    names = {one.code: one.name for one in (*base.scored_categories, *spec.scored_categories)}
    for code, name in names.items():
        then = _mean(case.then.totals.categories.get(code) for case in rated)
        now = _mean(case.now.totals.categories.get(code) for case in rated)
        yield CategoryMean(
            code, name, then, base.category_points.get(code), now, spec.category_points.get(code)
        )


def _mean(values: Iterable[Fraction | None]) -> Fraction | None:
    found = [value for value in values if value is not None]
    return sum(found, Fraction(0)) / len(found) if found else None


def _note_period(spec: SchemeSpec, base: SchemeSpec, notes: Assumptions) -> None:
    if [(day.month, day.day) for day in (spec.period_start, spec.period_end)] != [
        (day.month, day.day) for day in (base.period_start, base.period_end)
    ]:
        period = f"{base.period_start:%Y-%m-%d} 至 {base.period_end:%Y-%m-%d}"
        notes.note("统计期", "本方案的统计起止日与当年不同", f"仍按当年的统计期（{period}）计")
