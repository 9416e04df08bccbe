"""Kinds of values in the criteria: how each is read, kept in a row and in JSON, written into a cell, shown
and typed.

A kind knows nothing of the field it is used for; `ratings.criteria.fields` says which field is of which kind.
No value at all is None for every kind and needs no kind to be kept or shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django import forms

from ratings.rules import RuleError, to_text
from ratings.rules.rounding import plain, show_rate
from schools.numbers import chinese_date
from schools.site.asked import TextArea
from schools.workbooks import (
    CellError,
    CellOut,
    Row,
    cell_bool,
    cell_choice,
    cell_date,
    cell_decimal,
    cell_int,
    cell_text,
)
from schools.workbooks.text import narrow

#: What a code must look like to stand in a condition.
CODE = re.compile(r"[A-Z][A-Za-z0-9]*([-.][0-9A-Za-z]+)*")
CODE_HINT = "以大写字母开头，后接字母、数字，可用 - 或 . 分段，如 K1-2"
#: Written in 核定要素 when every asked name of the item is for reviewers only.
EVERYTHING = "全部"
_SEPARATORS = re.compile(r"[、，,；;\n]+")
_CAP = re.compile(r"(.+?)[=＝:：](.+)")


class TypedField(forms.CharField):
    """Text that is read as the workbooks read it; the value is that of the column. `options` go to the
    reading.
    """

    def __init__(self, *, kind: Kind, **kwargs) -> None:
        super().__init__(**kwargs)
        self.kind, self.options = kind, {}

    def clean(self, value: Any) -> Any:
        """What the column keeps; errors are the sentences of the workbooks."""
        text = super().clean(value).replace("\r\n", "\n")
        if not text:
            return self.kind.store(self.kind.blank)
        try:
            return self.kind.store(self.kind.read_typed(text, **self.options))
        except CellError as error:
            raise forms.ValidationError(f"{error}。") from None

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else self.kind.typed(self.kind.load(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != self.prepare_value(data)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A text. Other kinds say where they differ."""

    longest: int = 40
    #: Typed in several lines.
    area: bool = False
    #: What a blank field of a form means, and a blank cell that is owed, so that the other problems are found
    #: as well.
    blank: Any = ""
    #: What no value means to a reader.
    none: str = ""
    #: How the value is written out, and how the column of a sheet is.
    shown: str = "{}"
    cells: str = "text"

    def parse(self, value: Any) -> Any:
        """The value of a cell; raises CellError with what is wrong. None or "" for a blank."""
        return cell_text(value, longest=self.longest)

    def read_typed(self, text: str, **options: Any) -> Any:
        """The value of what was typed into a form."""
        return self.parse(text, **options)

    def read(self, row: Row, heading: str, *, owed: bool = False, **options: Any) -> Any:
        """The value of a cell; what is wrong goes to the problems of the sheet, and None is given."""
        return row.read(heading, self.parse, required=owed, **options)

    def cell(self, value: Any) -> Any:
        """The cell a person would type."""
        return value if self.cells == "text" else CellOut(value, self.cells)

    def _as_it_is(self, value: Any) -> Any:
        return value

    #: The value as its column keeps it, and back.
    store = load = _as_it_is
    #: The value as JSON. What was once written stays: results are verified by the digest of it.
    freeze = _as_it_is
    #: Read back what `freeze` wrote, and of a text or a figure what `typed` did.
    thaw = _as_it_is

    def text(self, value: Any) -> str:
        """The value as people read it beside that of another year."""
        return self.shown.format(value)

    def typed(self, value: Any) -> str:
        """The value as a person types it."""
        return str(value)

    def form_field(self, column, *, label: str, help_text: str) -> forms.Field:
        """What it is typed in; `column` is the field of the model."""
        attrs = {"widget": TextArea(attrs={"rows": 3, "class": "form-control"})} if self.area else {}
        longest = getattr(column, "max_length", None) or self.longest
        required = not (column.blank or (self.blank is None and column.has_default()))
        return TypedField(
            kind=self, label=label, help_text=help_text, max_length=longest, required=required, **attrs
        )


@dataclass(frozen=True, kw_only=True)
class Linked(Kind):
    """A row of another table, known by its `by`; whoever writes it puts the row itself in the place of the
    text.
    """

    by: str

    def load(self, stored: Any) -> Any:
        return getattr(stored, self.by)

    def form_field(self, column, **options) -> forms.Field:
        return column.formfield(**options)


@dataclass(frozen=True, kw_only=True)
class Code(Kind):
    """A name by which conditions know the row. A workbook may bring any; whoever reads it makes a fitting
    one.
    """

    def parse(self, value: Any) -> str:
        return narrow(super().parse(value))

    def read_typed(self, text: str) -> str:
        if not CODE.fullmatch(text):
            raise CellError(f"“{text}”不能作编码：应{CODE_HINT}")
        return text


