"""Checks of one line before a scheme may use it: what it names, what it adds up to, and whether every part
makes sense.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import singledispatch

from ratings.rules.bands import check_bands
from ratings.rules.binding import MetricInfo, Vocabulary, asked, reference_key
from ratings.rules.errors import Finding, error, warning
from ratings.rules.evaluation import maximum
from ratings.rules.ranges import satisfiable
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
    Number,
    Operand,
    Part,
    Question,
    Ratio,
    Reference,
    Rule,
    Term,
)

from .rounding import plain

MAX_EDITS = 2
_SHOWN = 3
RESERVED_ANSWERS = frozenset({"无", "不适用", "全部"})


def check_rule(
    rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction, bonus: bool = False
) -> list[Finding]:
    """Everything a scheme must mend (error) or confirm (warning) in the rule of an item worth
    `item_points`.
    """
    return [
        *bind(rule, vocabulary),
        *_sum(rule, item_points, bonus=bonus),
        *(finding for part in rule.parts for finding in _part(part, vocabulary, item_points)),
    ]


def check_condition(condition: Condition, vocabulary: Vocabulary) -> list[Finding]:
    """The same for the condition of a star or a restriction."""
    return [*_bind_condition(condition, vocabulary), *_bounds(condition, vocabulary)]


# -- names


def bind(rule: Rule, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Everything that is wrong or doubtful about the names of a rule."""
    for operand in rule.operands:
        yield from _operand(operand, vocabulary)
    for name in rule.bare:
        yield from (_arguments if vocabulary.metric(name) else _asked_name)(name, vocabulary)
    for part in rule.parts:
        if isinstance(part, Levels | Judged) and part.name in vocabulary.metrics:
            yield error(f"“{part.name}”是系统取数指标，不能由人评定，请换一个名称", part.position)
        if isinstance(part, Levels):
            for word in _twice(level.word for level in part.levels):
                yield error(f"等次“{word}”写了两次", part.position)
    yield from _repeated_answers(rule, vocabulary)
    yield from _repeated_metrics(rule, vocabulary)


def _bind_condition(condition: Condition, vocabulary: Vocabulary) -> Iterator[Finding]:
    """The same for a condition, which may also name totals and codes but asks nobody."""
    known = vocabulary.totals | vocabulary.codes
    for operand in condition.operands:
        if isinstance(operand, Question):
            yield error("星级标准和限制性情形里不能写“问”", operand.position)
        elif operand.name in known and not operand.limits and not operand.words:
            continue
        elif vocabulary.metric(operand):
            yield from _arguments(operand, vocabulary)
        else:
            yield _unknown(operand, {*known, *vocabulary.metrics})


def _operand(operand: Operand, vocabulary: Vocabulary) -> Iterator[Finding]:
    if isinstance(operand, Reference):
        if vocabulary.metric(operand):
            yield from _arguments(operand, vocabulary)
        elif operand.name in vocabulary.totals | vocabulary.codes:
            yield error(f"“{operand.name}”只能用在星级标准和限制性情形里", operand.position)
        else:
            yield _unknown(operand, vocabulary.metrics)
    elif operand.name in vocabulary.metrics:
        yield warning(f"“{operand.name}”是系统取数指标，写了“问”就要人工填写", operand.position)
    else:
        yield from _too_alike(operand, vocabulary)


def _unknown(reference: Reference, known: Iterable[str]) -> Finding:
    near = nearest(reference.name, known)
    hint = f"；相近的有：{'、'.join(near)}" if near else ""
    return error(
        f"没有名为“{reference.name}”的系统取数指标{hint}。要由人填写数字的，请写“问 {reference.name}”",
        reference.position,
    )


def _asked_name(name: Reference, vocabulary: Vocabulary) -> Iterator[Finding]:
    if name.limits or name.words:
        yield _unknown(name, vocabulary.metrics)
    else:
        yield from _too_alike(name, vocabulary)


def _too_alike(name: Operand, vocabulary: Vocabulary) -> Iterator[Finding]:
    """A short name is within two edits of anything short, so at most half of the longer name may differ."""
    alike = []
    for label in vocabulary.metrics:
        edits = distance(name.name, label)
        if edits <= MAX_EDITS and _mostly_equal(name.name, label, edits):
            alike.append(label)
    if alike:
        shown = "”“".join(alike[:_SHOWN])
        yield warning(
            f"“{name.name}”将由人填写；它与系统取数指标“{shown}”很像，请确认不是写错", name.position
        )


