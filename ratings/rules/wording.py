"""A rule as people would say it, for the pages of schools and reviewers."""

from collections.abc import Iterable
from fractions import Fraction
from functools import singledispatch

from .binding import Vocabulary
from .rounding import plain
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
    Number,
    Operand,
    Part,
    Question,
    Ratio,
    Reference,
    Rule,
    Term,
)

_OPS = {"≥": "达到", ">": "超过", "≤": "不超过", "<": "低于", "=": "为", "≠": "不是"}


def in_words(rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction) -> tuple[str, ...]:
    """One Chinese sentence for each part."""
    return tuple(f"{_words(part, vocabulary, item_points)}。" for part in rule.parts)


def condition_in_words(condition: Condition, vocabulary: Vocabulary) -> str:
    """总分达到 90，且最低大项得分率达到 70%"""
    return "，且".join(
        worded(comparison.left) + _compared(comparison.op, comparison.value, comparison.left, vocabulary)
        for comparison in condition.comparisons
    )


def worded(operand: Operand) -> str:
    """With arguments in words: 办班期数（学时≥2、人次≥15）."""
    if isinstance(operand, Question) or not (operand.limits or operand.words):
        return operand.name
    return f"{operand.name}（{'、'.join([*map(str, operand.limits), *operand.words])}）"


@singledispatch
def _words(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> str:
    """A sentence without its full stop."""
    raise TypeError(part)


@_words.register
def _(part: Checklist, vocabulary: Vocabulary, item_points: Fraction) -> str:
    return "；".join(f"{worded(tick.subject)}得 {tick.points} 分" for tick in part.ticks)


@_words.register
def _(part: Graded, vocabulary: Vocabulary, item_points: Fraction) -> str:
    return worded(part.subject) + "，".join(_band(band, part.subject, vocabulary) for band in part.bands)


@_words.register
def _(part: Cases, vocabulary: Vocabulary, item_points: Fraction) -> str:
    return "；".join(_case(case, vocabulary) for case in part.cases)


@_words.register
def _(part: Ratio, vocabulary: Vocabulary, item_points: Fraction) -> str:
    subject = worded(part.numerator)
    if part.denominator:
        subject = f"{subject}占{worded(part.denominator)}的比例"
    return f"{subject}达到 {part.target or '100%'} 得 {part.points} 分，不足的按比例得分"


@_words.register
def _(part: Deduct, vocabulary: Vocabulary, item_points: Fraction) -> str:
    full = plain(part.full.value if part.full else item_points)
    return f"从 {full} 分扣起：{_terms(part.terms, '扣', vocabulary)}；最低 {part.floor} 分"


@_words.register
def _(part: Add, vocabulary: Vocabulary, item_points: Fraction) -> str:
    cap = plain(part.cap.value if part.cap else item_points)
    return f"{_terms(part.terms, '加', vocabulary)}；合计不超过 {cap} 分"


@_words.register
def _(part: Levels, vocabulary: Vocabulary, item_points: Fraction) -> str:
    levels = "，".join(f"{level.word} 得 {level.points} 分" for level in part.levels)
    return f"{part.name}按等次评定：{levels}"


@_words.register
def _(part: Judged, vocabulary: Vocabulary, item_points: Fraction) -> str:
    step = f"，每 {part.step} 分一级" if part.step else ""
    return f"{part.name}由评分人在 {part.low} 至 {part.high} 分之间评定{step}"


def _band(band: Band, subject: Operand, vocabulary: Vocabulary) -> str:
    reached = "其他"
    if band.test:
        *low, last = band.test.numbers
        reached = (
            f"在 {low[0]} 至 {_with_unit(last, subject, vocabulary)} 之间"
            if low
            else _compared(band.test.op, last, subject, vocabulary)
        )
    space = " " if reached[-1] in "0123456789%" else ""
    return f"{reached}{space}得 {band.points} 分"


def _case(case: Case, vocabulary: Vocabulary) -> str:
    reached = f"{condition_in_words(case.condition, vocabulary)}，" if case.condition else "其他"
    return f"{reached}得 {case.points} 分"


def _terms(terms: Iterable[Term], verb: str, vocabulary: Vocabulary) -> str:
    return "；".join(f"{_term(term, vocabulary)}{verb} {term.points} 分" for term in terms)


def _term(term: Term, vocabulary: Vocabulary) -> str:
    if isinstance(term.subject, Reference):
        return f"{worded(term.subject)}{term.per or ''}"
    condition = condition_in_words(term.subject, vocabulary)
    return f"{condition}，{term.per}" if term.per else condition


def _compared(op: str, value: Number, operand: Operand, vocabulary: Vocabulary) -> str:
    return f"{_OPS[op]} {_with_unit(value, operand, vocabulary)}"


def _with_unit(value: Number, operand: Operand, vocabulary: Vocabulary) -> str:
    metric = vocabulary.metric(operand)
    unit = metric.unit if metric and not value.percent and metric.unit not in ("%", "是否") else ""
    return f"{value} {unit}".strip()