@dataclass(frozen=True, kw_only=True)
class Line(Kind):
    """A line of the rule language in its one spelling. A draft may hold one that cannot be read yet."""

    rule: Callable[[str], Any]
    #: What may stand in the cell instead of a line.
    words: tuple[str, ...] = ()

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if not text or text in self.words:
            return ""
        try:
            line = to_text(self.rule(text))
        except RuleError as error:
            raise CellError(str(error)) from None
        if len(line) > self.longest:
            raise CellError(f"规范写法共 {len(line)} 字，最多 {self.longest} 字，请写短一些")
        return line

    def text(self, value: str) -> str:
        try:
            return to_text(self.rule(value)) if value else ""
        except RuleError:
            return value


@dataclass(frozen=True, kw_only=True)
class Amount(Kind):
    """A figure, exact. `unit_in` is the column that names its unit."""

    unit: str = ""
    unit_in: str = ""
    highest: int | None = None
    places: int = 4
    positive: bool = False
    blank: Any = None
    cells: str = "decimal"

    def parse(self, value: Any, *, unit: str = "") -> Fraction | None:
        number = cell_decimal(
            value, unit=unit or self.unit, lowest=0, highest=self.highest, places=self.places
        )
        if self.positive and number == 0:
            raise CellError("应大于 0")
        return None if number is None else Fraction(number)

    def read(self, row: Row, heading: str, *, owed: bool = False) -> Any:
        options = {"unit": row.text(self.unit_in)} if self.unit_in else {}
        return super().read(row, heading, owed=owed, **options)

    def store(self, value: Fraction | None) -> Decimal | None:
        return to_decimal(value)

    def load(self, stored: Decimal) -> Fraction:
        return Fraction(stored)

    def freeze(self, value: Fraction) -> str:
        return str(value)

    def thaw(self, frozen: str) -> Fraction:
        return Fraction(frozen)

    def text(self, value: Fraction) -> str:
        return self.shown.format(plain(value))

    def typed(self, value: Fraction) -> str:
        return exactly(to_decimal(value))


@dataclass(frozen=True, kw_only=True)
class Share(Amount):
    """Between 0 and 100 %. Typed into a form, a number above 1 is read as percent; in a cell it is
    a mistake.
    """

    cells: str = "percent"

    def parse(self, value: Any) -> Fraction | None:
        share = cell_decimal(value, lowest=0)
        if share is not None and share > 1:
            raise CellError(f"应为百分比，如 30%，现为 {share}")
        return None if share is None else Fraction(share)

    def read_typed(self, text: str) -> Fraction:
        share = cell_decimal(text, lowest=0)
        if share > 1 and "%" not in text and "％" not in text:
            share = share / 100
        if share > 1:
            raise CellError("不能超过 100%")
        if share != round(share, 6):
            raise CellError("百分比最多保留 4 位小数，如 33.3333%")
        return Fraction(share)

    def text(self, value: Fraction) -> str:
        return show_rate(value)

    def typed(self, value: Fraction) -> str:
        return f"{exactly(to_decimal(value * 100))}%"


@dataclass(frozen=True, kw_only=True)
class Count(Kind):
    """A whole number of something."""

    highest: int
    lowest: int = 0
    units: tuple[str, ...] = ()
    zero: str = ""
    cells: str = "int"

    def parse(self, value: Any) -> int | None:
        return cell_int(value, unit=self.units, lowest=self.lowest, highest=self.highest)

    def text(self, value: int) -> str:
        return self.shown.format(value) if value or not self.zero else self.zero


@dataclass(frozen=True, kw_only=True)
class Day(Kind):
    """A date; `year` completes 3月5日."""

    blank: Any = None
    cells: str = "date"

    def parse(self, value: Any, *, year: int | None = None) -> date | None:
        return cell_date(value, year=year)

    def freeze(self, value: date) -> str:
        return value.isoformat()

    def thaw(self, frozen: str) -> date:
        return date.fromisoformat(frozen)

    def text(self, value: date) -> str:
        return chinese_date(value)

    def form_field(self, column, **options) -> forms.Field:
        typed = super().form_field(column, **options)
        typed.widget.attrs |= {"inputmode": "numeric", "placeholder": "如 2026-11-15"}
        return typed


