"""Working days and hours: statutory days, the office's own table, the published calendar, weekends."""

import time
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as clock
from functools import lru_cache

from django.utils import timezone

from schools.models import CalendarDay, CalendarYear
from schools.models.calendar import national_year

#: When people may be reminded, by local time; outside of it a reminder waits.
HOURS = ((clock(8, 30), clock(12, 0)), (clock(14, 30), clock(17, 30)))
#: Another process may have changed the table; this one looks again after so many seconds.
REMEMBERED_SECONDS = 300

#: From this month on the arrangement of the next year is asked for; it is published in these weeks.
ASKED_FROM_MONTH = 11

_days: dict[date, bool] = {}
_years: frozenset[int] = frozenset()
_read_at: float | None = None


def remember(days: dict[date, bool], years: Iterable[int] = ()) -> None:
    """Takes `days` for the office's table, and `years` for those entered whole, without reading them."""
    global _days, _years, _read_at
    if days != _days:
        _nth_workday.cache_clear()
    _days, _years, _read_at = days, frozenset(years), time.monotonic()


def forget() -> None:
    """Reads the office's table again at the next question; called when it changes."""
    global _read_at
    _read_at = None


def calendar_known(year: int) -> bool:
    """Whether the arrangement of that year is in the package or was entered whole.

    If not, every date computed from it deserves a warning. Single days say nothing about the others.
    """
    if national_year(year).is_known:
        return True
    _keep_fresh()
    return year in _years


def years_to_enter(today: date) -> list[int]:
    """The running year and, from November on, the next, as far as they are not known."""
    last = today.year + (today.month >= ASKED_FROM_MONTH)
    return [year for year in range(today.year, last + 1) if not calendar_known(year)]


def is_workday(day: date) -> bool:
    """Working days include weekend days worked in exchange for a holiday.

    A statutory day is none, whatever was entered.
    """
    _keep_fresh()
    national, own = national_year(day.year), _days.get(day)
    return national.is_workday(day) if own is None or day in national.statutory else own


def nth_workday(year: int, month: int, number: int) -> date:
    """The first, second … working day of a month; goes on into the next month if there are not so many."""
    _keep_fresh()  # a changed table empties the memory of answers
    return _nth_workday(year, month, number)


@lru_cache(maxsize=512)
def _nth_workday(year: int, month: int, number: int) -> date:
    return add_workdays(date(year, month, 1) - timedelta(days=1), number)


def add_workdays(day: date, number: int) -> date:
    """The working day that many working days after `day`."""
    while number:
        day += timedelta(days=1)
        number -= is_workday(day)
    return day


def in_working_hours(moment: datetime) -> bool:
    """Whether people are at their desks."""
    local = timezone.localtime(moment)
    return is_workday(local.date()) and any(start <= local.time() < end for start, end in HOURS)


def next_working_moment(moment: datetime) -> datetime:
    """The moment itself within working hours, else the next opening."""
    if in_working_hours(moment):
        return moment
    local = timezone.localtime(moment)
    day, opening = local.date(), HOURS[0][0]
    later = [start for start, _ in HOURS if start > local.time()]
    if later and is_workday(day):
        opening = later[0]
    else:
        day = add_workdays(day, 1)
    return timezone.make_aware(datetime.combine(day, opening))


def _keep_fresh() -> None:
    if _read_at is None or time.monotonic() - _read_at > REMEMBERED_SECONDS:
        years = CalendarYear.objects.values_list("year", flat=True)
        remember(dict(CalendarDay.objects.values_list("day", "works")), years)
