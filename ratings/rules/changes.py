"""Which single change of recorded activity would bring points: one band up, one tick more, one deduction
fewer.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import singledispatch
from math import floor

from .binding import MetricInfo, Vocabulary, part_is_computed, reference_key
from .errors import Unresolved
from .evaluation import evaluate, maximum
from .figures import Figures, Metrics, figure_text
from .rounding import exact_sum, plain
from .syntax import (
    Checklist,
    Comparison,
    Condition,
    Node,
    Part,
    Ratio,
    Reasons,
    Reference,
    Rule,
    Term,
)
from .wording import worded

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Change:
    """A figure, what it would have to become, and the points the rule would then give on top."""

    reference: str
    label: str
    to_value: Fraction
    gain: Fraction
    text: str


def next_changes(
    rule: Rule, vocabulary: Vocabulary, metrics: Metrics, *, item_points: Fraction
) -> tuple[Change, ...]:
    """For every figure the computed parts read, the nearest better value that brings points; greatest gain
    first.
    """
    parts = [part for part in rule.parts if part_is_computed(part, vocabulary)]
    figures = Figures(vocabulary, metrics, item_points)
    read = dict.fromkeys(name for part in parts for name in (*part.bare, *part.operands))
    changes = [_nearest(reference, parts, figures) for reference in read]
    return tuple(sorted(filter(None, changes), key=lambda change: (-change.gain, change.reference)))


def _nearest(reference: Reference, parts: list[Part], figures: Figures) -> Change | None:
    key, metric = reference_key(reference), figures.vocabulary.metric(reference)
    current = figures.metrics.get(key)
    reading = [part for part in parts if reference in (*part.bare, *part.operands)]
    before = _points(reading, figures)
    if before in (None, sum(maximum(part, item_points=figures.item_points) for part in reading)):
        return None
    wanted = _Wanted(reference, metric, current, figures)
    better = {value for part in reading for value in _candidates(part, wanted) if wanted.is_better(value)}
    for value in sorted(better, key=lambda value: abs(value - current)):
        after = _points(reading, replace(figures, metrics={**figures.metrics, key: value}))
        if after is not None and after > before:
            text = (
                f"{worded(reference)}由 {figure_text(current, metric)}到 {figure_text(value, metric)}，"
                f"可多得 {plain(after - before)} 分"
            )
            return Change(key, metric.label, value, after - before, text)
    return None


def _points(parts: list[Part], figures: Figures) -> Fraction | None:
    try:
        return exact_sum(evaluate(part, figures).points for part in parts)
    except Unresolved:
        return None


@dataclass(frozen=True)
class _Wanted:
    """The figure that would have to change."""

    reference: Reference
    metric: MetricInfo
    current: Fraction
    figures: Figures

    @property
    def grain(self) -> Fraction:
        """The least by which records can differ."""
        return Fraction(1, 100) if self.metric.unit == "%" else Fraction(1)

    def is_better(self, value: Fraction) -> bool:
        """Only in the metric's good direction, and within its bounds."""
        if value < 0 or (self.metric.upper is not None and value > self.metric.upper):
            return False
        away = value - self.current
        return {"up": away > 0, "down": away < 0}.get(self.metric.direction, False)


@singledispatch
def _candidates(node: Node, wanted: _Wanted) -> Iterator[Fraction]:
    """Values of the figure at which this part may give more: every bound it is held against, and the next
    recordable figure on either side of it.
    """
    grain = wanted.grain
    for bound in node.bounds(wanted.reference):
        yield bound.value
        yield floor(bound.value / grain) * grain + grain
        yield -(-bound.value // grain) * grain - grain


@_candidates.register
def _(part: Checklist, wanted: _Wanted) -> Iterator[Fraction]:
    yield wanted.grain


@_candidates.register
def _(part: Ratio, wanted: _Wanted) -> Iterator[Fraction]:
    """The numerator that reaches the target."""
    if part.numerator == wanted.reference:
        below = wanted.figures.metrics.get(reference_key(part.denominator)) if part.denominator else 1
        full = (below or _ZERO) * (part.target.value if part.target else 1)
        yield -(-full // wanted.grain) * wanted.grain


@_candidates.register
def _(part: Reasons, wanted: _Wanted) -> Iterator[Fraction]:
    for term in part.terms:
        yield from _candidates(term, wanted)


@_candidates.register
def _(term: Term, wanted: _Wanted) -> Iterator[Fraction]:
    if isinstance(term.subject, Condition):
        yield from _candidates(term.subject, wanted)
        if term.per:
            yield from _next_steps(term.subject.comparisons[0], wanted.current, term.per.size)
    elif term.subject == wanted.reference and term.per:
        size = term.per.size
        whole = wanted.current // size
        yield (whole + 1) * size
        yield whole * size - wanted.grain
    elif term.subject == wanted.reference:  # once, however large the figure
        yield wanted.grain
        yield _ZERO


def _next_steps(comparison: Comparison, current: Fraction, size: Fraction) -> Iterator[Fraction]:
    """One step nearer to the bound, and one further from it."""
    bound = comparison.value.value
    steps = abs(bound - current) // size
    side = -1 if current < bound else 1
    yield bound + side * max(steps - 1, 0) * size
    yield bound + side * (steps + 1) * size
