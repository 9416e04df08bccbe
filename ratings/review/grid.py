"""School × item: 初评 so far in one table, with what waits and what differs from 自评."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.division import WHOLE, Division, spans_of
from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage, Status
from ratings.rounding import plain
from ratings.sheets import SchoolSheet


@dataclass(frozen=True)
class Cell:
    """`points` are those of 初评 (None: 不适用 or not scored yet, told apart by `state`)."""

    code: str
    points: Fraction | None
    own: Fraction | None
    state: str

    @property
    def differs(self) -> bool:
        return self.state == "differs"


@dataclass(frozen=True)
class GridRow:
    sheet: SchoolSheet
    cells: tuple[Cell, ...]
    open: bool


@dataclass(frozen=True)
class Grid:
    """`columns` are (code, name, 分值, whether reviewers are asked anything); `spans` the 分组 over them, where there are any."""

    columns: tuple[tuple[str, str, str, bool], ...]
    rows: tuple[GridRow, ...]
    spans: tuple[tuple[str, int], ...] = ()


def grid_of(spec: SchemeSpec, sheets: Sequence[SchoolSheet], division: Division = WHOLE) -> Grid:
    """One row for each school that submitted; reads nothing beyond the sheets."""
    shown = {code: bound for code, bound in spec.bound.items() if division.shows(code)}
    columns = tuple((code, bound.item.name, plain(bound.item.points), bound.owed_by_reviewers) for code, bound in shown.items())
    spans = spans_of([bound.item for bound in shown.values()])
    return Grid(columns, tuple(_row(shown, one) for one in sheets), spans)


def _row(codes: Iterable[str], sheet: SchoolSheet) -> GridRow:
    cells = tuple(Cell(code, sheet.county_sheet.points.get(code), sheet.own_sheet.points.get(code), _state(sheet, code)) for code in codes)
    return GridRow(sheet, cells, sheet.assessment.status == Status.COUNTY)


def _state(sheet: SchoolSheet, code: str) -> str:
    if code in sheet.county_sheet.missing:
        return "waiting"
    if sheet.county_sheet.points[code] is None:
        return "na"
    if code in sheet.adjustments[Stage.COUNTY]:
        return "adjusted"
    return "differs" if sheet.differences.get(code) else "same"
