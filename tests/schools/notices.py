"""Notices of the State Council's form, written anew from what the calendar package knows of a
published year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from schools.models.calendar import NationalYear, national_year

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Style:
    """How one clerk writes and another copies; every choice has stood in some notice."""

    weekday: str = "周"  # "" for none
    of_month: bool = True  # 至3日, not 至1月3日
    counted: bool = True
    with_year: bool = False
    torn: bool = False  # line breaks within sentences, as a PDF gives them
    one_line: bool = False
    full_width: bool = False


def notice(year: int, style: Style = Style()) -> str:
    """The whole text for a year the package knows, head and foot included."""
    national = national_year(year)
    days = [date(year, 1, 1) + DAY * number for number in range(366)]
    worked = sorted(day for day in national.works if day.year == year)
    holidays = [
        run
        for run in _runs([day for day in days if day.year == year], national)
        if _is_holiday(run, national)
    ]
    paragraphs = []
    for number, run in enumerate(holidays):
        nearest = [day for day in worked if min(holidays, key=lambda other: _distance(day, other)) is run]
        paragraphs.append(
            f"{'一二三四五六七八九十'[number]}、{_name(run, national)}："
            f"{_rest(run, style)}{_work(nearest, style)}"
        )
    head = (
        f"国务院办公厅关于{year}年部分节假日安排的通知\n国办发明电〔{year - 1}〕7号\n各省、自治区、"
        "直辖市人民政府：\n"
    )
    body = f"经国务院批准，现将{year}年放假调休日期的具体安排通知如下。\n" + (
        "" if style.one_line else "\n"
    ).join(paragraphs)
    text = f"{head}{body}\n节假日期间，请妥善安排好值班。\n国务院办公厅\n{year - 1}年11月4日\n"
    if style.torn:
        text = text.replace("放假", "\n放假").replace("、2月", "、\n2月").replace("）至", "）\n至")
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９")) if style.full_width else text


def _runs(days: list[date], national: NationalYear) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in days:
        if national.is_workday(day):
            continue
        if runs and runs[-1][-1] == day - DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _is_holiday(run: list[date], national: NationalYear) -> bool:
    return any(day.weekday() < 5 or day in national.statutory for day in run)


def _distance(day: date, run: list[date]) -> int:
    return min(abs((day - other).days) for other in run)


def _name(run: list[date], national: NationalYear) -> str:
    names = dict.fromkeys(
        name
        for day in run
        for name in national.statutory.get(day, "").split("、")
        if name and name != "农历除夕"
    )
    return "、".join(names) or "纪念日"


def _word(day: date, style: Style, *, short: bool = False) -> str:
    bracket = f"（{style.weekday}{'一二三四五六日'[day.weekday()]}）" if style.weekday else ""
    month = "" if short else f"{day.year}年{day.month}月" if style.with_year else f"{day.month}月"
    return f"{month}{day.day}日{bracket}"


def _rest(run: list[date], style: Style) -> str:
    text = _word(run[0], style)
    if len(run) > 1:
        text += f"至{_word(run[-1], style, short=style.of_month and run[0].month == run[-1].month)}"
    return f"{text}放假{f'，共{len(run)}天' if style.counted else '调休'}。"


def _work(days: list[date], style: Style) -> str:
    return f"{'、'.join(_word(day, style) for day in days)}上班。" if days else ""
