"""锁定: records whose figures a school has signed change only through 数据更正.

What is locked is known to whoever collects the signatures: `signed_periods` of `contributions`.
Three kinds of records ask in three ways: an event of a day (`lock_of`), a figure of a year (`lock_of_year`),
a fact that stands until it is ended, such as seats or a teacher in the pool (`standing_lock`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models

from schools.models import (
    AnnualPlan,
    Budget,
    Equipment,
    MonthlyReport,
    PlannedClass,
    Regulation,
    Role,
    School,
    Teacher,
    TeachingPoint,
    TrainingClass,
    Visit,
    YearFigures,
)
from schools.numbers import chinese_date
from schools.site.contributions import contributed

COUNTY, OFFICE = "county", "office"
ROLES = {COUNTY: (Role.COUNTY, Role.COUNTY_LEAD), OFFICE: (Role.OFFICE,)}
APPROVER_NAMES = {COUNTY: "县（市、区）", OFFICE: "市评委会办公室"}


@dataclass(frozen=True)
class Lock:
    """A period a school has signed. `approver` decides corrections now; `is_open` while results are not yet
    public.

    str() is the sentence for the person who wanted to change something.
    """

    name: str
    year: int
    start: date
    end: date
    approver: str
    is_open: bool = True

    def __str__(self) -> str:
        return (
            f"{self.name}已提交，{chinese_date(self.start)}至{chinese_date(self.end)}的记录已锁定；如需更改，请提交数据更正，"
            f"经{APPROVER_NAMES[self.approver]}同意后生效。"
        )

    @property
    def roles(self) -> tuple[str, ...]:
        """Who may approve a correction."""
        return ROLES[self.approver]


def periods(school_ids: Iterable[int]) -> dict[int, list[Lock]]:
    """The signed periods of many schools at once."""
    wanted = list(school_ids)
    found: dict[int, list[Lock]] = {pk: [] for pk in wanted}
    for provider in contributed("signed_periods"):
        for pk, locks in provider(wanted).items():
            found[pk].extend(locks)
    return found


def lock_of(school: School, day: date) -> Lock | None:
    """The signed period that contains the day: for classes, visits, months."""
    return among(periods([school.pk])[school.pk], since=day)


def lock_of_year(school: School, year: int) -> Lock | None:
    """The signed period of that year: for money and head counts."""
    return among(periods([school.pk])[school.pk], year=year)


def standing_lock(school: School, since: date | None = None) -> Lock | None:
    """Whether a fact that stands may change with effect from `since` (None: at once and for all days).

    Such facts are read as they are on the last day of the period, so a change that takes effect later is
    free, and once the results are public they are read no more.
    """
    return among(periods([school.pk])[school.pk], since=since, standing=True)


def among(
    locks: Iterable[Lock], *, since: date | None = None, year: int | None = None, standing: bool = False
) -> Lock | None:
    """The lock that applies, out of the periods of one school; the stricter (not yet public) first."""
    for lock in sorted(locks, key=lambda one: (not one.is_open, -one.year)):
        if standing:
            hit = lock.is_open and (since is None or since <= lock.end)
        elif year is not None:
            hit = lock.year == year
        else:
            hit = since is not None and lock.start <= since <= lock.end
        if hit:
            return lock
    return None


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
    signed: Collection[Lock] | None = None,
) -> tuple[Lock, Reach] | None:
    """The lock that stands in the way of this change, with what it touches. `old` and `new` as
    `changes.snapshot` gives them; an added record has no old, a voided one no new. `signed` spares the query
    where the periods are known.
    """
    if old == new:
        return None
    known = periods([school.pk])[school.pk] if signed is None else signed
    for reach in _touched(model, old, new):
        lock = among(known, since=reach.since, year=reach.year, standing=reach.standing)
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
        years = dict(
            AnnualPlan.objects.filter(pk__in=[values["plan"] for values in (old, new) if values]).values_list(
                "pk", "year"
            )
        )
        yield from (
            Reach(since=date(years[values["plan"]], int(values["month"]), 1))
            for values in (old, new)
            if values
        )
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
        # Valid on its last day still, so the effect begins the day after; a regulation ends with the day it
        # is abolished.
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
