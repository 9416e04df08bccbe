"""The years before: settled, published and filed; and what the registry says of the schools themselves, where
their workbooks say nothing or too much.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db.models import FileField
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_save

from ratings.documents.pdf import reason_against
from ratings.models import Bulletin, Meeting, Scheme
from ratings.offline.decisions import Decisions
from ratings.offline.running import enter_year
from ratings.publication.bulletin import file_document, publish
from ratings.workflow.deadlines import last_workday_before
from schools.models import Region, School, User

from .sample import Sample, noon
from .trial import CITIES

SEATS, STAFF = "主教室座位", "工作人员数"


def describe_schools(sample: Sample) -> None:
    """Seats and staff as the sample's figures have them: its list of schools holds names only."""
    figures = {school.code: school.metrics for school in sample.judged}
    schools = list(School.objects.filter(city__name=sample.city))
    for school in schools:
        known = figures[school.code]
        school.has_plaque, school.seats, school.staff_count = True, int(known[SEATS]), int(known[STAFF])
    School.objects.bulk_update(schools, ["has_plaque", "seats", "staff_count"])


def leave_gap(city: Region) -> None:
    """One school has not said whether its plaque is up: a gap that no figure needs, for whoever keeps the
    registry.
    """
    second = School.objects.filter(city=city).in_order()[1]
    School.objects.filter(pk=second.pk).update(has_plaque=None)


#: 发文字号 of the first city by year and number.
NUMBER = "示组通〔{}〕{}号"
BULLETIN_NUMBER = 21
#: The committee meets before this day; its minutes have numbers of their own.
MEETING_DAY = (12, 20)
MINUTES_NUMBER = "示评纪〔{}〕{}号"


def settle_year(sample: Sample, year: int) -> Scheme:
    """The year as the workbooks tell it, settled by a meeting in December, with a draft of its bulletin."""
    held = meeting_on(dt.date(year, *MEETING_DAY))
    told = replace(sample.at(year), decisions=Decisions(meeting=held))
    return enter_year(told, sample.judged, issue=False).scheme


def meeting_on(day: dt.date) -> Meeting:
    """A meeting of the committee on the last working day before, not stored yet."""
    day = last_workday_before(day)
    number = MINUTES_NUMBER.format(day.year, 1)
    return Meeting(held_on=day, expected=11, present=10, number=number)


def publish_year(scheme: Scheme, *, by: User) -> None:
    """Issue the bulletin as on the last working day of its year; the audit trail says when it was really
    done.
    """
    day = last_workday_before(dt.date(scheme.year + 1, 1, 1))
    number = NUMBER.format(day.year, BULLETIN_NUMBER)
    Bulletin.objects.filter(scheme=scheme).update(number=number, issued_on=day, printed_on=day)
    publish(scheme, by=by, with_file=can_print())
    Scheme.objects.filter(pk=scheme.pk).update(published_at=noon(day))


def can_print() -> bool:
    """Whether this machine can make a PDF; without one the demonstration is loaded all the same."""
    return not reason_against()


def file_missing_bulletins() -> list[Scheme]:
    """Keeps the PDF of the published years that were loaded without; returns them."""
    published = Scheme.objects.filter(city__name__in=CITIES, published_at__isnull=False)
    waiting = published.filter(bulletin__pdf="").select_related("city")
    found = [scheme for scheme in waiting if scheme.is_public]
    if not found or not can_print():
        return []
    for scheme in found:
        file_document(scheme)
    return found


@contextmanager
def files_go_with_their_rows() -> Iterator[None]:
    """When what is done inside fails and is taken back, the files that its rows named are deleted again.

    Publishing deletes the file of its own failure only; a step after it may fail as well.
    """
    stored: list[FieldFile] = []

    def note(sender, instance, **kwargs) -> None:
        stored.extend(
            getattr(instance, field.attname)
            for field in sender._meta.concrete_fields
            if isinstance(field, FileField)
        )

    post_save.connect(note)
    try:
        yield
    except BaseException:
        for file in stored:
            if file:
                file.storage.delete(file.name)
        raise
    finally:
        post_save.disconnect(note)
