"""A scheme between its immutable form and its rows."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models

from ratings.models import Category, Scheme

from .fields import CATEGORY, ITEM, SECTIONS, Parameters, Section, fields_of, loaded, stored
from .spec import SchemeSpec


def model_of(section: Section) -> type[models.Model]:
    """The table of a section."""
    return apps.get_model("ratings", section.model)


def create_scheme(spec: SchemeSpec, *, city, imported: bool = False) -> Scheme:
    """Write a checked scheme as rows of `city`; the caller holds the transaction."""
    scheme = Scheme.objects.create(city=city, year=spec.year, imported=imported, **scheme_columns(spec))
    categories: dict[str, Category] = {}
    for section in SECTIONS:
        rows = model_of(section).objects.bulk_create(section_rows(section, spec, scheme, categories))
        if section is CATEGORY:
            categories = {row.code: row for row in rows}
    return scheme


def scheme_columns(spec: SchemeSpec) -> dict[str, Any]:
    """What the 方案 sheet says, as columns of the scheme; year and city are not among them."""
    return {name: value for name, value in stored(fields_of(Parameters), spec).items() if name not in ("year", "city")}


def section_rows(
    section: Section, spec: SchemeSpec, scheme: Scheme | None = None, categories: dict[str, Category] | None = None
) -> list[models.Model]:
    """The rows of a section as the table would hold them, unsaved; items stand in the given `categories`."""
    model = model_of(section)
    ordered = any(column.name == "order" for column in model._meta.concrete_fields)
    rows = []
    for place, row in enumerate(getattr(spec, section.rows)):
        values = stored(section.fields, row) | ({"order": place} if ordered else {})
        if section is ITEM:
            values["category"] = (categories or {}).get(row.category)
        rows.append(model(scheme=scheme, **values))
    return rows


def read_scheme(scheme: Scheme) -> SchemeSpec:
    """The scheme as it stands in its rows: 7 queries, whatever its size."""
    rows = {section.rows: tuple(read_row(section, row) for row in rows_of(section, scheme)) for section in SECTIONS}
    return SchemeSpec(**loaded(fields_of(Parameters), scheme), **rows)


def rows_of(section: Section, scheme: Scheme) -> models.QuerySet:
    """The stored rows of a section, items with their 大项."""
    rows = getattr(scheme, section.rows)
    return rows.select_related("category") if section is ITEM else rows.all()


def read_row(section: Section, row: models.Model) -> Any:
    """One stored row in its immutable form."""
    return section.table(**loaded(section.fields, row))
