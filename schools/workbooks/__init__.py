"""Workbooks in and out: hardened reading, forgiving headings and cells, writing that cannot become
a formula.
"""

from .cells import (
    CellError,
    cell_bool,
    cell_choice,
    cell_code,
    cell_date,
    cell_decimal,
    cell_int,
    cell_month,
    cell_name,
    cell_text,
)
from .reading import ROW_CAP, Sheet, Workbook, read_workbook
from .tables import Column, Problem, Problems, Row, Table, WorkbookError
from .text import clean_text, display_name, heading_key, same, tidy_name
from .writing import CellOut, ColumnOut, SheetOut, write_workbook

__all__ = [
    "ROW_CAP",
    "CellError",
    "CellOut",
    "Column",
    "ColumnOut",
    "Problem",
    "Problems",
    "Row",
    "Sheet",
    "SheetOut",
    "Table",
    "Workbook",
    "WorkbookError",
    "cell_bool",
    "cell_choice",
    "cell_code",
    "cell_date",
    "cell_decimal",
    "cell_int",
    "cell_month",
    "cell_name",
    "cell_text",
    "clean_text",
    "display_name",
    "heading_key",
    "read_workbook",
    "same",
    "tidy_name",
    "write_workbook",
]
