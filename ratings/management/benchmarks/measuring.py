"""How fast the work is beside its floor: each figure is a ratio to the least code that does the same, in the
same run. Here both are timed, queries counted, and cities made to measure.

Times are those of the processor in this process: what else the machine does changes them little. What a
server of PostgreSQL does for us is in neither side of a ratio; the number of queries stands beside it.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.criteria.spec import shifted
from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.demo.accounts import DemoAccount, appoint
from ratings.demo.running_year import seat_panel
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Item, Judge, JudgeSheet, MetricSnapshot, Move, Scheme, Score
from ratings.offline.folder import YearFolder, read_folder
from ratings.offline.running import judge_year
from ratings.offline.storing import store_year
from ratings.scoring import owed_codes
from ratings.workflow import open_scheme, scheme_spec
from schools.importing.schools import ensure_city, upsert_schools
from schools.models import Region, User
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
            f"{self.work}：{self.ours * 1000:.1f} ms",
            f"{self.floor_name} {self.floor * 1000:.1f} ms",
            f"{self.ratio:.2f} 倍",
        ]
        if self.bound is not None:
            parts.append(f"要求 ≤ {self.bound:g} 倍{'' if self.ratio <= self.bound else '（未达到）'}")
        if self.queries is not None:
            parts.append(f"{self.queries} 次查询")
        return "，".join(filter(None, [*parts, self.note]))


def once(work: Callable[[], object]) -> float:
    """Seconds of the processor for a single run, for work that changes the database."""
    start = time.process_time()
    work()
    return time.process_time() - start


#: Seconds after which slow work is not repeated any more.
PATIENCE = 8.0


def median(work: Callable[[], object], repeat: int = 15) -> float:
    """Median seconds over several runs, the first one left out as warm-up; slow work is repeated
    less often.
    """
    work()
    times: list[float] = []
    while len(times) < repeat and sum(times) < PATIENCE:
        times.append(once(work))
    return statistics.median(times)


def queries(work: Callable[[], object]) -> int:
    """How many statements the work sends; a statement for many rows counts once."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def person(city: Region, role: str, **scope: Any) -> User:
    """Somebody who holds the role there, to open pages as."""
    account = DemoAccount(f"{role}{city.pk}", "测速", role)
    known = User.objects.filter(username=account.username).first()
    return known or appoint(city, account, **scope)


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
    at_county, at_city = submitted[:half], submitted[half:]
    figures = MetricSnapshot.objects.filter(assessment__scheme=settled)
    values, at = dict(figures.values_list("assessment__school", "values")), timezone.now()
    insert_many(
        [
            MetricSnapshot(
                assessment=assessment,
                moment=MetricSnapshot.Moment.SUBMIT,
                values=values[assessment.school_id],
                taken_at=at,
            )
            for assessment in submitted
        ]
    )
    _move(at_county, Status.COUNTY)
    _move(at_city, Status.CITY)
    labels = [f"评委{number}" for number in range(1, 6)]
    panel = seat_panel(scheme, {**dict.fromkeys(labels), labels[0]: judge})
    judges = list(panel.judges.order_by("pk"))
    Assessment.objects.filter(scheme=scheme, status=Status.CITY).update(panel=panel, visited=True)
    _give_sheets(scheme, submitted, Stage.COUNTY, [None])
    _give_sheets(scheme, at_city, Stage.CITY, judges)
    insert_many(
        [JudgeSheet(assessment=assessment, judge=judge) for assessment in at_city for judge in judges]
    )
    return _in_scoring(scheme)


def _move(assessments: list[Assessment], status: str) -> None:
    at = timezone.now()
    insert_many(
        [
            Move(assessment=assessment, step="submit", from_status=Status.DRAFT, to_status=status, at=at)
            for assessment in assessments
        ]
    )
    Assessment.objects.filter(pk__in=[assessment.pk for assessment in assessments]).update(status=status)


def _give_sheets(
    scheme: Scheme, assessments: list[Assessment], stage: str, judges: Sequence[Judge | None]
) -> None:
    items = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    codes = owed_codes(scheme_spec(scheme), stage)
    insert_many(
        [
            Score(assessment=assessment, item_id=items[code], stage=stage, judge=judge)
            for assessment, judge, code in product(assessments, judges, codes)
        ]
    )


def _in_scoring(scheme: Scheme) -> Scheme:
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)
    scheme.refresh_from_db()
    return scheme


def enlarged_city(fixtures: Path, schools: int) -> Scheme:
    """A scheme in 评审 with scores of as many schools as asked, copies of the sample's under codes of their
    own.
    """
    year = read_folder(fixtures / "scheme.xlsx", fixtures)
    originals = list(islice(cycle(zip(year.schools, judge_year(year), strict=True)), schools))
    names = [(f"S{index:05d}", f"第{index}镇委党校") for index in range(schools)]
    rows, copies, metrics = [], [], {}
    for (code, name), (row, judged) in zip(names, originals, strict=True):
        rows.append(replace(row, code=code, name=name))
        scored = replace(judged.input, key=code, cases=frozenset())
        copies.append(replace(judged, code=code, name=name, input=scored))
        metrics[code] = year.metrics[judged.code]
    with transaction.atomic():
        city = ensure_city(f"{year.spec.city}{schools}")
        stored = {school.code: school for school in upsert_schools(city, rows)}
        scheme = create_scheme(year.spec, city=city, imported=True)
        freeze(scheme, reason="测速", spec=year.spec)
        scheme = _in_scoring(scheme)
        store_year(scheme, YearFolder(year.source, rows, metrics, [], []), copies, stored)
    return scheme
