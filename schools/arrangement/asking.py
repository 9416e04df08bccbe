"""Tells those who can enter a year that it is missing: by message, once a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse

from schools.arrangement.wording import message
from schools.inbox import notify
from schools.models import Appointment, Role, User
from schools.workdays import years_to_enter


def page_of(year: int) -> str:
    """Where the year is entered."""
    return f"{reverse('schools:calendar')}?year={year}"


def keepers() -> QuerySet[User]:
    """Who may enter it: system administrators let into the back office."""
    posts = Appointment.objects.in_force().filter(role=Role.SYSADMIN)
    return User.objects.filter(is_active=True, is_staff=True, pk__in=posts.values("user"))


def ask(today: date) -> Iterator[tuple[int, int]]:
    """One message a month to each keeper for each missing year; safe to call every hour.

    Yields the year and to how many people it goes.
    """
    for year in years_to_enter(today):
        people = keepers()
        notify(people, message(year, today), url=page_of(year), key=f"calendar:{year}:{today:%Y-%m}")
        yield year, len(people)
