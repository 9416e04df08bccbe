"""Points of a part, exactly, with the steps that made them. What is missing blocks; it is never zero."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch

from .binding import Asked, Vocabulary
from .errors import NoDenominator, Unresolved
from .figures import Answer, Figures, Metrics
from .rounding import exact_sum, plain
from .syntax import (
    Add,
    Band,
    Case,
    Cases,
    Checklist,
    Condition,
    Deduct,
    Graded,
    Judged,
    Levels,
    Node,
    Part,
    Question,
    Ratio,
    Term,
    Test,
    Tick,
)

_OWED = frozenset({"level", "number", "points"})
_ZERO = Fraction(0)


@dataclass(frozen=True)
class TraceStep:
    """One sentence of the reckoning. The points of all steps of a part add up to the points of the part."""

    text: str
    points: Fraction


Steps = Iterator[TraceStep]


@dataclass(frozen=True)
class PartResult:
    points: Fraction
    steps: tuple[TraceStep, ...]


def missing_answers(
    asked: Iterable[Asked], answers: Mapping[str, Answer], *, excluded: frozenset[str] = frozenset()
) -> list[str]:
    """Names of the levels, numbers and points still owed. Ticks and counts are never owed: unticked means no,
    uncounted means none.
    """
    owed = [question.name for question in asked if question.kind in _OWED]
    return [name for name in owed if name not in excluded and name not in answers]


def maximum(part: Part, *, item_points: Fraction) -> Fraction:
    """The most a part can give; an unstated 满分 or 上限 is the item's 分值."""
    match part:
        case Checklist(ticks=ticks):
            return exact_sum(tick.points.value for tick in ticks)
        case Graded(bands=lines) | Cases(cases=lines) | Levels(levels=lines):
            return max(line.points.value for line in lines)
        case Ratio(points=points) | Judged(high=points):
            return points.value
        case Deduct(full=bound) | Add(cap=bound):
            return bound.value if bound else item_points


def evaluate_part(
    part: Part,
    vocabulary: Vocabulary,
    metrics: Metrics,
    answers: Mapping[str, Answer],
    *,
    item_points: Fraction,
    excluded: frozenset[str] = frozenset(),
) -> PartResult:
    """Points of one part. Raises Unresolved naming every figure and answer that is missing.

    `excluded` names (核定要素 at a stage that is not asked for them) give nothing, take nothing and are never
    missed.
    """
    return evaluate(part, Figures(vocabulary, metrics, item_points, answers, excluded))


def evaluate(part: Part, figures: Figures) -> PartResult:
    """The same of figures that are gathered already."""
    hidden = figures.hidden(part)
    if hidden:
        steps = (TraceStep(_not_asked(hidden), _ZERO),)
    else:
        require(part, figures)
        steps = tuple(_steps(part, figures))
    return PartResult(exact_sum(step.points for step in steps), steps)


def require(node: Node, figures: Figures) -> None:
    """Name everything that is missing at once, whether or not this school's points would hang on it."""
    problems = []
    metrics = [name for name in node.bare if figures.vocabulary.metric(name)]
    for operand in dict.fromkeys([*metrics, *node.operands]):
        if isinstance(operand, Question) and operand.name in figures.excluded:
            continue
        try:
            figures.value(operand)
        except Unresolved as gap:
            problems.extend(gap.problems)
    if problems:
        raise Unresolved(*problems)


def _not_asked(names: Iterable[str]) -> str:
    return f"{'、'.join(names)}：核定要素，本阶段不填"


@singledispatch
def _steps(part: Part, figures: Figures) -> Steps:
    """The reckoning of a part of which everything is known."""
    raise TypeError(part)


@_steps.register
def _(part: Checklist, figures: Figures) -> Steps:
    for tick in part.ticks:
        said, points = reason(tick, figures, "否是")
        earned = "" if figures.hidden(tick.subject) else f" → {plain(points)} 分"
        yield TraceStep(said + earned, points)


@_steps.register
def _(part: Graded | Cases, figures: Figures) -> Steps:
    line = part.first(figures.value)
    points = line.points.value if line else _ZERO
    operands = list(dict.fromkeys(part.operands))
    text = f"{figures.said(*operands)}，{_why(line)} → {plain(points)} 分"
    yield TraceStep(text, points)


