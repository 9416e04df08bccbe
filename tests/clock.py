"""The one clock of the tests: a moment that is written down, so that no result depends on the day a test is
run.

`TEST_CLOCK=2028-02-29` runs the suite as if it were that day.
"""

from __future__ import annotations

import datetime as dt
import os
from zoneinfo import ZoneInfo

import time_machine

SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A working morning late in the year whose records the samples hold.
NOW = dt.datetime.combine(
    dt.date.fromisoformat(os.environ.get("TEST_CLOCK", "2026-11-25")), dt.time(10), tzinfo=SHANGHAI
)


def at(moment: dt.datetime | dt.date) -> time_machine.travel:
    """Moves the clock of this process: `with at(date(2028, 2, 29)):`; a day stands for its morning at ten,
    local time.

    The clock goes on from there, as threads and browsers expect of one.
    """
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime.combine(moment, dt.time(10))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return time_machine.travel(moment.timestamp(), tick=True)
