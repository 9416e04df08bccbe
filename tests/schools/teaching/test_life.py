"""Nothing is recorded of a school before it was founded or after it closed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from tests.factories import SchoolFactory, TrainingClassFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("starts", "ends", "sentence"),
    [
        (date(2026, 2, 28), date(2026, 2, 28), "2026年3月启用"),
        (date(2026, 3, 1), date(2026, 3, 1), ""),
        (date(2026, 9, 10), date(2026, 9, 10), ""),
        (date(2026, 9, 10), date(2026, 9, 11), "关闭日期是2026年9月10日"),
        (date(2026, 9, 11), date(2026, 9, 12), "关闭日期是2026年9月10日"),
    ],
)
def test_class_lies_in_the_life_of_its_school(starts, ends, sentence):
    school = SchoolFactory(opened_on=date(2026, 3, 20), closed_on=date(2026, 9, 10))
    held = TrainingClassFactory.build(school=school, starts_on=starts, ends_on=ends)
    if not sentence:
        held.clean()
        return
    with pytest.raises(ValidationError, match=sentence):
        held.clean()


def test_a_closing_day_to_come_closes_nothing_today():
    today = timezone.localdate()
    day = timedelta(days=1)

    assert not SchoolFactory.build(closed_on=today).is_closed
    assert not SchoolFactory.build(closed_on=today + day).is_closed
    assert SchoolFactory.build(closed_on=today - day).is_closed
