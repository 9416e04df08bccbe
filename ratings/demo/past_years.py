"""The years behind the demonstration: judged from the workbooks, published at the end of each year or waiting for it."""

from __future__ import annotations

import datetime as dt

from ratings.models import Bulletin, Scheme
from ratings.offline.running import enter_year
from ratings.publication.bulletin import publish
from ratings.workflow.deadlines import last_workday_before
from schools.models import User

from .papers import can_print
from .sample import Sample
from .seasons import noon

#: 发文字号 of the first city by year and number.
NUMBER = "示组通〔{}〕{}号"
BULLETIN_NUMBER = 21


def settle_year(sample: Sample, year: int) -> Scheme:
    """The year as the workbooks tell it, settled, with a draft of its bulletin."""
    return enter_year(sample.at(year), sample.judged, issue=False).scheme


def publish_year(scheme: Scheme, *, by: User) -> None:
    """Issue the bulletin as on the last working day of its year; the audit trail says when it was really done."""
    day = last_workday_before(dt.date(scheme.year + 1, 1, 1))
    number = NUMBER.format(day.year, BULLETIN_NUMBER)
    Bulletin.objects.filter(scheme=scheme).update(number=number, issued_on=day, printed_on=day)
    publish(scheme, by=by, with_file=can_print())
    Scheme.objects.filter(pk=scheme.pk).update(published_at=noon(day))
