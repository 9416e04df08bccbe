"""A year whose days off nobody has entered, to whoever can."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from schools.arrangement import wording
from schools.arrangement.asking import page_of
from schools.models import User
from schools.permissions import may
from schools.workdays import years_to_enter

from .items import Task


def calendar_tasks(user: User) -> Iterator[Task]:
    """Missing years; nobody else is bothered."""
    if not (may(user, "enter_calendar") and user.identity):
        return
    today = timezone.localdate()
    for year in years_to_enter(today):
        kind = "warn" if year > today.year else "bad"
        yield Task(wording.title(year), page_of(year), wording.hint(year, today), "待录入", kind)
