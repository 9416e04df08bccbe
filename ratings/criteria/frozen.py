"""A scheme as JSON and back: the content of a SchemeVersion, from which every result can be recomputed."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from .spec import BandSpec, CategorySpec, CustomMetricSpec, ItemSpec, RestrictionSpec, SchemeSpec

_ROWS = {
    "categories": CategorySpec,
    "items": ItemSpec,
    "bands": BandSpec,
    "restrictions": RestrictionSpec,
    "custom_metrics": CustomMetricSpec,
}
_FRACTIONS = {"points", "upper", "county_weight", "city_weight", "bonus_cap", "bonus_floor", "five_star_share"}
_DATES = {"period_start", "period_end"}
#: Facts of the registry metrics' interface that a scheme's own metrics never vary.
_OMITTED = {"accepts", "accepts_words"}


def to_json(spec: SchemeSpec) -> dict[str, Any]:
    """The whole scheme as JSON values; fractions as text ("13/2"), dates as ISO text."""
    return _plain(spec)


def from_json(content: dict[str, Any]) -> SchemeSpec:
    """Read back what `to_json` wrote; raises KeyError or ValueError on anything else."""
    values = {name: _value(name, value) for name, value in content.items() if name not in _ROWS and name != "bonus_group_caps"}
    for name, row in _ROWS.items():
        values[name] = tuple(row(**{key: _value(key, value) for key, value in entry.items()}) for entry in content[name])
    values["bonus_group_caps"] = tuple((group, Fraction(cap)) for group, cap in content["bonus_group_caps"])
    return SchemeSpec(**values)


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value) if entry.name not in _OMITTED}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _FRACTIONS:
        return Fraction(value)
    if name in _DATES:
        return date.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
