"""A table inside a sheet: headings found wherever they stand, rows read by heading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import cells
from .cells import Value
from .problems import CellError, Problem, Problems
from .text import heading_key

HEADING_SEARCH_ROWS = 30


@dataclass(frozen=True)
class Column:
    """A column the caller knows; `aliases` are other spellings of its heading."""

    heading: str
    required: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def keys(self) -> set[str]:
        """Comparable forms of all spellings."""
        return {heading_key(text) for text in (self.heading, *self.aliases)}


class Row:
    """One row, read by heading. The readers note what is wrong in the table's problems and answer None."""

    def __init__(self, table: Table, number: int, values: dict[str, Value]):
        self.table = table
        self.number = number
        self.values = values

    def __getitem__(self, heading: str) -> Value:
        return self.values[heading]

    def get(self, heading: str) -> Value:
        """The clean value, None for a blank or for an optional column that the sheet does not have."""
        return self.values.get(heading)

    def problem(self, heading: str | None, reason: str) -> None:
        """Note that something about this row is wrong."""
        self.table.problems.add(self.number, heading, reason)

    def read(self, heading: str, parse: Callable[..., Any], *, required: bool = False, **options: Any) -> Any:
        """Parse one cell with a reader of `cells`; a CellError or a blank that is owed becomes a problem and
        None.
        """
        try:
            parsed = parse(self.get(heading), **options)
        except CellError as error:
            self.problem(heading, error.reason)
            return None
        if required and parsed in (None, ""):
            self.problem(heading, "不能为空")
            return None
        return parsed

    def text(self, heading: str, *, required: bool = False, longest: int | None = None) -> str:
        """Text, "" for a blank or a faulty cell."""
        return self.read(heading, cells.cell_text, required=required, longest=longest) or ""

    def decimal(self, heading: str, *, required: bool = False, **options: Any) -> Decimal | None:
        """A number; options as in `cell_decimal`."""
        return self.read(heading, cells.cell_decimal, required=required, **options)

    def integer(self, heading: str, *, required: bool = False, **options: Any) -> int | None:
        """A whole number; options as in `cell_int`."""
        return self.read(heading, cells.cell_int, required=required, **options)

    def date(self, heading: str, *, required: bool = False, year: int | None = None) -> dt.date | None:
        """A date in any of the usual spellings."""
        return self.read(heading, cells.cell_date, required=required, year=year)

    def choice(
        self, heading: str, choices: Mapping[str, Any] | Sequence[str], *, required: bool = False
    ) -> Any:
        """One of the labels, or the value a mapping holds for it."""
        return self.read(heading, cells.cell_choice, required=required, choices=choices)

    def boolean(self, heading: str, *, required: bool = False) -> bool | None:
        """是 or 否."""
        return self.read(heading, cells.cell_bool, required=required)


@dataclass
class Table:
    """The rows under one heading row. `problems` is shared by all sheets of the workbook."""

    heading_row: int
    headings: tuple[str, ...]
    warnings: list[Problem]
    problems: Problems
    rows: list[Row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def raise_if_any(self) -> None:
        """Refuse the workbook when any row of any of its sheets was found wrong."""
        self.problems.raise_if_any()


def read_table(grid: list[list[Value]], columns: Sequence[Column | str], problems: Problems) -> Table:
    """Find the heading row and read everything below it; raises WorkbookError when headings are missing or
    double.
    """
    known = [column if isinstance(column, Column) else Column(column) for column in columns]
    index = _heading_row(grid, known)
    if index is None:
        problems.add(
            None,
            None,
            f"没有找到表头，应有：{'、'.join(column.heading for column in known if column.required)}",
        )
        problems.raise_if_any()
    before = len(problems)
    places = _places(grid[index], known, index + 1, problems)
    if len(problems) > before:
        problems.raise_if_any()
    warnings = _unknown_columns(grid[index], known, index + 1, problems)
    table = Table(index + 1, tuple(places), warnings, problems, [])
    for offset, values in enumerate(grid[index + 1 :], start=index + 2):
        named = {heading: values[place] for heading, place in places.items() if place < len(values)}
        if any(value is not None for value in named.values()):
            table.rows.append(Row(table, offset, dict.fromkeys(places) | named))
    return table


def _heading_row(grid: list[list[Value]], known: list[Column]) -> int | None:
    """The first row with every required heading, else the row that comes nearest, so that the rest can be
    named.
    """
    best, most = None, 0
    for index, values in enumerate(grid[:HEADING_SEARCH_ROWS]):
        present = {heading_key(value) for value in values if isinstance(value, str)}
        required = [column for column in known if column.required]
        hits = sum(bool(column.keys & present) for column in known)
        if hits and all(column.keys & present for column in required):
            return index
        if hits > most:
            best, most = index, hits
    return best


def _places(values: list[Value], known: list[Column], number: int, problems: Problems) -> dict[str, int]:
    places: dict[str, int] = {}
    keys = [heading_key(value) if isinstance(value, str) else "" for value in values]
    missing = []
    for column in known:
        found = [place for place, key in enumerate(keys) if key in column.keys]
        if len(found) > 1:
            problems.add(number, column.heading, f"表头重复出现 {len(found)} 次，请只保留一列")
        elif found:
            places[column.heading] = found[0]
        elif column.required:
            missing.append(column.heading)
    if missing:
        problems.add(number, None, f"表头缺少：{'、'.join(missing)}")
    return places


def _unknown_columns(
    values: list[Value], known: list[Column], number: int, problems: Problems
) -> list[Problem]:
    keys = set().union(*(column.keys for column in known))
    return [
        Problem(problems.workbook, problems.sheet, number, value[:40], "不认识的列，已忽略")
        for value in values
        if isinstance(value, str) and heading_key(value) not in keys
    ]
