"""What a school has done in a year, as sums: one row a school, and the same few queries for 49 schools or
5,000.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Exists, F, IntegerField, Max, OuterRef, Q, QuerySet, Sum, Value

from schools.metrics.standing import in_use, report_due
from schools.models import AnnualPlan, Budget, MonthlyReport, School, TrainingClass

MONTHS = range(1, 13)


def last_day(year: int, month: int) -> date:
    """The last day of the month; of month 0, the eve of the year."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


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

    @cached_property
    def begun(self) -> list[int]:
        """The months of which at least the first day has come."""
        return [month for month in MONTHS if date(self.year, month, 1) <= self.end]

    @cached_property
    def ended(self) -> int:
        """How many months of the year are over."""
        return sum(last_day(self.year, month) <= self.today for month in MONTHS)

    @cached_property
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
    classes, plans = _classes(ids, view), _plans(ids, view.year)
    answered, money = _reports(ids, view), _arrived(ids, view.year)
    columns = ("pk", "code", "county_id", "seats", "opened_on", "closed_on")
    found = []
    for short, name, county, *values in used.in_order().values_list(
        "short_name", "name", "county__name", *columns
    ):
        known = dict(zip(columns, values, strict=True))
        bare, pk = Standing(name=short or name, county=county or "", **known), known["pk"]
        owed = tuple(
            month
            for month in view.reported
            if not answered.get(pk, 0) >> month & 1 and bare.in_use(view.year, month)
        )
        sums = classes.get(pk, {}) | plans.get(pk, {})
        found.append(replace(bare, **sums, arrived=money.get(pk), unreported=owed))
    return found


def _within(first: date, last: date) -> Q:
    return Q(starts_on__range=(first, last))


def _classes(ids: QuerySet, view: View) -> dict[int, dict]:
    year, ended = view.year, view.ended
    first, before = date(year, 1, 1), date(year - 1, 1, 1)
    spans = {
        "total": _within(first, view.end),
        "compared": _within(first, last_day(year, ended)),
        "before": _within(before, last_day(year - 1, ended)),
    }
    figures = {
        f"month_{month}": Count(
            "pk", filter=_within(date(year, month, 1), min(last_day(year, month), view.end))
        )
        for month in view.begun
    }
    for name, inside in spans.items():
        hosted = inside & Q(part=TrainingClass.Part.HOST)
        figures |= {
            f"{name}_classes": Count("pk", filter=hosted),
            f"{name}_attendance": Sum("attendance", filter=inside, default=0),
            f"{name}_cost": Sum("cost", filter=inside, default=Decimal(0)),
        }
    held = TrainingClass.objects.filter(school__in=ids).kept().held_between(before, view.end).order_by()
    largest = Max("attendance", filter=spans["total"], default=0)
    return {
        row["school_id"]: {
            "months": tuple(row.get(f"month_{month}", 0) for month in MONTHS),
            "largest": row["largest"],
            **{
                name: Sums(row[f"{name}_classes"], row[f"{name}_attendance"], row[f"{name}_cost"])
                for name in spans
            },
        }
        for row in held.values("school_id").annotate(**figures, largest=largest)
    }


def _plans(ids: QuerySet, year: int) -> dict[int, dict]:
    """Planned classes, and those held at least once, as the metric 计划完成率 counts them."""
    held = (
        TrainingClass.objects.kept()
        .held_between(date(year, 1, 1), date(year, 12, 31))
        .filter(planned=OuterRef("planned_classes__pk"))
    )
    plans = AnnualPlan.objects.filter(school__in=ids, year=year).order_by()
    rows = plans.annotate(
        planned=Count("planned_classes"), done=Count("planned_classes", filter=Exists(held))
    ).values("school_id", "filed_on", "planned", "done")
    return {row.pop("school_id"): row for row in rows}


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
