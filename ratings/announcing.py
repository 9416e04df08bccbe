"""Deadlines of the self-assessment, for the daily job: said five working days before, and on the last one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone

from ratings.answering import LIVE
from ratings.enums import Phase, Status
from ratings.models import Assessment
from ratings.submission import due_of
from schools.announcing import Announcement
from schools.models import Role
from schools.templatetags.ui import day as day_words
from schools.workdays import add_workdays

WORKDAYS_BEFORE = (5, 1)


def self_assessments_due(today: date) -> Iterator[Announcement]:
    """Those not handed in whose last day is near; the day stands in the key, so that an extension is announced anew."""
    found = Assessment.objects.filter(status__in=LIVE, scheme__phase__in=(Phase.OPEN, Phase.SCORING))
    for one in found.select_related("scheme").prefetch_related("extensions").order_by("pk"):
        last = due_of(one)
        left = None if last is None else _workdays_left(today, timezone.localtime(last).date())
        if left is None:
            continue
        what = "补正" if one.status == Status.RETURNED else "自评"
        text = f"{one.scheme.year}年度星级评定{what}将于{day_words(last)}截止，目前状态：{one.get_status_display()}，请抓紧办理。"
        roles = (Role.HEAD,) if one.status == Status.CONFIRMING else (Role.FILLER, Role.HEAD)
        url = reverse("ratings:assessment", args=[one.pk])
        yield Announcement(f"self:{one.pk}:{last:%Y%m%d}:{left}", one.school_id, text, url, roles)


def _workdays_left(today: date, last: date) -> int | None:
    """The announcement that is due: the nearest of WORKDAYS_BEFORE, None while the day is far or when it has passed."""
    if last < today:
        return None
    return next((number for number in sorted(WORKDAYS_BEFORE) if last <= add_workdays(today, number - 1)), None)
