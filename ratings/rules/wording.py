"""A rule as people would say it, for the pages of schools and reviewers."""

from collections.abc import Iterable
from fractions import Fraction

from ratings.rules.binding import Vocabulary
from ratings.rules.printing import to_text
from ratings.rules.syntax import (
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
    Test,
)

from .rounding import plain

_OPS = {"≥": "达到", ">": "超过", "≤": "不超过", "<": "低于", "=": "为", "≠": "不是"}


def in_words(rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction) -> tuple[str, ...]:
    """One Chinese sentence for each part."""
    return tuple(f"{_part(part, vocabulary, item_points)}。" for part in rule.parts)


def condition_in_words(condition: Condition, vocabulary: Vocabulary) -> str:
    """总分达到 90，且最低大项得分率达到 70%"""
    return "，且".join(
        worded(one.left) + _compared(one.op, one.value, one.left, vocabulary) for one in condition.comparisons
    )


def _part(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> str:
    match part:
        case Checklist(ticks=ticks):
            return _list(f"{worded(tick.subject)}得 {_number(tick.points)} 分" for tick in ticks)
        case Graded(subject=subject, bands=bands):
            return worded(subject) + _list((_band(band, subject, vocabulary) for band in bands), "，")
        case Cases(cases=cases):
            return _list(_case(case, vocabulary) for case in cases)
        case Ratio():
            return _ratio(part)
        case Deduct(full=full, terms=terms, floor=floor):
            start = plain(full.value if full else item_points)
            return (
                f"从 {start} 分扣起：{_list(_term(term, '扣', vocabulary) for term in terms)}；最低 "
                f"{_number(floor)} 分"
            )
        case Add(terms=terms, cap=cap):
            end = plain(cap.value if cap else item_points)
            return f"{_list(_term(term, '加', vocabulary) for term in terms)}；合计不超过 {end} 分"
        case Levels(name=name, levels=levels):
            return f"{name}按等次评定：" + _list(
                (f"{level.word} 得 {_number(level.points)} 分" for level in levels), "，"
            )
        case Judged(name=name, low=low, high=high, step=step):
            each = f"，每 {_number(step)} 分一级" if step else ""
            return f"{name}由评分人在 {_number(low)} 至 {_number(high)} 分之间评定{each}"


def _list(pieces: Iterable[str], separator: str = "；") -> str:
    return separator.join(pieces)


def _number(number: Number) -> str:
    return to_text(number)


def worded(operand: Operand) -> str:
    """With arguments in words: 办班期数（学时≥2、人次≥15）."""
    if isinstance(operand, Question) or not (operand.limits or operand.words):
        return operand.name
    arguments = [*(to_text(limit) for limit in operand.limits), *operand.words]
    return f"{operand.name}（{'、'.join(arguments)}）"


def _compared(op: str, value: Number, operand: Operand, vocabulary: Vocabulary) -> str:
    return f"{_OPS[op]} {_with_unit(value, operand, vocabulary)}"


def _with_unit(value: Number, operand: Operand, vocabulary: Vocabulary) -> str:
    metric = vocabulary.metric(operand)
    unit = metric.unit if metric and not value.percent and metric.unit not in ("%", "是否") else ""
    return f"{_number(value)} {unit}".strip()


def _band(band: Band, subject: Operand, vocabulary: Vocabulary) -> str:
    reached = _test(band.test, subject, vocabulary) if band.test else "其他"
    space = " " if reached[-1] in "0123456789%" else ""
    return f"{reached}{space}得 {_number(band.points)} 分"


def _test(test: Test, subject: Operand, vocabulary: Vocabulary) -> str:
    if test.high is not None:
        return f"在 {_number(test.low)} 至 {_with_unit(test.high, subject, vocabulary)} 之间"
    return _compared(test.op, test.low, subject, vocabulary)


def _case(case: Case, vocabulary: Vocabulary) -> str:
    earns = f"得 {_number(case.points)} 分"
    return f"{condition_in_words(case.condition, vocabulary)}，{earns}" if case.condition else f"其他{earns}"


def _ratio(part: Ratio) -> str:
    subject = (
        f"{worded(part.numerator)}占{worded(part.denominator)}的比例"
        if part.denominator
        else worded(part.numerator)
    )
    goal = _number(part.target) if part.target else "100%"
    return f"{subject}达到 {goal} 得 {_number(part.points)} 分，不足的按比例得分"


def _term(term: Term, verb: str, vocabulary: Vocabulary) -> str:
    said = (
        worded(term.subject)
        if isinstance(term.subject, Reference)
        else condition_in_words(term.subject, vocabulary)
    )
    if not term.per:
        return f"{said}{verb} {_number(term.points)} 分"
    beyond = "" if isinstance(term.subject, Reference) else "，"
    return f"{said}{beyond}{to_text(term.per)}{verb} {_number(term.points)} 分"
