"""Points of a part, exactly, with the steps that made them. What is missing blocks; it is never zero."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.rules.binding import Asked, Vocabulary, reference_key
from ratings.rules.errors import Unresolved
from ratings.rules.figures import Answer, Figures, beyond, bound_text, fits, holds_for, steps_in
from ratings.rules.printing import to_text
from ratings.rules.syntax import (
    Add,
    Cases,
    Checklist,
    Condition,
    Deduct,
    Graded,
    Judged,
    Levels,
    Part,
    Question,
    Ratio,
    Reference,
    Term,
)
from ratings.rules.walking import bare, operands, questions

from .rounding import plain

_OWED = frozenset({"level", "number", "points"})
_ZERO = Fraction(0)


@dataclass(frozen=True)
class TraceStep:
    """One sentence of the reckoning. The points of all steps of a part add up to the points of the part."""

    text: str
    points: Fraction
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartResult:
    points: Fraction
    maximum: Fraction
    steps: tuple[TraceStep, ...]


def missing_answers(
    asked: Iterable[Asked], answers: Mapping[str, Answer], *, excluded: frozenset[str] = frozenset()
) -> list[str]:
    """Names of the levels, numbers and points still owed. Ticks and counts are never owed: unticked means no,
    uncounted means none.
    """
    return [
        one.name
        for one in asked
        if one.kind in _OWED and one.name not in excluded and one.name not in answers
    ]


def evaluate_part(
    part: Part,
    vocabulary: Vocabulary,
    metrics: Mapping[str, Fraction | None],
    answers: Mapping[str, Answer],
    *,
    item_points: Fraction,
    excluded: frozenset[str] = frozenset(),
) -> PartResult:
    """Points of one part. Raises Unresolved naming every figure and answer that is missing.

    `excluded` names (核定要素 at a stage that is not asked for them) give nothing, take nothing and are never
    missed.
    """
    figures = Figures(vocabulary, metrics, answers, excluded)
    steps = tuple(_not_asked(part, figures) or _reckon(part, figures, item_points))
    return PartResult(
        sum((step.points for step in steps), _ZERO), maximum(part, item_points=item_points), steps
    )


def maximum(part: Part, *, item_points: Fraction) -> Fraction:
    """The most a part can give; an unstated 满分 or 上限 is the item's 分值."""
    match part:
        case Checklist(ticks=ticks):
            return sum((tick.points.value for tick in ticks), _ZERO)
        case Graded(bands=lines) | Cases(cases=lines) | Levels(levels=lines):
            return max(line.points.value for line in lines)
        case Ratio(points=points) | Judged(high=points):
            return points.value
        case Deduct(full=bound) | Add(cap=bound):
            return bound.value if bound else item_points


def _not_asked(part: Part, figures: Figures) -> list[TraceStep]:
    """The single step of a part that rests on a name not asked at this stage; empty for any other part."""
    match part:
        case Levels(name=name) | Judged(name=name) if name in figures.excluded:
            return [TraceStep(f"{name}：核定要素，本阶段不填", _ZERO)]
        case Graded() | Cases() | Ratio():
            hidden = [question.name for question in questions(part) if question.name in figures.excluded]
            return [TraceStep(f"{'、'.join(hidden)}：核定要素，本阶段不填", _ZERO)] if hidden else []
    return []


def _reckon(part: Part, figures: Figures, item_points: Fraction) -> list[TraceStep]:
    _require(part, figures)
    match part:
        case Checklist():
            return [_tick(tick.subject, tick.points.value, figures) for tick in part.ticks]
        case Graded():
            return [_graded(part, figures)]
        case Cases():
            return [_cases(part, figures)]
        case Ratio():
            return [_ratio(part, figures)]
        case Deduct():
            return _deduct(part, figures, item_points)
        case Add():
            return _add(part, figures, item_points)
        case Levels():
            return [_level(part, figures)]
        case Judged():
            return [_judged(part, figures)]


def _require(part: Part, figures: Figures) -> None:
    """Name everything that is missing at once, whether or not this school's points would hang on it."""
    problems = []
    named = [one for one in bare(part) if figures.vocabulary.metric(one)]
    for operand in dict.fromkeys([*named, *operands(part)]):
        if isinstance(operand, Question) and operand.name in figures.excluded:
            continue
        try:
            figures.value(operand)
        except Unresolved as gap:
            problems.extend(gap.problems)
    if problems:
        raise Unresolved(*problems)


def _keys(*found: object) -> tuple[str, ...]:
    return tuple(reference_key(one) for one in found if isinstance(one, Reference))


def _tick(subject: Reference, points: Fraction, figures: Figures) -> TraceStep:
    if figures.vocabulary.metric(subject):
        earned = points if figures.value(subject) > 0 else _ZERO
        return TraceStep(f"{figures.said(subject)} → {plain(earned)} 分", earned, _keys(subject))
    if subject.name in figures.excluded:
        return TraceStep(f"{subject.name}：核定要素，本阶段不填", _ZERO)
    ticked = bool(figures.answers.get(subject.name))
    return TraceStep(
        f"{subject.name}：{'是' if ticked else '否'} → {plain(points if ticked else _ZERO)} 分",
        points if ticked else _ZERO,
    )


def _graded(part: Graded, figures: Figures) -> TraceStep:
    value = figures.value(part.subject)
    band = next((band for band in part.bands if fits(band.test, value)), None)
    points = band.points.value if band else _ZERO
    why = bound_text(band.test) if band and band.test else "其他"
    return TraceStep(f"{figures.said(part.subject)}，{why} → {plain(points)} 分", points, _keys(part.subject))


