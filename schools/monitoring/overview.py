"""The monitoring page: the schools of a scope with their oddities, filtered, and the details of the fifty on
one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count
from django.utils import timezone

from schools.metrics.standing import report_due
from schools.models import Lesson, MonthlyReport, Region, School, TrainingClass
from schools.numbers import rounded

from .anomalies import Anomaly, Peers, anomalies_of, peers_of
from .standing import MONTHS, Standing, Sums, View, standings

CONFIRMED, ZERO, LATE, MISSING, OPEN, UNUSED = "confirmed", "zero", "late", "missing", "open", "unused"
#: One character and its meaning for each state of a monthly report.
MARKS = {
    CONFIRMED: ("报", "月报已确认"),
    ZERO: ("零", "零报告已确认"),
    LATE: ("迟", "逾期后确认"),
    MISSING: ("缺", "逾期未确认"),
    OPEN: ("", "未到应报日期"),
    UNUSED: ("—", "未启用或已关闭"),
}


@dataclass(frozen=True)
class Seen:
    """A school with what is odd about it."""

    standing: Standing
    anomalies: tuple[Anomaly, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of oddity, for the filter."""
        return frozenset(one.kind for one in self.anomalies)


@dataclass(frozen=True)
class Cell:
    """A month of a school: classes held, and how its report stands."""

    month: int
    classes: int
    state: str
    is_future: bool = False

    @property
    def number(self) -> str:
        """Classes held; nothing for a month that is still to come."""
        return "" if self.is_future else str(self.classes)

    @property
    def mark(self) -> str:
        """The one character."""
        return MARKS[self.state][0]

    @property
    def meaning(self) -> str:
        """What the character means."""
        return MARKS[self.state][1]


@dataclass(frozen=True)
class Details:
    """What only the schools of one page need."""

    cells: dict[int, list[Cell]] = field(default_factory=dict)
    lecturers: dict[int, list[tuple[str, int]]] = field(default_factory=dict)


@dataclass(frozen=True)
class City:
    """Every school of a city as seen on a day; counties are compared with the same city."""

    view: View
    seen: list[Seen]
    peers: list[Peers]

    def within(self, pks: Collection[int] | None) -> list[Seen]:
        """Those a person may see; None for all."""
        return self.seen if pks is None else [one for one in self.seen if one.standing.pk in pks]


def city_on(city: Region | int, view: View) -> City:
    """The whole city: five queries, whatever its size."""
    found = standings(School.objects.filter(city=city), view)
    peers = peers_of(found, view)
    return City(view, [Seen(one, tuple(anomalies_of(one, view, peers))) for one in found], peers)


def counts_by_kind(seen: Sequence[Seen]) -> Counter[str]:
    """How many schools show each kind of oddity."""
    return Counter(kind for one in seen for kind in one.kinds)


def narrowed(
    seen: Sequence[Seen], *, word: str = "", county: int | None = None, kind: str = ""
) -> list[Seen]:
    """Those that fit the filter, order kept. `kind` is one of KINDS, or "any" for all with an oddity."""
    word = word.strip()
    return [
        one
        for one in seen
        if (not word or word in one.standing.name or word.casefold() in one.standing.code.casefold())
        and (county is None or one.standing.county_id == county)
        and (not kind or (bool(one.anomalies) if kind == "any" else kind in one.kinds))
    ]


def details(seen: Sequence[Seen], view: View) -> Details:
    """Reports by month and lecturers by kind; two queries."""
    ids = [one.standing.pk for one in seen]
    reports: dict[int, dict[int, MonthlyReport]] = {}
    for report in MonthlyReport.objects.filter(school__in=ids, year=view.year).defer("figures"):
        reports.setdefault(report.school_id, {})[report.month] = report
    return Details(
        {one.standing.pk: _cells(one.standing, reports.get(one.standing.pk, {}), view) for one in seen},
        _lecturers(ids, view),
    )


def _cells(one: Standing, reports: dict[int, MonthlyReport], view: View) -> list[Cell]:
    return [
        Cell(
            month,
            one.months[month - 1],
            _state(one, month, reports.get(month), view),
            date(view.year, month, 1) > view.end,
        )
        for month in MONTHS
    ]


def _state(one: Standing, month: int, report: MonthlyReport | None, view: View) -> str:
    if report and report.confirmed_at:
        due = report.due or report_due(view.year, month)
        if timezone.localdate(report.confirmed_at) > due:
            return LATE
        return ZERO if report.is_zero else CONFIRMED
    if not one.in_use(view.year, month):
        return UNUSED
    return MISSING if month in one.unreported else OPEN


def _lecturers(ids: Sequence[int], view: View) -> dict[int, list[tuple[str, int]]]:
    rows = Lesson.objects.filter(
        training_class__school__in=ids,
        training_class__voided_at__isnull=True,
        training_class__part=TrainingClass.Part.HOST,
        training_class__starts_on__range=(date(view.year, 1, 1), view.end),
    )
    counted = (
        rows.order_by().values_list("training_class__school_id", "lecturer_kind").annotate(number=Count("pk"))
    )
    found: dict[int, dict[str, int]] = {}
    for school, kind, number in counted:
        found.setdefault(school, {})[kind] = number
    return {
        school: [(kind.label, kinds[kind]) for kind in Lesson.LecturerKind if kind in kinds]
        for school, kinds in found.items()
    }


def total(seen: Sequence[Seen]) -> Sums:
    """The figures of a scope added up."""
    sums = [one.standing.total for one in seen]
    return Sums(
        sum(one.classes for one in sums),
        sum(one.attendance for one in sums),
        sum((one.cost for one in sums), Sums().cost),
    )


def in_units(yuan: Decimal) -> str:
    """万元 with two decimals, half up as everywhere."""
    return f"{rounded(Fraction(yuan) / 10_000):,}"
