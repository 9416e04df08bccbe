"""评委汇总: from the sheets of a panel to one figure per item."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ratings.enums import Aggregation

#: Below this many complete sheets a panel is not valid (合议 excepted: one agreed sheet).
LEAST_SHEETS = 3
#: From this many sheets on one highest and one lowest are left out.
TRIM_FROM = 5


def aggregate(points: Sequence[Fraction], method: str) -> Fraction:
    """One exact figure from the judges' points of an item; their order never matters.

    去一高一低平均 falls back to the mean for three or four sheets. Raises ValueError for an empty panel.
    """
    if not points:
        raise ValueError("没有评委评分")
    ordered = sorted(points)
    if method == Aggregation.MEDIAN:
        middle = len(ordered) // 2
        return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    if method == Aggregation.TRIMMED and len(ordered) >= TRIM_FROM:
        ordered = ordered[1:-1]
    return sum(ordered, Fraction(0)) / len(ordered)


def in_words(method: str, count: int) -> str:
    """How the figure of `count` sheets came about, for the trace."""
    if method == Aggregation.JOINT:
        return "评审组合议"
    if method == Aggregation.MEDIAN:
        return f"{count}名评委取中位数"
    if method == Aggregation.TRIMMED and count >= TRIM_FROM:
        return f"{count}名评委去一高一低平均"
    return f"{count}名评委平均"
