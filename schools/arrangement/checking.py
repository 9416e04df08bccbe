"""Holds what was read against the calendar: statutory days, weekends, what was entered before."""

from __future__ import annotations

from dataclasses import dataclass

from schools.arrangement.reading import Named, Reading, Remark, state
from schools.dates import WEEKDAYS, chinese_date
from schools.models import CalendarDay
from schools.national_days import SATURDAY, national_year


@dataclass(frozen=True)
class Row:
    """A day of the list as it will be written; `before` is what was entered for it instead, or ""."""

    named: Named
    before: str
    year: int

    @property
    def shown(self) -> str:
        """1月1日（星期五）; the year only where it is another one."""
        day = self.named.day
        year = f"{day.year}年" if day.year != self.year else ""
        return f"{year}{day.month}月{day.day}日（星期{WEEKDAYS[day.weekday()]}）"


def check(reading: Reading) -> list[Remark]:
    """Refuses what contradicts the calendar; returns what is allowed but worth a second look."""
    national = national_year(reading.year)
    for one in reading.days.values():
        if one.works and (name := national_year(one.day.year).statutory.get(one.day)):
            reading.refuse(one.line, f"{chinese_date(one.day)}是法定节日（{name}），一律休息，不能写成上班。")
        elif one.works and one.day.weekday() < SATURDAY:
            weekday = f"星期{WEEKDAYS[one.day.weekday()]}"
            mend = "日期写错的请改正，没有写错的删去这一天"
            reading.refuse(one.line, f"{chinese_date(one.day)}是{weekday}，本来就上班：{mend}。")
    if not reading.problems:
        for name, days in _missing(reading).items():
            reading.refuse(None, f"没有写到{name}（{days}）：请检查是否漏贴，全年七个节日都要写上。")
    if reading.problems:
        reading.problems.sort(key=lambda one: (one.line is None, one.line or 0))
        return []
    return [*_balance(reading), *_unlike_the_package(reading, national)]


def _missing(reading: Reading) -> dict[str, str]:
    """Festivals of which the text names no day, by name. Days next to them must have got lost with them."""
    found: dict[str, list[str]] = {}
    for day, name in sorted(national_year(reading.year).statutory.items()):
        if day not in reading.days:
            found.setdefault(name, []).append(f"{day.month}月{day.day}日")
    return {name: "、".join(days) for name, days in found.items()}


def _balance(reading: Reading) -> list[Remark]:
    """Days given beyond the statutory ones are worked on weekends; the sums of the last six notices agree."""
    statutory = sum(len(name.split("、")) for name in national_year(reading.year).statutory.values())
    given = sum(not one.works and one.day.weekday() < SATURDAY for one in reading.days.values()) - statutory
    worked = sum(one.works for one in reading.days.values())
    if given == worked:
        return []
    sums = f"平日放假的天数减去法定节日{statutory}天是{given}天，周末上班的是{worked}天，往年都相等"
    return [Remark(None, f"{sums}：请对照通知核对是否漏了放假或上班的日子。")]


def _unlike_the_package(reading: Reading, national) -> list[Remark]:
    """Days the package has exchanged and the text does not name; they stay as the package has them."""
    if not national.is_known:
        return []
    other = sorted((national.works | national.rests) - reading.days.keys())
    return [
        Remark(
            None,
            f"自带的节假日历里{chinese_date(day)}是{state(day in national.works)}，贴入的内容没有写到，仍按自带的计算：请核对。",
        )
        for day in other
    ]


def compared(reading: Reading) -> tuple[list[Row], list[CalendarDay]]:
    """The days beside what stands in the table, and days entered one by one that the text leaves alone."""
    known = {one.day: one for one in CalendarDay.objects.filter(day__in=reading.days)}
    rows = [Row(one, _before(known.get(day), one), reading.year) for day, one in reading.days.items()]
    own = CalendarDay.objects.filter(day__year=reading.year, arrangement=None).exclude(day__in=reading.days)
    return rows, list(own.order_by("day"))


def _before(known: CalendarDay | None, named: Named) -> str:
    return state(known.works) if known is not None and known.works != named.works else ""
