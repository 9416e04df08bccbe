"""Kinds of values in the criteria: how each is read from a cell and written to one, kept in a row and in JSON, shown and typed.

A kind knows nothing of the field it is used for; `ratings.criteria.fields` says which field is of which kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms

from ratings.rounding import plain, show_rate
from ratings.rules import RuleError, to_text
from schools.dates import chinese_date
from schools.workbooks import CellOut, Row
from schools.workbooks.text import narrow

from .typed import AmountField, CapsField, CodeField, DayField, LineField, NamesField, PercentField, TextField, names_in


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A short text. Other kinds say where they differ.

    `empty` stands for a cell that is owed and blank, so that the other problems of its row are found as well.
    """

    longest: int | None = None
    empty: Any = ""

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        """The value of a cell; what is wrong goes to the problems of the sheet. None takes the default."""
        return row.text(heading, required=owed, longest=self.longest)

    def cell(self, value: Any) -> Any:
        """The cell a person would type."""
        return value

    def store(self, value: Any) -> Any:
        """The value as its column keeps it."""
        return value

    def load(self, stored: Any) -> Any:
        """The value of a column."""
        return stored

    def freeze(self, value: Any) -> Any:
        """The value as JSON. What was once written stays: results are verified by the digest of it."""
        return value

    def thaw(self, frozen: Any) -> Any:
        """Read back what `freeze` wrote."""
        return frozen

    def text(self, value: Any) -> str:
        """The value as people read it beside that of another year."""
        return "" if value is None else str(value)

    def typed(self, value: Any) -> str:
        """The value as text that `thaw` reads: so the edits of a correction are kept."""
        return value

    def form_field(self, column, **options) -> forms.Field:
        """What it is typed in; `column` is the field of the model."""
        return column.formfield(**options)

    def own_field(self, form_field: type[forms.Field], column, *, or_default: bool = False, **options) -> forms.Field:
        """A form field other than that of the model; with `or_default` a blank takes the default of the column."""
        required = not column.blank and not (or_default and column.has_default())
        return form_field(label=options.pop("label", column.verbose_name), required=required, **options)


@dataclass(frozen=True, kw_only=True)
class Linked(Kind):
    """A row of another table, known by its `by`; whoever writes it puts the row itself in the place of the text."""

    by: str

    def load(self, stored: Any) -> Any:
        return None if stored is None else getattr(stored, self.by)


@dataclass(frozen=True, kw_only=True)
class Lines(Kind):
    """A text of several lines."""

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(TextField, column, max_length=self.longest, widget=forms.Textarea(attrs={"rows": 3}), **options)


@dataclass(frozen=True, kw_only=True)
class Code(Kind):
    """A name by which conditions know the row."""

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        return narrow(super().read(row, heading, owed=owed))

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(CodeField, column, max_length=column.max_length, **options)


@dataclass(frozen=True, kw_only=True)
class Line(Kind):
    """A line of the rule language in its one spelling."""

    parse: Callable[[str], Any]
    area: bool = False

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        text = super().read(row, heading, owed=owed)
        try:
            return to_text(self.parse(text)) if text else ""
        except RuleError as error:
            row.problem(heading, str(error))
            return ""

    def text(self, value: str) -> str:
        """The canonical line; a draft may hold one that cannot be read yet."""
        try:
            return to_text(self.parse(value)) if value else ""
        except RuleError:
            return value

    def form_field(self, column, **options) -> forms.Field:
        longest = column.max_length or self.longest
        area = {"widget": forms.Textarea(attrs={"rows": 3, "class": "form-control"})} if self.area else {}
        return self.own_field(LineField, column, parse=self.parse, max_length=longest, **area, **options)


