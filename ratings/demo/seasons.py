"""Which years the demonstration shows on the day it is loaded."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from schools.calendar.workdays import is_workday

#: From November on this year's rating is the one in work, before that last year's: cities rate a year between
#: the end of its 统计期 and the summer after it, and a rating in work needs a year of records to rate.
RATING_MONTH = 11


@dataclass(frozen=True)
class Seasons:
    """The years as seen on a day: records of three of them, ratings published for the first, or the first
    two.
    """

    today: dt.date

    @property
    def this(self) -> int:
        return self.today.year

    @property
    def first(self) -> int:
        """The year before last, where everything begins."""
        return self.this - 2

    @property
    def rated(self) -> int:
        """The year whose rating is in work."""
        return self.this if self.today.month >= RATING_MONTH else self.this - 1

    @property
    def published(self) -> range:
        """The years whose bulletin is out."""
        return range(self.first, self.rated)


def nearest_workday(day: dt.date) -> dt.date:
    """The day itself or the last working day before it, but of the same month: what counts for a month stays
    there.

    A later day never comes before an earlier one, so that what began first also ends first.
    """
    earlier = day
    while not is_workday(earlier):
        earlier -= dt.timedelta(days=1)
        if earlier.month != day.month:
            return _first_workday(day)
    return earlier


def _first_workday(day: dt.date) -> dt.date:
    while not is_workday(day):
        day += dt.timedelta(days=1)
    return day


def noon(day: dt.date) -> dt.datetime:
    """The moment of something of which only the day matters."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
