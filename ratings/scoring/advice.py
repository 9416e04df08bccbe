"""离上一星级还差什么: missing points, unmet gates, and the records a school could change by itself."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ratings.criteria.spec import BandSpec, BoundItem, SchemeSpec
from ratings.enums import Star
from ratings.rules import comparisons, next_changes
from ratings.rules.rounding import exact_sum, round2, show

from .inputs import SchoolInput, known, known_figures
from .outcome import Outcome
from .stage import system_part, within

#: How many single changes a school is shown.
MOST_CHANGES = 5
#: Sections of the registry that are seats, staff and money: never offered as something to do.
STANDING_SECTIONS = ("profile", "budgets")


def advise(spec: SchemeSpec, school: SchoolInput, outcome: Outcome) -> dict[str, object]:
    """What would lead to the next star, as JSON for a frozen result: figures as shown, changes with their
    gain. Empty for a school without totals or already at the top.

    Only figures from recorded activity are offered, never judged parts, seats or money; caps are named as
    gates.
    """
    target = _next_band(spec, outcome) if outcome.totals else None
    if target is None:
        return {}
    values = {**known_figures(school.metrics), **outcome.totals.values(outcome.points)}
    unmet = [gate for gate in comparisons(target.condition, values) if not gate.holds]
    missing = [gate.gap for gate in unmet if gate.name == "总分"]
    gates = [gate.gap_text for gate in unmet if gate.name != "总分"]
    return {
        "star": target.star,
        "name": Star(target.star).label,
        "missing": show(max(missing, default=Fraction(0))),
        "gates": gates + [cap.text for cap in outcome.verdict.caps if cap.star < target.star],
        "changes": [
            {"code": code, "text": text, "gain": show(gain)}
            for code, text, gain in _changes(spec, school, outcome)
        ],
    }


def _next_band(spec: SchemeSpec, outcome: Outcome) -> BandSpec | None:
    above = [band for band in spec.bands if band.star > outcome.star]
    return min(above, key=lambda band: band.star, default=None)


def _changes(spec: SchemeSpec, school: SchoolInput, outcome: Outcome) -> list[tuple[str, str, Fraction]]:
    """Items, what to change, and the points it would add to the total; the greatest gain first."""
    changes: dict[tuple[str, Fraction], tuple[str, str, Fraction]] = {}
    for code, bound in spec.bound.items():
        item = outcome.items[code]
        if item.points in (None, bound.item.points) or item.adjusted:
            continue
        for change in _next_changes(spec, bound, school):
            key = change.reference, change.to_value
            if key not in changes and _is_activity(spec, change.label):
                gain = exact_sum(_gains(spec, school, outcome, *key))
                changes[key] = code, f"{code} {bound.item.name}：{change.text}", gain
    gaining = [change for change in changes.values() if change[2] > 0]
    return sorted(gaining, key=lambda change: (-change[2], change[0]))[:MOST_CHANGES]


def _next_changes(spec: SchemeSpec, bound: BoundItem, school: SchoolInput) -> tuple:
    figures = tuple(school.metrics.get(reference) for reference in sorted(bound.references))

    def compute() -> tuple:
        return next_changes(bound.item.rule, spec.vocabulary, school.metrics, item_points=bound.item.points)

    return bound.remember(("changes", figures), compute)


def _is_activity(spec: SchemeSpec, label: str) -> bool:
    """Whether a metric counts what a school does; a metric that the scheme declares itself says nothing about
    that.
    """
    return getattr(spec.metrics[label], "section", STANDING_SECTIONS[0]) not in STANDING_SECTIONS


def _gains(
    spec: SchemeSpec, school: SchoolInput, outcome: Outcome, reference: str, value: Fraction
) -> Iterator[Fraction]:
    """Points added to every base item that reads this figure; an adjusted item no longer follows its
    records.
    """
    metrics = {**school.metrics, reference: value}
    for code, bound in spec.bound.items():
        item = outcome.items[code]
        if reference not in bound.references or item.points is None or item.adjusted or bound.item.bonus:
            continue
        raised = known(system_part, spec, bound, metrics)
        if raised is not None:
            yield within(item.points + round2(raised[0] - item.system), bound) - item.points
