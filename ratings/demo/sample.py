"""The workbooks of a sample city, as if they had been written for another year, and if wanted of a few
schools only.

The workbooks tell of one fixed year and stay as they are.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any

from django.utils import timezone

from ratings.criteria.spec import moved, shifted
from ratings.offline.folder import YearFolder, read_folder
from ratings.offline.judging import SchoolYear
from ratings.offline.running import judge_year
from schools.calendar.workdays import is_workday
from schools.importing.schools import SchoolRow
from schools.workbooks import Problem, Sheet, read_workbook

CODE, YEAR = "学校编码", "年度"
PerCounty = int | tuple[int, int]


@dataclass(frozen=True)
class Sample:
    """One folder of workbooks; `per_county` keeps the first so many schools of each county, or of a city
    without any.

    A pair keeps so many of the first county, and so many of every other.
    """

    folder: Path
    per_county: PerCounty | None = None

    @cached_property
    def own(self) -> YearFolder:
        """The year the workbooks tell of."""
        year = read_folder(self.folder / "scheme.xlsx", self.folder)
        if self.per_county is None:
            return year
        kept = self._some(year.schools)
        codes = {school.code for school in kept}
        return replace(
            year,
            schools=kept,
            metrics={code: values for code, values in year.metrics.items() if code in codes},
            scores=[row for row in year.scores if row.school in codes],
            cases=[case for case in year.cases if case.school in codes],
        )

    def _some(self, schools: list[SchoolRow]) -> list[SchoolRow]:
        wanted = self.per_county
        first, others = wanted if isinstance(wanted, tuple) else (wanted, wanted)
        left = Counter(dict.fromkeys((school.county for school in schools), others))
        left[schools[0].county] = first
        kept = []
        for school in schools:
            left[school.county] -= 1
            if left[school.county] >= 0:
                kept.append(school)
        return kept

    @cached_property
    def judged(self) -> list[SchoolYear]:
        """Every school with its figures and judgements, which are the same in every year."""
        return judge_year(self.own)

    @property
    def city(self) -> str:
        return self.own.spec.city

    def at(self, year: int) -> YearFolder:
        """The same year's rating in another year."""
        return replace(self.own, source=replace(self.own.source, spec=shifted(self.own.spec, year)))


class MovedWorkbook:
    """A workbook of records some years later, for `import_workbook`: dates and 年度 move, and only known
    schools stay.

    With `at_work` days that became days of rest by moving give way to working days, as for classes.
    """

    def __init__(self, path: Path, *, years: int, codes: set[str], at_work: bool):
        self._book, self._years, self._codes, self._at_work = read_workbook(path), years, codes, at_work
        self.name = self._book.name

    def sheet(self, name: str, *, optional: bool = False) -> Sheet | None:
        found = self._book.sheet(name, optional=optional)
        return found and self._moved(found)

    @property
    def first_sheet(self) -> Sheet:
        return self._moved(self._book.first_sheet)

    def left_out(self) -> list[Problem]:
        """Nobody asks what the sample's workbooks hold besides."""
        return []

    def _moved(self, sheet: Sheet) -> Sheet:
        heading, *rows = sheet.grid
        code = heading.index(CODE)
        kept = [row for row in rows if row[code] in self._codes]
        if self._years:
            kept = [list(map(self._cell, heading, row)) for row in kept]
        return replace(sheet, grid=[heading, *kept])

    def _cell(self, heading: Any, value: Any) -> Any:
        if heading == YEAR:
            return value + self._years
        if not isinstance(value, dt.date):  # what is a moment is a day, too
            return value
        day = moved(value.date() if isinstance(value, dt.datetime) else value, self._years)
        return nearest_workday(day) if self._at_work else day


#: From November on this year's rating is the one in work, before that last year's: cities rate a year between
#: the end of its 统计期 and the summer after it, and a rating in work needs a year of records to rate.
RATING_MONTH = 11


@dataclass(frozen=True)
class Seasons:
    """The years as seen on a day: records of three of them, ratings published for the first, or the first
    two.
    """

    today: dt.date

    @property
    def this(self) -> int:
        return self.today.year

    @property
    def first(self) -> int:
        """The year before last, where everything begins."""
        return self.this - 2

    @property
    def since(self) -> dt.date:
        """Everybody holds the post since the records begin."""
        return dt.date(self.first, 1, 1)

    @property
    def rated(self) -> int:
        """The year whose rating is in work."""
        return self.this if self.today.month >= RATING_MONTH else self.this - 1

    @property
    def published(self) -> range:
        """The years whose bulletin is out."""
        return range(self.first, self.rated)


def nearest_workday(day: dt.date) -> dt.date:
    """The day itself or the last working day before it, but of the same month: what counts for a month stays
    there.

    A later day never comes before an earlier one, so that what began first also ends first.
    """
    first = day.replace(day=1)
    earlier = [day - dt.timedelta(days=back) for back in range((day - first).days + 1)]
    later = (day + dt.timedelta(days=ahead) for ahead in count(1))
    return next(filter(is_workday, chain(earlier, later)))


def noon(day: dt.date) -> dt.datetime:
    """The moment of something of which only the day matters."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
