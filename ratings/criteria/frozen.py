"""A scheme as JSON and back: the content of a SchemeVersion, from which every result can be recomputed."""

from __future__ import annotations

from typing import Any

from .fields import SECTIONS, Parameters, fields_of, frozen, thawed
from .spec import SchemeSpec


def to_json(spec: SchemeSpec) -> dict[str, Any]:
    """The whole scheme as JSON values; fractions as text ("13/2"), dates as ISO text."""
    rows = {section.rows: [frozen(section.fields, row) for row in getattr(spec, section.rows)] for section in SECTIONS}
    return frozen(fields_of(Parameters), spec) | rows


def from_json(content: dict[str, Any]) -> SchemeSpec:
    """Read back what `to_json` wrote; raises KeyError or ValueError on anything else."""
    rows = {section.rows: tuple(section.table(**thawed(section.fields, row)) for row in content[section.rows]) for section in SECTIONS}
    parameters = {name: value for name, value in content.items() if name not in rows}
    return SchemeSpec(**thawed(fields_of(Parameters), parameters), **rows)