def _arguments(reference: Reference, vocabulary: Vocabulary) -> Iterator[Finding]:
    metric, position = vocabulary.metric(reference), reference.position
    for limit in reference.limits:
        if limit.name not in metric.accepts:
            message = f"指标“{metric.label}”不能限定“{limit.name}”{_choices(metric.accepts)}"
            yield error(message, position)
    words = metric.accepts_words or frozenset()
    for word in reference.words:
        if word not in words:
            yield error(f"指标“{metric.label}”没有“{word}”这一类{_choices(words)}", position)
    for limit in reference.limits:
        if limit.op == "≠" or limit.value.percent:
            yield error(f"方括号里的“{limit}”应是与普通数字的 ≥、>、≤、< 或 = 比较", position)
    for word in _twice([*reference.words, *(f"{limit.name}{limit.op}" for limit in reference.limits)]):
        yield error(f"指标“{metric.label}”的方括号里“{word}”写了两次", position)


def _choices(words: Iterable[str]) -> str:
    return f"；可以写：{'、'.join(sorted(words))}" if words else "；它不带方括号"


def _repeated_answers(rule: Rule, vocabulary: Vocabulary) -> Iterator[Finding]:
    """A typed number may be compared as often as one likes; every other answer is asked for once."""
    answers = [(answer.name, answer.kind) for answer in asked(rule, vocabulary)]
    once = [name for name, kind in answers if kind != "number"]
    once += {name for name, kind in answers if kind == "number"}
    for name in _twice(once):
        yield error(f"“{name}”在一条规则里写了两次，请改成不同的名称")
    for name in RESERVED_ANSWERS.intersection(once):
        yield error(f"“{name}”在作答里另有意思，不能作名称")


def _repeated_metrics(rule: Rule, vocabulary: Vocabulary) -> Iterator[Finding]:
    for part in rule.parts:
        for key in _twice(reference_key(name) for name in part.bare if vocabulary.metric(name)):
            yield error(f"指标“{key}”在同一部分里写了两次", part.position)


def _twice(words: Iterable[str]) -> list[str]:
    return [word for word, times in Counter(words).items() if times > 1]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names most like this one: few edits, or one contained in the other."""
    scored = sorted((distance(name, label), label) for label in known)
    return [
        label
        for edits, label in scored
        if _mostly_equal(name, label, edits) or label in name or name in label
    ][:_SHOWN]


def _mostly_equal(name: str, label: str, edits: int) -> bool:
    return 2 * edits <= max(len(name), len(label))


def distance(left: str, right: str) -> int:
    """Edits (insert, delete, replace) from one word to the other."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


# -- points


def _sum(rule: Rule, item_points: Fraction, *, bonus: bool) -> Iterator[Finding]:
    open_ends = list(_open_ends(rule)) if len(rule.parts) > 1 else []
    if open_ends:
        yield from open_ends
        return
    total = sum((maximum(part, item_points=item_points) for part in rule.parts), Fraction(0))
    if bonus and total > item_points:
        yield warning(
            f"各部分最高合计 {plain(total)} 分，超过加分项上限 {plain(item_points)} 分，超出部分不计"
        )
    elif total != item_points:
        yield error(f"各部分最高合计 {plain(total)} 分，与分值 {plain(item_points)} 分不符")


def _open_ends(rule: Rule) -> Iterator[Finding]:
    """Parts that would take the 分值 of the whole item for their own."""
    for part in rule.parts:
        if isinstance(part, Deduct) and not part.full:
            yield error("几部分相加时，“扣”要写明满分，如 扣(满分 5; …)", part.position)
    for part in rule.parts:
        if isinstance(part, Add) and not part.cap:
            yield error("几部分相加时，“加”要写明上限，如 加(…; 上限 3)", part.position)


