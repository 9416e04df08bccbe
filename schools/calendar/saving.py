"""Writes the arrangement of a year: all its days and the mark that the year is known, or nothing."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from schools import audit
from schools.models import CalendarDay, CalendarYear, User
from schools.saving import Stale

from . import workdays
from .checking import standing
from .reading import Reading


@transaction.atomic
def save(reading: Reading, *, source: str, by: User, seen: str | None = None) -> CalendarYear:
    """Replaces an earlier list of the year; days entered one by one stay unless the list names them.

    `seen` is the digest of what stood when the person checked; if another stands now, Stale is raised.
    None is for a program that has shown nothing to anybody.
    """
    # The row is written and locked first: a second administrator waits here and then replaces a whole list.
    first = {"source": source, "entered_by": by}
    year, is_new = CalendarYear.objects.get_or_create(year=reading.year, defaults=first)
    year = CalendarYear.objects.select_for_update().get(pk=year.pk)
    if seen is not None:
        stands = standing(reading)
        if (replace(stands, entered=None) if is_new else stands).digest != seen:
            raise Stale(
                stands,
                f"核对以后，{reading.year}年的节假日安排有了变动，所以没有写入。"
                "下面是按现在的情况重新核对的结果，请看清以后再确认。",
            )
    year.source, year.entered_by, year.entered_at = source, by, timezone.now()
    year.save()
    gone = year.days.exclude(day__in=reading.days)
    dropped = [str(one) for one in gone.order_by("day")]
    gone.delete()
    named = reading.days.values()
    CalendarDay.objects.bulk_create(
        [CalendarDay(day=one.day, works=one.works, note=one.note[:100], arrangement=year) for one in named],
        update_conflicts=True,
        unique_fields=["day"],
        update_fields=["works", "note", "arrangement"],
    )
    # Many rows at once send no signal; the year's own was sent before they stood there.
    workdays.forget()
    detail = {
        "来源或文号": source,
        "休息": [day.isoformat() for day, one in reading.days.items() if not one.works],
        "上班": [day.isoformat() for day, one in reading.days.items() if one.works],
        **({"原来有、这次没有的": dropped} if dropped else {}),
    }
    city = by.identity.city if by.identity else None
    audit.record("import", by=by, city=city, subject=str(year), detail=detail)
    return year