def _why(line: Band | Case | None) -> str:
    """What a line of 档 asked for: 达到 ≥80, 在 80%—100% 之内, 符合 参训率≥80% 且 月报逾期<1."""
    match line:
        case Band(test=Test(high=None, op="=") as test):
            return f"等于 {test}"
        case Band(test=Test(high=None, op=op) as test):
            return f"{'达到' if op in '≥>' else '符合'} {test}"
        case Band(test=Test() as test):
            return f"在 {test} 之内"
        case Case(condition=Condition() as condition):
            return f"符合 {condition}"
    return "其他"


@_steps.register
def _(part: Ratio, figures: Figures) -> Steps:
    rate, said = figures.value(part.numerator), figures.said(part.numerator)
    if part.denominator:
        below = figures.value(part.denominator)
        if not below:
            raise NoDenominator(f"{figures.said(part.denominator)}，不能作分母")
        rate /= below
        said += f" / {figures.said(part.denominator)} = {plain(rate * 100)}%"
    target = part.target.value if part.target else 1
    points = min(rate / target, Fraction(1)) * part.points.value
    goal = f"，目标 {part.target}" if part.target else ""
    yield TraceStep(f"{said}{goal} → {plain(points)} 分", points)


@_steps.register
def _(part: Deduct, figures: Figures) -> Steps:
    full = maximum(part, item_points=figures.item_points)
    steps = [TraceStep(f"满分 {plain(full)} 分", full), *_moves(part, figures, "扣", -1)]
    yield from steps
    short = part.floor.value - exact_sum(step.points for step in steps)
    if short > 0:
        yield TraceStep(f"不低于 {plain(part.floor.value)} 分", short)


@_steps.register
def _(part: Add, figures: Figures) -> Steps:
    steps, most = list(_moves(part, figures, "加", 1)), maximum(part, item_points=figures.item_points)
    yield from steps
    over = exact_sum(step.points for step in steps) - most
    if over > 0:
        yield TraceStep(f"合计不超过 {plain(most)} 分", -over)


def _moves(part: Deduct | Add, figures: Figures, verb: str, sign: int) -> Steps:
    for term in part.terms:
        said, points = reason(term, figures)
        yield TraceStep(f"{said}，{verb} {plain(points)} 分", sign * points)


@_steps.register
def _(part: Levels, figures: Figures) -> Steps:
    word = figures.answers.get(part.name)
    points = next((level.points.value for level in part.levels if level.word == word), None)
    if points is None:
        raise Unresolved(
            f"“{part.name}”没有评定等次" if word is None else f"“{part.name}”没有“{word}”这一等次"
        )
    yield TraceStep(f"{part.name}：{word} → {plain(points)} 分", points)


@_steps.register
def _(part: Judged, figures: Figures) -> Steps:
    points = figures.number(part.name)
    if not part.low.value <= points <= part.high.value:
        raise Unresolved(f"“{part.name}”应在 {part.low}—{part.high} 分之间")
    yield TraceStep(f"{part.name} {plain(points)} 分", points)


def reason(term: Tick | Term, figures: Figures, no_yes: str = "无有") -> tuple[str, Fraction]:
    """One line of 清单, 扣 or 加: what is said of it, and the points it moves."""
    subject, points = term.subject, term.points.value
    hidden = figures.hidden(subject)
    if hidden:
        return _not_asked(hidden), _ZERO
    if isinstance(subject, Condition):
        return _condition_reason(term, figures)
    per = _per(term)
    if figures.vocabulary.metric(subject):
        value = figures.value(subject)
        times = term.per.steps_in(value) if term.per else value > 0
        return f"{figures.said(subject)}{per}", points * times
    answer = figures.answers.get(subject.name, 0)
    if term.per:
        return f"{subject.name} {answer} 次{per}", points * term.per.steps_in(Fraction(answer))
    return f"{subject.name}：{no_yes[bool(answer)]}", points * bool(answer)


def _condition_reason(term: Term, figures: Figures) -> tuple[str, Fraction]:
    condition = term.subject
    operands = list(dict.fromkeys(condition.operands))
    said = figures.said(*operands)
    if not condition.holds(figures.value):
        return f"{said}，不属 {condition}", _ZERO
    first = condition.comparisons[0]
    times = term.per.steps_in(first.beyond(figures.value(first.left))) if term.per else 1
    return f"{said}，属 {condition}{_per(term)}", term.points.value * times


def _per(term: Tick | Term) -> str:
    return f"，{term.per} {plain(term.points.value)} 分" if term.per else ""
