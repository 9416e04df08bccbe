"""The records of a set of schools in memory: one query per table, however many schools there are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, QuerySet

from schools.models import (
    AnnualPlan,
    Budget,
    Lesson,
    MonthlyReport,
    PlannedClass,
    Regulation,
    Teacher,
    TeachingPoint,
    TrainingClass,
    Visit,
    YearFigures,
)

from .rows import (
    BudgetRow,
    ClassRow,
    FiguresRow,
    LessonRow,
    PlannedRow,
    PlanRow,
    PointRow,
    RegulationRow,
    ReportRow,
    SchoolRow,
    TeacherRow,
    VisitRow,
)


@dataclass(frozen=True)
class Period:
    """The days whose records count, and the day on which one looks: reports due later are not yet late."""

    start: date
    end: date
    as_of: date

    @property
    def year(self) -> int:
        """The year whose yearly figures belong to the period."""
        return self.end.year

    def contains_month(self, year: int, month: int) -> bool:
        """Whether any day of the month lies in the period."""
        return (self.start.year, self.start.month) <= (year, month) <= (self.end.year, self.end.month)

    def whole_months(self) -> list[tuple[int, int]]:
        """Months that have ended within the period, oldest first."""
        months, first = [], self.start.replace(day=1)
        while (following := (first + timedelta(days=31)).replace(day=1)) - timedelta(days=1) <= self.end:
            months.append((first.year, first.month))
            first = following
        return months


@dataclass
class SchoolData:
    """What is recorded of one school, as far as the wanted metrics ask for it."""

    school: SchoolRow
    period: Period
    teachers: list[TeacherRow] = field(default_factory=list)
    points: list[PointRow] = field(default_factory=list)
    regulations: list[RegulationRow] = field(default_factory=list)
    budgets: list[BudgetRow] = field(default_factory=list)
    figures: list[FiguresRow] = field(default_factory=list)
    plans: list[PlanRow] = field(default_factory=list)
    planned: list[PlannedRow] = field(default_factory=list)
    classes: list[ClassRow] = field(default_factory=list)
    lessons: list[LessonRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)
    visits: list[VisitRow] = field(default_factory=list)


def _rows(queryset: QuerySet, row: type, *columns, school: str = "school_id") -> Iterable[tuple[int, tuple]]:
    """(school, row) pairs; `columns` in the order of the row's fields, named as the fields where left out."""
    for owner, *values in queryset.values_list(school, *(columns or row._fields)):
        yield owner, row(*values)


def _of(schools: QuerySet, model, path: str = "school") -> QuerySet:
    return model.objects.filter(**{f"{path}__in": schools.order_by().values("pk")}).order_by("pk")


def _points(schools: QuerySet, period: Period) -> Iterable[tuple[int, PointRow]]:
    yield from _rows(_of(schools, TeachingPoint), PointRow)
    columns = ("teachingpoint__school_id", "teachingpoint_id", *(f"teachingpoint__{name}" for name in PointRow._fields[1:]))
    for owner, host, *values in _of(schools, TeachingPoint.shared_with.through).values_list("school_id", *columns):
        if owner != host:
            yield owner, PointRow(*values)


def _classes(schools: QuerySet, period: Period) -> Iterable[tuple[int, ClassRow]]:
    return _rows(_of(schools, TrainingClass).kept().held_between(period.start, period.end), ClassRow)


def _lessons(schools: QuerySet, period: Period) -> Iterable[tuple[int, LessonRow]]:
    held = _of(schools, Lesson, "training_class__school").filter(
        training_class__voided_at__isnull=True, training_class__starts_on__range=(period.start, period.end)
    )
    parent = "training_class__"
    columns = (f"{parent}starts_on", f"{parent}name", f"{parent}part", "title", "lecturer", "teacher__name", "lecturer_kind", "hours")
    return _rows(held, LessonRow, *columns, school=f"{parent}school_id")


def _planned(schools: QuerySet, period: Period) -> Iterable[tuple[int, PlannedRow]]:
    rows = _of(schools, PlannedClass, "plan__school").filter(plan__year__range=(period.start.year, period.end.year))
    for owner, row in _rows(rows, PlannedRow, "pk", "plan__year", "month", "name", school="plan__school_id"):
        if period.contains_month(row.year, row.month):
            yield owner, row


def _reports(schools: QuerySet, period: Period) -> Iterable[tuple[int, ReportRow]]:
    return _rows(_of(schools, MonthlyReport).filter(year__range=(period.start.year, period.end.year)), ReportRow)


def _visits(schools: QuerySet, period: Period) -> Iterable[tuple[int, VisitRow]]:
    return _rows(_of(schools, Visit).kept().filter(on__range=(period.start, period.end)), VisitRow, "on", "kind", F("by__name"))


#: Each key is a list of `SchoolData`; one entry is one table and one query (teaching points: two).
LOADERS: dict[str, Callable[[QuerySet, Period], Iterable[tuple[int, tuple]]]] = {
    "teachers": lambda schools, period: _rows(_of(schools, Teacher), TeacherRow),
    "points": _points,
    "regulations": lambda schools, period: _rows(_of(schools, Regulation), RegulationRow),
    "budgets": lambda schools, period: _rows(_of(schools, Budget).filter(year=period.year), BudgetRow),
    "figures": lambda schools, period: _rows(_of(schools, YearFigures).filter(year=period.year), FiguresRow),
    "plans": lambda schools, period: _rows(_of(schools, AnnualPlan).filter(year=period.year), PlanRow),
    "planned": _planned,
    "classes": _classes,
    "lessons": _lessons,
    "reports": _reports,
    "visits": _visits,
}


def load(schools: QuerySet, period: Period, sources: Iterable[str]) -> dict[int, SchoolData]:
    """Every school of the (unsliced) queryset with its rows of the named sources."""
    columns = schools.order_by().values_list(*SchoolRow._fields)
    data = {row[0]: SchoolData(SchoolRow(*row), period) for row in columns}
    for source in sorted(sources):
        for owner, row in LOADERS[source](schools, period):
            if owner in data:  # a school founded between two queries waits for the next computation
                getattr(data[owner], source).append(row)
    return data
