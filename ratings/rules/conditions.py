"""Conditions of stars and restrictions against the figures of one school."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.rules.binding import reference_key
from ratings.rules.errors import Unresolved
from ratings.rules.figures import holds_for
from ratings.rules.printing import decimal_text, to_text
from ratings.rules.syntax import Comparison, Condition, Number, Question

from .rounding import plain


@dataclass(frozen=True)
class Gate:
    """One comparison of a condition beside the actual figure. `gap` is the distance to the bound, 0 where it
    holds.
    """

    name: str
    op: str
    bound: Number
    value: Fraction
    holds: bool
    gap: Fraction

    @property
    def text(self) -> str:
        """总分 86.5（要求 ≥90）"""
        return f"{self.name} {self._shown(self.value)}（要求 {self.op}{to_text(self.bound)}）"

    @property
    def gap_text(self) -> str:
        """总分 86.5，要求 ≥90，差 3.5"""
        gap = self.gap * (100 if self.bound.percent else 1)
        away = (plain(gap) if gap >= Fraction(1, 100) else decimal_text(gap)) + (
            " 个百分点" if self.bound.percent else ""
        )
        return f"{self.name} {self._shown(self.value)}，要求 {self.op}{to_text(self.bound)}" + (
            f"，差 {away}" if self.gap else ""
        )

    def _shown(self, value: Fraction) -> str:
        """Two decimals, unless rounding would put the figure on the wrong side of the bound."""
        scale = 100 if self.bound.percent else 1
        rounded = plain(value * scale)
        same_side = (
            holds_for(Comparison(Question(self.name), self.op, self.bound), Fraction(rounded) / scale)
            == self.holds
        )
        return (rounded if same_side else decimal_text(value * scale)) + ("%" if self.bound.percent else "")


def holds(condition: Condition, values: Mapping[str, Fraction]) -> bool:
    """Whether every comparison holds. `values` is keyed by totals, codes and metric references; a missing one
    is Unresolved.
    """
    return all(gate.holds for gate in comparisons(condition, values))


def comparisons(condition: Condition, values: Mapping[str, Fraction]) -> tuple[Gate, ...]:
    """Each comparison with its figure, in the order of writing."""
    return tuple(_gate(comparison, values) for comparison in condition.comparisons)


def _gate(comparison: Comparison, values: Mapping[str, Fraction]) -> Gate:
    left = comparison.left
    name = left.name if isinstance(left, Question) else reference_key(left)
    value = values.get(name)
    if value is None:
        raise Unresolved(f"“{name}”没有数值")
    met = holds_for(comparison, value)
    return Gate(
        name,
        comparison.op,
        comparison.value,
        value,
        met,
        Fraction(0) if met else abs(comparison.value.value - value),
    )
