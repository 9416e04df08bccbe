"""The records of a set of schools in memory, as the metrics see them: plain tuples that name themselves in an
explanation, read by one query, however many schools and tables there are.

A query for each table takes as long, and a page whose criteria read ten tables would send twenty where
twelve are allowed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from json import JSONDecoder
from operator import itemgetter
from typing import Any, NamedTuple, get_args

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import JSONArray
from django.utils import timezone

from schools.models import (
    AnnualPlan,
    Budget,
    Lesson,
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
from schools.models.teaching import DAYS_TO_RECORD


class SchoolRow(NamedTuple):
    pk: int
    opened_on: date | None
    closed_on: date | None
    seats: int | None
    staff_count: int | None


class TeacherRow(NamedTuple):
    name: str
    kind: str
    since: date | None
    until: date | None

    def __str__(self) -> str:
        return f"{self.name}（{Teacher.Kind(self.kind).label}）"


class PointRow(NamedTuple):
    pk: int
    name: str
    since: date | None
    until: date | None

    def __str__(self) -> str:
        return self.name


class RegulationRow(NamedTuple):
    kind: str
    title: str
    issued_on: date
    abolished_on: date | None

    def __str__(self) -> str:
        return f"{self.title}（{Regulation.Kind(self.kind).label}）"


class BudgetRow(NamedTuple):
    source: str
    arrived: Decimal | None

    def __str__(self) -> str:
        return f"{Budget.Source(self.source).label}：" + (
            "到位数未登记" if self.arrived is None else f"到位 {self.arrived} 元"
        )


class FiguresRow(NamedTuple):
    party_members: int | None
    cadres_due: int | None
    members_trained: int | None
    cadres_trained: int | None
    issues_solved: int | None


class PlanRow(NamedTuple):
    year: int
    filed_on: date | None

    def __str__(self) -> str:
        return f"{self.year} 年培训计划（{f'{self.filed_on} 备案' if self.filed_on else '未备案'}）"


class PlannedRow(NamedTuple):
    pk: int
    year: int
    month: int
    name: str

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"


class ClassRow(NamedTuple):
    pk: int
    starts_on: date
    ends_on: date
    name: str
    category: str
    planned_id: int | None
    form: str
    hours: Decimal
    attendance: int
    first_lesson: bool
    teaching_point_id: int | None
    cost: Decimal
    rating: Decimal | None
    part: str
    recorded_at: datetime

    def __str__(self) -> str:
        return f"{self.starts_on} {self.name}（{self.hours.normalize():f} 学时，{self.attendance} 人次）"

    @property
    def hosted(self) -> bool:
        """A joint class counts as a class at its host only."""
        return self.part == TrainingClass.Part.HOST

    @property
    def late(self) -> bool:
        """See `TrainingClass.is_late`."""
        return timezone.localdate(self.recorded_at) > self.ends_on + timedelta(days=DAYS_TO_RECORD)


class LessonRow(NamedTuple):
    day: date
    class_name: str
    part: str
    title: str
    lecturer: str
    teacher: str | None
    kind: str
    hours: Decimal

    def __str__(self) -> str:
        person = f"{self.teacher or self.lecturer}，{Lesson.LecturerKind(self.kind).label}"
        return f"{self.day} {self.title or self.class_name}（{person}，{self.hours.normalize():f} 学时）"


class ReportRow(NamedTuple):
    year: int
    month: int
    due: date | None
    confirmed_at: datetime | None


class VisitRow(NamedTuple):
    on: date
    kind: str
    by: str

    def __str__(self) -> str:
        return f"{self.on} {self.by} {Visit.Kind(self.kind).label}"


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
    teachers: list[TeacherRow]
    points: list[PointRow]
    regulations: list[RegulationRow]
    budgets: list[BudgetRow]
    figures: list[FiguresRow]
    plans: list[PlanRow]
    planned: list[PlannedRow]
    classes: list[ClassRow]
    lessons: list[LessonRow]
    reports: list[ReportRow]
    visits: list[VisitRow]


#: A number with a fraction stays the decimal it is.
_DECODER = JSONDecoder(parse_float=Decimal)


def _moment(text: str) -> datetime:
    """SQLite keeps moments in UTC without saying so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


#: What JSON has no type for, by the type the row wants. Decimals are rounded to the places of their columns:
#: SQLite keeps them as binary fractions.
READERS = {
    bool: bool,
    date: date.fromisoformat,
    datetime: _moment,
    Decimal: lambda value: Decimal(value).quantize(Decimal("0.01")),
}


