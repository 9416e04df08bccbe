"""Pieces of work done once a day, however often and on however many machines the job is started."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.db import transaction
from django.utils import timezone

from schools.models import JobRun


@contextmanager
def once_a_day(name: str, day: date) -> Iterator[JobRun | None]:
    """The run to be done and filled in, or None when it was done before.

    The unique row of (name, day) is written and locked first: a second machine waits there until this one has
    committed, then finds it done. An exception takes the row back with everything else, and the next start
    tries again.
    """
    with transaction.atomic():
        JobRun.objects.bulk_create([JobRun(name=name, day=day)], ignore_conflicts=True)
        run = JobRun.objects.select_for_update().get(name=name, day=day)
        if run.ended_at is not None:
            yield None
            return
        yield run
        run.ended_at = timezone.now()
        run.save(update_fields=["ended_at", "summary"])


def claim(name: str, day: date) -> JobRun | None:
    """For work that cannot be taken back, such as a mail: whoever wrote the row does it; None for everybody
    after.
    """
    made, created = JobRun.objects.get_or_create(name=name, day=day)
    return made if created else None
