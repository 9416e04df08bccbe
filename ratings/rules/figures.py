"""The figures of one school: how a rule looks them up, how they stand to the conditions of stars and
restrictions, and how they are shown to people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from .binding import MetricInfo, Vocabulary, reference_key
from .errors import Unresolved
from .rounding import decimal_text, plain, with_unit
from .syntax import Comparison, Condition, Node, Number, Operand, Question

Answer = bool | int | Fraction | Decimal | str
"""A tick is a bool, a count an int, a level its word, a typed number or judged points an exact number or its
decimal text."""
Metrics = Mapping[str, Fraction | None]


@dataclass(frozen=True)
class Figures:
    """What is known of one school when a rule is evaluated for an item worth `item_points`."""

    vocabulary: Vocabulary
    metrics: Metrics
    item_points: Fraction
    answers: Mapping[str, Answer] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()

    def value(self, operand: Operand) -> Fraction:
        """The figure of a metric or of a typed number; Unresolved where there is none."""
        if isinstance(operand, Question):
            return self.number(operand.name)
        key = reference_key(operand)
        value = self.metrics.get(key)
        if value is None:
            known = self.vocabulary.metric(operand)
            raise Unresolved(f"指标“{key}”没有数值" if known else f"“{key}”不是系统取数指标")
        return value

    def number(self, name: str) -> Fraction:
        """A typed number or judged points. Floats are refused: they are no exact figures."""
        if name not in self.answers:
            raise Unresolved(f"“{name}”没有填写")
        answer = self.answers[name]
        if isinstance(answer, float):
            raise TypeError("figures are exact, never float")
        return Fraction(answer)

    def said(self, *operands: Operand) -> str:
        """Names and figures for a sentence: 主教室座位 86 座，参训率 92.5%."""
        return "，".join(
            f"{reference_key(operand)} {figure_text(self.value(operand), self.vocabulary.metric(operand))}"
            for operand in operands
        )

    def hidden(self, node: Node) -> list[str]:
        """The names that this stage does not ask for, where the whole node rests on them."""
        if self.vocabulary.metric(node):
            return []
        return [name for name in node.rests_on if name in self.excluded]


def figure_text(value: Fraction, metric: MetricInfo | None) -> str:
    """A figure with its unit: 86 座, 92.5%, 是."""
    return with_unit(value, metric.unit if metric else "")


@dataclass(frozen=True)
class Gate:
    """One comparison of a condition beside the actual figure. `gap` is the distance to the bound, 0 where it
    holds.
    """

    name: str
    comparison: Comparison
    value: Fraction
    holds: bool
    gap: Fraction

    @property
    def bound(self) -> Number:
        return self.comparison.value

    @property
    def text(self) -> str:
        """总分 86.5（要求 ≥90）"""
        return f"{self.name} {self._shown()}（要求 {self._wanted()}）"

    @property
    def gap_text(self) -> str:
        """总分 86.5，要求 ≥90，差 3.5"""
        gap = self.gap * self._scale
        away = plain(gap) if gap >= Fraction(1, 100) else decimal_text(gap)
        unit = " 个百分点" if self.bound.percent else ""
        return f"{self.name} {self._shown()}，要求 {self._wanted()}" + (f"，差 {away}{unit}" if gap else "")

    @property
    def _scale(self) -> int:
        return 100 if self.bound.percent else 1

    def _wanted(self) -> str:
        return f"{self.comparison.op}{self.bound}"

    def _shown(self) -> str:
        """Two decimals, unless rounding would put the figure on the wrong side of the bound."""
        rounded = plain(self.value * self._scale)
        same_side = self.comparison.holds(Fraction(rounded) / self._scale) == self.holds
        shown = rounded if same_side else decimal_text(self.value * self._scale)
        return f"{shown}%" if self.bound.percent else shown


def holds(condition: Condition, values: Mapping[str, Fraction]) -> bool:
    """Whether every comparison holds. `values` is keyed by totals, codes and metric references; a missing one
    is Unresolved.
    """
    return all(gate.holds for gate in comparisons(condition, values))


def comparisons(condition: Condition, values: Mapping[str, Fraction]) -> tuple[Gate, ...]:
    """Each comparison with its figure, in the order of writing."""
    return tuple(_gate(comparison, values) for comparison in condition.comparisons)


def _gate(comparison: Comparison, values: Mapping[str, Fraction]) -> Gate:
    name = reference_key(comparison.left)
    value = values.get(name)
    if value is None:
        raise Unresolved(f"“{name}”没有数值")
    met = comparison.holds(value)
    gap = Fraction(0) if met else abs(comparison.value.value - value)
    return Gate(name, comparison, value, met, gap)
