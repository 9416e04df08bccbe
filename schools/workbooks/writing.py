"""Write workbooks row by row in constant memory; what a person typed stays text, whatever it begins with."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, Literal

import xlsxwriter
from django.utils import timezone
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from .text import INVISIBLE

Kind = Literal["text", "int", "decimal", "percent", "date", "datetime"]

LONGEST_CELL = 32_767
LONGEST_SHEET_NAME = 31
LARGEST_EXACT = 10**15
FORBIDDEN_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
NUMBER_FORMATS: dict[str, str] = {
    "text": "@",
    "int": "0",
    "decimal": "0.00",
    "percent": "0.00%",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm",
}
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": True,
    "default_date_format": "yyyy-mm-dd",
}


@dataclass(frozen=True)
class ColumnOut:
    """A column of a sheet: heading, kind of its cells, width in characters (None: from the heading)."""

    heading: str
    kind: Kind = "text"
    width: float | None = None


@dataclass(frozen=True)
class CellOut:
    """One cell of another kind than its column: sheets of name and value hold every kind in one column."""

    value: Any
    kind: Kind


@dataclass(frozen=True)
class SheetOut:
    """A sheet to write; `rows` may be a generator. Plain strings are text columns."""

    name: str
    columns: Sequence[ColumnOut | str]
    rows: Iterable[Sequence[Any]]


def write_workbook(target: Path | str | IO[bytes], sheets: Sequence[SheetOut]) -> None:
    """Write the sheets in order. A value that does not fit the kind of its column is written as text, never
    dropped.
    """
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, OPTIONS) as book:
        header = book.add_format(
            {"bold": True, "bg_color": "#F3E3E1", "border": 1, "text_wrap": True, "valign": "vcenter"}
        )
        formats = {
            kind: book.add_format({"num_format": shown, "valign": "top"})
            for kind, shown in NUMBER_FORMATS.items()
        }
        taken: set[str] = set()
        for sheet in sheets:
            _write_sheet(book.add_worksheet(_sheet_name(sheet.name, taken)), sheet, header, formats)


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name Excel accepts: no forbidden signs, at most 31 characters, unlike every name before it."""
    clean = re.sub(r"[\n\t]", " ", FORBIDDEN_IN_SHEET_NAME.sub("·", INVISIBLE.sub("", name)))
    base = clean.strip().strip("'")[:LONGEST_SHEET_NAME] or "Sheet"
    unique, number = base, 2
    while unique.casefold() in (*taken, "history"):
        suffix = f"({number})"
        unique, number = base[: LONGEST_SHEET_NAME - len(suffix)] + suffix, number + 1
    taken.add(unique.casefold())
    return unique


def _write_sheet(target: Worksheet, sheet: SheetOut, header: Format, formats: dict[str, Format]) -> None:
    columns = [column if isinstance(column, ColumnOut) else ColumnOut(column) for column in sheet.columns]
    target.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        target.set_column(place, place, column.width or max(10, shown_width(column.heading) + 2))
        target.write_string(0, place, _safe_text(column.heading), header)
    for number, values in enumerate(sheet.rows, start=1):
        for place, (column, value) in enumerate(zip(columns, values, strict=True)):
            _write_cell(target, number, place, value, column.kind, formats)


def shown_width(text: str) -> int:
    """Width in half-width characters: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _write_cell(
    target: Worksheet, row: int, place: int, value: Any, kind: str, formats: dict[str, Format]
) -> None:
    if isinstance(value, CellOut):
        value, kind = value.value, value.kind
    if value is None or value == "":
        return
    if isinstance(value, bool):
        value = "是" if value else "否"
    if kind in ("date", "datetime") and _is_writable_date(value):
        target.write_datetime(row, place, _local(value), formats[kind])
    elif kind in ("int", "decimal", "percent") and _is_exact(value):
        target.write_number(row, place, float(value), formats[kind])
    else:
        target.write_string(row, place, _safe_text(_as_text(value)), formats["text"])


def _is_writable_date(value: Any) -> bool:
    return isinstance(value, dt.date) and value.year >= 1900


def _is_exact(value: Any) -> bool:
    return isinstance(value, int | Decimal | Fraction | float) and abs(value) < LARGEST_EXACT


def _local(value: Any) -> Any:
    """Spreadsheets know no time zones: an aware moment is written as the clock showed it here."""
    if isinstance(value, dt.datetime) and timezone.is_aware(value):
        return timezone.make_naive(value)
    return value


def _as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return _local(value).isoformat(" ", "minutes")
    return str(value)


def _safe_text(text: str) -> str:
    """Without the characters XML cannot hold or that hide what is read, within what one cell may hold."""
    return INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST_CELL]
