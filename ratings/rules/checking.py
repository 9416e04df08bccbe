"""Checks of one rule line before a scheme may use it."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ratings.rules.bands import check_bands
from ratings.rules.binding import MetricInfo, Vocabulary
from ratings.rules.evaluation import maximum
from ratings.rules.naming import Finding, bind, bind_condition, error, warning
from ratings.rules.printing import to_text
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
    Number,
    Operand,
    Part,
    Ratio,
    Reference,
    Rule,
    Term,
)
from ratings.rules.walking import operands

from .rounding import plain

_LESS, _MORE = "<≤", ">≥"


def check_rule(
    rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction, bonus: bool = False
) -> list[Finding]:
    """Everything a scheme must mend (error) or confirm (warning) in the rule of an item worth
    `item_points`.
    """
    found = bind(rule, vocabulary) + list(_sum(rule, item_points, bonus=bonus))
    for part in rule.parts:
        found += _part(part, vocabulary, item_points)
    return found


def check_condition(
    condition: Condition, vocabulary: Vocabulary, *, uppers: Mapping[str, Fraction] | None = None
) -> list[Finding]:
    """The same for the condition of a star or a restriction. `uppers` tells how high totals and codes can get
    at all.
    """
    known = dict(uppers or {})
    found = bind_condition(condition, vocabulary)
    for operand in dict.fromkeys(operands(condition)):
        metric = vocabulary.metric(operand)
        upper = metric.upper if metric else known.get(operand.name)
        compared = [one for one in condition.comparisons if one.left == operand]
        found += _percent(operand, [one.value for one in compared], vocabulary)
        if not satisfiable(compared, upper):
            text = " 且 ".join(to_text(one) for one in compared)
            most = "" if upper is None else f"，最高只有 {_figure(upper, compared[0].value)}"
            found.append(error(f"“{text}”不可能达到{most}", operand.position))
    return found


def _figure(value: Fraction, like: Number) -> str:
    return f"{plain(value * 100)}%" if like.percent else plain(value)


def _sum(rule: Rule, item_points: Fraction, *, bonus: bool) -> Iterator[Finding]:
    if len(rule.parts) > 1:
        unstated = [part for part in rule.parts if isinstance(part, Deduct) and not part.full]
        yield from (
            error("几部分相加时，“扣”要写明满分，如 扣(满分 5; …)", part.position) for part in unstated
        )
        uncapped = [part for part in rule.parts if isinstance(part, Add) and not part.cap]
        yield from (
            error("几部分相加时，“加”要写明上限，如 加(…; 上限 3)", part.position) for part in uncapped
        )
        if unstated or uncapped:
            return
    total = sum((maximum(part, item_points=item_points) for part in rule.parts), Fraction(0))
    if bonus and total > item_points:
        yield warning(
            f"各部分最高合计 {plain(total)} 分，超过加分项上限 {plain(item_points)} 分，超出部分不计"
        )
    elif total != item_points:
        yield error(f"各部分最高合计 {plain(total)} 分，与分值 {plain(item_points)} 分不符")


def _part(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> list[Finding]:
    match part:
        case Checklist(ticks=ticks):
            return [finding for tick in ticks for finding in _reward(tick.subject, vocabulary)]
        case Graded(subject=subject, bands=bands):
            numbers = [
                number for band in bands if band.test for number in (band.test.low, band.test.high) if number
            ]
            return _percent(subject, numbers, vocabulary) + check_bands(part, vocabulary)
        case Cases(cases=cases):
            compared = [one for case in cases if case.condition for one in case.condition.comparisons]
            wrong = [finding for one in compared for finding in _percent(one.left, [one.value], vocabulary)]
            return wrong + check_bands(part, vocabulary)
        case Ratio():
            return _ratio(part, vocabulary)
        case Deduct(terms=terms, floor=floor):
            found = [finding for term in terms for finding in _term(term, vocabulary, good=False)]
            if floor.value >= maximum(part, item_points=item_points):
                found.append(error("下限应小于满分", part.position))
            return found
        case Add(terms=terms):
            return [finding for term in terms for finding in _term(term, vocabulary, good=True)]
        case Judged(low=low, high=high, step=step):
            uneven = step and (high.value - low.value) % step.value
            return (
                [error(f"步长 {to_text(step)} 不能整除 {to_text(low)}—{to_text(high)}", part.position)]
                if uneven
                else []
            )
    return []


def _reward(subject: Reference, vocabulary: Vocabulary) -> list[Finding]:
    metric = vocabulary.metric(subject)
    if metric and metric.direction == "down":
        return [error(f"指标“{metric.label}”越少越好，不能用来得分；可以写在“扣”里", subject.position)]
    return []


def _penalty(subject: Reference, vocabulary: Vocabulary) -> list[Finding]:
    metric = vocabulary.metric(subject)
    if metric and metric.direction == "up":
        return [
            error(f"指标“{metric.label}”越多越好，不能用来扣分；可以写“{metric.label}<…”", subject.position)
        ]
    return []


def _term(term: Term, vocabulary: Vocabulary, *, good: bool) -> list[Finding]:
    if isinstance(term.subject, Reference):
        judge = _reward if good else _penalty
        return judge(term.subject, vocabulary) + _per(term, term.subject, vocabulary)
    found = []
    for comparison in term.subject.comparisons:
        found += _percent(comparison.left, [comparison.value], vocabulary) + _side(
            comparison, vocabulary, good=good
        )
        found += _per(term, comparison.left, vocabulary)
        metric = vocabulary.metric(comparison.left)
        if metric and not satisfiable([comparison], metric.upper):
            found.append(error(f"“{to_text(comparison)}”不可能达到", comparison.left.position))
    return found


def _side(comparison: Comparison, vocabulary: Vocabulary, *, good: bool) -> list[Finding]:
    """Points may be won on the good side of a metric and lost on the bad side, never the other way round."""
    metric = vocabulary.metric(comparison.left)
    if not metric or metric.direction not in ("up", "down"):
        return []
    wrong = _LESS if (metric.direction == "up") == good else _MORE
    if comparison.op not in wrong:
        return []
    return [error(f"“{to_text(comparison)}”与指标“{metric.label}”的方向相反", comparison.left.position)]


def _per(term: Term, operand: Operand, vocabulary: Vocabulary) -> list[Finding]:
    """Percentages are counted in 百分点 and nothing else is."""
    if not term.per:
        return []
    metric, in_points = vocabulary.metric(operand), term.per.unit.endswith("百分点")
    is_percent = metric.unit == "%" if metric else False
    if in_points == is_percent or (isinstance(term.subject, Condition) and not metric):
        return []
    wanted = "应写“每1个百分点”" if is_percent else "不能按百分点计"
    return [error(f"“{operand.name}”{wanted}", operand.position)]


def _percent(operand: Operand, numbers: list[Number], vocabulary: Vocabulary) -> list[Finding]:
    """A percentage is compared with a percentage: ≥60 for ≥60% would never be reached."""
    metric = vocabulary.metric(operand)
    if metric is None or not metric.unit:
        return []
    return [finding for number in numbers for finding in _percent_of(metric, number)]


def _percent_of(metric: MetricInfo, number: Number) -> list[Finding]:
    if metric.unit == "%" and not number.percent and number.value:
        return [error(f"指标“{metric.label}”是百分数，应写 {to_text(number)}%", number.position)]
    if metric.unit != "%" and number.percent:
        return [error(f"指标“{metric.label}”的单位是{metric.unit}，不是百分数", number.position)]
    return []


def _ratio(part: Ratio, vocabulary: Vocabulary) -> list[Finding]:
    found = _reward(part.numerator, vocabulary) if isinstance(part.numerator, Reference) else []
    below = vocabulary.metric(part.denominator) if part.denominator else None
    if below and below.direction == "up":
        found.append(
            warning(f"分母“{below.label}”越多越好，增加它反而会减分，请确认", part.denominator.position)
        )
    if part.denominator and part.numerator == part.denominator:
        found.append(error("分子和分母是同一个名称", part.position))
    return found
