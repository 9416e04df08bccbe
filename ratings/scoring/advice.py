"""离上一星级还差什么: missing points, unmet gates, and the records a school could change by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Star
from ratings.rules import comparisons, next_changes
from ratings.rules.rounding import round2, show

from .inputs import Blocked, SchoolInput
from .outcome import Outcome
from .stage import system_part, within

#: How many single changes a school is shown.
MOST_CHANGES = 5
#: Sections of the registry that are seats, staff and money: never offered as something to do.
STANDING_SECTIONS = ("profile", "budgets")


@dataclass(frozen=True)
class Change:
    """One band or tick of recorded activity and the points it would add to the total."""

    code: str
    text: str
    gain: Fraction


@dataclass(frozen=True)
class Advice:
    """`star` is the next level, or 0 for a school that already has the highest of the scheme."""

    star: int
    missing: Fraction
    gates: tuple[str, ...]
    changes: tuple[Change, ...]


def advise(spec: SchemeSpec, school: SchoolInput, outcome: Outcome) -> Advice | None:
    """What would lead to the next star; None for a school without totals or already at the top.

    Only figures from recorded activity are offered, never judged parts, seats or money; caps are named as
    gates.
    """
    if outcome.totals is None:
        return None
    above = [band for band in spec.bands if band.star > outcome.star]
    if not above:
        return None
    target = min(above, key=lambda band: band.star)
    known = {reference: value for reference, value in school.metrics.items() if value is not None}
    unmet = [
        entry
        for entry in comparisons(target.condition, {**known, **outcome.totals.values(outcome.points)})
        if not entry.holds
    ]
    missing = max((entry.gap for entry in unmet if entry.name == "总分"), default=Fraction(0))
    gates = [entry.gap_text for entry in unmet if entry.name != "总分"] + [
        cap.text for cap in outcome.verdict.caps if cap.star < target.star
    ]
    return Advice(target.star, missing, tuple(gates), _changes(spec, school, outcome))


def _changes(spec: SchemeSpec, school: SchoolInput, outcome: Outcome) -> tuple[Change, ...]:
    found: dict[tuple[str, Fraction], Change] = {}
    for code, bound in spec.bound.items():
        item = outcome.items[code]
        if item.points is None or item.points == bound.item.points or item.adjusted:
            continue
        for change in _next_changes(spec, bound, school):
            if not _is_activity(spec, change.label) or (change.reference, change.to_value) in found:
                continue
            gain = _gain(spec, school, outcome, change.reference, change.to_value)
            if gain > 0:
                found[change.reference, change.to_value] = Change(
                    code, f"{code} {bound.item.name}：{change.text}", gain
                )
    return tuple(sorted(found.values(), key=lambda change: (-change.gain, change.code))[:MOST_CHANGES])


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


def _gain(
    spec: SchemeSpec, school: SchoolInput, outcome: Outcome, reference: str, value: Fraction
) -> Fraction:
    """Points added over all base items that read this figure; an adjusted item no longer follows
    its records.
    """
    metrics: Mapping[str, Fraction | None] = {**school.metrics, reference: value}
    gain = Fraction(0)
    for code, bound in spec.bound.items():
        item = outcome.items[code]
        if reference not in bound.references or item.points is None or item.adjusted or bound.item.bonus:
            continue
        try:
            raised, _ = system_part(spec, bound, metrics)
        except Blocked:
            continue
        gain += within(item.points + round2(raised - item.system), bound) - item.points
    return gain


def in_words(advice: Advice | None) -> dict[str, object]:
    """The advice as JSON for a frozen result: figures as shown, changes with their gain."""
    if advice is None:
        return {}
    return {
        "star": advice.star,
        "name": Star(advice.star).label,
        "missing": show(advice.missing),
        "gates": list(advice.gates),
        "changes": [
            {"code": change.code, "text": change.text, "gain": show(change.gain)} for change in advice.changes
        ],
    }