@dataclass(frozen=True, kw_only=True)
class Choice(Kind):
    """One of a few words. `labels` maps the values to them, `aliases` other words; `other` is what any other
    text means.
    """

    labels: Mapping[Any, str]
    aliases: Mapping[str, Any] = field(default_factory=dict)
    other: Any = None
    blank: Any = None

    def parse(self, value: Any) -> Any:
        words = {label: value for value, label in self.labels.items()} | self.aliases
        try:
            return cell_choice(value, words)
        except CellError:
            if self.other is None:
                raise
            return self.other

    def cell(self, value: Any) -> str:
        return self.text(value)

    def load(self, stored: Any) -> Any:
        return next((value for value in self.labels if value == stored), stored)

    def text(self, value: Any) -> str:
        return "" if value == self.other else self.labels.get(value, value)

    def form_field(self, column, **options) -> forms.Field:
        typed = column.formfield(**options)
        typed.choices = [(value, label) for value, label in typed.choices if value in ("", *self.labels)]
        return typed


@dataclass(frozen=True, kw_only=True)
class YesNo(Kind):
    """One of two words. `stored` are the values of a column that is no boolean; `radio` is chosen instead of
    ticked.
    """

    yes: str = "是"
    no: str = "否"
    stored: tuple[Any, Any] = (True, False)
    radio: bool = False
    blank: Any = False

    def parse(self, value: Any) -> bool | None:
        if self.yes == YesNo.yes:
            return cell_bool(value)
        return cell_choice(value, {self.yes: True, self.no: False})

    def cell(self, value: bool) -> str | None:
        return None if self.yes == YesNo.yes and not value else self.text(value)

    def store(self, value: bool) -> Any:
        return self.stored[0 if value else 1]

    def load(self, stored: Any) -> bool:
        return stored == self.stored[0]

    def text(self, value: bool) -> str:
        return self.yes if value else self.no

    def form_field(self, column, **options) -> forms.Field:
        if not self.radio:
            return column.formfield(**options)
        choices = [("True", self.yes), ("False", self.no)]
        return forms.TypedChoiceField(choices=choices, coerce=lambda value: value == "True", **options)


@dataclass(frozen=True, kw_only=True)
class Names(Kind):
    """Several names, apart by 顿号, without quotation marks; 全部 stands alone."""

    blank: Any = ()

    def parse(self, value: Any) -> tuple[str, ...]:
        names = tuple(name.strip().strip("“”\"'") for name in _SEPARATORS.split(super().parse(value)))
        return (EVERYTHING,) if EVERYTHING in names else tuple(name for name in names if name)

    def cell(self, value: tuple[str, ...]) -> str:
        return "、".join(value)

    text = typed = store = cell

    def load(self, stored: str) -> tuple[str, ...]:
        return tuple(name for name in stored.split("、") if name)

    def freeze(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def thaw(self, frozen: list[str]) -> tuple[str, ...]:
        return tuple(frozen)


@dataclass(frozen=True, kw_only=True)
class Caps(Kind):
    """The most that groups of bonus items may bring: (group, points) in the order in which they
    were written.
    """

    cap: Amount
    longest: int = 500
    blank: Any = ()

    def read_typed(self, text: str) -> tuple[tuple[str, Fraction], ...]:
        caps: dict[str, Fraction] = {}
        for part in filter(None, (part.strip() for part in re.split(r"[；;\n]", text))):
            match = _CAP.fullmatch(part)
            if match is None:
                raise CellError(f"“{part[:40]}”应写成 分组=分值，多组用分号隔开")
            group = match[1].strip()
            if group in caps:
                raise CellError(f"分组“{group}”写了两次")
            caps[group] = self.cap.parse(match[2].strip())
        return tuple(caps.items())

    def store(self, value: Any) -> list[list[str]] | dict[str, str]:
        return [[group, self.cap.typed(cap)] for group, cap in value] or {}

    def load(self, stored: list[list[str]] | dict[str, str]) -> Any:
        """Pairs, since PostgreSQL orders the names of an object anew; 0.2.0 kept an object."""
        return self.thaw(dict(stored).items())

    def freeze(self, value: Any) -> list[list[str]]:
        return [[group, str(cap)] for group, cap in value]

    def thaw(self, frozen: Iterable[Sequence[str]]) -> Any:
        return tuple((group, Fraction(cap)) for group, cap in frozen)

    def text(self, value: Any) -> str:
        return "；".join(f"{group} {plain(cap)} 分" for group, cap in value)

    def typed(self, value: Any) -> str:
        return "；".join(f"{group}={self.cap.typed(cap)}" for group, cap in value)


def to_decimal(value: Fraction | None) -> Decimal | None:
    """A fraction with a finite decimal form, exactly; weights and shares from workbooks always have one."""
    return None if value is None else Decimal(value.numerator) / Decimal(value.denominator)


def exactly(value: Decimal) -> str:
    """15, 6.5: every digit, without trailing zeros or an exponent."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
