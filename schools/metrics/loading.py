"""The records of a set of schools in memory: one query, however many schools and tables there are."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from json import JSONDecoder
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import F, Field, Model, QuerySet, TextField, Value
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

from .data import Period, SchoolData
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

#: A number with a fraction stays the decimal it is.
_DECODER = JSONDecoder(parse_float=Decimal)


class Table(NamedTuple):
    """Rows of one table; `columns` in the order of the row's fields, named as the fields where left out."""

    row: type
    rows: Callable[[QuerySet, Period], QuerySet]
    columns: tuple[str, ...] = ()
    school: str = "school_id"

    def branch(self, place: int, schools: QuerySet, period: Period) -> QuerySet:
        """(place, pk, school, row as JSON): tables of different columns in one shape, so that one query reads them all."""
        values = JSONArray(*self._columns(), output_field=TextField())
        return self.rows(schools, period).order_by().values_list(Value(place), "pk", F(self.school), values)

    def read(self, model: type[Model], text: str) -> Any:
        """The row of a JSON text."""
        values = zip(_readers(model, self._columns()), _DECODER.decode(text), strict=True)
        return self.row(*(value if read is None or value is None else read(value) for read, value in values))

    def _columns(self) -> tuple[str, ...]:
        return self.columns or self.row._fields


@cache
def _readers(model: type[Model], columns: tuple[str, ...]) -> tuple[Callable[[Any], Any] | None, ...]:
    """For each column what makes its value of what JSON knows; None where JSON knows it."""
    return tuple(_reader(_field(model, column)) for column in columns)


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


def _of(schools: QuerySet, model: type[Model], path: str = "school") -> QuerySet:
    return model.objects.filter(**{f"{path}__in": schools.order_by().values("pk")})


def _shared_points(schools: QuerySet, period: Period) -> QuerySet:
    return _of(schools, TeachingPoint.shared_with.through).exclude(school_id=F("teachingpoint__school_id"))


def _lessons(schools: QuerySet, period: Period) -> QuerySet:
    return _of(schools, Lesson, "training_class__school").filter(
        training_class__voided_at__isnull=True, training_class__starts_on__range=(period.start, period.end)
    )


def _planned(schools: QuerySet, period: Period) -> QuerySet:
    """Of the months of the period's first and last year, those in the period."""
    first, last = period.start, period.end
    rows = _of(schools, PlannedClass, "plan__school").filter(plan__year__range=(first.year, last.year))
    return rows.exclude(plan__year=first.year, month__lt=first.month).exclude(plan__year=last.year, month__gt=last.month)


def _years(schools: QuerySet, model: type[Model], period: Period) -> QuerySet:
    return _of(schools, model).filter(year=period.year)


_LESSON = (
    *(f"training_class__{name}" for name in ("starts_on", "name", "part")),
    *("title", "lecturer", "teacher__name", "lecturer_kind", "hours"),
)
#: Each key is a list of `SchoolData`; what stands under it is read in the order given.
TABLES: dict[str, tuple[Table, ...]] = {
    "teachers": (Table(TeacherRow, lambda schools, period: _of(schools, Teacher)),),
    "points": (
        Table(PointRow, lambda schools, period: _of(schools, TeachingPoint)),
        Table(PointRow, _shared_points, tuple(f"teachingpoint__{name}" for name in PointRow._fields)),
    ),
    "regulations": (Table(RegulationRow, lambda schools, period: _of(schools, Regulation)),),
    "budgets": (Table(BudgetRow, lambda schools, period: _years(schools, Budget, period)),),
    "figures": (Table(FiguresRow, lambda schools, period: _years(schools, YearFigures, period)),),
    "plans": (Table(PlanRow, lambda schools, period: _years(schools, AnnualPlan, period)),),
    "planned": (Table(PlannedRow, _planned, ("pk", "plan__year", "month", "name"), "plan__school_id"),),
    "classes": (Table(ClassRow, lambda schools, period: _of(schools, TrainingClass).kept().held_between(period.start, period.end)),),
    "lessons": (Table(LessonRow, _lessons, _LESSON, "training_class__school_id"),),
    "reports": (
        Table(ReportRow, lambda schools, period: _of(schools, MonthlyReport).filter(year__range=(period.start.year, period.end.year))),
    ),
    "visits": (
        Table(
            VisitRow,
            lambda schools, period: _of(schools, Visit).kept().filter(on__range=(period.start, period.end)),
            ("on", "kind", "by__name"),
        ),
    ),
}
_SCHOOLS = Table(SchoolRow, lambda schools, period: _of(schools, School, "pk"), school="pk")


def load(schools: QuerySet, period: Period, sources: Iterable[str]) -> dict[int, SchoolData]:
    """Every school of the (unsliced) queryset with its rows of the named sources, in the order they were entered."""
    tables = [("", _SCHOOLS), *((source, table) for source in sorted(sources) for table in TABLES[source])]
    branches = [table.branch(place, schools, period) for place, (_, table) in enumerate(tables)]
    data: dict[int, SchoolData] = {}
    for place, _, school, text in sorted(branches[0].union(*branches[1:], all=True), key=itemgetter(0, 1)):
        source, table = tables[place]
        row = table.read(branches[place].model, text)
        if source:
            getattr(data[school], source).append(row)
        else:
            data[school] = SchoolData(row, period)
    return data
