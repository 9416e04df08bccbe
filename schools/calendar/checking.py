"""Holds what was read against the calendar: statutory days, weekends, what was entered before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools.messages.inbox import notify
from schools.models import Appointment, CalendarDay, CalendarYear, Role, User
from schools.models.calendar import SATURDAY, national_year
from schools.numbers import WEEKDAYS, chinese_date
from schools.saving import digest

from .reading import Named, Reading, Remark, state
from .workdays import ASKED_FROM_MONTH, calendar_known, years_to_enter


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
    given = sum(not one.works and one.day.weekday() < SATURDAY for one in reading.days.values())
    worked = sum(one.works for one in reading.days.values())
    usual = statutory + worked
    if given == usual:
        return []
    sums = f"往年周一至周五放假的天数，都等于法定节日{statutory}天加上周末上班的天数"
    here = (
        f"这里周末上班{worked}天，周一至周五放假{given}天，"
        f"{'少' if given < usual else '多'}{abs(given - usual)}天"
    )
    lost = "放假的日子，或多写了上班" if given < usual else "周末上班的日子，或多写了放假"
    return [Remark(None, f"{sums}；{here}：请对照通知核对是否漏了{lost}的日子。")]


def _unlike_the_package(reading: Reading, national) -> list[Remark]:
    """Days the package has exchanged and the text does not name; they stay as the package has them."""
    if not national.is_known:
        return []
    other = sorted((national.works | national.rests) - reading.days.keys())
    return [
        Remark(
            None,
            f"自带的节假日历里{chinese_date(day)}是{state(day in national.works)}，贴入的内容没有写到，"
            "仍按自带的计算：请核对。",
        )
        for day in other
    ]


@dataclass(frozen=True)
class Standing:
    """What is entered for the year before this text is; `days` is all of it, by day."""

    entered: CalendarYear | None
    days: dict[date, CalendarDay]

    @property
    def digest(self) -> str:
        """What a check page was made from, in a few signs; "" while nothing is entered."""
        if self.entered is None and not self.days:
            return ""
        whole = (
            [self.entered.pk, self.entered.source, self.entered.entered_at.isoformat()]
            if self.entered
            else []
        )
        days = {f"{day}": [one.works, one.note, one.arrangement_id] for day, one in self.days.items()}
        return digest({"year": whole, **days})

    def __str__(self) -> str:
        if self.entered is None:
            return ""
        at = timezone.localtime(self.entered.entered_at)
        return f"{self.entered.source}（{self.entered.entered_by.name}，{chinese_date(at)} {at:%H:%M}录入）"


def standing(reading: Reading) -> Standing:
    """The year's list, its single days, and whatever else stands for a day the text names."""
    entered = CalendarYear.objects.filter(year=reading.year).select_related("entered_by").first()
    touched = Q(day__year=reading.year) | Q(arrangement__year=reading.year) | Q(day__in=reading.days)
    days = CalendarDay.objects.filter(touched).order_by("day")
    return Standing(entered, {one.day: one for one in days})


@dataclass(frozen=True)
class Comparison:
    """The text beside what stands: `gone` are days of the list it replaces, `kept` single days it leaves
    alone.
    """

    rows: list[Row]
    gone: list[CalendarDay]
    kept: list[CalendarDay]


def compared(reading: Reading, stands: Standing) -> Comparison:
    """Every day of the text, and every day entered before that the text does not name."""
    rows = [Row(one, _before(stands.days.get(day), one), reading.year) for day, one in reading.days.items()]
    others = [one for day, one in stands.days.items() if day not in reading.days]
    year = stands.entered and stands.entered.pk
    return Comparison(
        rows,
        gone=[one for one in others if year and one.arrangement_id == year],
        kept=[one for one in others if one.arrangement_id is None],
    )


def _before(known: CalendarDay | None, named: Named) -> str:
    return state(known.works) if known is not None and known.works != named.works else ""


def page_of(year: int) -> str:
    """Where the year is entered."""
    return f"{reverse('schools:calendar')}?year={year}"


def keepers() -> QuerySet[User]:
    """Who may enter it: system administrators let into the back office."""
    posts = Appointment.objects.in_force().filter(role=Role.SYSADMIN)
    return User.objects.filter(is_active=True, is_staff=True, pk__in=posts.values("user"))


def ask(today: date) -> Iterator[tuple[int, int]]:
    """One message a month to each keeper for each missing year; safe to call every hour.

    Yields the year and to how many people it goes.
    """
    for year in years_to_enter(today):
        people = keepers()
        notify(people, message(year, today), url=page_of(year), key=f"calendar:{year}:{today:%Y-%m}")
        yield year, len(people)


PUBLISHED = f"国务院办公厅的通知一般在{ASKED_FROM_MONTH}月公布"
NOT_ENTERED = "还没有录入"


def estimated(what: str) -> str:
    """What such dates rest on; `what` names them, e.g. 应报日期."""
    return f"{what}只按周末和法定节日推算"


def caveat(year: int, what: str) -> str:
    """For whoever reads a date of that year and cannot enter it; "" where the year is known."""
    return (
        ""
        if calendar_known(year)
        else f"{_missing_words(year)}，{estimated(what)}，可能与实际有出入；由系统管理员录入。"
    )


def title(year: int) -> str:
    """What there is to do, in a line."""
    return f"录入{year}年的节假日安排"


def hint(year: int, today: date) -> str:
    """Below the title: when it can be done, or what is wrong as long as it is not."""
    if year > today.year:
        return f"{PUBLISHED}，公布后贴入全文；录入以前{estimated('')}"
    return f"{estimated('各项期限现在')}，可能不准"


def message(year: int, today: date) -> str:
    """To whoever can enter it: what is missing and what to do about it."""
    if year > today.year:
        return f"{_missing_words(year)}。{PUBLISHED}，公布后请把全文贴入系统。"
    return f"{_missing_words(year)}，{estimated('现在的各项期限')}，请尽快把国务院办公厅的通知全文贴入系统。"


def printed(year: int) -> str:
    """To whoever runs the daily job."""
    return (
        f"注意：{_missing_words(year)}，{estimated('工作日')}，请系统管理员在“数据维护”的“工作日调整”里录入。"
    )


def _missing_words(year: int) -> str:
    return f"{year}年的节假日安排{NOT_ENTERED}"
