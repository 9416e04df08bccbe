"""The figures a draft reads, for the earlier year: what was signed then counts, the rest is computed for that period."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from ratings.criteria.spec import SchemeSpec
from schools.metrics import COMPUTED, METRICS, figures
from schools.models import MetricValue, School

Figures = dict[int, dict[str, Fraction | None]]


def figures_then(
    draft: SchemeSpec, base: SchemeSpec, known: Mapping[int, Mapping[str, Fraction | None]], *, recording: Collection[int]
) -> Figures:
    """Every figure `draft` reads by school id; None where the earlier year has none. `known` are that year's snapshots,
    `recording` the schools that registered classes here in its period.

    The number of queries depends on which tables the new figures read, never on the number of schools.
    """
    found: Figures = {school: {name: values.get(name) for name in draft.references} for school, values in known.items()}
    missing = draft.references - base.references
    own = {metric.label for metric in draft.custom_metrics}
    schools = School.objects.filter(pk__in=list(known))
    if missing & own:
        rows = MetricValue.objects.filter(school__in=list(known), year=base.year, reference__in=missing & own)
        for school, reference, value in rows.values_list("school_id", "reference", "value"):
            found[school][reference] = Fraction(value)
    registry = sorted(missing - own)
    if registry:
        _compute(found, registry, schools, base, recording)
    return found


def _compute(found: Figures, registry: list[str], schools, base: SchemeSpec, recording: Collection[int]) -> None:
    """From the records of the earlier period. A school that registered no class then kept no records here: only what
    stands in its profile is known of it, and counting the rest would make silent zeros."""
    period = (base.period_start, base.period_end)
    computed = figures(registry, schools=schools, year=base.year, start=period[0], end=period[1], as_of=base.period_end)
    for school, values in computed.items():
        for reference, figure in values.items():
            standing = not METRICS[reference.split("[")[0]].sources
            if school in recording or standing or figure.source != COMPUTED:
                found[school][reference] = figure.value
