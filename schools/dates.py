"""How a day is written within a sentence, in documents and in frozen texts alike."""

from __future__ import annotations

from datetime import date

WEEKDAYS = "一二三四五六日"


def chinese_date(day: date) -> str:
    """2026年1月5日: full year, no leading zeros. Of a moment, the local one is wanted."""
    return f"{day.year}年{day.month}月{day.day}日"
