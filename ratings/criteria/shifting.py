"""A scheme moved to another year: dates go with it, and the year in its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from .spec import SchemeSpec

_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def shifted(spec: SchemeSpec, year: int) -> SchemeSpec:
    """The same criteria for `year`: 统计期 moved by as many years, the year in the name replaced."""
    by = year - spec.year
    return replace(
        spec,
        year=year,
        name=renamed(spec.name, spec.year, year),
        period_start=moved(spec.period_start, by),
        period_end=moved(spec.period_end, by),
    )


def renamed(text: str, old: int, new: int) -> str:
    """The text with the one year in place of the other, written in either kind of figures."""
    return text.replace(str(old), str(new)).replace(str(old).translate(_DIGITS), str(new).translate(_DIGITS))


def moved(day: date | None, years: int) -> date | None:
    """The same day of another year; 29 February becomes 28 February."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
