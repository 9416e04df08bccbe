"""A rule as people would say it, for the pages of schools and reviewers."""

from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatchmethod

from .binding import Vocabulary
from .evaluation import maximum
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
    Test,
)

_OPS = {"≥": "达到", ">": "超过", "≤": "不超过", "<": "低于", "=": "为", "≠": "不是"}


def in_words(rule: Rule, vocabulary: Vocabulary, *, item_points: Fraction) -> tuple[str, ...]:
    """One Chinese sentence for each part."""
    wording = _Wording(vocabulary, item_points)
    return tuple(f"{wording.of(part)}。" for part in rule.parts)


def condition_in_words(condition: Condition, vocabulary: Vocabulary) -> str:
    """总分达到 90，且最低大项得分率达到 70%"""
    return _Wording(vocabulary, Fraction(0)).condition(condition)


def worded(operand: Operand) -> str:
    """With arguments in words: 办班期数（学时≥2、人次≥15）."""
    if isinstance(operand, Question) or not (operand.limits or operand.words):
        return operand.name
    return f"{operand.name}（{'、'.join([*map(str, operand.limits), *operand.words])}）"


@dataclass(frozen=True)
class _Wording:
    """How an item worth `item_points` is worded; the vocabulary knows the units of the bounds."""

    vocabulary: Vocabulary
    item_points: Fraction

    @singledispatchmethod
    def of(self, part: Part) -> str:
        """A sentence without its full stop."""
        raise TypeError(part)

    @of.register
    def _(self, part: Checklist) -> str:
        return "；".join(f"{worded(tick.subject)}得 {tick.points} 分" for tick in part.ticks)

    @of.register
    def _(self, part: Graded) -> str:
        return worded(part.subject) + "，".join(self._band(band, part.subject) for band in part.bands)

    @of.register
    def _(self, part: Cases) -> str:
        return "；".join(map(self._case, part.cases))

    @of.register
    def _(self, part: Ratio) -> str:
        subject = worded(part.numerator)
        if part.denominator:
            subject = f"{subject}占{worded(part.denominator)}的比例"
        return f"{subject}达到 {part.target or '100%'} 得 {part.points} 分，不足的按比例得分"

    @of.register
    def _(self, part: Deduct) -> str:
        full = plain(maximum(part, item_points=self.item_points))
        return f"从 {full} 分扣起：{self._terms(part, '扣')}；最低 {part.floor} 分"

    @of.register
    def _(self, part: Add) -> str:
        cap = plain(maximum(part, item_points=self.item_points))
        return f"{self._terms(part, '加')}；合计不超过 {cap} 分"

    @of.register
    def _(self, part: Levels) -> str:
        levels = "，".join(f"{level.word} 得 {level.points} 分" for level in part.levels)
        return f"{part.name}按等次评定：{levels}"

    @of.register
    def _(self, part: Judged) -> str:
        step = f"，每 {part.step} 分一级" if part.step else ""
        return f"{part.name}由评分人在 {part.low} 至 {part.high} 分之间评定{step}"

    def _band(self, band: Band, subject: Operand) -> str:
        reached = self._test(band.test, subject) if band.test else "其他"
        space = " " if reached[-1] in "0123456789%" else ""
        return f"{reached}{space}得 {band.points} 分"

    def _test(self, test: Test, subject: Operand) -> str:
        if test.high:
            return f"在 {test.low} 至 {self._with_unit(test.high, subject)} 之间"
        return self._compared(test.op, test.low, subject)

    def _case(self, case: Case) -> str:
        reached = f"{self.condition(case.condition)}，" if case.condition else "其他"
        return f"{reached}得 {case.points} 分"

    def _terms(self, part: Deduct | Add, verb: str) -> str:
        return "；".join(f"{self._term(term)}{verb} {term.points} 分" for term in part.terms)

    def _term(self, term: Term) -> str:
        if isinstance(term.subject, Reference):
            return f"{worded(term.subject)}{term.per or ''}"
        condition = self.condition(term.subject)
        return f"{condition}，{term.per}" if term.per else condition

    def condition(self, condition: Condition) -> str:
        return "，且".join(
            worded(comparison.left) + self._compared(comparison.op, comparison.value, comparison.left)
            for comparison in condition.comparisons
        )

    def _compared(self, op: str, value: Number, operand: Operand) -> str:
        return f"{_OPS[op]} {self._with_unit(value, operand)}"

    def _with_unit(self, value: Number, operand: Operand) -> str:
        metric = self.vocabulary.metric(operand)
        unit = metric.unit if metric and not value.percent and metric.unit not in ("%", "是否") else ""
        return f"{value} {unit}".strip()