@dataclass(frozen=True, kw_only=True)
class Amount(Kind):
    """A figure, exact. `none` is what no figure means; `unit_in` is the column that names the unit."""

    unit: str = ""
    unit_in: str = ""
    bounds: Mapping[str, int] = field(default_factory=dict)
    positive: bool = False
    none: str = ""
    shown: str = "{}"
    empty: Any = Fraction(0)

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        value = row.decimal(heading, required=owed, unit=row.text(self.unit_in) if self.unit_in else self.unit, **self.bounds)
        if self.positive and value == 0:
            row.problem(heading, "应大于 0")
        return None if value is None else Fraction(value)

    def cell(self, value: Any) -> Any:
        return None if value is None else CellOut(value, "decimal")

    def store(self, value: Fraction | None) -> Decimal | None:
        return to_decimal(value)

    def load(self, stored: Decimal | None) -> Fraction | None:
        return to_fraction(stored)

    def freeze(self, value: Any) -> Any:
        return None if value is None else str(value)

    def thaw(self, frozen: Any) -> Any:
        return None if frozen is None else Fraction(frozen)

    def text(self, value: Any) -> str:
        return self.none if value is None else self.shown.format(plain(value))

    def typed(self, value: Any) -> str:
        return plain(Fraction(value))

    def form_field(self, column, **options) -> forms.Field:
        bounds = {"highest": None, "places": column.decimal_places, **self.bounds}
        limits = {"unit": self.unit, "positive": self.positive, **bounds}
        return self.own_field(AmountField, column, or_default=True, **limits, **options)


@dataclass(frozen=True, kw_only=True)
class Share(Amount):
    """Between 0 and 100 %."""

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        value = row.decimal(heading, required=owed, lowest=0)
        if value is not None and value > 1:
            row.problem(heading, f"应为百分比，如 30%，现为 {value}")
            return None
        return None if value is None else Fraction(value)

    def cell(self, value: Any) -> Any:
        return None if value is None else CellOut(value, "percent")

    def text(self, value: Any) -> str:
        return self.none if value is None else show_rate(value)

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(PercentField, column, or_default=True, **options)


@dataclass(frozen=True, kw_only=True)
class Count(Kind):
    """A whole number of something."""

    highest: int
    lowest: int = 0
    units: tuple[str, ...] = ()
    shown: str = "{}"
    zero: str = ""
    empty: Any = 0

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        return row.integer(heading, required=owed, unit=self.units, lowest=self.lowest, highest=self.highest)

    def cell(self, value: Any) -> Any:
        return CellOut(value, "int")

    def text(self, value: Any) -> str:
        return self.zero if self.zero and not value else self.shown.format(value)

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(forms.IntegerField, column, min_value=self.lowest, max_value=self.highest, **options)


@dataclass(frozen=True, kw_only=True)
class Day(Kind):
    """A date."""

    empty: Any = None

    def read(self, row: Row, heading: str, *, owed: bool = False, year: int | None = None) -> Any:
        return row.date(heading, required=owed, year=year)

    def cell(self, value: Any) -> Any:
        return None if value is None else CellOut(value, "date")

    def freeze(self, value: Any) -> Any:
        return None if value is None else value.isoformat()

    def thaw(self, frozen: Any) -> Any:
        return None if frozen is None else date.fromisoformat(frozen)

    def text(self, value: Any) -> str:
        return chinese_date(value)

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(DayField, column, **options)


@dataclass(frozen=True, kw_only=True)
class Choice(Kind):
    """One of a few words. `labels` maps the values to them, `aliases` other words to the values."""

    labels: Mapping[Any, str]
    aliases: Mapping[str, Any] = field(default_factory=dict)
    empty: Any = None

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        words = {label: value for value, label in self.labels.items()}
        return row.choice(heading, {**words, **self.aliases}, required=owed)

    def cell(self, value: Any) -> Any:
        return self.text(value)

    def load(self, stored: Any) -> Any:
        return next((value for value in self.labels if value == stored), stored)

    def text(self, value: Any) -> str:
        return self.labels.get(value, value or "")

    def form_field(self, column, **options) -> forms.Field:
        typed = column.formfield(**options)
        typed.choices = [(value, label) for value, label in typed.choices if value in ("", *self.labels)]
        return typed


