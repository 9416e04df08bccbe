"""Holds what was read against the calendar: statutory days, weekends, what was entered before; writes all the
days of the year, or nothing; and says where a year is still to be entered.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, CalendarDay, CalendarYear, Role, User
from schools.models.calendar import SATURDAY, national_year
from schools.numbers import chinese_date
from schools.saving import Stale, digest, hold_one

from . import workdays
from .reading import Named, Reading, Remark, state, weekday_of
from .workdays import ASKED_FROM_MONTH, calendar_known, years_to_enter


def check(reading: Reading) -> list[Remark]:
    """Refuses what contradicts the calendar; returns what is allowed but worth a second look."""
    for named in reading.days.values():
        if reason := _reason_against(named):
            reading.refuse(named.line, f"{chinese_date(named.day)}是{reason}。")
    if not reading.problems:
        for festival, days in _missing(reading).items():
            listed = "、".join(f"{day.month}月{day.day}日" for day in days)
            reading.refuse(None, f"没有写到{festival}（{listed}）：请检查是否漏贴，全年七个节日都要写上。")
    if reading.problems:
        reading.problems.sort(key=lambda remark: (remark.line is None, remark.line or 0))
        return []
    return [*_balance(reading), *_unlike_the_package(reading)]


def _reason_against(named: Named) -> str:
    """Why nobody works extra on that day; "" where somebody may."""
    if not named.works:
        return ""
    if festival := national_year(named.day.year).statutory.get(named.day):
        return f"法定节日（{festival}），一律休息，不能写成上班"
    if named.day.weekday() < SATURDAY:
        return f"{weekday_of(named.day)}，本来就上班：日期写错的请改正，没有写错的删去这一天"
    return ""


def _missing(reading: Reading) -> dict[str, list[date]]:
    """Festivals of which the text leaves out days. Days next to them must have got lost with them."""
    missing: dict[str, list[date]] = {}
    for day, festival in sorted(national_year(reading.year).statutory.items()):
        if day not in reading.days:
            missing.setdefault(festival, []).append(day)
    return missing


def _balance(reading: Reading) -> list[Remark]:
    """Days given beyond the statutory ones are worked on weekends; the sums of the last six notices agree."""
    statutory = sum(len(name.split("、")) for name in national_year(reading.year).statutory.values())
    given = sum(not named.works and named.day.weekday() < SATURDAY for named in reading.days.values())
    worked = sum(named.works for named in reading.days.values())
    surplus = given - statutory - worked
    if not surplus:
        return []
    more, lost = ("多", "周末上班的日子，或多写了放假") if surplus > 0 else ("少", "放假的日子，或多写了上班")
    return [
        Remark(
            None,
            f"往年周一至周五放假的天数，都等于法定节日{statutory}天加上周末上班的天数；"
            f"这里周末上班{worked}天，周一至周五放假{given}天，{more}{abs(surplus)}天："
            f"请对照通知核对是否漏了{lost}的日子。",
        )
    ]


def _unlike_the_package(reading: Reading) -> list[Remark]:
    """Days the package has exchanged and the text does not name; they stay as the package has them."""
    national = national_year(reading.year)
    if not national.is_known:
        return []
    return [
        Remark(
            None,
            f"自带的节假日历里{chinese_date(day)}是{state(day in national.works)}，贴入的内容没有写到，"
            "仍按自带的计算：请核对。",
        )
        for day in sorted((national.works | national.rests) - reading.days.keys())
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
        year = self.entered
        whole = [year.pk, year.source, year.entered_at.isoformat()] if year else []
        days = {f"{day}": [row.works, row.note, row.arrangement_id] for day, row in self.days.items()}
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
    return Standing(entered, {row.day: row for row in days})


def compared(reading: Reading, stands: Standing) -> dict[str, list[Any]]:
    """Every day of the text with what was entered for it instead, or ""; and every day entered before that
    the text does not name: `gone` are days of the list it replaces, `kept` single days it leaves alone.
    """
    others = [row for day, row in stands.days.items() if day not in reading.days]
    replaced = stands.entered and stands.entered.pk
    return {
        "rows": [_row(named, stands.days.get(day), reading.year) for day, named in reading.days.items()],
        "gone": [row for row in others if replaced and row.arrangement_id == replaced],
        "kept": [row for row in others if row.arrangement_id is None],
    }


def _row(named: Named, known: CalendarDay | None, year: int) -> dict[str, Any]:
    day, before = named.day, state(known.works) if known and known.works != named.works else ""
    of_year = "" if day.year == year else f"{day.year}年"  # only where it is another one
    shown = f"{of_year}{day.month}月{day.day}日（{weekday_of(day)}）"
    return {"named": named, "before": before, "shown": shown}


@transaction.atomic
def save(reading: Reading, *, source: str, by: User, seen: str | None = None) -> CalendarYear:
    """Replaces an earlier list of the year; days entered one by one stay unless the list names them.

    `seen` is the digest of what stood when the person checked; if another stands now, Stale is raised.
    None is for a program that has shown nothing to anybody.
    """
    # The row is written and locked first: a second administrator waits here and then replaces a whole list.
    first = {"source": source, "entered_by": by}
    year, is_new = CalendarYear.objects.get_or_create(year=reading.year, defaults=first)
    year = hold_one(CalendarYear.objects.all(), year.pk)
    stands = standing(reading)
    if is_new:
        stands = replace(stands, entered=None)
    if seen not in (None, stands.digest):
        raise Stale(
            stands,
            f"核对以后，{reading.year}年的节假日安排有了变动，所以没有写入。"
            "下面是按现在的情况重新核对的结果，请看清以后再确认。",
        )
    year.source, year.entered_by, year.entered_at = source, by, timezone.now()
    year.save()
    dropped = _replace_days(year, reading.days.values())
    detail: dict[str, Any] = {
        "来源或文号": source,
        "休息": [day for day, named in reading.days.items() if not named.works],
        "上班": [day for day, named in reading.days.items() if named.works],
    }
    if dropped:
        detail["原来有、这次没有的"] = dropped
    city = by.identity.city if by.identity else None
    audit.record("import", by=by, city=city, subject=str(year), detail=detail)
    return year


def _replace_days(year: CalendarYear, named: Collection[Named]) -> list[str]:
    """Returns the days of the earlier list that are gone."""
    gone = year.days.exclude(day__in=[entry.day for entry in named])
    dropped = [str(day) for day in gone.order_by("day")]
    gone.delete()
    CalendarDay.objects.bulk_create(
        [
            CalendarDay(day=entry.day, works=entry.works, note=entry.note[:100], arrangement=year)
            for entry in named
        ],
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["works", "note", "arrangement"],
    )
    # Many rows at once send no signal; the year's own was sent before they stood there.
    workdays.forget()
    return dropped


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


#: The words for a year that is not entered, to whoever meets it.
PUBLISHED = f"国务院办公厅的通知一般在{ASKED_FROM_MONTH}月公布"
NOT_ENTERED = "还没有录入"


def estimated(what: str) -> str:
    """What such dates rest on; `what` names them, e.g. 应报日期."""
    return f"{what}只按周末和法定节日推算"


def caveat(year: int, what: str) -> str:
    """For whoever reads a date of that year and cannot enter it; "" where the year is known."""
    if calendar_known(year):
        return ""
    return f"{_missing_words(year)}，{estimated(what)}，可能与实际有出入；由系统管理员录入。"


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
