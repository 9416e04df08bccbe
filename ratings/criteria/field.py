"""What is to be known of one field of the criteria; the fields themselves stand in `fields`."""

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Any

from schools.workbooks import Row

from .kinds import Kind

#: What a changed field means to a reader, in the words of the page.
POINTS, RULE, WORDING, SETTING = "分值", "计分规则", "文字", "设置"
#: The headings of the page of parameters, in their order.
PARTS = NAMES, PROCEDURE, DAYS, SCORING, BONUS = "名称和年度", "程序", "日期", "计分", "加分和五星比例"


@dataclass(frozen=True, kw_only=True)
class Field:
    """What is to be known of one field of a row."""

    #: Its name in the immutable row, and in the table where that differs.
    name: str = ""
    column: str = ""
    kind: Kind
    #: Its column in the sheet, or its line in 方案; "" where the sheet does not have it. Two fields may share
    #: a heading: whichever says something is written there. `place` is where the column stands.
    heading: str
    place: int = 0
    width: int | None = None
    #: How a comparison calls it; fields of one label are compared as one.
    label: str = ""
    #: What a change of it is called; None where two years are not compared by it.
    change: str | None = SETTING
    #: How a form calls it, and explains it; None where nobody types it. `part` is the heading above it.
    asked: str | None = ""
    help: str = ""
    part: str = ""
    #: Whether an erratum may change it.
    erratum: bool = False
    #: How it stands in the summary of a row that came or went.
    summary: str = ""
    #: What a blank means; without one the workbook must say it.
    default: Any = MISSING
    #: It came when years had been frozen already: at its default it is left out of the JSON, so that their
    #: digests stay.
    late: bool = False

    @property
    def owed(self) -> bool:
        """Whether the workbook must say it."""
        return self.default is MISSING

    def read(self, row: Row) -> Any:
        """The value in a row of its sheet; something of its kind where it is owed and missing, so that
        reading goes on.
        """
        value = self.kind.read(row, self.heading, owed=self.owed)
        if value is not None:
            return value
        return self.kind.blank if self.owed else self.default

    def cell(self, row: Any) -> Any:
        """The cell of an immutable row."""
        return unless_none(self.kind.cell, getattr(row, self.name))

    def text(self, row: Any) -> str:
        """The value of an immutable row as people read it."""
        value = getattr(row, self.name)
        return self.kind.none if value is None else self.kind.text(value)


def unless_none(convert: Callable[[Any], Any], value: Any) -> Any:
    """The value converted by its kind; no value at all needs none."""
    return None if value is None else convert(value)


def entry(heading: str, kind: Kind, *, default: Any = MISSING, kw_only: bool = False, **known: Any) -> Any:
    """A line of a table: a dataclass field that carries its Field."""
    field = Field(heading=heading, kind=kind, default=default, **known)
    return dataclasses.field(default=default, kw_only=kw_only, metadata={"field": field})


@cache
def fields_of(table: type) -> tuple[Field, ...]:
    """The fields of a table in their order."""
    return tuple(
        _named(column.name, column.metadata["field"])
        for column in dataclasses.fields(table)
        if "field" in column.metadata
    )


def _named(name: str, field: Field) -> Field:
    label = field.label or field.heading
    asked = field.asked if field.asked is None else field.asked or label
    return dataclasses.replace(field, name=name, column=field.column or name, label=label, asked=asked)
