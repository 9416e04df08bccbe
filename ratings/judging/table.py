"""The table of one school and the grid of many, as a judge reads them: own points beside 自评 and 初评."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.division import WHOLE, Division, spans_of
from ratings.criteria.spec import BoundItem, ItemSpec
from ratings.enums import Stage
from ratings.rounding import rounded
from ratings.sheets import Line
from schools.workbooks import ColumnOut, SheetOut

from .seats import Seat


@dataclass(frozen=True)
class JudgedLine:
    """One item and what the judge has to do with it: the word for its state, the tint, whether an answer is asked here."""

    line: Line
    state: str
    kind: str
    asked: bool


@dataclass(frozen=True)
class GridRow:
    seat: Seat
    cells: tuple[tuple[str, Fraction | None, bool], ...]


@dataclass(frozen=True)
class Grid:
    items: tuple[ItemSpec, ...]
    rows: tuple[GridRow, ...]
    spans: tuple[tuple[str, int], ...] = ()


def lines_of(seat: Seat) -> list[JudgedLine]:
    """Every item in the order of the criteria; items that nobody is asked about count by the system's figure."""
    waiting = {owed.code for owed in seat.missing}
    return [JudgedLine(line, *_state(seat, line.bound, waiting), line.code in seat.codes) for line in seat.school.lines]


def grid_of(seats: Sequence[Seat], division: Division = WHOLE) -> Grid:
    """School × item; only items that some school here asks of its judges. The flag says whether the cell is owed."""
    if not seats:
        return Grid((), ())
    owed = {code for seat in seats for code in seat.codes}
    items = tuple(bound.item for code, bound in seats[0].spec.bound.items() if code in owed and division.shows(code))
    rows = [GridRow(seat, tuple(_cell(seat, item.code) for item in items)) for seat in seats]
    return Grid(items, tuple(rows), spans_of(items))


def grid_sheet(grid: Grid) -> SheetOut:
    """The grid for a workbook: points as numbers, 沿用初评 in words, empty where nothing is scored yet."""
    head = [ColumnOut("学校编码", width=14), ColumnOut("党校", width=28)]
    columns = [*head, *(ColumnOut(f"{item.code} {item.name}", "decimal") for item in grid.items), ColumnOut("评分表")]
    rows = [
        [
            row.seat.assessment.school.code,
            row.seat.assessment.school.name,
            *(("沿用初评" if not owed else None if points is None else rounded(points)) for _, points, owed in row.cells),
            "已提交" if row.seat.submitted else "未提交",
        ]
        for row in grid.rows
    ]
    return SheetOut("本人评分", columns, rows)


def _cell(seat: Seat, code: str) -> tuple[str, Fraction | None, bool]:
    return code, seat.school.points(code, Stage.CITY), code in seat.codes


def _state(seat: Seat, bound: BoundItem, waiting: set[str]) -> tuple[str, str]:
    """The word and the tint of an item's state; what is finished stays plain."""
    if not bound.asked:
        return "系统取数", "info"
    if bound.item.code not in seat.codes:
        return "沿用初评", "plain"
    return ("待评分", "warn") if bound.item.code in waiting else ("已评分", "plain")
