"""What the calendar package is taken to say: published years whole, others by their statutory days only."""

from datetime import date, datetime, timedelta

import holidays
import pytest
from django.utils import timezone

from ratings.workflow.deadlines import return_deadline
from schools.calendar.workdays import calendar_known, forget, in_working_hours, is_workday
from schools.metrics.standing import report_due
from schools.models import CalendarDay
from schools.models.calendar import national_year
from tests.national import until

#: The thirteen days of the regulation as amended in 2024, in a year whose arrangement nobody has published
#: yet.
STATUTORY_2035 = {
    date(2035, 1, 1): "元旦",
    date(2035, 2, 7): "农历除夕",
    **{date(2035, 2, day): "春节" for day in (8, 9, 10)},
    date(2035, 4, 5): "清明节",
    date(2035, 5, 1): "劳动节",
    date(2035, 5, 2): "劳动节",
    date(2035, 6, 10): "端午节",
    date(2035, 9, 16): "中秋节",
    **{date(2035, 10, day): "国庆节" for day in (1, 2, 3)},
}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_published_years_are_known(year):
    assert national_year(year).is_known


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_the_tests_package_forgets_what_was_arranged_later_and_keeps_statutory_days(year, monkeypatch):
    known = national_year(year)
    monkeypatch.setattr(holidays, "country_holidays", until(year - 1, holidays.country_holidays))

    found = national_year.__wrapped__(year)

    assert not found.is_known
    assert found.statutory == known.statutory
    assert national_year.__wrapped__(year - 1).is_known


def test_a_year_far_off_is_not_known_and_has_its_statutory_days_only():
    found = national_year(2035)

    assert not found.is_known
    assert found.statutory == STATUTORY_2035
    assert not found.rests
    assert not found.works


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 1, 2), False),  # taken for the Sunday after
        (date(2026, 1, 4), True),
        (date(2026, 2, 13), True),
        (date(2026, 2, 14), True),  # a Saturday
        (date(2026, 2, 16), False),
        (date(2026, 2, 24), True),
        (date(2026, 4, 6), False),  # Monday after a festival on Sunday
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
        (date(2025, 1, 26), True),
        (date(2024, 2, 9), True),  # the last day of the year was no statutory day before 2025
    ],
)
def test_published_days(day, works):
    assert national_year(day.year).is_workday(day) is works


def test_two_festivals_on_one_day_are_one_day():
    assert national_year(2028).statutory[date(2028, 10, 3)] == "中秋节、国庆节"


@pytest.mark.parametrize("year", [1900, 2024, 2026, 2027, 2035, 2100, 2300])
def test_every_day_of_any_year_has_an_answer(year):
    day = date(year, 1, 1)
    while day.year == year:
        assert national_year(year).is_workday(day) in (True, False)
        day += timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("year", [2027, 2031, 2038])
def test_days_fixed_by_law_rest_in_a_year_nobody_arranged_and_one_entry_makes_it_no_known_year(year):
    fixed = [date(year, *day) for day in ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))]
    CalendarDay.objects.create(day=date(year, 7, 9), works=False)
    forget()

    assert [is_workday(day) for day in fixed] == [False] * 6
    assert not in_working_hours(timezone.make_aware(datetime(year, 1, 1, 9)))
    assert not calendar_known(year)


@pytest.mark.django_db
def test_deadlines_that_reach_into_such_a_year_count_its_new_year():
    assert return_deadline(date(2026, 12, 30)) == date(2027, 1, 5)
    assert report_due(2026, 12) == date(2027, 1, 8)
