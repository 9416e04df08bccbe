"""The one way of rounding and of showing a figure: two decimals, half up, on exact fractions."""

from decimal import Decimal
from fractions import Fraction


def round2(value: Fraction) -> Fraction:
    """Two decimals, half up. Used at the final score of an item and at a category with 不适用 items, nowhere else."""
    return Fraction(hundredths(value), 100)


def hundredths(value: Fraction) -> int:
    """The rounded figure in hundredths, by whole numbers alone."""
    return (value.numerator * 200 + value.denominator) // (2 * value.denominator)


def to_cents(value: Fraction) -> Decimal:
    """The rounded figure as a decimal column keeps it."""
    return Decimal(hundredths(value)).scaleb(-2)


def show(value: Fraction) -> str:
    """A figure as people see it: always two decimals; rounding here never feeds back into scoring."""
    whole, cents = divmod(hundredths(value), 100)
    return f"{whole}.{cents:02d}"


def plain(points: Fraction) -> str:
    """15, 6.5: full marks as people write them."""
    return show(points).rstrip("0").rstrip(".")


def show_rate(value: Fraction) -> str:
    """A rate in percent with at most two decimals, without trailing zeros."""
    return f"{plain(value * 100)}%"
