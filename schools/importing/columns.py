"""The columns of sheets, read off the model: each cell read by a reader of workbooks, or naming a record."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db import models
from import_export.fields import Field
from import_export.widgets import Widget

from schools.models.naming import refuse_no_name
from schools.workbooks import (
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
    same,
)
from schools.workbooks.text import without_blanks

SCHOOL_CODE = "学校编码"
#: A blank cell leaves what is recorded; who wants it gone writes this.
ERASE = "清空"


#: How a cell is read by the kind of the model's field it fills, unless the field has choices.
READERS = {
    "BooleanField": cell_bool,
    "CharField": cell_text,
    "DateField": cell_date,
    "DecimalField": cell_decimal,
    "PositiveIntegerField": cell_int,
    "PositiveSmallIntegerField": cell_int,
}
#: By the reader: how the writer formats the column, what the template says about it, what it takes.
KINDS = {cell_date: "date", cell_month: "date", cell_decimal: "decimal", cell_int: "int"}
HINTS = {
    cell_bool: "是 或 否",
    cell_date: "日期，如 2026-03-05、2026.3.5、20260305；表的标题或名称写明年度的，可以只写 3月5日",
    cell_month: "月份，如 2019年5月，或该月的任意一天",
}
BOUNDS = {cell_decimal: {"lowest": 0}, cell_int: {"lowest": 0, "highest": 10_000_000}}
#: Options of a reader that the field knows.
MEASURES = {
    cell_code: {"longest": "max_length"},
    cell_decimal: {"places": "decimal_places"},
    cell_name: {"longest": "max_length"},
    cell_text: {"longest": "max_length"},
}
#: The same on every sheet that has such a column.
LIMITS = {
    "year": {"lowest": 2000, "highest": 2100},
    "month": {"unit": ("月",), "lowest": 1, "highest": 12},
}


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
        if is_erased(value):
            if self.required:
                raise CellError(f"这一列必须填写，不能{ERASE}")
            value = None
        parsed = self.parse(value, **self.options)
        if self.required and parsed in (None, ""):
            raise CellError("不能为空")
        return parsed

    def render(self, value, obj=None, **kwargs):
        """Typed values, for the writer decides how a cell looks."""
        return self.shown(value) if self.shown and value is not None else value


def is_erased(value: object) -> bool:
    """Whether a cell asks for what is recorded to be taken out."""
    return isinstance(value, str) and without_blanks(value) == ERASE


class Lookup(CellWidget):
    """A cell that names another record, possibly one of the same row's school, by what the record has as
    `shown`.

    `load` is asked once per import for everything that may be named, its keys as `same` makes them; `key`
    tells what the row's cells make of the text.
    """

    def __init__(
        self,
        load: Callable[[Any], Mapping[Hashable, models.Model]],
        missing: str,
        *,
        key: Callable[[str, Mapping[str, Any]], Hashable] = lambda text, row: same(text),
        shown: str = "name",
        required: bool = False,
    ):
        super().__init__(cell_text, required=required, render=attrgetter(shown))
        self.load, self.missing, self.key = load, missing, key
        self.found: Mapping[Hashable, models.Model] = {}

    def clean(self, value, row=None, **kwargs):
        """The record named, None for a blank."""
        text = super().clean(value, row)
        if not text:
            return None
        record = self.found.get(self.key(text, row or {}))
        if record is None:
            raise CellError(self.stranger(text))
        return record

    def stranger(self, text: str) -> str:
        """What is said of a name that nothing has."""
        return self.missing.format(text[:40])


class ByCode(Lookup):
    """A cell with a code. Codes and user names that differ by more than width and blanks are two."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, key=lambda text, row: cell_code(text), shown="code", **options)

    def stranger(self, text: str) -> str:
        """Of two schools of one name the sheet may mean either, so a name is answered with its codes."""
        named = ((school.code, school, str(school.county or "")) for school in self.found.values())
        return codes_of(text, ((code, (one.name, one.short_name), where) for code, one, where in named)) or (
            super().stranger(text)
        )


def codes_of(text: str, schools: Iterable[tuple[str, Collection[str], str]]) -> str:
    """Where a name stands instead of a code: the codes of the schools that are called so; "" for no name."""
    typed = same(text)
    found = [
        f"{code}（{county}）" if county else code
        for code, names, county in schools
        if typed in map(same, names)
    ]
    return f"“{text[:40]}”是学校名称，请填编码：{'、'.join(found)}" if typed and found else ""


class ColumnField(Field):
    """A column: its kind is how the writer formats it, its hint goes into the template's instructions, `kept`
    is where a record keeps what an import puts elsewhere first.
    """

    def __init__(
        self,
        attribute: str,
        heading: str,
        widget: CellWidget,
        *,
        hint: str = "",
        default: Any = None,
        kept: str = "",
    ):
        empty = {} if default is None else {"default": default}
        super().__init__(attribute=attribute, column_name=heading, widget=widget, **empty)
        self.kept = kept or attribute
        self.kind = KINDS.get(widget.parse, "text")
        self.hint = hint or HINTS.get(widget.parse, "")
        if widget.parse is cell_choice:
            self.hint = f"可选：{'、'.join(widget.options['choices'])}"

    def get_value(self, instance):
        """What a record has, for the export."""
        return attrgetter(self.kept)(instance)

    def clean_cell(self, value: Any) -> Any:
        """The value of a single cell, for who reads without import-export; a default stands for what is taken
        out.
        """
        return self.clean({self.column_name: value})

    @property
    def required(self) -> bool:
        """Whether the cell may not be blank, and so the column not be missing."""
        return self.widget.required


def column_of(
    model: type[models.Model],
    name: str,
    *,
    attribute: str = "",
    hint: str = "",
    kept: str = "",
    **stated: Any,
) -> ColumnField:
    """The column of a model's field: heading, length, choices, default and whether a cell is owed are the
    field's own, where nothing else is stated.
    """
    field = model._meta.get_field(name)
    required = stated.pop("required", not (field.blank or field.null or field.has_default()))
    default = field.default if field.has_default() and not required else None
    widget = _widget_of(field, required=required, **stated)
    return ColumnField(attribute or name, field.verbose_name, widget, hint=hint, default=default, kept=kept)


def _widget_of(field: models.Field, **stated: Any) -> CellWidget:
    if field.choices:
        labels = {label: value for value, label in field.choices}
        return CellWidget(cell_choice, choices=labels, render=dict(field.choices).get, **stated)
    usual = cell_name if refuse_no_name in field.validators else READERS[field.get_internal_type()]
    parse = stated.pop("parse", usual)
    measures = {option: getattr(field, measure) for option, measure in MEASURES.get(parse, {}).items()}
    if parse is cell_decimal:
        measures["highest"] = Decimal(10) ** (field.max_digits - field.decimal_places) - 1
    return CellWidget(parse, **{**BOUNDS.get(parse, {}), **LIMITS.get(field.name, {}), **measures, **stated})


def in_school(text: str, row: Mapping[str, Any]) -> Hashable:
    """Key of a record that is named within the school of the row."""
    return cell_code(row.get(SCHOOL_CODE)), same(text)
