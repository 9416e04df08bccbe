"""From references to figures, for one school or for a nation, with the same number of queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from schools.models import MetricValue, School

from .catalogue import resolve
from .loading import Period, load
from .metric import Metric
from .references import Reference

COMPUTED, IMPORTED = "系统记录", "导入"


@dataclass(frozen=True)
class Figure:
    """A figure and where it comes from: 系统记录 or 导入."""

    value: Fraction | None
    source: str
    note: str = ""


Imported = Mapping[tuple[int, str], Figure]


@dataclass(frozen=True)
class Record:
    """One record behind a figure, with the place on the school's page where it stands."""

    label: str
    url: str | None


@lru_cache(maxsize=4096)
def _resolved(text: str) -> tuple[Metric, Reference]:
    return resolve(text)


def compute(
    references: Iterable[str], *, schools: QuerySet[School], start: date, end: date, as_of: date | None = None
) -> dict[int, dict[str, Fraction | None]]:
    """Figures from the schools' own records; imported values play no part (see `figures`).

    Keys are the references exactly as given. One query, however many schools and metrics.
    `as_of` (today) decides which monthly reports are already late.
    Raises MetricError for a text that names no metric.
    """
    wanted = {text: _resolved(text) for text in references}
    sources = {source for metric, _ in wanted.values() for source in metric.sources}
    data = load(schools, Period(start, end, as_of or timezone.localdate()), sources)
    return {
        school: {text: metric.measure(rows, reference) for text, (metric, reference) in wanted.items()}
        for school, rows in data.items()
    }


def figures(
    references: Iterable[str],
    *,
    schools: QuerySet[School],
    year: int,
    start: date,
    end: date,
    as_of: date | None = None,
    imported: Imported | None = None,
) -> dict[int, dict[str, Figure]]:
    """Like `compute`, with the imported values of the year in place of the computed ones.

    An imported value for the very reference counts; else one for the bare metric, since a workbook of history
    names metrics without the conditions of this year's scheme. A caller that has read the imported values
    passes them on.
    """
    wanted = list(dict.fromkeys(references))
    imported = imported_figures(schools, year) if imported is None else imported
    computed = compute(wanted, schools=schools, start=start, end=end, as_of=as_of)
    return {
        school: {
            text: _imported_figure(imported, school, text) or Figure(value, COMPUTED)
            for text, value in values.items()
        }
        for school, values in computed.items()
    }


def imported_figures(schools: QuerySet[School], year: int) -> Imported:
    """Every imported value of the year, by school and the reference it was imported under."""
    rows = MetricValue.objects.filter(school__in=schools.order_by().values("pk"), year=year)
    return {(row.school_id, row.reference): Figure(Fraction(row.value), IMPORTED, row.note) for row in rows}


def _imported_figure(imported: Imported, school: int, text: str) -> Figure | None:
    metric, reference = _resolved(text)
    return imported.get((school, str(reference))) or imported.get((school, metric.label))


def explain(text: str, *, school: School, start: date, end: date) -> list[Record]:
    """The records a computed figure was made of, in the order they were entered.

    Figures that stand in the registry itself yield one record: the metric's name, leading to that part of the
    page.
    """
    metric, reference = _resolved(text)
    period, only = Period(start, end, timezone.localdate()), School.objects.filter(pk=school.pk)
    data = load(only, period, metric.sources)[school.pk]
    url = f"{reverse('schools:school', args=[school.pk])}#{metric.section}"
    rows = metric.picked(data, reference) if {*metric.sources} - {"figures"} else [metric.label]
    return [Record(str(row), url) for row in rows]
