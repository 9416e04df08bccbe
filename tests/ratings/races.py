"""Two people at once: real threads with connections of their own, started together, and what
became of each.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Decision, MetricSnapshot, Move, Scheme
from ratings.workflow import open_city_rows, open_county_rows, scheme_spec, take_step
from ratings.workflow.snapshots import take_snapshot

from .played_year import PlayedYear, play_year

#: Long enough for the other to read, short enough for fifty rounds.
PAUSE = 0.02
#: How long a control waits for the other side; only a test that fails waits this long.
PATIENCE = 20


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Start the acts together; each gives its value or the exception that it raised, in the order of the
    acts.
    """
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            start.wait(timeout=10)
            return act()
        except Exception as raised:
            return raised
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def linger(monkeypatch, module: str, name: str) -> None:
    """Make a function that decides whether an act may go on wait after it has read, so that the other reads
    the same.
    """
    target = importlib.import_module(module)
    original = getattr(target, name)

    def slow(*args, **kwargs):
        found = original(*args, **kwargs)
        time.sleep(PAUSE)
        return found

    monkeypatch.setattr(target, name, slow)


def meet(monkeypatch, *places: tuple[str, str]) -> None:
    """Both acts read, then wait for each other, then write: the worst moment, certain and not only likely.

    `places` are the functions that decide whether an act may go on; each thread stops at the first that it
    leaves.
    """
    meeting, here = threading.Barrier(2), threading.local()

    def stopping(original: Callable) -> Callable:
        def read(*args, **kwargs):
            found = original(*args, **kwargs)
            if not getattr(here, "met", False):
                here.met = True
                with suppress(
                    threading.BrokenBarrierError
                ):  # nobody came: the act goes on, and the control fails as it should
                    meeting.wait(timeout=PATIENCE)
            return found

        return read

    for module, name in places:
        target = importlib.import_module(module)
        monkeypatch.setattr(target, name, stopping(getattr(target, name)))


def hold(monkeypatch, reader: tuple[str, str], other: tuple[str, str], *, until: Callable[[], bool]) -> None:
    """The worst moment of one act against another, certain and not only likely.

    The function `other`, with which the other act begins, waits until `reader` has read; `reader` does not
    return before the other act has left its mark.
    """
    has_read = threading.Event()

    def late(original: Callable, *args, **kwargs):
        found, end = original(*args, **kwargs), time.monotonic() + PATIENCE
        has_read.set()
        while not until() and time.monotonic() < end:
            time.sleep(0.01)
        return found

    def second(original: Callable, *args, **kwargs):
        has_read.wait(PATIENCE)
        return original(*args, **kwargs)

    for (module, name), wrapper in ((reader, late), (other, second)):
        target = importlib.import_module(module)
        monkeypatch.setattr(target, name, partial(wrapper, getattr(target, name)))


def closing(
    monkeypatch, reader: tuple[str, str], first: Callable[[], Any], second: Callable[[], Any]
) -> list[Any]:
    """What becomes of two acts when the first has read and holds its rows, and the second comes before it is
    over: the first goes on once the second waits for it, or has found nothing to wait for.
    """
    reading, over, here = threading.Event(), threading.Event(), threading.local()
    original = getattr(importlib.import_module(reader[0]), reader[1])

    def paused(*args, **kwargs):
        found, end = original(*args, **kwargs), time.monotonic() + PATIENCE
        reading.set()
        while here.first and not (over.is_set() or somebody_waits()) and time.monotonic() < end:
            time.sleep(0.002)
        return found

    def early() -> Any:
        here.first = True
        return first()

    def late() -> Any:
        here.first = False
        reading.wait(PATIENCE)
        try:
            return second()
        finally:
            over.set()

    with monkeypatch.context() as patch:
        patch.setattr(f"{reader[0]}.{reader[1]}", paused)
        return at_once(early, late)


def somebody_waits() -> bool:
    """Whether another transaction waits for this one; SQLite lets nobody else in."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
        )
        return cursor.fetchone()[0]


def join(monkeypatch) -> None:
    """Lock a row and read its parents in one statement, as if nobody knew that they may be old by then."""

    def at_once(locking: QuerySet, rows: QuerySet) -> list[Any]:
        return list(rows.select_for_update(of=("self",)))

    monkeypatch.setattr("schools.saving._read_after", at_once)


def unguard(monkeypatch, models: Iterable[type]) -> None:
    """Take the row locks of these models away, as if somebody had forgotten them."""
    original, unlocked = QuerySet.select_for_update, set(models)

    def forgotten(self: QuerySet, *args, **kwargs) -> QuerySet:
        return self.all() if self.model in unlocked else original(self, *args, **kwargs)

    monkeypatch.setattr(QuerySet, "select_for_update", forgotten)


@pytest.fixture
def race_rounds() -> int:
    """Many where two transactions really run side by side, and more in the deep run."""
    many = 50 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 20
    return many if connection.vendor == "postgresql" else 10


@pytest.fixture
def race_year(tmp_path):
    """Opens a year with as many schools as there are rounds."""
    return lambda schools: play_year(tmp_path / "year", schools=schools)


@pytest.fixture
def unlocked(monkeypatch):
    """Takes the locks away."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite 从 BEGIN IMMEDIATE 起只放进一个写入者，没有可去掉的行锁")
    return lambda *models: unguard(monkeypatch, models)


def bring_to_county(year: PlayedYear) -> list[Assessment]:
    """Every school with the county, nothing scored there."""
    rows, spec = year.assessments, scheme_spec(year.scheme)
    year.fill(rows, Stage.SELF)
    for row in rows:
        take_snapshot(row, MetricSnapshot.Moment.SUBMIT, spec)
        open_county_rows(row, spec)
        Move.objects.create(
            assessment=row,
            step="submit",
            from_status=Status.DRAFT,
            to_status=Status.COUNTY,
            at=timezone.now(),
        )
    Assessment.objects.update(status=Status.COUNTY)
    Scheme.objects.update(phase=Phase.SCORING)
    return year.assessments


def bring_to_decision(year: PlayedYear) -> Assessment:
    """One school scored, decided and ready to be settled."""
    (row,) = bring_to_county(year)
    return decided(year, row)


def decided(year: PlayedYear, row: Assessment) -> Assessment:
    """The same, of a school that is with the county."""
    year.fill([row], Stage.COUNTY)
    take_step(row, "recommend", by=year.people["county_lead"], star=5, opinion="同意")
    open_city_rows(row)
    year.fill([row], Stage.CITY)
    row.sheets.update(submitted_at=timezone.now(), submitted_by=year.people["office"])
    held = year.scheme.meetings.get()
    Decision.objects.create(assessment=row, star=5, computed=5, meeting=held, at=timezone.now())
    return row
