"""A year whose days off nobody has entered, to whoever can."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from schools.arrangement.asking import page_of
from schools.models import User
from schools.permissions import may_maintain
from schools.workdays import years_to_enter

from .registry import Task


def calendar_tasks(user: User) -> Iterator[Task]:
    """Missing years; nobody else is bothered."""
    if not (may_maintain(user) and user.identity):
        return
    today = timezone.localdate()
    for year in years_to_enter(today):
        if year > today.year:
            hint = "国务院办公厅的通知一般在11月公布，公布后贴入全文；录入以前只按周末和法定节日推算"
            yield Task(f"录入{year}年的节假日安排", page_of(year), hint, "待录入")
        else:
            yield Task(
                f"录入{year}年的节假日安排",
                page_of(year),
                "各项期限现在只按周末和法定节日推算，可能不准",
                "待录入",
                "bad",
            )
