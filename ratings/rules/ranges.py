"""What people's answers can still make of the points: needed to accept whole-item points from a
score sheet.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise

from ratings.rules.binding import Vocabulary, part_is_computed
from ratings.rules.evaluation import evaluate_part, maximum
from ratings.rules.figures import Figures, fits, holds_for
from ratings.rules.syntax import (
    Add,
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
    Rule,
    Term,
)
from ratings.rules.walking import questions

_ZERO = Fraction(0)
Range = tuple[Fraction, Fraction]


def system_points(
    rule: Rule, vocabulary: Vocabulary, metrics: Mapping[str, Fraction | None], *, item_points: Fraction
) -> Fraction:
    """Points of the wholly computed parts together. Raises Unresolved where a figure is missing."""
    computed = (part for part in rule.parts if part_is_computed(part, vocabulary))
    return sum(
        (evaluate_part(part, vocabulary, metrics, {}, item_points=item_points).points for part in computed),
        _ZERO,
    )


def asked_range(
    rule: Rule,
    vocabulary: Vocabulary,
    metrics: Mapping[str, Fraction | None],
    *,
    item_points: Fraction,
    excluded: frozenset[str] = frozenset(),
) -> Range:
    """Least and greatest points of the asked parts over all possible answers, metrics in them as
    they stand.
    """
    asked_parts = [part for part in rule.parts if not part_is_computed(part, vocabulary)]
    figures = Figures(vocabulary, metrics, {}, excluded)
    ranges = [_range(part, figures, item_points) for part in asked_parts]
    return sum((low for low, _ in ranges), _ZERO), sum((high for _, high in ranges), _ZERO)


def _range(part: Part, figures: Figures, item_points: Fraction) -> Range:
    match part:
        case Levels(name=name) | Judged(name=name) if name in figures.excluded:
            return _ZERO, _ZERO
        case Graded() | Cases() | Ratio() if any(
            question.name in figures.excluded for question in questions(part)
        ):
            return _ZERO, _ZERO
        case Levels(levels=levels):
            return min(level.points.value for level in levels), max(level.points.value for level in levels)
        case Judged(low=low, high=high):
            return low.value, high.value
        case Checklist() | Deduct() | Add():
            return _range_of_names(part, figures, item_points)
        case Graded():
            return _span(_possible_bands(part))
        case Cases():
            return _span(_possible_cases(part, figures))
        case Ratio():
            return _range_of_ratio(part, figures)


def _range_of_names(part: Checklist | Deduct | Add, figures: Figures, item_points: Fraction) -> Range:
    """Points with nothing ticked or counted, and with everything."""
    none = _with(part, figures, item_points, most=False)
    everything = _with(part, figures, item_points, most=True)
    return min(none, everything), max(none, everything)


def _with(part: Checklist | Deduct | Add, figures: Figures, item_points: Fraction, *, most: bool) -> Fraction:
    if isinstance(part, Checklist):
        subjects = [tick.subject for tick in part.ticks]
        answers = {one.name: True for one in subjects if most and not figures.vocabulary.metric(one)}
        return evaluate_part(
            part,
            figures.vocabulary,
            figures.metrics,
            answers,
            item_points=item_points,
            excluded=figures.excluded,
        ).points
    total = maximum(part, item_points=item_points)
    moved = sum((_term_points(term, figures, total, most=most) for term in part.terms), _ZERO)
    return max(total - moved, part.floor.value) if isinstance(part, Deduct) else min(moved, total)


def _term_points(term: Term, figures: Figures, total: Fraction, *, most: bool) -> Fraction:
    """Points one reason moves: fixed where only metrics speak; else nothing, or all it can (a count has no
    end but `total`).
    """
    subject = term.subject
    hidden = [question.name for question in questions(subject)] if isinstance(subject, Condition) else []
    if (isinstance(subject, Condition) and not hidden) or (
        not isinstance(subject, Condition) and figures.vocabulary.metric(subject)
    ):
        alone = Add((term,), None)
        return evaluate_part(alone, figures.vocabulary, figures.metrics, {}, item_points=_UNBOUNDED).points
    named = hidden or [subject.name]
    if not most or any(name in figures.excluded for name in named):
        return _ZERO
    if isinstance(subject, Condition) and not _may_hold(subject, figures):
        return _ZERO
    return total if term.per and term.points.value else term.points.value


_UNBOUNDED = Fraction(10**12)


def _span(points: list[Fraction]) -> Range:
    return (min(points), max(points)) if points else (_ZERO, _ZERO)


def _possible_bands(part: Graded) -> list[Fraction]:
    """Points of the bands that some typed number reaches first."""
    return [band.points.value for band in {_first(part, value) for value in probes(part)} if band]


def _first(part: Graded, value: Fraction):
    return next((band for band in part.bands if fits(band.test, value)), None)


def probes(part: Graded) -> list[Fraction]:
    """Values that together visit every band a value can reach: each bound, and a point between any two
    neighbours.
    """
    bounds = {Fraction(0)}
    for band in part.bands:
        if band.test:
            bounds |= {band.test.low.value} | ({band.test.high.value} if band.test.high else set())
    return between(bounds)


def between(bounds: set[Fraction]) -> list[Fraction]:
    """The bounds in order, with a point between each two neighbours and one beyond the last."""
    ordered = sorted(bounds)
    inner = [(low + high) / 2 for low, high in pairwise(ordered)]
    return sorted([*ordered, *inner, ordered[-1] + 1])


def _possible_cases(part: Cases, figures: Figures) -> list[Fraction]:
    """Points of the cases that may come first; a case that rests on metrics alone and holds ends the list."""
    found = []
    for case in part.cases:
        if case.condition is None:
            return [*found, case.points.value]
        if _may_hold(case.condition, figures):
            found.append(case.points.value)
            if not questions(case.condition):
                return found
    return [*found, _ZERO]


def _may_hold(condition: Condition, figures: Figures) -> bool:
    """Whether typed numbers exist that, with the metrics as they stand, make the condition hold."""
    typed: dict[str, list[Comparison]] = {}
    for comparison in condition.comparisons:
        if isinstance(comparison.left, Question):
            typed.setdefault(comparison.left.name, []).append(comparison)
        elif not holds_for(comparison, figures.value(comparison.left)):
            return False
    return all(satisfiable(group) for group in typed.values())


def satisfiable(comparisons: list[Comparison], upper: Fraction | None = None) -> bool:
    """Whether one value from 0 to `upper` meets all these comparisons."""
    values = between({Fraction(0)} | {comparison.value.value for comparison in comparisons})
    return any(
        all(holds_for(one, value) for one in comparisons)
        for value in values
        if upper is None or value <= upper
    )


def _range_of_ratio(part: Ratio, figures: Figures) -> Range:
    """From nothing to full points, unless the numerator is a metric that is zero; metrics that are missing
    still block.
    """
    if not isinstance(part.numerator, Question) and not figures.value(part.numerator):
        return _ZERO, _ZERO
    if part.denominator and not isinstance(part.denominator, Question):
        figures.value(part.denominator)
    return _ZERO, part.points.value
