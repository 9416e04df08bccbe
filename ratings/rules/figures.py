"""Figures: how they are looked up, compared, counted in steps, and shown to people."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import floor

from ratings.rules.binding import MetricInfo, Vocabulary, reference_key
from ratings.rules.errors import Unresolved
from ratings.rules.printing import to_text
from ratings.rules.syntax import Comparison, Operand, Per, Question, Test

from .rounding import with_unit

Answer = bool | int | Fraction | Decimal | str
"""A tick is a bool, a count an int, a level its word, a typed number or judged points an exact number or its
decimal text."""

HOLDS = {
    "≥": operator.ge,
    ">": operator.gt,
    "≤": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    "≠": operator.ne,
}


@dataclass(frozen=True)
class Figures:
    """What is known of one school when one rule is evaluated."""

    vocabulary: Vocabulary
    metrics: Mapping[str, Fraction | None]
    answers: Mapping[str, Answer]
    excluded: frozenset[str] = frozenset()

    def value(self, operand: Operand) -> Fraction:
        """The figure of a metric or of a typed number; Unresolved where there is none."""
        if isinstance(operand, Question):
            return self.number(operand.name)
        key = reference_key(operand)
        found = self.metrics.get(key)
        if found is None:
            known = operand.name in self.vocabulary.metrics
            raise Unresolved(f"指标“{key}”没有数值" if known else f"“{key}”不是系统取数指标")
        return found

    def number(self, name: str) -> Fraction:
        """A typed number or judged points, exact."""
        if name not in self.answers:
            raise Unresolved(f"“{name}”没有填写")
        return exact(self.answers[name])

    def said(self, operand: Operand) -> str:
        """Name and figure for a sentence: 主教室座位 86 座."""
        name = operand.name if isinstance(operand, Question) else reference_key(operand)
        return f"{name} {figure_text(self.value(operand), self.vocabulary.metric(operand))}"


def exact(value: Answer) -> Fraction:
    """An answer as a fraction. Floats are refused: they are no exact figures."""
    if isinstance(value, float):
        raise TypeError("figures are exact, never float")
    return Fraction(value)


def holds_for(comparison: Comparison, value: Fraction) -> bool:
    return HOLDS[comparison.op](value, comparison.value.value)


def fits(test: Test | None, value: Fraction) -> bool:
    """Whether a band takes the value; 其他 (no test) takes any."""
    if test is None:
        return True
    if test.high is not None:
        return test.low.value <= value <= test.high.value
    return HOLDS[test.op](value, test.low.value)


def step_size(per: Per) -> Fraction:
    """One step of 每…: a percentage point is a hundredth."""
    return per.amount.value / 100 if per.unit.endswith("百分点") else per.amount.value


def steps_in(per: Per, quantity: Fraction) -> int:
    """Whole steps in a quantity; nothing below the first."""
    return max(floor(quantity / step_size(per)), 0)


def beyond(comparison: Comparison, value: Fraction) -> Fraction:
    """How far a value lies on the far side of a bound: 5 points for 80% where the rule says <85%."""
    distance = comparison.value.value - value if comparison.op in "<≤" else value - comparison.value.value
    return max(distance, Fraction(0))


def figure_text(value: Fraction, metric: MetricInfo | None) -> str:
    """A figure with its unit: 86 座, 92.5%, 是."""
    return with_unit(value, metric.unit if metric else "")


@lru_cache(maxsize=4096)
def bound_text(test: Test) -> str:
    """The bound of a band for a sentence: 达到 ≥80, 在 80%—100% 之内."""
    if test.high is not None:
        return f"在 {to_text(test)} 之内"
    if test.op == "=":
        return f"等于 {to_text(test)}"
    return f"{'达到' if test.op in '≥>' else '符合'} {to_text(test)}"