def _cases(part: Cases, figures: Figures) -> TraceStep:
    case = next(
        (case for case in part.cases if case.condition is None or _holds(case.condition, figures)), None
    )
    points = case.points.value if case else _ZERO
    why = f"符合 {to_text(case.condition)}" if case and case.condition else "其他"
    compared = list(dict.fromkeys(operands(part)))
    said = "，".join(figures.said(operand) for operand in compared)
    return TraceStep(f"{said}，{why} → {plain(points)} 分", points, _keys(*compared))


def _holds(condition: Condition, figures: Figures) -> bool:
    return all(holds_for(comparison, figures.value(comparison.left)) for comparison in condition.comparisons)


def _ratio(part: Ratio, figures: Figures) -> TraceStep:
    rate, said = figures.value(part.numerator), figures.said(part.numerator)
    if part.denominator:
        below = figures.value(part.denominator)
        if not below:
            raise Unresolved(f"{figures.said(part.denominator)}，不能作分母")
        rate, said = rate / below, f"{said} / {figures.said(part.denominator)} = {plain(rate / below * 100)}%"
    target = part.target.value if part.target else Fraction(1)
    points = min(rate / target, Fraction(1)) * part.points.value
    goal = f"，目标 {to_text(part.target)}" if part.target else ""
    return TraceStep(f"{said}{goal} → {plain(points)} 分", points, _keys(part.numerator, part.denominator))


def _deduct(part: Deduct, figures: Figures, item_points: Fraction) -> list[TraceStep]:
    full = maximum(part, item_points=item_points)
    steps = [TraceStep(f"满分 {plain(full)} 分", full)]
    steps += [
        TraceStep(f"{said}，扣 {plain(points)} 分", -points, keys)
        for said, points, keys in _terms(part.terms, figures)
    ]
    short = part.floor.value - sum((step.points for step in steps), _ZERO)
    return [*steps, TraceStep(f"不低于 {plain(part.floor.value)} 分", short)] if short > 0 else steps


def _add(part: Add, figures: Figures, item_points: Fraction) -> list[TraceStep]:
    steps = [
        TraceStep(f"{said}，加 {plain(points)} 分", points, keys)
        for said, points, keys in _terms(part.terms, figures)
    ]
    over = sum((step.points for step in steps), _ZERO) - maximum(part, item_points=item_points)
    return (
        [*steps, TraceStep(f"合计不超过 {plain(maximum(part, item_points=item_points))} 分", -over)]
        if over > 0
        else steps
    )


def _terms(terms: Iterable[Term], figures: Figures) -> list[tuple[str, Fraction, tuple[str, ...]]]:
    return [_term(term, figures) for term in terms]


def _term(term: Term, figures: Figures) -> tuple[str, Fraction, tuple[str, ...]]:
    if isinstance(term.subject, Condition):
        return _condition_term(term, term.subject, figures)
    subject, points = term.subject, term.points.value
    per = f"，{to_text(term.per)} {plain(points)} 分" if term.per else ""
    if figures.vocabulary.metric(subject):
        value = figures.value(subject)
        times = steps_in(term.per, value) if term.per else int(value > 0)
        return f"{figures.said(subject)}{per}", points * times, _keys(subject)
    if subject.name in figures.excluded:
        return f"{subject.name}：核定要素，本阶段不填", _ZERO, ()
    if term.per:
        count = figures.answers.get(subject.name, 0)
        return f"{subject.name} {count} 次{per}", points * steps_in(term.per, Fraction(count)), ()
    ticked = bool(figures.answers.get(subject.name))
    return f"{subject.name}：{'有' if ticked else '无'}", points if ticked else _ZERO, ()


def _condition_term(
    term: Term, condition: Condition, figures: Figures
) -> tuple[str, Fraction, tuple[str, ...]]:
    compared = list(dict.fromkeys(operands(condition)))
    hidden = [one.name for one in compared if isinstance(one, Question) and one.name in figures.excluded]
    if hidden:
        return f"{'、'.join(hidden)}：核定要素，本阶段不填", _ZERO, ()
    said = "，".join(figures.said(operand) for operand in compared)
    if not _holds(condition, figures):
        return f"{said}，不属 {to_text(condition)}", _ZERO, _keys(*compared)
    times, per = 1, ""
    if term.per:
        first = condition.comparisons[0]
        times, per = (
            steps_in(term.per, beyond(first, figures.value(first.left))),
            f"，{to_text(term.per)} {plain(term.points.value)} 分",
        )
    return f"{said}，属 {to_text(condition)}{per}", term.points.value * times, _keys(*compared)


def _level(part: Levels, figures: Figures) -> TraceStep:
    word = figures.answers.get(part.name)
    points = next((level.points.value for level in part.levels if level.word == word), None)
    if points is None:
        raise Unresolved(
            f"“{part.name}”没有评定等次" if word is None else f"“{part.name}”没有“{word}”这一等次"
        )
    return TraceStep(f"{part.name}：{word} → {plain(points)} 分", points)


def _judged(part: Judged, figures: Figures) -> TraceStep:
    points = figures.number(part.name)
    if not part.low.value <= points <= part.high.value:
        raise Unresolved(f"“{part.name}”应在 {to_text(part.low)}—{to_text(part.high)} 分之间")
    return TraceStep(f"{part.name} {plain(points)} 分", points)
