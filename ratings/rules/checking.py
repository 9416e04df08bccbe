"""Checks of one line before a scheme may use it: what it names, what it adds up to, and whether every part
makes sense.
"""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import singledispatch

from .bands import check_bands
from .binding import Asked, MetricInfo, Vocabulary, asked, reference_key
from .errors import Finding, Findings, error, warning
from .evaluation import maximum
from .ranges import satisfiable
from .rounding import exact_sum, plain, show_rate
from .syntax import (
    Add,
    Cases,
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
    Reasons,
    Reference,
    Rule,
    Term,
    Tick,
)

MAX_EDITS = 2
_SHOWN = 3
RESERVED_ANSWERS = frozenset({"无", "不适用", "全部"})


def check_rule(
    rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction, bonus: bool = False
) -> list[Finding]:
    """Everything a scheme must mend (error) or confirm (warning) in the rule of an item worth
    `item_points`.
    """
    findings = [*bind(rule, vocabulary), *_sum(rule, item_points, bonus=bonus)]
    for part in rule.parts:
        findings += _part(part, vocabulary)
        if isinstance(part, Deduct) and part.floor.value >= maximum(part, item_points=item_points):
            findings.append(error("下限应小于满分", part))
    return findings


def check_condition(condition: Condition, vocabulary: Vocabulary) -> list[Finding]:
    """The same for the condition of a star or a restriction."""
    return [*_bind_condition(condition, vocabulary), *_reachable(condition, vocabulary)]


# -- names


def bind(rule: Rule, vocabulary: Vocabulary) -> Findings:
    """Everything that is wrong or doubtful about the names of a rule."""
    for operand in rule.operands:
        yield from _operand(operand, vocabulary)
    for name in rule.bare:
        yield from _bare_name(name, vocabulary)
    for part in rule.parts:
        yield from _assessed(part, vocabulary)
    yield from _repeated_answers(asked(rule, vocabulary))
    for part in rule.parts:
        metrics = filter(vocabulary.metric, part.bare)
        for key in _twice(map(reference_key, metrics)):
            yield error(f"指标“{key}”在同一部分里写了两次", part)


def _bind_condition(condition: Condition, vocabulary: Vocabulary) -> Findings:
    """The same for a condition, which may also name totals and codes but asks nobody."""
    known = vocabulary.scores
    for operand in condition.operands:
        if isinstance(operand, Question):
            yield error("星级标准和限制性情形里不能写“问”", operand)
        elif operand.name in known and not operand.limits and not operand.words:
            continue
        elif metric := vocabulary.metric(operand):
            yield from _arguments(operand, metric)
        else:
            yield _unknown(operand, {*known, *vocabulary.metrics})


def _operand(operand: Operand, vocabulary: Vocabulary) -> Findings:
    if metric := vocabulary.metric(operand):
        yield from _arguments(operand, metric)
    elif isinstance(operand, Reference):
        if operand.name in vocabulary.scores:
            yield error(f"“{operand.name}”只能用在星级标准和限制性情形里", operand)
        else:
            yield _unknown(operand, vocabulary.metrics)
    elif operand.name in vocabulary.metrics:
        yield warning(f"“{operand.name}”是系统取数指标，写了“问”就要人工填写", operand)
    else:
        yield from _too_alike(operand, vocabulary)


def _bare_name(name: Reference, vocabulary: Vocabulary) -> Findings:
    if metric := vocabulary.metric(name):
        yield from _arguments(name, metric)
    elif name.limits or name.words:
        yield _unknown(name, vocabulary.metrics)
    else:
        yield from _too_alike(name, vocabulary)


def _assessed(part: Part, vocabulary: Vocabulary) -> Findings:
    """What people are asked to judge must not be a metric, and a level must not have two values."""
    if isinstance(part, Levels | Judged) and part.name in vocabulary.metrics:
        yield error(f"“{part.name}”是系统取数指标，不能由人评定，请换一个名称", part)
    if isinstance(part, Levels):
        for word in _twice(level.word for level in part.levels):
            yield error(f"等次“{word}”写了两次", part)