class Table:
    """One table, its rows under `source` in `SchoolData`, read as JSON: one query reads tables of different
    columns.

    `columns` stand in the order of the row's fields, and are named as the fields where left out.
    """

    def __init__(
        self,
        source: str,
        row: type,
        records: QuerySet,
        *columns: str,
        school="school_id",
        within=lambda period: Q(),
    ):
        self.source, self.row, self.school, self.within = source, row, school, within
        self.values = records.order_by().values_list(
            "pk", F(school), JSONArray(*columns or row._fields, output_field=TextField())
        )
        self.readers = [READERS.get((get_args(kind) or [kind])[0]) for kind in row.__annotations__.values()]

    def read(self, text: str) -> Any:
        """The row of a JSON text."""
        values = zip(self.readers, _DECODER.decode(text), strict=True)
        return self.row(*(value if read is None or value is None else read(value) for read, value in values))


def _year(period: Period) -> Q:
    return Q(year=period.year)


def _months(period: Period) -> Q:
    """Of the months of the period's first and last year, those in the period."""
    first, last = period.start, period.end
    before = Q(plan__year=first.year, month__lt=first.month)
    after = Q(plan__year=last.year, month__gt=last.month)
    return Q(plan__year__range=(first.year, last.year)) & ~before & ~after


def _days(path: str) -> Callable[[Period], Q]:
    return lambda period: Q(**{f"{path}__range": (period.start, period.end)})


@cache
def tables() -> tuple[Table, ...]:
    """The schools themselves, then every table the figures read.

    Put together once: Django takes twenty times as long to write the query as the database to answer it.
    """
    shared = TeachingPoint.shared_with.through.objects.exclude(school_id=F("teachingpoint__school_id"))
    lessons = Lesson.objects.filter(training_class__voided_at__isnull=True)
    of_class = [f"training_class__{name}" for name in ("starts_on", "name", "part")]
    of_lesson = ["title", "lecturer", "teacher__name", "lecturer_kind", "hours"]
    found = [
        Table("school", SchoolRow, School.objects.all(), school="pk"),
        Table("teachers", TeacherRow, Teacher.objects.all()),
        Table("points", PointRow, TeachingPoint.objects.all()),
        Table("points", PointRow, shared, *(f"teachingpoint__{name}" for name in PointRow._fields)),
        Table("regulations", RegulationRow, Regulation.objects.all()),
        Table("budgets", BudgetRow, Budget.objects.all(), within=_year),
        Table("figures", FiguresRow, YearFigures.objects.all(), within=_year),
        Table("plans", PlanRow, AnnualPlan.objects.all(), within=_year),
        Table(
            "planned",
            PlannedRow,
            PlannedClass.objects.all(),
            "pk",
            "plan__year",
            "month",
            "name",
            school="plan__school_id",
            within=_months,
        ),
        Table("classes", ClassRow, TrainingClass.objects.kept(), within=_days("starts_on")),
        Table(
            "lessons",
            LessonRow,
            lessons,
            *of_class,
            *of_lesson,
            school="training_class__school_id",
            within=_days("training_class__starts_on"),
        ),
        Table(
            "reports",
            ReportRow,
            MonthlyReport.objects.all(),
            within=lambda period: Q(year__range=(period.start.year, period.end.year)),
        ),
        Table("visits", VisitRow, Visit.objects.kept(), "on", "kind", "by__name", within=_days("on")),
    ]
    for place, table in enumerate(found):
        table.values = table.values.annotate(place=Value(place))
    return tuple(found)


def load(schools: QuerySet, period: Period, sources: Iterable[str]) -> dict[int, SchoolData]:
    """Every school of the (unsliced) queryset with its rows of the named sources, in the order they were
    entered.
    """
    wanted, keys = {"school", *sources}, schools.order_by().values("pk")
    first, *others = (
        table.values.filter(table.within(period), **{f"{table.school}__in": keys})
        for table in tables()
        if table.source in wanted
    )
    data, lists = {}, {table.source for table in tables()[1:]}
    for _, school, text, place in sorted(first.union(*others, all=True), key=itemgetter(3, 0)):
        table = tables()[place]
        if place:
            getattr(data[school], table.source).append(table.read(text))
        else:
            data[school] = SchoolData(table.read(text), period, **{name: [] for name in lists})
    return data
