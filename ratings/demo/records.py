"""The sample city's class records: a finished year from workbooks, and the running year after its example."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from schools.importing.class_sheets import LessonResource, TrainingClassResource
from schools.importing.exchange import import_workbook
from schools.importing.figure_sheets import BudgetResource, YearFiguresResource
from schools.importing.plan_sheets import MonthlyReportResource, PlannedClassResource
from schools.importing.registry_sheets import EquipmentResource, LeaderResource, RegulationResource, TeacherResource, TeachingPointResource
from schools.models import AnnualPlan, Budget, Lesson, MonthlyReport, PlannedClass, Region, School, TrainingClass, User, YearFigures
from schools.teaching.months import fill_figures
from schools.workbooks import read_workbook

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
NOON = dt.time(12)


@transaction.atomic
def load_records(folder: Path, city: Region, year: int, *, by: User) -> None:
    """Import every record workbook of the folder and repeat the year in the one after it, as far as today; once."""
    if TrainingClass.objects.filter(school__city=city).exists():
        return
    schools = School.objects.filter(city=city)
    for name, kinds in RECORDS.items():
        import_workbook(kinds, read_workbook(folder / f"{name}.xlsx"), schools=schools, city=city, by=by)
    held = list(TrainingClass.objects.filter(school__city=city).only("pk", "ends_on"))
    for one in held:
        one.recorded_at = _registered(one.ends_on)
    TrainingClass.objects.bulk_update(held, ["recorded_at"], batch_size=500)
    repeat_year(city, year)
    for reported in (year, year + 1):
        fill_figures(schools, reported)


def repeat_year(city: Region, year: int) -> None:
    """Plans, money, classes, lessons and reports of `year` once more, one year later and not beyond today."""
    today = timezone.localdate()
    for model in (Budget, YearFigures):
        _copies(model.objects.filter(school__city=city, year=year), lambda row: setattr(row, "year", year + 1))
    plans = _copies(AnnualPlan.objects.filter(school__city=city, year=year), _next_plan)
    planned = _copies(PlannedClass.objects.filter(plan__in=plans), lambda row: setattr(row, "plan_id", plans[row.plan_id]))
    held = TrainingClass.objects.filter(school__city=city, starts_on__year=year, ends_on__lte=_later(today, -1))
    classes = _copies(held, lambda row: _next_class(row, planned))
    lessons = Lesson.objects.filter(training_class__in=classes)
    _copies(lessons, lambda row: setattr(row, "training_class_id", classes[row.training_class_id]))
    past = MonthlyReport.objects.filter(school__city=city, year=year)
    _copies(past.filter(month__lt=today.month) if today.year == year + 1 else past, _next_report)


def _copies(rows: QuerySet, change) -> dict[int, int]:
    """Write changed copies of the rows and tell which new key stands for which old one."""
    originals = list(rows)
    keys = [row.pk for row in originals]
    for row in originals:
        change(row)
        row.pk = None
        row._state.adding = True
    made: list[Model] = rows.model.objects.bulk_create(originals, batch_size=100)
    return dict(zip(keys, (row.pk for row in made), strict=True))


def _next_plan(row: AnnualPlan) -> None:
    row.year += 1
    row.filed_on = row.filed_on and _later(row.filed_on, 1)


def _next_class(row: TrainingClass, planned: dict[int, int]) -> None:
    row.starts_on, row.ends_on = _later(row.starts_on, 1), _later(row.ends_on, 1)
    row.planned_id = planned.get(row.planned_id)
    row.recorded_at = _registered(row.ends_on)


def _next_report(row: MonthlyReport) -> None:
    row.year += 1
    row.due = row.due and _later(row.due, 1)
    row.confirmed_at = row.confirmed_at and row.confirmed_at + dt.timedelta(days=365)


def _later(day: dt.date, years: int) -> dt.date:
    """The same day of another year; 29 February becomes the 28th."""
    return day.replace(year=day.year + years, day=min(day.day, 28) if day.month == 2 else day.day)


def _registered(ended: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(ended + REGISTERED_AFTER, NOON))
