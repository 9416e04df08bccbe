"""Rounding of points, and how points are shown: two decimals, half up, on exact fractions; the ways of
showing are those of every other figure.
"""

from fractions import Fraction

from schools.numbers import in_parts, plain, rounded, show, show_rate, with_unit

__all__ = ["plain", "round2", "rounded", "show", "show_rate", "with_unit"]


def round2(value: Fraction) -> Fraction:
    """Two decimals. Used at the points of an item at a stage, at its final points, and at a category with
    不适用 items.
    """
    return Fraction(in_parts(value, 100), 100)
