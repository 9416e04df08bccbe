"""Whole workbooks: an empty template, an import that is complete or leaves no trace, an export."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from import_export.results import Result, RowResult
from tablib import Dataset

from schools.audit import record
from schools.models import Region, School, User
from schools.workbooks import (
    CellError,
    Column,
    ColumnOut,
    Problem,
    Row,
    SheetOut,
    Table,
    Workbook,
    WorkbookError,
    cell_code,
)

from .base import WorkbookResource
from .beside import columns_beside
from .columns import SCHOOL_CODE

logger = logging.getLogger(__name__)

WRITE_CHUNK = 2000
UNREADABLE = "这一行无法处理，请检查各列内容"


@dataclass(frozen=True)
class Report:
    """What an import of one sheet did, or would do."""

    title: str
    created: int
    updated: int
    unchanged: int
    warnings: tuple[Problem, ...] = ()
    #: What it changed or gave, a line each: who reads it sees old and new.
    changes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.title}：新增 {self.created} 条，更新 {self.updated} 条，未变 {self.unchanged} 条"


def import_workbook(
    kinds: Sequence[type[WorkbookResource]],
    workbook: Workbook,
    *,
    schools: QuerySet[School],
    city: Region | None,
    by: User | None = None,
    year: int | None = None,
    dry_run: bool = False,
    guarded: bool = True,
) -> list[Report]:
    """Read each sheet, write all rows of all sheets or none, and say what was done.

    The first kind stands on the sheet of its name or on the first sheet; further kinds on sheets of their
    names, if any. With `dry_run` everything is tried against the database and taken back. Not `guarded`, and
    keeping no change of each record, is only who makes up whole years, signatures and records alike. Raises
    WorkbookError with every faulty row.
    """
    sheets: list[Sheet] = []
    with transaction.atomic(), _hinting(workbook, sheets):
        for place, kind in enumerate(kinds):
            sheet = workbook.sheet(kind.title(), optional=True) or (
                workbook.first_sheet if place == 0 else None
            )
            if sheet is not None:
                resource = kind(schools=schools, city=city, by=by, year=year)
                sheets.append(Sheet(resource, sheet.table(headings(resource))))
        held = _hold(schools, sheets)
        reports = [_import_sheet(sheet, held, guarded=guarded) for sheet in sheets]
        reports[-1] = replace(reports[-1], warnings=(*reports[-1].warnings, *workbook.left_out()))
        if dry_run:
            transaction.set_rollback(True)
        else:
            subject = f"{kinds[0].title()}（{workbook.name}）"
            record("import", by=by, city=city, subject=subject, detail=_entered(reports))
    return reports


@contextmanager
def _hinting(workbook: Workbook, sheets: Sequence[Sheet]) -> Iterator[None]:
    """A refusal tells what was passed over as well."""
    try:
        yield
    except WorkbookError as error:
        error.hints = [hint for sheet in sheets for hint in sheet.table.warnings] + workbook.left_out()
        raise


def _entered(reports: Sequence[Report]) -> dict[str, Any]:
    """How many, and each change: the trail vouches for what the list of changes says."""
    return {
        report.title: {"新增": report.created, "更新": report.updated}
        | ({"明细": report.changes} if report.changes else {})
        for report in reports
    }


class Sheet:
    """One sheet with the resource that reads it."""

    def __init__(self, resource: WorkbookResource, table: Table) -> None:
        self.resource, self.table = resource, table
        self.dataset = _dataset(resource, table)

    @property
    def school_codes(self) -> set[str]:
        """The schools that its rows name, as far as they can be read."""
        if SCHOOL_CODE not in self.dataset.headers:
            return set()
        codes = set()
        for cell in self.dataset[SCHOOL_CODE]:
            with suppress(CellError):
                codes.add(cell_code(cell))
        return codes


def _hold(schools: QuerySet[School], sheets: Sequence[Sheet]) -> list[int]:
    """Holds the schools that the workbook writes to, as everybody does who writes a record."""
    codes = set().union(*(sheet.school_codes for sheet in sheets))
    keys = [pk for pk, code in schools.order_by("pk").values_list("pk", "code") if cell_code(code) in codes]
    School.objects.hold_all(keys)
    return keys


def headings(resource: WorkbookResource) -> list[Column]:
    """Columns to look for; those with a default of the import may be left out. Beside the code of a school
    may stand what it is called.
    """
    given = {heading for heading, value in resource.defaults().items() if value is not None}
    owed = {field.column_name: field.required for field in resource.columns()}
    columns = [
        Column(heading, required=owed.get(heading, False) and heading not in given)
        for heading in dict.fromkeys([*owed, *given])
    ]
    coded = any(column.heading == SCHOOL_CODE for column in columns)
    return [*columns, *(columns_beside(columns) if coded else ())]


def _import_sheet(sheet: Sheet, held: Sequence[int], *, guarded: bool) -> Report:
    resource, table = sheet.resource, sheet.table
    if not resource.numbers:
        table.problems.add(None, None, "表中没有数据")
        table.raise_if_any()
    resource.begin(held if guarded else ())
    result = resource.import_data(sheet.dataset, use_transactions=False)
    _refuse(resource, table, result)
    totals = result.totals
    counts = (
        totals[kind]
        for kind in (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_SKIP)
    )
    remarks = (Problem(table.problems.workbook, table.problems.sheet, *remark) for remark in resource.remarks)
    warnings = (*table.warnings, *remarks)
    changes = tuple(resource.note()) if guarded else ()
    return Report(resource.title(), *counts, warnings=warnings, changes=changes)


def _dataset(resource: WorkbookResource, table: Table) -> Dataset:
    """The cells as import-export wants them; key columns are always there, so that a left-out one reads as
    blank.
    """
    keys = [resource.fields[name].column_name for name in resource.get_import_id_fields()]
    names = list(dict.fromkeys([*table.headings, *keys]))
    readers = {field.column_name: field.widget.parse for field in resource.columns()}
    fallback = resource.defaults()
    dataset = Dataset(headers=names)
    for row in table:
        cells = {name: _dated(row, name, readers.get(name)) for name in names}
        dataset.append([fallback.get(name) if cell is None else cell for name, cell in cells.items()])
        resource.numbers.append(row.number)
    return dataset


def _dated(row: Row, name: str, parse: Callable[..., Any] | None) -> Any:
    """The cell; a day without its year is completed here, since other columns ask for it as well."""
    cell = row.get(name)
    if parse is not None and isinstance(cell, str) and (options := row.dated(parse)):
        with suppress(CellError):  # its own column says what is wrong
            return parse(cell, **options)
    return cell


def _refuse(resource: WorkbookResource, table: Table, result: Result) -> None:
    """Raise WorkbookError with the whole result in the order of the rows."""
    for row, heading, reason in sorted(_problems(resource, result), key=lambda problem: problem[0] or 0):
        table.problems.add(row, heading, reason.rstrip("。"))
    table.raise_if_any()


def _problems(resource: WorkbookResource, result: Result) -> Iterator[tuple[int | None, str | None, str]]:
    for error in result.base_errors:
        yield None, None, "；".join(getattr(error.error, "messages", [UNREADABLE]))
    for number, errors in result.row_errors():
        logger.error("row of %s failed", resource.title(), exc_info=errors[0].error)
        yield resource.numbers[number - 1], None, UNREADABLE
    for invalid in result.invalid_rows:
        row = resource.numbers[invalid.number - 1]
        for attribute, messages in invalid.error_dict.items():
            for message in messages:
                yield row, resource.heading(attribute), message


def template_sheets(kinds: Sequence[type[WorkbookResource]]) -> list[SheetOut]:
    """Empty sheets with the headings, and one that explains every column."""
    explained = [
        (kind.title(), field.column_name, "必填" if field.required else "", field.hint)
        for kind in kinds
        for field in kind.columns()
    ]
    guide = SheetOut(
        "填写说明",
        [ColumnOut("工作表", width=16), ColumnOut("列", width=18), "必填", ColumnOut("说明", width=80)],
        explained,
    )
    return [*(SheetOut(kind.title(), _columns_out(kind), []) for kind in kinds), guide]


def export_sheets(kinds: Sequence[type[WorkbookResource]], queryset: QuerySet) -> list[SheetOut]:
    """The rows of the queryset, in the very form an import takes; further kinds bring what belongs to those
    rows.
    """
    return [SheetOut(kind.title(), _columns_out(kind), _rows(kind, queryset)) for kind in kinds]


def _columns_out(kind: type[WorkbookResource]) -> list[ColumnOut]:
    return [ColumnOut(field.column_name, field.kind) for field in kind.columns()]


def _rows(kind: type[WorkbookResource], queryset: QuerySet) -> Iterator[list[Any]]:
    resource = kind()
    fields = resource._meta.fields
    cells = [getattr(resource, f"dehydrate_{name}", None) or resource.fields[name].export for name in fields]
    for instance in kind.exported(queryset).iterator(chunk_size=WRITE_CHUNK):
        yield [cell(instance) for cell in cells]
