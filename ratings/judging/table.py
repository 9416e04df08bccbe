"""The table of one school and the grid of many, as a judge reads them: own points beside 自评 and 初评."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.division import WHOLE, Division, spans_of
from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.rounding import plain, show_rate, to_cents
from ratings.scoring import Blocked, system_part
from schools.metrics import worded
from schools.workbooks import ColumnOut, SheetOut

from .seats import Seat


@dataclass(frozen=True)
class Shown:
    """One system figure in words; `section` is where its records stand on the school's page."""

    name: str
    text: str
    section: str


@dataclass(frozen=True)
class Line:
    """One item of one school. `state` says what the judge has to do with it."""

    item: ItemSpec
    system: Fraction | None
    figures: tuple[Shown, ...]
    own: Fraction | None
    county: Fraction | None
    points: Fraction | None
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


def lines_of(seat: Seat) -> list[Line]:
    """Every item in the order of the criteria; items that nobody is asked about count by the system's figure."""
    own = seat.dossier.own_sheet.points if seat.dossier.own_sheet else {}
    county = seat.dossier.county_sheet.points if seat.spec.has_county_stage and seat.dossier.county_sheet else {}
    waiting = {blocker.item for blocker in seat.gaps}
    return [_line(seat, bound, own, county, waiting) for bound in seat.spec.bound.values()]


def grid_of(seats: Sequence[Seat], division: Division = WHOLE) -> Grid:
    """School × item; only items that some school here asks of its judges. The flag says whether the cell is owed."""
    if not seats:
        return Grid((), ())
    owed = {code for seat in seats for code in seat.codes}
    items = tuple(bound.item for code, bound in seats[0].spec.bound.items() if code in owed and division.shows(code))
    rows = [GridRow(seat, tuple((item.code, seat.points(item.code), item.code in seat.codes) for item in items)) for seat in seats]
    return Grid(items, tuple(rows), spans_of(items))


def grid_sheet(grid: Grid) -> SheetOut:
    """The grid for a workbook: points as numbers, 沿用初评 in words, empty where nothing is scored yet."""
    head = [ColumnOut("学校编码", width=14), ColumnOut("党校", width=28)]
    columns = [*head, *(ColumnOut(f"{item.code} {item.name}", "decimal") for item in grid.items), ColumnOut("评分表")]
    rows = [
        [
            row.seat.assessment.school.code,
            row.seat.assessment.school.name,
            *(("沿用初评" if not owed else None if points is None else to_cents(points)) for _, points, owed in row.cells),
            "已提交" if row.seat.submitted else "未提交",
        ]
        for row in grid.rows
    ]
    return SheetOut("本人评分", columns, rows)


def _line(seat: Seat, bound: BoundItem, own: Mapping, county: Mapping, waiting: set[str]) -> Line:
    code = bound.item.code
    system = _system(seat, bound)
    state, kind = _state(seat, bound, waiting)
    return Line(
        item=bound.item,
        system=system,
        figures=tuple(shown(seat.spec, name, seat.dossier.metrics.get(name)) for name in sorted(bound.references)),
        own=own.get(code),
        county=county.get(code),
        points=seat.points(code) if bound.asked else seat.adjusted.get(code, system),
        state=state,
        kind=kind,
        asked=code in seat.codes,
    )


def shown(spec: SchemeSpec, reference: str, value: Fraction | None) -> Shown:
    """A figure as people read it, with its unit."""
    metric = spec.metrics[reference.partition("[")[0]]
    if value is None:
        text = "未登记"
    elif metric.unit == "%":
        text = show_rate(value)
    elif metric.unit == "是否":
        text = "是" if value else "否"
    else:
        text = f"{plain(value)} {metric.unit}".strip()
    return Shown(worded(reference), text, getattr(metric, "section", ""))


def _state(seat: Seat, bound: BoundItem, waiting: set[str]) -> tuple[str, str]:
    """The word and the tint of an item's state; what is finished stays plain."""
    if not bound.asked:
        return "系统取数", "info"
    if bound.item.code not in seat.codes:
        return "沿用初评", "plain"
    return ("待评分", "warn") if bound.item.code in waiting else ("已评分", "plain")


def _system(seat: Seat, bound: BoundItem) -> Fraction | None:
    """The computed part, None where the item has none or a figure is missing."""
    if not bound.system_parts:
        return None
    try:
        return system_part(seat.spec, bound, seat.dossier.metrics)[0]
    except Blocked:
        return None
