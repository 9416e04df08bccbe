"""Workbooks for tests: small ones as people make them, and parts exchanged for hostile ones."""

import io
import zipfile
from collections.abc import Sequence

import openpyxl

from schools.workbooks import SheetOut, write_workbook

SHEET = "xl/worksheets/sheet1.xml"
SMALL = 2 * 1024 * 1024
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(
    *rows, sheet: str = "Sheet1", formats: dict | None = None, merge: str | Sequence[str] | None = None
) -> bytes:
    """The rows as openpyxl writes them, which is close to what offices send; `formats` maps a cell to its
    number format.
    """
    workbook = openpyxl.Workbook()
    page = workbook.active
    page.title = sheet
    for row in rows:
        page.append(row)
    for place, shown in (formats or {}).items():
        page[place].number_format = shown
    for cells in [merge] if isinstance(merge, str) else merge or ():
        page.merge_cells(cells)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def written(*sheets: SheetOut) -> bytes:
    """The sheets as the program itself writes them."""
    buffer = io.BytesIO()
    write_workbook(buffer, sheets)
    return buffer.getvalue()


def with_parts(content: bytes, **parts: str | bytes | None) -> bytes:
    """The same container with parts replaced, added or (None) left out; small parts are not packed, to stay
    below any ratio.
    """
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            if name not in parts:
                target.writestr(name, source.read(name))
        for name, part in parts.items():
            if part is not None:
                method = zipfile.ZIP_STORED if len(part) < SMALL else zipfile.ZIP_DEFLATED
                target.writestr(name, part, method)
    return buffer.getvalue()


def with_sheet(data: str, head: str = "") -> bytes:
    """A workbook whose only sheet holds exactly this XML inside sheetData."""
    return with_parts(
        book(["x"]),
        **{
            SHEET: (
                f'<?xml version="1.0" encoding="UTF-8"?>{head}<worksheet '
                f"{MAIN}><sheetData>{data}</sheetData></worksheet>"
            )
        },
    )
