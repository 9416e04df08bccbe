"""Numbers and days as people type them into a page, read by the rules for the cells of a workbook: 1,200,
51人, 1.2万, 2026.3.5.

Numbers are text to the browser: its own input for numbers turns 1。5 into 15 and counts up under the wheel.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from schools.workbooks import CellError, cell_date, cell_decimal
from schools.workbooks.cells import normalise

from .asked import day_input

#: No record is older, and no day beyond is meant: 9999-12-31 is how other programs write "never".
FIRST_YEAR, LAST_YEAR = 1900, 2100


class _TypedNumber:
    """A number whose `unit` may be written behind it."""

    keyboard = "decimal"

    def __init__(self, *args: Any, unit: str | Iterable[str] = (), **options: Any) -> None:
        options.setdefault(
            "widget", forms.TextInput(attrs={"inputmode": self.keyboard, "autocomplete": "off"})
        )
        self.unit = unit
        super().__init__(*args, **options)

    def to_python(self, value: Any) -> Any:
        """As a cell; a percentage is refused, since no field asks for one."""
        if isinstance(value, str) and value.strip():
            if "%" in value or "％" in value:
                raise ValidationError("请填数字，不写百分号。")
            try:
                value = f"{cell_decimal(normalise(value), unit=self.unit).normalize():f}"
            except CellError as error:
                raise ValidationError(f"{error.reason}。") from error
        return super().to_python(value)


class NumberField(_TypedNumber, forms.DecimalField):
    """Any number."""


class WholeField(_TypedNumber, forms.IntegerField):
    """A whole number."""

    keyboard = "numeric"


class DayField(forms.DateField):
    """A day with its year, in any spelling."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", day_input())
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        """As a cell."""
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        try:
            day = cell_date(normalise(value))
        except CellError as error:
            raise ValidationError(f"{error.reason}。") from error
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(f"年份应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间，现为 {day.year} 年，请核对。")
        return day


#: The same for the model forms of the administration.
FOR_COLUMNS = {
    models.DateField: {"form_class": DayField},
    models.IntegerField: {"form_class": WholeField, "widget": forms.TextInput},
    models.DecimalField: {"form_class": NumberField, "widget": forms.TextInput},
}


def for_column(column: models.Field, **options: Any) -> forms.Field:
    """And for those that are made from a table: a `formfield_callback`."""
    for kind, given in FOR_COLUMNS.items():
        if isinstance(column, kind) and not isinstance(column, models.DateTimeField) and not column.choices:
            options.setdefault("form_class", given["form_class"])
    return column.formfield(**options)