def _unknown(reference: Reference, known: Iterable[str]) -> Finding:
    near = "、".join(nearest(reference.name, known))
    hint = f"；相近的有：{near}" if near else ""
    return error(
        f"没有名为“{reference.name}”的系统取数指标{hint}。要由人填写数字的，请写“问 {reference.name}”",
        reference,
    )


def _too_alike(name: Operand, vocabulary: Vocabulary) -> Findings:
    """A short name is within two edits of anything short, so at most half of the longer name may differ."""
    edits = {label: distance(name.name, label) for label in vocabulary.metrics}
    alike = [
        label for label, away in edits.items() if away <= MAX_EDITS and _mostly_equal(name.name, label, away)
    ]
    if alike:
        shown = "”“".join(alike[:_SHOWN])
        yield warning(f"“{name.name}”将由人填写；它与系统取数指标“{shown}”很像，请确认不是写错", name)


def _arguments(reference: Reference, metric: MetricInfo) -> Findings:
    """Each argument is one that the metric takes, written once, and bounds a plain number from one side."""
    label, limits = metric.label, reference.limits
    for name in _not_among((limit.name for limit in limits), metric.accepts):
        yield error(f"指标“{label}”不能限定“{name}”{_choices(metric.accepts)}", reference)
    known = metric.accepts_words or ()
    for word in _not_among(reference.words, known):
        yield error(f"指标“{label}”没有“{word}”这一类{_choices(known)}", reference)
    for limit in limits:
        if limit.op == "≠" or limit.value.percent:
            yield error(f"方括号里的“{limit}”应是与普通数字的 ≥、>、≤、< 或 = 比较", reference)
    for word in _twice([*reference.words, *(f"{limit.name}{limit.op}" for limit in limits)]):
        yield error(f"指标“{label}”的方括号里“{word}”写了两次", reference)


def _not_among(words: Iterable[str], known: Iterable[str]) -> list[str]:
    return [word for word in words if word not in known]


def _choices(words: Iterable[str]) -> str:
    return f"；可以写：{'、'.join(sorted(words))}" if words else "；它不带方括号"


def _repeated_answers(answers: Iterable[Asked]) -> Findings:
    """A typed number may be compared as often as one likes; every other answer is asked for once."""
    typed = {answer.name for answer in answers if answer.kind == "number"}
    names = [*(answer.name for answer in answers if answer.kind != "number"), *typed]
    yield from (error(f"“{name}”在一条规则里写了两次，请改成不同的名称") for name in _twice(names))
    for name in RESERVED_ANSWERS.intersection(names):
        yield error(f"“{name}”在作答里另有意思，不能作名称")


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


def _sum(rule: Rule, item_points: Fraction, *, bonus: bool) -> Findings:
    open_ends = list(_open_ends(rule)) if len(rule.parts) > 1 else []
    if open_ends:
        yield from open_ends
        return
    total = exact_sum(maximum(part, item_points=item_points) for part in rule.parts)
    if bonus and total > item_points:
        yield warning(
            f"各部分最高合计 {plain(total)} 分，超过加分项上限 {plain(item_points)} 分，超出部分不计"
        )
    elif total != item_points:
        yield error(f"各部分最高合计 {plain(total)} 分，与分值 {plain(item_points)} 分不符")


def _open_ends(rule: Rule) -> Findings:
    """Parts that would take the 分值 of the whole item for their own."""
    for part in rule.parts:
        if isinstance(part, Deduct) and not part.full:
            yield error("几部分相加时，“扣”要写明满分，如 扣(满分 5; …)", part)
    for part in rule.parts:
        if isinstance(part, Add) and not part.cap:
            yield error("几部分相加时，“加”要写明上限，如 加(…; 上限 3)", part)


@singledispatch
def _part(part: Part, vocabulary: Vocabulary) -> Findings:
    """What is wrong with the bounds, steps and directions of one part."""
    yield from ()


@_part.register
def _(part: Reasons, vocabulary: Vocabulary) -> Findings:
    for term in part.terms:
        yield from _term(term, vocabulary, good=not isinstance(part, Deduct))