@dataclass(frozen=True, kw_only=True)
class FoundBy(Choice):
    """A choice that shares its cell with a condition: what is none of its words means `otherwise`, a blank `blank`."""

    otherwise: str
    blank: str

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        text = str(row.get(heading) or self.labels[self.blank])
        return next((value for value, label in self.labels.items() if label == text and value != self.otherwise), self.otherwise)

    def text(self, value: Any) -> str:
        return "" if value == self.otherwise else super().text(value)


@dataclass(frozen=True, kw_only=True)
class ConditionOfTrigger(Line):
    """The condition in a cell that may hold one of `words` instead."""

    words: tuple[str, ...]

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        return "" if row.get(heading) in self.words else super().read(row, heading, owed=owed)


@dataclass(frozen=True, kw_only=True)
class YesNo(Kind):
    """One of two words; `stored` are the two values of a column that is no boolean, `blank` writes nothing for no."""

    yes: str = "是"
    no: str = "否"
    stored: tuple[Any, Any] = (True, False)
    blank: bool = False
    in_words: bool = False
    empty: Any = False

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        if self.blank:
            return row.boolean(heading, required=owed)
        return row.choice(heading, {self.yes: True, self.no: False}, required=owed)

    def cell(self, value: Any) -> Any:
        return None if self.blank and not value else self.text(value)

    def store(self, value: bool) -> Any:
        return self.stored[0 if value else 1]

    def load(self, stored: Any) -> bool:
        return stored == self.stored[0]

    def text(self, value: bool) -> str:
        return self.yes if value else self.no

    def form_field(self, column, **options) -> forms.Field:
        if not self.in_words:
            return column.formfield(**options)
        choices = [("True", self.yes), ("False", self.no)]
        return self.own_field(forms.TypedChoiceField, column, choices=choices, coerce=lambda value: value == "True", **options)


@dataclass(frozen=True, kw_only=True)
class Names(Kind):
    """Several names, apart by 顿号."""

    empty: Any = ()

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        return names_in(super().read(row, heading, owed=owed))

    def cell(self, value: Any) -> Any:
        return self.text(value)

    def store(self, value: tuple[str, ...]) -> str:
        return self.text(value)

    def load(self, stored: str) -> tuple[str, ...]:
        return tuple(name for name in stored.split("、") if name)

    def freeze(self, value: Any) -> Any:
        return list(value)

    def thaw(self, frozen: Any) -> Any:
        return tuple(frozen)

    def text(self, value: tuple[str, ...]) -> str:
        return "、".join(value)

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(NamesField, column, max_length=column.max_length, **options)


@dataclass(frozen=True, kw_only=True)
class Caps(Kind):
    """The most that groups of bonus items may bring: (group, points) in the order in which they were written."""

    empty: Any = ()

    def store(self, value: Any) -> dict[str, str]:
        return {group: str(cap) for group, cap in value}

    def load(self, stored: dict[str, str]) -> Any:
        return tuple((group, Fraction(cap)) for group, cap in stored.items())

    def freeze(self, value: Any) -> Any:
        return [[group, str(cap)] for group, cap in value]

    def thaw(self, frozen: Any) -> Any:
        return tuple((group, Fraction(cap)) for group, cap in frozen)

    def text(self, value: Any) -> str:
        return "；".join(f"{group} {plain(cap)} 分" for group, cap in value)

    def form_field(self, column, **options) -> forms.Field:
        return self.own_field(CapsField, column, **options)


def to_decimal(value: Fraction | None) -> Decimal | None:
    """A fraction with a finite decimal form, exactly; weights and shares from workbooks always have one."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def to_fraction(value: Decimal | None) -> Fraction | None:
    """The exact figure of a column."""
    return None if value is None else Fraction(value)
