"""What a school has done in a year, as sums: one row a school, and the same few queries for 49 schools or
5,000.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Sum, Value

from schools.metrics.standing import in_use, report_due
from schools.models import AnnualPlan, Budget, MonthlyReport, School, TrainingClass

MONTHS = range(1, 13)


def last_day(year: int, month: int) -> date:
    """The last day of the month."""
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True)
class View:
    """A year as seen on a day. Only months that have ended are compared with other years and other
    schools.
    """

    year: int
    today: date

    @property
    def end(self) -> date:
        """The last day whose classes count."""
        return min(date(self.year, 12, 31), self.today)

    @property
    def ended(self) -> int:
        """How many months of the year are over."""
        if self.today.year != self.year:
            return 12 if self.today.year > self.year else 0
        return (
            self.today.month if self.today == last_day(self.year, self.today.month) else self.today.month - 1
        )

    @property
    def reported(self) -> list[int]:
        """The months whose report is overdue by now when it is missing, where no other day was set."""
        return [month for month in MONTHS if report_due(self.year, month) < self.today]

    @property
    def span(self) -> str:
        """The months compared, in words: 1—10月."""
        return "1月" if self.ended == 1 else f"1—{self.ended}月"


@dataclass(frozen=True)
class Sums:
    """Three figures of a stretch of months."""

    classes: int = 0
    attendance: int = 0
    cost: Decimal = Decimal(0)


@dataclass(frozen=True)
class Standing:
    """One school's year."""

    pk: int
    name: str
    code: str
    county_id: int | None
    county: str
    seats: int | None
    opened_on: date | None
    closed_on: date | None
    months: tuple[int, ...] = (0,) * 12
    total: Sums = Sums()
    compared: Sums = Sums()
    before: Sums = Sums()
    largest: int = 0
    filed_on: date | None = None
    planned: int = 0
    done: int = 0
    arrived: Decimal | None = None
    unreported: tuple[int, ...] = ()

    def in_use(self, year: int, month: int) -> bool:
        """Whether the school owes anything for the month."""
        return in_use(self, year, month)


def standings(schools: QuerySet[School], view: View) -> list[Standing]:
    """The schools in use at any time of the year, in administrative order; five queries."""
    first, last = date(view.year, 1, 1), date(view.year, 12, 31)
    used = schools.filter(
        Q(opened_on__isnull=True) | Q(opened_on__lte=last),
        Q(closed_on__isnull=True) | Q(closed_on__gte=first),
    )
    ids = used.order_by().values("pk")
    classes, plans, masks, money = (
        _classes(ids, view),
        _plans(ids, view.year),
        _reports(ids, view),
        _arrived(ids, view.year),
    )
    columns = (
        "pk",
        "short_name",
        "name",
        "code",
        "county_id",
        "county__name",
        "seats",
        "opened_on",
        "closed_on",
    )
    found = []
    for pk, short, name, code, county_id, county, seats, opened_on, closed_on in used.in_order().values_list(
        *columns
    ):
        bare = Standing(pk, short or name, code, county_id, county or "", seats, opened_on, closed_on)
        answered = masks.get(pk, 0)
        owed = tuple(
            month for month in view.reported if not answered >> month & 1 and bare.in_use(view.year, month)
        )
        extra = {**classes.get(pk, {}), **plans.get(pk, {})}
        found.append(Standing(**{**bare.__dict__, **extra, "arrived": money.get(pk), "unreported": owed}))
    return found


def _classes(ids: QuerySet, view: View) -> dict[int, Mapping]:
    year = view.year
    until = last_day(year, view.ended) if view.ended else date(year, 1, 1)
    this = Q(starts_on__range=(date(year, 1, 1), view.end))
    compared = Q(starts_on__range=(date(year, 1, 1), until)) if view.ended else Q(pk__in=[])
    before_end = last_day(year - 1, until.month)
    before = Q(starts_on__range=(date(year - 1, 1, 1), before_end)) if view.ended else Q(pk__in=[])
    hosted = Q(part=TrainingClass.Part.HOST)
    sums = {}
    for name, when in (("total", this), ("compared", compared), ("before", before)):
        sums |= {
            f"{name}_classes": Count("pk", filter=when & hosted),
            f"{name}_attendance": Sum("attendance", filter=when, default=0),
            f"{name}_cost": Sum("cost", filter=when, default=Decimal(0)),
        }
    months = {
        f"month_{number}": Count(
            "pk",
            filter=Q(
                starts_on__range=(
                    date(year, number, 1),
                    min(date(year, number, calendar.monthrange(year, number)[1]), view.end),
                )
            ),
        )
        for number in MONTHS
        if date(year, number, 1) <= view.end
    }
    held = (
        TrainingClass.objects.filter(school__in=ids)
        .kept()
        .held_between(date(year - 1, 1, 1), view.end)
        .order_by()
    )
    rows = held.values("school_id").annotate(
        **sums, **months, largest=Max("attendance", filter=this, default=0)
    )
    return {
        row["school_id"]: {
            "months": tuple(row.get(f"month_{number}", 0) for number in MONTHS),
            "largest": row["largest"],
            **{
                name: Sums(row[f"{name}_classes"], row[f"{name}_attendance"], row[f"{name}_cost"])
                for name in ("total", "compared", "before")
            },
        }
        for row in rows
    }


def _plans(ids: QuerySet, year: int) -> dict[int, Mapping]:
    """Planned classes, and those held at least once, as the metric 计划完成率 counts them."""
    held = (
        TrainingClass.objects.kept()
        .held_between(date(year, 1, 1), date(year, 12, 31))
        .filter(planned=OuterRef("planned_classes__pk"))
    )
    rows = (
        AnnualPlan.objects.filter(school__in=ids, year=year).order_by().values_list("school_id", "filed_on")
    )
    rows = rows.annotate(planned=Count("planned_classes"), done=Count("planned_classes", filter=Exists(held)))
    return {
        school: {"filed_on": filed_on, "planned": planned, "done": done}
        for school, filed_on, planned, done in rows
    }


def _reports(ids: QuerySet, view: View) -> dict[int, int]:
    """Months that are answered for, or have a later day of their own, as bits: the months of a school are
    few, the schools many.
    """
    bit = Value(1, IntegerField()).bitleftshift(F("month"))
    rows = MonthlyReport.objects.filter(
        Q(confirmed_at__isnull=False) | Q(due__gte=view.today), school__in=ids, year=view.year
    )
    return dict(
        rows.order_by().values_list("school_id").annotate(answered=Sum(bit, output_field=IntegerField()))
    )


def _arrived(ids: QuerySet, year: int) -> dict[int, Decimal]:
    rows = Budget.objects.filter(school__in=ids, year=year, arrived__isnull=False)
    return dict(rows.order_by().values_list("school_id").annotate(sum=Sum("arrived")))
