"""From which day a record counts, and therefore which lock a change of it must ask.

Records that feed no signed figure (校领导, 工作人员, 课程, 特色品牌, 建设投入) are free at all times.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models

from schools import locks
from schools.models import (
    AnnualPlan,
    Budget,
    Equipment,
    MonthlyReport,
    PlannedClass,
    Regulation,
    School,
    Teacher,
    TeachingPoint,
    TrainingClass,
    Visit,
    YearFigures,
)

EVENTS: dict[type[models.Model], str] = {TrainingClass: "starts_on", Visit: "on"}
YEARS = (Budget, YearFigures)
#: Facts that stand, with the fields that say since when and until when.
STANDING: dict[type[models.Model], tuple[str, str] | None] = {
    Teacher: ("since", "until"),
    TeachingPoint: ("since", "until"),
    Regulation: ("issued_on", "abolished_on"),
    School: None,
    Equipment: None,
}
#: Of the school's own entry only these are read by figures.
READ_OF_SCHOOL = {"seats", "staff_count", "has_plaque"}


@dataclass(frozen=True)
class Reach:
    """What a change touches: an event's day, a year, or a standing fact from a day on (None: always)."""

    since: date | None = None
    year: int | None = None
    standing: bool = False


def lock_for(
    school: School,
    model: type[models.Model],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    signed: Collection[locks.Lock] | None = None,
) -> tuple[locks.Lock, Reach] | None:
    """The lock that stands in the way of this change, with what it touches. `old` and `new` as `changes.snapshot` gives them;
    an added record has no old, a voided one no new. `signed` spares the query where the periods are known.
    """
    if old == new:
        return None
    known = locks.periods([school.pk])[school.pk] if signed is None else signed
    for reach in _touched(model, old, new):
        lock = locks.among(known, since=reach.since, year=reach.year, standing=reach.standing)
        if lock:
            return lock, reach
    return None


def _touched(model: type[models.Model], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Reach]:
    if model in EVENTS:
        for values in (old, new):
            if day := _day(values.get(EVENTS[model])):
                yield Reach(since=day)
    elif model is MonthlyReport:
        values = old or new
        yield Reach(since=date(int(values["year"]), int(values["month"]), 1))
    elif model is PlannedClass:
        years = dict(AnnualPlan.objects.filter(pk__in=[values["plan"] for values in (old, new) if values]).values_list("pk", "year"))
        yield from (Reach(since=date(years[values["plan"]], int(values["month"]), 1)) for values in (old, new) if values)
    elif model in YEARS:
        yield from (Reach(year=int(values["year"])) for values in (old, new) if values.get("year"))
    elif model in STANDING:
        yield from _standing(model, old, new)


def _standing(model: type[models.Model], old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Reach]:
    changed = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    if model is School:
        if changed & READ_OF_SCHOOL:
            yield Reach(standing=True)
        return
    if STANDING[model] is None:
        yield Reach(standing=True)
        return
    begins, ends = STANDING[model]
    if old and new and changed == {ends}:
        # Valid on its last day still, so the effect begins the day after; a regulation ends with the day it is abolished.
        days = [_day(values.get(ends)) for values in (old, new)]
        after = timedelta(days=0 if model is Regulation else 1)
        yield Reach(since=min(day for day in days if day) + after, standing=True)
        return
    days = [_day(values.get(begins)) for values in (old, new) if values]
    yield Reach(since=None if None in days else min(days), standing=True)


def _day(value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
