"""No test reads the day it is run on."""

import datetime as dt
import time

from django.utils import timezone

from tests import clock


def test_every_test_begins_at_the_written_moment():
    assert dt.timedelta(0) <= timezone.now() - clock.NOW < dt.timedelta(minutes=5)
    assert timezone.localdate() == clock.NOW.date()
    assert abs(time.time() - clock.NOW.timestamp()) < 300


def test_a_test_moves_the_clock_and_finds_it_as_it_was():
    with clock.at(dt.date(2028, 2, 29)):
        assert timezone.localtime().strftime("%Y-%m-%d %H") == "2028-02-29 10"

    assert timezone.localdate() == clock.NOW.date()
