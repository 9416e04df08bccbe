"""Exports: our writer beside bare xlsxwriter in constant memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import xlsxwriter

from schools.workbooks import ColumnOut, SheetOut, write_workbook

from .measuring import Measure, once

ROWS, COLUMNS = 40_000, 30


def _rows(rows: int = ROWS) -> Iterator[list[object]]:
    return ([f"第{row}镇委党校", *range(row, row + COLUMNS - 1)] for row in range(rows))


def _ours(rows: int = ROWS) -> None:
    columns = [ColumnOut("学校名称"), *(ColumnOut(f"指标{number}", "int") for number in range(1, COLUMNS))]
    write_workbook(BytesIO(), [SheetOut("名单", columns, _rows(rows))])


def _bare() -> None:
    with xlsxwriter.Workbook(BytesIO(), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, values in enumerate(_rows()):
            sheet.write_row(number, 0, values)


def export() -> Iterator[Measure]:
    """40,000 rows of 30 cells; the memory is the peak of what Python itself allocated."""
    ours, floor = once(_ours), once(_bare)
    tracemalloc.start()
    _ours(ROWS // 10)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    note = f"写 {ROWS // 10} 行时内存峰值 {peak:.0f} MiB（恒定内存，与行数无关）"
    yield Measure(f"导出 {ROWS} × {COLUMNS}", ours, floor, "裸 xlsxwriter", bound=1.5, note=note)
