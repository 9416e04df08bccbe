"""A scheme between its immutable form and its rows."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from ratings.models import Category, Scheme

from .fields import CATEGORY, ITEM, Parameters, Section, fields_of
from .spec import ROWS, SchemeSpec

#: What the row of a scheme says of itself, beyond what may be written into it.
_GIVEN = ("year", "city")


def model_of(section: Section) -> type[models.Model]:
    """The table of a section."""
    return apps.get_model("ratings", section.model)


def create_scheme(spec: SchemeSpec, *, city, imported: bool = False) -> Scheme:
    """Write a checked scheme as rows of `city`; the caller holds the transaction."""
    scheme = Scheme.objects.create(city=city, year=spec.year, imported=imported, **scheme_columns(spec))
    categories: dict[str, Category] = {}
    for section in ROWS:
        rows = model_of(section).objects.bulk_create(section_rows(section, spec, scheme, categories))
        if section is CATEGORY:
            categories = {row.code: row for row in rows}
    return scheme


def scheme_columns(spec: SchemeSpec) -> dict[str, Any]:
    """What the 方案 sheet says, as columns of the scheme; year and city are not among them."""
    return {one.column: one.kind.store(getattr(spec, one.name)) for one in fields_of(Parameters) if one.name not in _GIVEN}


def section_rows(
    section: Section, spec: SchemeSpec, scheme: Scheme | None = None, categories: dict[str, Category] | None = None
) -> list[models.Model]:
    """The rows of a section as the table would hold them, unsaved; items stand in the given `categories`."""
    model = model_of(section)
    ordered = any(column.name == "order" for column in model._meta.concrete_fields)
    rows = []
    for place, row in enumerate(getattr(spec, section.rows)):
        values = {one.column: one.kind.store(getattr(row, one.name)) for one in section.fields}
        if "category" in values:
            values["category"] = (categories or {}).get(values["category"])
        rows.append(model(scheme=scheme, **values, **({"order": place} if ordered else {})))
    return rows


def read_scheme(scheme: Scheme) -> SchemeSpec:
    """The scheme as it stands in its rows: 7 queries, whatever its size."""
    rows = {}
    for section in ROWS:
        stored = getattr(scheme, section.rows)
        stored = stored.select_related("category") if section is ITEM else stored.all()
        rows[section.rows] = tuple(read_row(section, row) for row in stored)
    return SchemeSpec(**_values(fields_of(Parameters), scheme), **rows)


def read_row(section: Section, stored: models.Model) -> Any:
    """One stored row in its immutable form."""
    return ROWS[section](**_values(section.fields, stored))


def _values(fields: tuple, stored: models.Model) -> dict[str, Any]:
    return {one.name: one.kind.load(getattr(stored, one.column)) for one in fields}
