"""Columns of a workbook as import-export fields: each knows its heading, its reader and what to
say about it.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from django.db import models
from import_export.fields import Field
from import_export.widgets import Widget

from schools.workbooks import CellError, cell_bool, cell_choice, cell_date, cell_decimal, cell_int, cell_text
from schools.workbooks.text import narrow

SCHOOL_CODE = "学校编码"


def cell_code(value: object, **options: Any) -> str:
    """A code or name that identifies: full and half width are the same."""
    return narrow(cell_text(value, **options))


class CellWidget(Widget):
    """Reads a cell with one of the workbook readers; a CellError is the sentence for the report."""

    def __init__(
        self,
        parse: Callable[..., Any],
        *,
        required: bool = False,
        render: Callable[[Any], Any] | None = None,
        **options: Any,
    ):
        super().__init__()
        self.parse, self.required, self.shown, self.options = parse, required, render, options

    def clean(self, value, row=None, **kwargs):
        """A blank that is owed is an error of its own, before the model is asked."""
        parsed = self.parse(value, **self.options)
        if self.required and parsed in (None, ""):
            raise CellError("不能为空")
        return parsed

    def render(self, value, obj=None, **kwargs):
        """Typed values, for the writer decides how a cell looks."""
        return self.shown(value) if self.shown and value is not None else value


class Lookup(CellWidget):
    """A cell that names another record, possibly one of the same row's school.

    `load` is asked once per import for everything that may be named, its keys in half width; `key` tells what
    the row's cells make of the text.
    """

    def __init__(
        self,
        load: Callable[[Any], Mapping[Hashable, models.Model]],
        missing: str,
        *,
        key: Callable[[str, Mapping[str, Any]], Hashable] = lambda text, row: text,
        render: Callable[[Any], Any] = str,
        required: bool = False,
    ):
        super().__init__(cell_code, required=required, render=render)
        self.load, self.missing, self.key = load, missing, key
        self.found: Mapping[Hashable, models.Model] = {}

    def clean(self, value, row=None, **kwargs):
        """The record named, None for a blank."""
        text = super().clean(value, row)
        if not text:
            return None
        record = self.found.get(self.key(text, row or {}))
        if record is None:
            raise CellError(self.missing.format(text[:40]))
        return record


class ColumnField(Field):
    """A column: its kind is how the writer formats it, its hint goes into the template's instructions."""

    def __init__(
        self,
        attribute: str,
        heading: str,
        widget: CellWidget,
        *,
        kind: str = "text",
        hint: str = "",
        default: Any = None,
    ):
        empty = {} if default is None else {"default": default}
        super().__init__(attribute=attribute, column_name=heading, widget=widget, **empty)
        self.kind, self.hint = kind, hint

    @property
    def required(self) -> bool:
        """Whether the cell may not be blank, and so the column not be missing."""
        return self.widget.required


def in_school(text: str, row: Mapping[str, Any]) -> Hashable:
    """Key of a record that is named within the school of the row."""
    return cell_code(row.get(SCHOOL_CODE)), text


def text(
    attribute: str, heading: str, *, required: bool = False, longest: int | None = None, hint: str = ""
) -> ColumnField:
    """Words; blank is the empty text."""
    return ColumnField(
        attribute, heading, CellWidget(cell_text, required=required, longest=longest), hint=hint
    )


def identifier(attribute: str, heading: str, *, longest: int, hint: str = "") -> ColumnField:
    """What a record is known by; always owed."""
    return ColumnField(attribute, heading, CellWidget(cell_code, required=True, longest=longest), hint=hint)


def number(
    attribute: str,
    heading: str,
    *,
    unit: tuple[str, ...] = (),
    required: bool = False,
    hint: str = "",
    default: Any = None,
    **bounds: Any,
) -> ColumnField:
    """A whole number, the unit may be typed with it."""
    widget = CellWidget(
        cell_int, required=required, unit=unit, **{"lowest": 0, "highest": 10_000_000, **bounds}
    )
    return ColumnField(attribute, heading, widget, kind="int", hint=hint, default=default)


def amount(
    attribute: str,
    heading: str,
    *,
    required: bool = False,
    hint: str = "",
    default: Any = None,
    **options: Any,
) -> ColumnField:
    """An exact decimal."""
    widget = CellWidget(cell_decimal, required=required, **{"lowest": 0, **options})
    return ColumnField(attribute, heading, widget, kind="decimal", hint=hint, default=default)


def day(attribute: str, heading: str, *, required: bool = False, hint: str = "") -> ColumnField:
    """A date as people type it."""
    hint = hint or "日期，如 2026-03-05、2026.3.5、20260305"
    return ColumnField(attribute, heading, CellWidget(cell_date, required=required), kind="date", hint=hint)


def choice(
    attribute: str,
    heading: str,
    choices: type[models.TextChoices],
    *,
    required: bool = False,
    default: Any = None,
) -> ColumnField:
    """One of a model's choices by its Chinese label."""
    labels = {one.label: one.value for one in choices}
    widget = CellWidget(
        cell_choice,
        required=required,
        render=lambda value: choices(value).label if value else "",
        choices=labels,
    )
    return ColumnField(attribute, heading, widget, hint=f"可选：{'、'.join(labels)}", default=default)


def yes_no(attribute: str, heading: str, *, default: Any = None) -> ColumnField:
    """是 or 否; blank is unknown unless a default is given."""
    return ColumnField(attribute, heading, CellWidget(cell_bool), hint="是 或 否", default=default)


def lookup(attribute: str, heading: str, widget: Lookup, *, hint: str = "") -> ColumnField:
    """Another record by its name or code."""
    return ColumnField(attribute, heading, widget, hint=hint)
