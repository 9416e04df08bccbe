"""How figures and days are written within a sentence, on pages, in documents and in frozen texts alike."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

Exact = Fraction | Decimal | int

#: Stands for a figure of the records that nobody knows yet, and for points that there are none of.
NO_FIGURE = "尚无数据"
NO_POINTS = "—"


def in_parts(value: Exact, parts: int) -> int:
    """The figure in so many parts of one, by whole numbers alone: 12.345 in hundredths is 1235."""
    above, below = value.as_integer_ratio()
    whole = (abs(above) * parts * 2 + below) // (2 * below)
    return -whole if above < 0 else whole


def rounded(value: Exact, places: int = 2) -> Decimal:
    """The figure with so many decimals, as a decimal column keeps it."""
    return Decimal(in_parts(value, 10**places)).scaleb(-places)


def show(value: Exact) -> str:
    """15.00, -1.50: always two decimals; rounding here never feeds back into scoring."""
    cents = in_parts(value, 100)
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def plain(value: Exact) -> str:
    """15, 6.5: at most two decimals, as people write full marks."""
    return show(value).rstrip("0").rstrip(".")


def show_rate(value: Fraction) -> str:
    """A rate in percent with at most two decimals, without trailing zeros."""
    return f"{plain(value * 100)}%"


def with_unit(value: Fraction | None, unit: str) -> str:
    """A figure of the records as people read it: 86 座, 92.5%, 是; in words where nobody knows it."""
    if value is None:
        return NO_FIGURE
    if unit == "是否":
        return "是" if value else "否"
    return show_rate(value) if unit == "%" else f"{plain(value)} {unit}".strip()


def days_between(first: date, last: date, *, year: int = 0) -> str:
    """2026年11月2日至20日, or one day; nothing is said twice, nor the `year` that the reader knows."""
    start = chinese_date(first)
    start = start.removeprefix(f"{year}年")
    if first == last:
        return start
    if first.year != last.year:
        return f"{start}至{chinese_date(last)}"
    return f"{start}至{last.day}日" if first.month == last.month else f"{start}至{last.month}月{last.day}日"


WEEKDAYS = "一二三四五六日"


def chinese_date(day: date) -> str:
    """2026年1月5日: full year, no leading zeros. Of a moment, the local one is wanted."""
    return f"{day.year}年{day.month}月{day.day}日"


def near_date(day: date, today: date) -> str:
    """1月5日; with its year where that is not this one."""
    return chinese_date(day).removeprefix(f"{today.year}年")