@singledispatch
def _part(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    """What is wrong with the bounds, points and directions of one part."""
    return ()


@_part.register
def _(part: Checklist, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    for name in part.bare:
        yield from _direction(name, vocabulary, good=True)


@_part.register
def _(part: Graded | Cases, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    for operand, number in part.compared:
        yield from _percent(operand, number, vocabulary)
    yield from check_bands(part, vocabulary)


@_part.register
def _(part: Ratio, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    yield from _direction(part.numerator, vocabulary, good=True)
    below = part.denominator and vocabulary.metric(part.denominator)
    if below and below.direction == "up":
        message = f"分母“{below.label}”越多越好，增加它反而会减分，请确认"
        yield warning(message, part.denominator.position)
    if part.numerator == part.denominator:
        yield error("分子和分母是同一个名称", part.position)


@_part.register
def _(part: Deduct, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    for term in part.terms:
        yield from _term(term, vocabulary, good=False)
    if part.floor.value >= maximum(part, item_points=item_points):
        yield error("下限应小于满分", part.position)


@_part.register
def _(part: Add, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    for term in part.terms:
        yield from _term(term, vocabulary, good=True)


@_part.register
def _(part: Judged, vocabulary: Vocabulary, item_points: Fraction) -> Iterable[Finding]:
    if part.step and (part.high.value - part.low.value) % part.step.value:
        yield error(f"步长 {part.step} 不能整除 {part.low}—{part.high}", part.position)


def _term(term: Term, vocabulary: Vocabulary, *, good: bool) -> Iterator[Finding]:
    if isinstance(term.subject, Reference):
        yield from _direction(term.subject, vocabulary, good=good)
        yield from _per(term, term.subject, vocabulary)
        return
    for comparison in term.subject.comparisons:
        operand = comparison.left
        yield from _percent(operand, comparison.value, vocabulary)
        yield from _side(comparison, vocabulary, good=good)
        yield from _per(term, operand, vocabulary)
        metric = vocabulary.metric(operand)
        if metric and not satisfiable([comparison], metric.upper):
            yield error(f"“{comparison}”不可能达到", operand.position)


def _direction(subject: Operand, vocabulary: Vocabulary, *, good: bool) -> Iterator[Finding]:
    """Points are won by a metric of which more is better, and lost by one of which less is."""
    metric = vocabulary.metric(subject)
    if metric and good and metric.direction == "down":
        yield error(f"指标“{metric.label}”越少越好，不能用来得分；可以写在“扣”里", subject.position)
    if metric and not good and metric.direction == "up":
        message = f"指标“{metric.label}”越多越好，不能用来扣分；可以写“{metric.label}<…”"
        yield error(message, subject.position)


def _side(comparison: Comparison, vocabulary: Vocabulary, *, good: bool) -> Iterator[Finding]:
    """Points may be won on the good side of a metric and lost on the bad side, never the other way round."""
    metric = vocabulary.metric(comparison.left)
    rising, falling = ("<≤", ">≥") if good else (">≥", "<≤")
    wrong = {"up": rising, "down": falling}
    if metric and comparison.op in wrong.get(metric.direction, ""):
        yield error(f"“{comparison}”与指标“{metric.label}”的方向相反", comparison.left.position)


def _per(term: Term, operand: Operand, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Percentages are counted in 百分点 and nothing else is."""
    metric = vocabulary.metric(operand)
    if not term.per or (isinstance(term.subject, Condition) and not metric):
        return
    is_percent = metric is not None and metric.unit == "%"
    if term.per.unit.endswith("百分点") != is_percent:
        wanted = "应写“每1个百分点”" if is_percent else "不能按百分点计"
        yield error(f"“{operand.name}”{wanted}", operand.position)


# -- bounds


def _percent(operand: Operand, number: Number, vocabulary: Vocabulary) -> Iterator[Finding]:
    """A percentage is compared with a percentage: ≥60 for ≥60% would never be reached."""
    metric = vocabulary.metric(operand)
    if metric is None or not metric.unit:
        return
    if metric.unit == "%" and not number.percent and number.value:
        yield error(f"指标“{metric.label}”是百分数，应写 {number}%", number.position)
    if metric.unit != "%" and number.percent:
        yield error(f"指标“{metric.label}”的单位是{metric.unit}，不是百分数", number.position)


def _bounds(condition: Condition, vocabulary: Vocabulary) -> Iterator[Finding]:
    for operand in dict.fromkeys(condition.operands):
        comparisons = [comparison for comparison in condition.comparisons if comparison.left == operand]
        for comparison in comparisons:
            yield from _percent(operand, comparison.value, vocabulary)
        metric = vocabulary.metric(operand)
        if not satisfiable(comparisons, metric.upper if metric else None):
            text = " 且 ".join(map(str, comparisons))
            yield error(f"“{text}”不可能达到{_most(metric, comparisons[0].value)}", operand.position)


def _most(metric: MetricInfo | None, like: Number) -> str:
    if metric is None or metric.upper is None:
        return ""
    return f"，最高只有 {plain(metric.upper * 100)}%" if like.percent else f"，最高只有 {plain(metric.upper)}"
