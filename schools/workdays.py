"""Working days by the published holiday calendar; a year not yet published falls back to weekends."""

from datetime import date, timedelta

import chinese_calendar

SATURDAY = 5


def calendar_known(year: int) -> bool:
    """Whether the holidays of that year are published; if not, every date computed from it deserves a warning."""
    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


def is_workday(day: date) -> bool:
    """Working days include weekend days worked in exchange for a holiday."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < SATURDAY


def nth_workday(year: int, month: int, number: int) -> date:
    """The first, second … working day of a month; goes on into the next month if there are not so many."""
    day = date(year, month, 1) - timedelta(days=1)
    while number:
        day += timedelta(days=1)
        number -= is_workday(day)
    return day
