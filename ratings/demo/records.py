"""The sample city's class records: a first year from workbooks, and the years after it, up to today, after
its example.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from ratings.criteria.spec import moved
from schools.calendar.workdays import nth_workday
from schools.importing.exchange import import_workbook
from schools.importing.figure_sheets import BudgetResource, YearFiguresResource
from schools.importing.registry_sheets import (
    EquipmentResource,
    LeaderResource,
    RegulationResource,
    TeacherResource,
    TeachingPointResource,
)
from schools.importing.teaching_sheets import (
    LessonResource,
    MonthlyReportResource,
    PlannedClassResource,
    TrainingClassResource,
)
from schools.metrics.standing import report_due
from schools.models import (
    AnnualPlan,
    Budget,
    Lesson,
    MonthlyReport,
    PlannedClass,
    Region,
    School,
    TrainingClass,
    User,
    YearFigures,
)
from schools.teaching.months import fill_figures

from .accounts import own_people
from .sample import MovedWorkbook, nearest_workday, noon

#: In the order in which one sheet may name what another brought in.
RECORDS = {
    "teachers": [TeacherResource],
    "points": [TeachingPointResource],
    "regulations": [RegulationResource],
    "equipment": [EquipmentResource],
    "leaders": [LeaderResource],
    "plans": [PlannedClassResource],
    "budgets": [BudgetResource],
    "figures": [YearFiguresResource],
    "classes": [TrainingClassResource, LessonResource],
    "reports": [MonthlyReportResource],
}
#: Classes of the sample count as registered so long after they ended, as an orderly school would do.
REGISTERED_AFTER = dt.timedelta(days=3)
#: A report of the sample that came late did so after this day of the month; the others keep in time in every
#: year.
LATE_AFTER = 15
#: The sample ends with November; the year's last report is one of zero, confirmed on this working day of
#: January.
DECEMBER, CONFIRMED_ON = 12, 2
#: So many schools owe the newest report.
OPEN_REPORTS = 2
#: The months over which a year's people are trained, and from which the year's money has come in.
TEACHING_MONTHS, MONEY_MONTH = 11, 4
Change = Callable[[Any], None]


@transaction.atomic
def load_records(folder: Path, city: Region, year: int, *, by: User, years: int = 0) -> None:
    """Import every record workbook of the folder for `year`, `years` after what it says, and repeat it up to
    today; once.

    Each school's own people register and report; where a school has none, `by` does.
    """
    if TrainingClass.objects.filter(school__city=city).exists():
        return
    schools = School.objects.filter(city=city)
    codes = set(schools.values_list("code", flat=True))
    for name, kinds in RECORDS.items():
        workbook = MovedWorkbook(
            folder / f"{name}.xlsx", years=years, codes=codes, at_work=name in ("classes", "reports")
        )
        import_workbook(kinds, workbook, schools=schools, city=city, by=by, guarded=False)
    _sign(city, own_people(city))
    today = timezone.localdate()
    for later in range(year + 1, today.year + 1):
        Repetition(year, later, today).write(schools)
    for reported in range(year, today.year + 1):
        _report_december(city, reported, today=today, by=by)
        fill_figures(schools, reported)


def lend_records(source: Region, target: Region, years: range) -> None:
    """Plans, money, classes and reports of the one city's first schools for those of another that has none of
    its own.
    """
    people = own_people(target)
    lenders, takers = (School.objects.filter(city=city).in_order() for city in (source, target))
    lent = {
        lender.pk: Taker(taker.pk, people.get(taker.pk), _town(lender), _town(taker))
        for lender, taker in zip(lenders, takers, strict=False)
    }
    for year in years:
        Repetition(year, year, timezone.localdate(), lent).write(School.objects.filter(pk__in=lent))
        fill_figures(School.objects.filter(city=target), year)


def _sign(city: Region, people: Mapping[int, int]) -> None:
    """The imported classes count as registered, the reports as confirmed, by the school's own people and in
    time.
    """
    classes = list(
        TrainingClass.objects.filter(school__city=city).only("pk", "school_id", "ends_on", "recorded_by_id")
    )
    for held in classes:
        held.recorded_at = _registered(held.ends_on)
        held.recorded_by_id = people.get(held.school_id, held.recorded_by_id)
    TrainingClass.objects.bulk_update(classes, ["recorded_at", "recorded_by"], batch_size=500)
    reports = list(MonthlyReport.objects.filter(school__city=city, confirmed_at__isnull=False))
    for report in reports:
        report.confirmed_by_id = people.get(report.school_id, report.confirmed_by_id)
        report.confirmed_at = _confirmed(report, timezone.localdate(report.confirmed_at))
    MonthlyReport.objects.bulk_update(reports, ["confirmed_by", "confirmed_at"], batch_size=500)


@dataclass(frozen=True)
class Taker:
    """A school that takes over the records of another one, with its person and the names of both towns."""

    school: int
    person: int | None
    town_before: str
    town: str


@dataclass(frozen=True)
class Repetition:
    """The records of `year` once more in `later`, as far as they have come by `today`; with `lent` at other
    schools.
    """

    year: int
    later: int
    today: dt.date
    lent: Mapping[int, Taker] = field(default_factory=dict)

    def write(self, schools: QuerySet[School]) -> None:
        """Plans and their classes, money and head counts, classes held with their lessons, reports."""
        own = {"school__in": list(schools.values_list("pk", flat=True)), "year": self.year}
        _copies(Budget.objects.filter(**own), self._money)
        _copies(YearFigures.objects.filter(**own), self._people)
        plans = _copies(AnnualPlan.objects.filter(**own), self._plan)
        planned = _copies(
            PlannedClass.objects.filter(plan__in=plans),
            lambda row: setattr(row, "plan_id", plans[row.plan_id]),
        )
        held = TrainingClass.objects.filter(school__in=own["school__in"], starts_on__year=self.year)
        classes = _copies(held, partial(self._class, planned=planned), until="recorded_at")
        if not self.lent:  # lessons name teachers, and those are the school's own
            lessons = Lesson.objects.filter(training_class__in=classes)
            _copies(lessons, lambda row: setattr(row, "training_class_id", classes[row.training_class_id]))
        reports = MonthlyReport.objects.filter(**own, confirmed_at__isnull=False)
        _copies(reports, self._report, until="confirmed_at")

    def _money(self, row: Budget) -> None:
        self._move(row)
        if self._is_running and self.today.month < MONEY_MONTH:
            row.arrived = None

    def _people(self, row: YearFigures) -> None:
        self._move(row)
        if self._is_running:
            done = min(self.today.month - 1, TEACHING_MONTHS)
            for name in ("members_trained", "cadres_trained", "issues_solved"):
                value = getattr(row, name)
                setattr(row, name, value and value * done // TEACHING_MONTHS)

    def _plan(self, row: AnnualPlan) -> None:
        self._move(row)
        filed = moved(row.filed_on, self.later - self.year)
        row.filed_on = filed if filed and filed <= self.today else None

    def _class(self, row: TrainingClass, planned: Mapping[int, int]) -> None:
        row.starts_on, row.ends_on = self._day(row.starts_on), self._day(row.ends_on)
        row.planned_id = planned.get(row.planned_id)
        row.recorded_at = _registered(row.ends_on)
        if taker := self.lent.get(row.school_id):
            row.school_id, row.recorded_by_id, row.teaching_point_id = taker.school, taker.person, None
            row.place = row.place.replace(taker.town_before, taker.town)

    def _report(self, row: MonthlyReport) -> None:
        if taker := self.lent.get(row.school_id):
            row.confirmed_by_id = taker.person or row.confirmed_by_id
        self._move(row)
        row.confirmed_at = _confirmed(row, self._day(timezone.localdate(row.confirmed_at)))
        row.figures = {}

    def _move(self, row: Model) -> None:
        row.year = self.later
        if taker := self.lent.get(row.school_id):
            row.school_id = taker.school

    def _day(self, day: dt.date) -> dt.date:
        return nearest_workday(moved(day, self.later - self.year))

    @property
    def _is_running(self) -> bool:
        """Whether the copies are cut off by today; records lent within a year were cut off before."""
        return self.year < self.later == self.today.year


def _copies(rows: QuerySet, change: Change, *, until: str = "") -> dict[int, int]:
    """Write changed copies of the rows and tell which new key stands for which old one; not of those whose
    moment `until` is still to come.
    """
    copies: dict[int, Model] = {}
    for row in rows:
        key, row.pk, row._state.adding = row.pk, None, True
        change(row)
        if not until or getattr(row, until) <= timezone.now():
            copies[key] = row
    rows.model.objects.bulk_create(copies.values(), batch_size=100)
    return {key: row.pk for key, row in copies.items()}


def leave_month_open(city: Region, *, today: dt.date) -> None:
    """The first schools have not confirmed the newest month of this year: it is theirs to confirm, and
    others' to remind.
    """
    first = School.objects.filter(city=city).in_order().values_list("pk", flat=True)[:OPEN_REPORTS]
    MonthlyReport.objects.filter(school__in=list(first), year=today.year, month=today.month - 1).delete()


def _report_december(city: Region, year: int, *, today: dt.date, by: User) -> None:
    """Nothing is held in December; a school that reported the month before says so as well, once January has
    begun.
    """
    day = nth_workday(year + 1, 1, CONFIRMED_ON)
    if day >= today:
        return
    people, at = own_people(city), noon(day)
    held = MonthlyReport.objects.filter(school__city=city, year=year, confirmed_at__isnull=False)
    MonthlyReport.objects.bulk_create(
        MonthlyReport(
            school_id=pk, year=year, month=DECEMBER, confirmed_at=at, confirmed_by_id=people.get(pk, by.pk)
        )
        for pk in held.filter(month=DECEMBER - 1).values_list("school", flat=True)
    )


def _confirmed(report: MonthlyReport, day: dt.date) -> dt.datetime:
    """The moment of the confirmation: a report that came in time does so in every year, wherever its holidays
    lie.
    """
    return noon(day if day.day > LATE_AFTER else min(day, report_due(report.year, report.month)))


def _registered(ended: dt.date) -> dt.datetime:
    return noon(ended + REGISTERED_AFTER)


def _town(school: School) -> str:
    """白沙街道 of 白沙街道工委党校, 东溪镇 of 东溪镇委党校, as places are named."""
    name = school.short_name
    for mark in ("街道", "镇"):
        if mark in name:
            return name[: name.index(mark) + len(mark)]
    return name
