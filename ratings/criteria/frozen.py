"""A scheme as JSON and back: the content of a SchemeVersion, from which every result can be recomputed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .fields import Field, Parameters, fields_of
from .spec import ROWS, SchemeSpec


def to_json(spec: SchemeSpec) -> dict[str, Any]:
    """The whole scheme as JSON values; fractions as text ("13/2"), dates as ISO text."""
    rows = {section.rows: [frozen(section.fields, row) for row in getattr(spec, section.rows)] for section in ROWS}
    return frozen(fields_of(Parameters), spec) | rows


def from_json(content: dict[str, Any]) -> SchemeSpec:
    """Read back what `to_json` wrote; raises KeyError or ValueError on anything else."""
    rows = {section.rows: tuple(row(**thawed(section.fields, one)) for one in content[section.rows]) for section, row in ROWS.items()}
    parameters = {name: value for name, value in content.items() if name not in rows}
    return SchemeSpec(**thawed(fields_of(Parameters), parameters), **rows)


def frozen(fields: Iterable[Field], row: Any) -> dict[str, Any]:
    """One row as JSON. What came later than the first frozen year and says nothing new is left out."""
    values = ((one, getattr(row, one.name)) for one in fields)
    return {one.name: one.kind.freeze(value) for one, value in values if not (one.late and value == one.default)}


def thawed(fields: Iterable[Field], content: dict[str, Any]) -> dict[str, Any]:
    """The values of one row; raises KeyError where it says what no field knows."""
    known = {one.name: one for one in fields}
    return {name: known[name].kind.thaw(value) for name, value in content.items()}
