"""What the calendar package is taken to say: published years whole, others by their statutory days only."""

from datetime import date, timedelta

import holidays
import pytest

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