@_part.register
def _(part: Graded | Cases, vocabulary: Vocabulary) -> Findings:
    for operand, number in part.compared:
        yield from _percent(vocabulary.metric(operand), number)
    yield from check_bands(part, vocabulary)


@_part.register
def _(part: Ratio, vocabulary: Vocabulary) -> Findings:
    yield from _direction(part.numerator, vocabulary, good=True)
    below = vocabulary.metric(part.denominator)
    if below and below.direction == "up":
        yield warning(f"分母“{below.label}”越多越好，增加它反而会减分，请确认", part.denominator)
    if part.numerator == part.denominator:
        yield error("分子和分母是同一个名称", part)


@_part.register
def _(part: Judged, vocabulary: Vocabulary) -> Findings:
    if part.step and (part.high.value - part.low.value) % part.step.value:
        yield error(f"步长 {part.step} 不能整除 {part.low}—{part.high}", part)


def _term(term: Tick | Term, vocabulary: Vocabulary, *, good: bool) -> Findings:
    if isinstance(term.subject, Reference):
        yield from _direction(term.subject, vocabulary, good=good)
        yield from _per(term, term.subject, vocabulary.metric(term.subject))
        return
    for comparison in term.subject.comparisons:
        if metric := vocabulary.metric(comparison.left):
            yield from _percent(metric, comparison.value)
            yield from _side(comparison, metric, good=good)
            yield from _per(term, comparison.left, metric)
            if not satisfiable([comparison], metric.upper):
                yield error(f"“{comparison}”不可能达到", comparison.left)


def _direction(subject: Operand, vocabulary: Vocabulary, *, good: bool) -> Findings:
    """Points are won by a metric of which more is better, and lost by one of which less is."""
    metric = vocabulary.metric(subject)
    if metric and good and metric.direction == "down":
        yield error(f"指标“{metric.label}”越少越好，不能用来得分；可以写在“扣”里", subject)
    if metric and not good and metric.direction == "up":
        yield error(f"指标“{metric.label}”越多越好，不能用来扣分；可以写“{metric.label}<…”", subject)


def _side(comparison: Comparison, metric: MetricInfo, *, good: bool) -> Findings:
    """Points may be won on the good side of a metric and lost on the bad side, never the other way round."""
    wrong = {("up", True): "<≤", ("up", False): ">≥", ("down", True): ">≥", ("down", False): "<≤"}
    if comparison.op in wrong.get((metric.direction, good), ""):
        yield error(f"“{comparison}”与指标“{metric.label}”的方向相反", comparison.left)


def _per(term: Tick | Term, operand: Operand, metric: MetricInfo | None) -> Findings:
    """Percentages are counted in 百分点 and nothing else is."""
    is_percent = metric is not None and metric.unit == "%"
    if term.per and term.per.unit.endswith("百分点") != is_percent:
        wanted = "应写“每1个百分点”" if is_percent else "不能按百分点计"
        yield error(f"“{operand.name}”{wanted}", operand)


# -- bounds


def _percent(metric: MetricInfo | None, number: Number) -> Findings:
    """A percentage is compared with a percentage: ≥60 for ≥60% would never be reached."""
    unit = metric.unit if metric else ""
    if unit == "%" and not number.percent and number.value:
        yield error(f"指标“{metric.label}”是百分数，应写 {number}%", number)
    elif unit not in ("", "%") and number.percent:
        yield error(f"指标“{metric.label}”的单位是{unit}，不是百分数", number)


def _reachable(condition: Condition, vocabulary: Vocabulary) -> Findings:
    for operand in dict.fromkeys(condition.operands):
        metric = vocabulary.metric(operand)
        comparisons = [comparison for comparison in condition.comparisons if comparison.left == operand]
        for comparison in comparisons:
            yield from _percent(metric, comparison.value)
        upper = metric.upper if metric else None
        if not satisfiable(comparisons, upper):
            text = " 且 ".join(map(str, comparisons))
            yield error(f"“{text}”不可能达到{_most(upper, comparisons[0].value)}", operand)


def _most(upper: Fraction | None, like: Number) -> str:
    if upper is None:
        return ""
    return f"，最高只有 {show_rate(upper) if like.percent else plain(upper)}"
