"""A table inside a sheet: headings found wherever they stand, rows read by heading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partialmethod
from typing import Any

from . import cells
from .cells import CellError, Value
from .text import heading_key

HEADING_SEARCH_ROWS = 30
SHOWN_PROBLEMS = 200


@dataclass(frozen=True)
class Problem:
    """One remark with its place; row is the number seen in the margin of the sheet."""

    workbook: str
    sheet: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.workbook
        if self.sheet:
            place += f"「{self.sheet}」"
        if self.row is not None:
            place += f"第 {self.row} 行"
        if self.column:
            place += f"「{self.column}」"
        return f"{place}：{self.reason}"


class WorkbookError(ValueError):
    """A workbook cannot be used. str() is the whole report, one problem a line."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"另有 {hidden} 处问题未列出，请先改正以上各处。")
        return "\n".join(lines)


@dataclass
class Problems:
    """Collects remarks while rows are read, so that a person gets all of them at once."""

    workbook: str
    sheet: str = ""
    found: list[Problem] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, reason: str) -> None:
        """Note one remark; reading goes on."""
        self.found.append(Problem(self.workbook, self.sheet, row, column, reason))

    def for_sheet(self, sheet: str) -> Problems:
        """The same collection, placing what is added next in another sheet."""
        return Problems(self.workbook, sheet, self.found)

    def raise_if_any(self) -> None:
        """Refuse the workbook when anything was noted, in whichever sheet."""
        if self.found:
            raise WorkbookError(list(self.found))

    def ended_by(self, reason: str) -> WorkbookError:
        """For a fault behind which nothing more can be read: everything noted, this last."""
        self.add(None, None, reason)
        return WorkbookError(list(self.found))

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)


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

    def choice(
        self, heading: str, choices: Mapping[str, Any] | Sequence[str], *, required: bool = False
    ) -> Any:
        """One of the labels, or the value a mapping holds for it."""
        return self.read(heading, cells.cell_choice, required=required, choices=choices)

    #: A number, a whole one, a date in any usual spelling, 是 or 否; options as in `cells`.
    decimal = partialmethod(read, parse=cells.cell_decimal)
    integer = partialmethod(read, parse=cells.cell_int)
    date = partialmethod(read, parse=cells.cell_date)
    boolean = partialmethod(read, parse=cells.cell_bool)


@dataclass
class Table:
    """The rows under one heading row. `problems` is shared by all sheets of the workbook."""

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
        expected = "、".join(column.heading for column in known if column.required)
        raise problems.ended_by(f"没有找到表头，应有：{expected}")
    number = index + 1
    places = _places(grid[index], known, number, problems)
    warnings = _unknown_columns(grid[index], known, number, problems)
    table = Table(tuple(places), warnings, problems, [])
    for offset, values in enumerate(grid[number:], start=number + 1):
        named = {heading: values[place] for heading, place in places.items()}
        if any(value is not None for value in named.values()):
            table.rows.append(Row(table, offset, named))
    return table


def _keys(values: list[Value]) -> list[str]:
    return [heading_key(value) if isinstance(value, str) else "" for value in values]


def _heading_row(grid: list[list[Value]], known: list[Column]) -> int | None:
    """The first row with every required heading, else the row that comes nearest, so that the rest can be
    named.
    """
    best, most = None, 0
    for index, values in enumerate(grid[:HEADING_SEARCH_ROWS]):
        present = set(_keys(values))
        hits = [column for column in known if column.keys & present]
        if hits and all(column in hits for column in known if column.required):
            return index
        if len(hits) > most:
            best, most = index, len(hits)
    return best


def _places(values: list[Value], known: list[Column], number: int, problems: Problems) -> dict[str, int]:
    """Where each heading stands; raises WorkbookError where one stands twice or is missing."""
    places: dict[str, int] = {}
    keys, before, missing = _keys(values), len(problems), []
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
    if len(problems) > before:
        problems.raise_if_any()
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
