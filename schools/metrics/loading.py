"""The records of a set of schools in memory: one query, however many schools and tables there are.

A query for each table takes as long, and a page whose criteria read ten tables would send twenty where
twelve are allowed.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from json import JSONDecoder
from operator import itemgetter
from typing import Any

from django.db.models import F, Field, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import JSONArray

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

from .data import (
    BudgetRow,
    ClassRow,
    FiguresRow,
    LessonRow,
    Period,
    PlannedRow,
    PlanRow,
    PointRow,
    RegulationRow,
    ReportRow,
    SchoolData,
    SchoolRow,
    TeacherRow,
    VisitRow,
)

#: A number with a fraction stays the decimal it is.
_DECODER = JSONDecoder(parse_float=Decimal)


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
        columns = columns or row._fields
        self.source, self.row, self.school, self.within = source, row, school, within
        self.values = records.order_by().values_list(
            "pk", F(school), JSONArray(*columns, output_field=TextField())
        )
        self.readers = [_reader(_field(records.model, column)) for column in columns]

    def read(self, text: str) -> Any:
        """The row of a JSON text."""
        values = zip(self.readers, _DECODER.decode(text), strict=True)
        return self.row(*(value if read is None or value is None else read(value) for read, value in values))


def _field(model: type[Model], path: str) -> Field:
    *parents, name = path.split("__")
    for parent in parents:
        model = model._meta.get_field(parent).related_model
    return model._meta.pk if name == "pk" else model._meta.get_field(name)


def _reader(field: Field) -> Callable[[Any], Any] | None:
    kind = field.get_internal_type()
    if kind == "DecimalField":
        # Rounded to the places of the column: SQLite keeps decimals as binary fractions.
        unit = Decimal(1).scaleb(-field.decimal_places)
        return lambda value: Decimal(value).quantize(unit)
    return {"BooleanField": bool, "DateField": date.fromisoformat, "DateTimeField": _moment}.get(kind)


def _moment(text: str) -> datetime:
    """SQLite keeps moments in UTC without saying so."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
    data: dict[int, SchoolData] = {}
    for _, school, text, place in sorted(first.union(*others, all=True), key=itemgetter(3, 0)):
        table = tables()[place]
        if place:
            getattr(data[school], table.source).append(table.read(text))
        else:
            data[school] = SchoolData(table.read(text), period)
    return data
