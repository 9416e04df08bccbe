"""Which single change of recorded activity would bring points: one band up, one tick more, one deduction
fewer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from ratings.rules.binding import MetricInfo, Vocabulary, part_is_computed, reference_key
from ratings.rules.errors import Unresolved
from ratings.rules.evaluation import evaluate_part, maximum
from ratings.rules.figures import figure_text, step_size
from ratings.rules.syntax import (
    Add,
    Cases,
    Checklist,
    Comparison,
    Condition,
    Deduct,
    Graded,
    Number,
    Part,
    Ratio,
    Reference,
    Rule,
    Term,
    Test,
)
from ratings.rules.walking import bare, operands
from ratings.rules.wording import worded

from .rounding import plain

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Change:
    """A figure, what it would have to become, and the points the rule would then give on top."""

    reference: str
    label: str
    from_value: Fraction
    to_value: Fraction
    gain: Fraction
    text: str


def next_changes(
    rule: Rule, vocabulary: Vocabulary, metrics: Mapping[str, Fraction | None], *, item_points: Fraction
) -> tuple[Change, ...]:
    """For every figure the computed parts read, the nearest better value that brings points; greatest gain
    first.
    """
    parts = [part for part in rule.parts if part_is_computed(part, vocabulary)]
    found = [_nearest(reference, parts, vocabulary, metrics, item_points) for reference in _references(parts)]
    return tuple(
        sorted((change for change in found if change), key=lambda change: (-change.gain, change.reference))
    )


def _references(parts: list[Part]) -> Iterable[Reference]:
    named = (one for part in parts for one in (*bare(part), *operands(part)))
    return {reference_key(one): one for one in named}.values()


def _nearest(
    reference: Reference,
    parts: list[Part],
    vocabulary: Vocabulary,
    metrics: Mapping[str, Fraction | None],
    item_points: Fraction,
) -> Change | None:
    key, metric = reference_key(reference), vocabulary.metric(reference)
    current = metrics.get(key)
    if current is None or metric.direction not in ("up", "down"):
        return None
    reading = [
        part for part in parts if key in {reference_key(one) for one in (*bare(part), *operands(part))}
    ]
    before = _points(reading, vocabulary, metrics, item_points)
    if before is None or before == sum(maximum(part, item_points=item_points) for part in reading):
        return None
    candidates = {value for part in reading for value in _candidates(part, key, metric, current, metrics)}
    for value in sorted(candidates, key=lambda value: abs(value - current)):
        if not _reachable(value, current, metric):
            continue
        after = _points(reading, vocabulary, {**metrics, key: value}, item_points)
        if after is not None and after > before:
            text = (
                f"{worded(reference)}由 {figure_text(current, metric)}到 {figure_text(value, metric)}，"
                f"可多得 {plain(after - before)} 分"
            )
            return Change(key, metric.label, current, value, after - before, text)
    return None


def _reachable(value: Fraction, current: Fraction, metric: MetricInfo) -> bool:
    """Only in the metric's good direction, and within its bounds."""
    if value < 0 or (metric.upper is not None and value > metric.upper):
        return False
    return value > current if metric.direction == "up" else value < current


def _points(
    parts: list[Part], vocabulary: Vocabulary, metrics: Mapping[str, Fraction | None], item_points: Fraction
) -> Fraction | None:
    try:
        return sum(
            (evaluate_part(part, vocabulary, metrics, {}, item_points=item_points).points for part in parts),
            _ZERO,
        )
    except Unresolved:
        return None


def _candidates(
    part: Part, key: str, metric: MetricInfo, current: Fraction, metrics: Mapping[str, Fraction | None]
) -> Iterator[Fraction]:
    """Values of the figure at which this part may give more."""
    grain = Fraction(1, 100) if metric.unit == "%" else Fraction(1)
    match part:
        case Checklist():
            yield grain
        case Graded(bands=bands):
            for band in bands:
                yield from _of_test(band.test, grain)
        case Cases(cases=cases):
            for case in cases:
                yield from _of_condition(case.condition, key, grain)
        case Deduct(terms=terms) | Add(terms=terms):
            for term in terms:
                yield from _of_term(term, key, current, grain)
        case Ratio(numerator=numerator, denominator=denominator, target=target) if (
            reference_key(numerator) == key
        ):
            below = metrics.get(reference_key(denominator)) if denominator else Fraction(1)
            full = (below or _ZERO) * (target.value if target else 1)
            yield -(-full // grain) * grain


def _of_test(test: Test | None, grain: Fraction) -> Iterator[Fraction]:
    if test:
        yield from _around(test.low, grain)
        if test.high:
            yield from _around(test.high, grain)


def _of_condition(condition: Condition | None, key: str, grain: Fraction) -> Iterator[Fraction]:
    for comparison in condition.comparisons if condition else ():
        if reference_key(comparison.left) == key:
            yield from _around(comparison.value, grain)


def _around(bound: Number, grain: Fraction) -> Iterator[Fraction]:
    """The bound itself, and the next recordable figure on either side of it."""
    yield bound.value
    yield floor(bound.value / grain) * grain + grain
    yield -(-bound.value // grain) * grain - grain


def _of_term(term: Term, key: str, current: Fraction, grain: Fraction) -> Iterator[Fraction]:
    if isinstance(term.subject, Condition):
        yield from _of_condition(term.subject, key, grain)
        if term.per:
            yield from _next_steps(term.subject.comparisons[0], current, step_size(term.per))
    elif reference_key(term.subject) == key and term.per:
        size = step_size(term.per)
        whole = current // size
        yield (whole + 1) * size
        yield whole * size - grain
    elif reference_key(term.subject) == key:  # once, however large the figure
        yield grain
        yield _ZERO


def _next_steps(comparison: Comparison, current: Fraction, size: Fraction) -> Iterator[Fraction]:
    """One step nearer to the bound, and one further from it."""
    bound = comparison.value.value
    steps = abs(bound - current) // size
    side = -1 if current < bound else 1
    yield bound + side * max(steps - 1, 0) * size
    yield bound + side * (steps + 1) * size
