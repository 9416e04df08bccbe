"""What people's answers can still make of the points: needed to accept whole-item points from a
score sheet.
"""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import singledispatch
from itertools import pairwise

from .binding import Vocabulary, part_is_computed
from .evaluation import evaluate, maximum, reason, require
from .figures import Figures, Metrics
from .rounding import exact_sum
from .syntax import (
    Cases,
    Checklist,
    Comparison,
    Condition,
    Deduct,
    Graded,
    Judged,
    Levels,
    Part,
    Question,
    Ratio,
    Reasons,
    Rule,
    Term,
)

_ZERO = Fraction(0)
Range = tuple[Fraction, Fraction]


def asked_range(
    rule: Rule,
    vocabulary: Vocabulary,
    metrics: Metrics,
    *,
    item_points: Fraction,
    excluded: frozenset[str] = frozenset(),
) -> Range:
    """Least and greatest points of the asked parts over all possible answers, metrics in them as
    they stand.
    """
    figures = Figures(vocabulary, metrics, item_points, excluded=excluded)
    ranges = [
        (_ZERO, _ZERO) if figures.hidden(part) else _range(part, figures)
        for part in rule.parts
        if not part_is_computed(part, vocabulary)
    ]
    return exact_sum(low for low, _ in ranges), exact_sum(high for _, high in ranges)


@singledispatch
def _range(part: Part, figures: Figures) -> Range:
    raise TypeError(part)


@_range.register
def _(part: Levels, figures: Figures) -> Range:
    return _span(level.points.value for level in part.levels)


@_range.register
def _(part: Judged, figures: Figures) -> Range:
    return part.low.value, part.high.value


@_range.register
def _(part: Graded, figures: Figures) -> Range:
    """Over the bands that some typed number reaches first."""
    figures_tried = probes(number.value for _, number in part.compared)
    reached = (next((band for band in part.bands if band.fits(figure)), None) for figure in figures_tried)
    return _span(band.points.value for band in reached if band)


@_range.register
def _(part: Cases, figures: Figures) -> Range:
    """Over the cases that may come first; a case that rests on metrics alone and holds ends the list."""
    points = []
    for case in part.cases:
        if case.condition is None or _may_hold(case.condition, figures):
            points.append(case.points.value)
            if case.condition is None or not case.condition.questions:
                return _span(points)
    return _span([*points, _ZERO])


@_range.register
def _(part: Ratio, figures: Figures) -> Range:
    """From nothing to full points, unless the numerator is a metric that is zero; metrics that are missing
    still block.
    """
    if not isinstance(part.numerator, Question) and not figures.value(part.numerator):
        return _ZERO, _ZERO
    if part.denominator and not isinstance(part.denominator, Question):
        figures.value(part.denominator)
    return _ZERO, part.points.value


@_range.register
def _(part: Reasons, figures: Figures) -> Range:
    """Points with nothing ticked or counted, and with everything."""
    return _span([_extreme(part, figures, most=False), _extreme(part, figures, most=True)])


def _span(points: Iterable[Fraction]) -> Range:
    points = list(points) or [_ZERO]
    return min(points), max(points)


def _extreme(part: Reasons, figures: Figures, *, most: bool) -> Fraction:
    if isinstance(part, Checklist):
        ticked = {name.name: most for name in part.bare}
        return evaluate(part, replace(figures, answers=ticked)).points
    total = maximum(part, item_points=figures.item_points)
    moved = exact_sum(_moved(term, figures, total, most=most) for term in part.terms)
    return max(total - moved, part.floor.value) if isinstance(part, Deduct) else min(moved, total)


def _moved(term: Term, figures: Figures, total: Fraction, *, most: bool) -> Fraction:
    """Points one reason moves: fixed where only metrics speak; else nothing, or all it can (a count has no
    end but `total`).
    """
    subject = term.subject
    asked = subject.rests_on if not figures.vocabulary.metric(subject) else []
    if not asked:
        require(subject, figures)
        return reason(term, figures)[1]
    if not most or figures.hidden(subject):
        return _ZERO
    if isinstance(subject, Condition) and not _may_hold(subject, figures):
        return _ZERO
    return total if term.per and term.points.value else term.points.value


def _may_hold(condition: Condition, figures: Figures) -> bool:
    """Whether typed numbers exist that, with the metrics as they stand, make the condition hold."""
    typed: dict[str, list[Comparison]] = {}
    for comparison in condition.comparisons:
        if isinstance(comparison.left, Question):
            typed.setdefault(comparison.left.name, []).append(comparison)
        elif not comparison.holds(figures.value(comparison.left)):
            return False
    return all(satisfiable(group) for group in typed.values())


def satisfiable(comparisons: list[Comparison], upper: Fraction | None = None) -> bool:
    """Whether one value from 0 to `upper` meets all these comparisons."""
    return any(
        all(comparison.holds(value) for comparison in comparisons)
        for value in probes(comparison.value.value for comparison in comparisons)
        if upper is None or value <= upper
    )


def probes(bounds: Iterable[Fraction]) -> list[Fraction]:
    """Values from 0 that together visit everything such bounds tell apart: each bound, a point between any
    two neighbours, and one beyond the last.
    """
    ordered = sorted({_ZERO, *bounds})
    inner = [(low + high) / 2 for low, high in pairwise(ordered)]
    return sorted([*ordered, *inner, ordered[-1] + 1])
