"""锁定: records whose figures a school has signed change only through 数据更正.

What is locked is known to whoever collects the signatures: `signed_periods` of `contributions`.
Three kinds of records ask in three ways: an event of a day (`lock_of`), a figure of a year (`among`), a fact
that stands until it is ended, such as seats or a teacher in the pool (`standing_lock`).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.db import models

from schools.models import (
    AnnualPlan,
    Budget,
    Equipment,
    Lesson,
    MetricValue,
    MonthlyReport,
    PlannedClass,
    Problem,
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
class Reach:
    """What a change touches: an event's day, a year, or a standing fact from a day on (None: always)."""

    since: date | None = None
    year: int | None = None
    standing: bool = False


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
            f"{self.name}已提交，{chinese_date(self.start)}至{chinese_date(self.end)}的记录已锁定；"
            f"如需更改，请提交数据更正，经{APPROVER_NAMES[self.approver]}同意后生效。"
        )

    def told(self, model: type[models.Model]) -> str:
        """The sentence for a record of this kind: what nobody can ask a correction of says so."""
        if model not in NOT_CORRECTED:
            return str(self)
        return (
            f"{self.name}已提交，{self.year}年度的{NOT_CORRECTED[model]}已锁定；确有错误的，"
            f"请{APPROVER_NAMES[self.approver]}退回该校补正，补正期间再改。"
        )

    def holds(self, reach: Reach) -> bool:
        """Whether it stands in the way of what reaches that far.

        Standing facts are read as they are on the last day of the period, so a change that takes effect later
        is free, and once the results are public they are read no more.
        """
        since = reach.since
        if reach.standing:
            return self.is_open and (since is None or since <= self.end)
        if reach.year is not None:
            return self.year == reach.year
        return since is not None and self.start <= since <= self.end


def periods(school_ids: Iterable[int]) -> dict[int, list[Lock]]:
    """The signed periods of many schools at once."""
    wanted = list(school_ids)
    found: dict[int, list[Lock]] = {pk: [] for pk in wanted}
    for provider in contributed("signed_periods"):
        for pk, locks in provider(wanted).items():
            found[pk].extend(locks)
    return found


def signed_by(school: School) -> list[Lock]:
    """The signed periods of one school."""
    return periods([school.pk])[school.pk]


def lock_of(school: School, day: date) -> Lock | None:
    """The signed period that contains the day: for classes, visits, months."""
    return among(signed_by(school), since=day)


def standing_lock(school: School) -> Lock | None:
    """Whether a fact that stands may change at once and for all days."""
    return among(signed_by(school), standing=True)


def among(locks: Iterable[Lock], **reach: Any) -> Lock | None:
    """The lock that holds what a `Reach` of these fields touches; the stricter (not yet public) first."""
    strictest_first = sorted(locks, key=lambda lock: (not lock.is_open, -lock.year))
    return next((lock for lock in strictest_first if lock.holds(Reach(**reach))), None)


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
    if old == new or model not in TOUCHED:
        return None
    known = signed_by(school) if signed is None else signed
    if not known:
        return None
    for reach in TOUCHED[model](old, new):
        if lock := among(known, **vars(reach)):
            return lock, reach
    return None


Values = Mapping[str, Any]


def _day(value: Any) -> date | None:
    if not value:
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _event(field: str, *stages: Values) -> Iterable[Reach]:
    days = (_day(values.get(field)) for values in stages)
    return (Reach(since=day) for day in days if day)


def _report(*stages: Values) -> Iterable[Reach]:
    values = next(filter(None, stages))
    return [Reach(since=date(int(values["year"]), int(values["month"]), 1))]


def _planned_class(*stages: Values) -> Iterable[Reach]:
    held = list(filter(None, stages))
    plans = AnnualPlan.objects.filter(pk__in=[values["plan"] for values in held])
    years = dict(plans.values_list("pk", "year"))
    return [Reach(since=date(years[values["plan"]], int(values["month"]), 1)) for values in held]


def _lesson(*stages: Values) -> Iterable[Reach]:
    """A lesson counts with its class."""
    classes = TrainingClass.objects.filter(pk__in=[values["training_class"] for values in stages if values])
    return [Reach(since=day) for day in classes.values_list("starts_on", flat=True)]


def _problem(*stages: Values) -> Iterable[Reach]:
    """A problem stands in the record of its visit."""
    visits = Visit.objects.filter(pk__in=[values["visit"] for values in stages if values])
    return [Reach(since=day) for day in visits.values_list("on", flat=True)]


def _figures(*stages: Values) -> Iterable[Reach]:
    return [Reach(year=int(values["year"])) for values in stages if values.get("year")]


def _changed(old: Values, new: Values) -> set[str]:
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def _school(old: Values, new: Values) -> Iterable[Reach]:
    """Of the school's own entry only these are read by figures."""
    is_read = _changed(old, new) & {"seats", "staff_count", "has_plaque"}
    return [Reach(standing=True)] if is_read else []


def _equipment(*stages: Values) -> Iterable[Reach]:
    return [Reach(standing=True)]


def _fact(begins: str, ends: str, after: int, old: Values, new: Values) -> Iterable[Reach]:
    """What stands since and until a day; the effect of an end begins `after` so many days."""
    if old and new and _changed(old, new) == {ends}:
        days = filter(None, (_day(values.get(ends)) for values in (old, new)))
        return [Reach(since=min(days) + timedelta(days=after), standing=True)]
    days = [_day(values.get(begins)) for values in (old, new) if values]
    return [Reach(since=None if None in days else min(days), standing=True)]


#: What a change touches, from the values before and after it; no other record is ever locked.
TOUCHED: dict[type[models.Model], Callable[[Values, Values], Iterable[Reach]]] = {
    TrainingClass: partial(_event, "starts_on"),
    Lesson: _lesson,
    Visit: partial(_event, "on"),
    Problem: _problem,
    MonthlyReport: _report,
    AnnualPlan: _figures,
    PlannedClass: _planned_class,
    Budget: _figures,
    YearFigures: _figures,
    MetricValue: _figures,
    School: _school,
    Equipment: _equipment,
    # Valid on its last day still.
    Teacher: partial(_fact, "since", "until", 1),
    TeachingPoint: partial(_fact, "since", "until", 1),
    # Ends with the day on which it is abolished.
    Regulation: partial(_fact, "issued_on", "abolished_on", 0),
}
#: Figures that no page lets anybody ask a correction of, by what they are called.
NOT_CORRECTED: dict[type[models.Model], str] = {AnnualPlan: "计划备案日期", MetricValue: "导入值"}
