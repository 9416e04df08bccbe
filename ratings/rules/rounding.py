"""Rounding of points, and how points are shown: two decimals, half up, on exact fractions; the ways of
showing are those of every other figure. Only what a rule itself writes is shown exactly.
"""

from collections.abc import Iterable
from fractions import Fraction

from schools.numbers import in_parts, plain, rounded, show, show_rate, with_unit

__all__ = ["plain", "round2", "rounded", "show", "show_rate", "with_unit"]


def round2(value: Fraction) -> Fraction:
    """Two decimals. Used at the points of an item at a stage, at its final points, and at a category with
    不适用 items.
    """
    return Fraction(in_parts(value, 100), 100)


def exact_sum(amounts: Iterable[Fraction]) -> Fraction:
    """Nothing gives an exact zero too."""
    return sum(amounts, Fraction(0))


def decimal_text(value: Fraction) -> str:
    """A decimal without trailing zeros: 1.5, 3. Values that are no short decimal are cut to six places, for
    display only.
    """
    whole, rest = divmod(abs(value.numerator) * 10**6 // value.denominator, 10**6)
    return ("-" if value < 0 else "") + f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
