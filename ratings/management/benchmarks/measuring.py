"""Timing two ways of doing the same work, and counting queries.

Times are those of the processor in this process: what else the machine does changes them little. What a
server of PostgreSQL does for us is in neither side of a ratio; the number of queries stands beside it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.criteria.spec import shifted
from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Item, Judge, JudgeSheet, MetricSnapshot, Move, Panel, Scheme, Score
from ratings.offline.folder import YearFolder, read_folder
from ratings.offline.judging import SchoolYear
from ratings.offline.running import judge_year
from ratings.offline.storing import store_year
from ratings.scoring import owed_codes
from ratings.workflow import open_scheme, scheme_spec
from schools.importing.schools import ensure_city, upsert_schools
from schools.models import User
from schools.saving import insert_many


@dataclass(frozen=True)
class Measure:
    """Seconds of the processor for ours and for the floor; `queries` of ours, `bound` the ratio held to."""

    work: str
    ours: float
    floor: float
    floor_name: str
    queries: int | None = None
    bound: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.floor if self.floor else 0.0

    def __str__(self) -> str:
        parts = [
            (
                f"{self.work}：{self.ours * 1000:.1f} ms，{self.floor_name} {self.floor * 1000:.1f} ms，"
                f"{self.ratio:.2f} 倍"
            )
        ]
        if self.bound is not None:
            parts.append(f"要求 ≤ {self.bound:g} 倍{'' if self.ratio <= self.bound else '（未达到）'}")
        if self.queries is not None:
            parts.append(f"{self.queries} 次查询")
        return "，".join([*parts, self.note] if self.note else parts)


def once(work: Callable[[], object]) -> float:
    """Seconds of the processor for a single run, for work that changes the database."""
    start = time.process_time()
    work()
    return time.process_time() - start


def median(work: Callable[[], object], repeat: int = 15, patience: float = 8.0) -> float:
    """Median seconds over several runs, the first one left out as warm-up; slow work is repeated
    less often.
    """
    work()
    times: list[float] = []
    while len(times) < repeat and sum(times) < patience:
        times.append(once(work))
    return statistics.median(times)


def queries(work: Callable[[], object]) -> int:
    """How many statements the work sends; a statement for many rows counts once."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


@transaction.atomic
def running_year(settled: Scheme, judge: User) -> Scheme:
    """The year after `settled` with the same criteria and figures; `judge` sits on the one panel. The first
    school still fills in.
    """
    spec = read_scheme(settled)
    scheme = create_scheme(shifted(spec, spec.year + 1), city=settled.city)
    open_scheme(scheme, by=None)
    _, *submitted = scheme.assessments.order_by("pk")
    half = len(submitted) // 2
    _figures(settled, submitted)
    _moves(submitted[:half], Status.COUNTY)
    _moves(submitted[half:], Status.CITY)
    panel = _panel(scheme, judge)
    Assessment.objects.filter(scheme=scheme, status=Status.CITY).update(panel=panel, visited=True)
    _rows(scheme, submitted[:half], submitted[half:], list(panel.judges.all()))
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    scheme.refresh_from_db()
    return scheme


def _figures(settled: Scheme, assessments: list[Assessment]) -> None:
    values = dict(
        MetricSnapshot.objects.filter(assessment__scheme=settled).values_list("assessment__school", "values")
    )
    at, moment = timezone.now(), MetricSnapshot.Moment.SUBMIT
    insert_many(
        [
            MetricSnapshot(assessment=one, moment=moment, values=values[one.school_id], taken_at=at)
            for one in assessments
        ]
    )


def _moves(assessments: list[Assessment], status: str) -> None:
    at = timezone.now()
    insert_many(
        [
            Move(assessment=one, step="submit", from_status=Status.DRAFT, to_status=status, at=at)
            for one in assessments
        ]
    )
    moved = Move.objects.filter(to_status=status, at=at)
    Assessment.objects.filter(pk__in=moved.values("assessment")).update(status=status)


def _panel(scheme: Scheme, user: User) -> Panel:
    judges = [
        Judge.objects.create(scheme=scheme, label=f"评委{number}", user=user if number == 1 else None)
        for number in range(1, 6)
    ]
    panel = Panel.objects.create(scheme=scheme, name="第一评审组", leader=judges[0])
    panel.judges.set(judges)
    return panel


def _rows(scheme: Scheme, county: list[Assessment], city: list[Assessment], judges: list[Judge]) -> None:
    spec, items = scheme_spec(scheme), dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    codes = owed_codes(spec, Stage.COUNTY)
    insert_many(
        [
            Score(assessment=one, item_id=items[code], stage=Stage.COUNTY)
            for one in [*county, *city]
            for code in codes
        ]
    )
    insert_many(
        [
            Score(assessment=one, item_id=items[code], stage=Stage.CITY, judge=judge)
            for one in city
            for judge in judges
            for code in owed_codes(spec, Stage.CITY)
        ]
    )
    insert_many([JudgeSheet(assessment=one, judge=judge) for one in city for judge in judges])


def enlarged_city(fixtures: Path, schools: int) -> Scheme:
    """A scheme in 评审 with scores of as many schools as asked, copies of the sample's under codes of their
    own.
    """
    year = read_folder(fixtures / "scheme.xlsx", fixtures)
    judged = judge_year(year)
    copies = [_copy(judged[index % len(judged)], index) for index in range(schools)]
    rows = [
        replace(year.schools[index % len(judged)], code=f"S{index:05d}", name=f"第{index}镇委党校")
        for index in range(schools)
    ]
    many = YearFolder(
        year.source,
        rows,
        {copy.code: year.metrics[judged[i % len(judged)].code] for i, copy in enumerate(copies)},
        [],
        [],
    )
    with transaction.atomic():
        city = ensure_city(f"{year.spec.city}{schools}")
        stored = {school.code: school for school in upsert_schools(city, rows)}
        scheme = create_scheme(year.spec, city=city, imported=True)
        freeze(scheme, reason="测速", spec=year.spec)
        Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
        scheme.refresh_from_db()
        store_year(scheme, many, copies, stored)
    return scheme


def _copy(school: SchoolYear, index: int) -> SchoolYear:
    code = f"S{index:05d}"
    return replace(
        school, code=code, name=f"第{index}镇委党校", input=replace(school.input, key=code, cases=frozenset())
    )
