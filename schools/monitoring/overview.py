"""The monitoring page: the schools of a scope with their oddities, filtered, and the details of the fifty on
one page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django import forms
from django.db.models import Count
from django.utils import timezone

from schools.metrics.standing import report_due
from schools.models import Lesson, MonthlyReport, Region, School, TrainingClass
from schools.numbers import rounded
from schools.registry.forms import PlaceFilterForm

from .anomalies import KINDS, Anomaly, anomalies_of, peers_of
from .standing import MONTHS, Standing, View, standings

#: One character and its meaning for each state of a monthly report.
MARKS = {
    "confirmed": ("报", "月报已确认"),
    "zero": ("零", "零报告已确认"),
    "late": ("迟", "逾期后确认"),
    "missing": ("缺", "逾期未确认"),
    "open": ("", "未到应报日期"),
    "unused": ("—", "未启用或已关闭"),
}


@dataclass(frozen=True)
class Seen(Standing):
    """A school's year with what is odd about it."""

    anomalies: tuple[Anomaly, ...] = ()

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of oddity, for the filter."""
        return frozenset(anomaly.kind for anomaly in self.anomalies)

    def is_called(self, word: str) -> bool:
        """Whether the name or the code has the word in it."""
        return word in self.name or word.casefold() in self.code.casefold()

    def shows(self, kind: str) -> bool:
        """Whether it shows this kind of oddity; "any" for one at all."""
        return bool(self.anomalies) if kind == "any" else kind in self.kinds

    @property
    def matters(self) -> list[tuple[str, str]]:
        """All that reminders are counted by: (key, title)."""
        return [matter for anomaly in self.anomalies for matter in anomaly.matters]


class Cell(NamedTuple):
    """A month of a school: classes held, as shown in `number`, and how its report stands."""

    month: int
    classes: int
    number: str
    state: str
    mark: str
    meaning: str


def city_on(city: Region | int, view: View, within: Collection[int] | None = None) -> list[Seen]:
    """The schools of a city as seen on a day, those that a person may see where that is not all of them;
    compared with the whole city, by five queries, whatever its size.
    """
    whole = standings(School.objects.filter(city=city), view)
    peers = peers_of(whole, view)
    return [
        Seen(**vars(school), anomalies=tuple(anomalies_of(school, view, peers)))
        for school in whole
        if within is None or school.pk in within
    ]


class MonitoringFilterForm(PlaceFilterForm):
    """Search by name or code, narrow by county and by what is odd; the year stays when the rest changes."""

    year = forms.ChoiceField(label="年度", required=False)
    kind = forms.ChoiceField(label="提示", required=False)

    def __init__(self, *args, years: list[int], seen: Sequence[Seen], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.seen = seen
        self.fields["year"].choices = [(str(year), f"{year}年") for year in years]
        counts = Counter(kind for school in seen for kind in school.kinds)
        flagged = sum(bool(school.anomalies) for school in seen)
        self.fields["kind"].choices = [
            ("", "全部党校"),
            ("any", f"有提示的（{flagged}）"),
            *((kind, f"{name}（{counts[kind]}）") for kind, name in KINDS.items()),
        ]

    def narrowed(self) -> list[Seen]:
        """The schools that fit what was chosen, order kept."""
        word, county, kind = (self.chosen.get(name, "") for name in ("q", "county", "kind"))
        return [
            school
            for school in self.seen
            if school.is_called(word)
            and (not county or school.county_id == county.pk)
            and (not kind or school.shows(kind))
        ]


def cells_of(seen: Sequence[Seen], view: View) -> dict[int, list[Cell]]:
    """The months of each school with their reports; one query."""
    reports = {
        (report.school_id, report.month): report
        for report in MonthlyReport.objects.filter(
            school__in=[school.pk for school in seen], year=view.year
        ).defer("figures")
    }
    return {
        school.pk: [_cell(school, month, reports.get((school.pk, month)), view) for month in MONTHS]
        for school in seen
    }


def _cell(school: Seen, month: int, report: MonthlyReport | None, view: View) -> Cell:
    classes, state = school.months[month - 1], _state(school, month, report, view)
    return Cell(month, classes, str(classes) if month in view.begun else "", state, *MARKS[state])


def _state(school: Seen, month: int, report: MonthlyReport | None, view: View) -> str:
    if report and report.confirmed_at:
        due = report.due or report_due(view.year, month)
        if timezone.localdate(report.confirmed_at) > due:
            return "late"
        return "zero" if report.is_zero else "confirmed"
    if not school.in_use(view.year, month):
        return "unused"
    return "missing" if month in school.unreported else "open"


def lecturers_of(seen: Sequence[Seen], view: View) -> dict[int, list[tuple[str, int]]]:
    """Lessons of each school by the capacity of who taught them; one query."""
    rows = Lesson.objects.filter(
        training_class__school__in=[school.pk for school in seen],
        training_class__voided_at__isnull=True,
        training_class__part=TrainingClass.Part.HOST,
        training_class__starts_on__range=(date(view.year, 1, 1), view.end),
    )
    counted = rows.order_by().values_list("training_class__school_id", "lecturer_kind").annotate(Count("pk"))
    numbers = {(school, kind): number for school, kind, number in counted}
    return {
        school.pk: [
            (kind.label, numbers[school.pk, kind])
            for kind in Lesson.LecturerKind
            if (school.pk, kind) in numbers
        ]
        for school in seen
    }


@dataclass
class Totals:
    """The figures of a scope added up; the money is of those schools alone that registered what arrived."""

    classes: int = 0
    attendance: int = 0
    cost: Decimal = Decimal(0)
    planned: int = 0
    done: int = 0
    filed: int = 0
    flagged: int = 0
    registered: int = 0
    arrived: Decimal = Decimal(0)


def total(seen: Sequence[Seen]) -> Totals:
    """The figures of a scope added up."""
    sums = Totals()
    for school in seen:
        sums.classes += school.total.classes
        sums.attendance += school.total.attendance
        sums.cost += school.total.cost
        sums.planned += school.planned
        sums.done += school.done
        sums.filed += school.filed_on is not None
        sums.flagged += bool(school.anomalies)
        sums.registered += school.arrived is not None
        sums.arrived += school.arrived or 0
    return sums


def in_units(yuan: Decimal) -> str:
    """万元 with two decimals, half up as everywhere."""
    return f"{rounded(Fraction(yuan) / 10_000):,}"
