"""期限 over days of rest: what has passed, what is moved on."""

import datetime as dt

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ratings.workflow.deadlines import end_of, last_workday_before, next_workday_from
from schools.calendar.workdays import is_workday

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2030, 12, 31))


def start_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))


@given(DAYS)
def test_a_deadline_on_the_last_working_day_before_has_passed(day):
    found = last_workday_before(day)

    assert is_workday(found)
    assert end_of(next_workday_from(found)) < start_of(day)


@given(DAYS)
def test_a_day_of_rest_right_before_a_day_moves_its_deadline_into_that_day_or_beyond(day):
    before = day - dt.timedelta(days=1)

    assert (end_of(next_workday_from(before)) < start_of(day)) == is_workday(before)
