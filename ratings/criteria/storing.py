"""A scheme between its immutable form and its rows."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from ratings.enums import Phase
from ratings.models import Category, Scheme
from schools.saving import Refused, hold_one

from .fields import CATEGORY, ITEM, SECTIONS, Parameters, Section, fields_of, loaded, stored
from .spec import SchemeSpec, digest, to_json


def model_of(section: Section) -> type[models.Model]:
    """The table of a section."""
    return apps.get_model("ratings", section.model)


def hold_scheme(pk: int) -> Scheme:
    """The scheme, held until the transaction ends: before anything that belongs to it
    (docs/adr/0014).
    """
    return hold_one(Scheme.objects.all(), pk)


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
    columns = stored(fields_of(Parameters), spec)
    del columns["year"], columns["city"]
    return columns


def section_rows(
    section: Section,
    spec: SchemeSpec,
    scheme: Scheme | None = None,
    categories: dict[str, Category] | None = None,
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
    rows = {
        section.rows: tuple(read_row(section, row) for row in rows_of(section, scheme))
        for section in SECTIONS
    }
    return SchemeSpec(**loaded(fields_of(Parameters), scheme), **rows)


def rows_of(section: Section, scheme: Scheme) -> models.QuerySet:
    """The stored rows of a section, items with their 大项."""
    rows = getattr(scheme, section.rows)
    return rows.select_related("category") if section is ITEM else rows.all()


def read_row(section: Section, row: models.Model) -> Any:
    """One stored row in its immutable form."""
    return section.table(**loaded(section.fields, row))


#: Columns that belong to a row's history, not to what the workbook says.
KEPT = {"id", "scheme", "version", "edited_by", "edited_at", "origin"}


def content_digest(scheme: Scheme) -> str:
    """What the draft says now: a check made on it holds only as long as this stays the same."""
    return digest(to_json(read_scheme(scheme)))


def replace_scheme(scheme: Scheme, spec: SchemeSpec, *, seen: str, by) -> Scheme:
    """Give a draft the content of `spec`; raises Refused when it is no draft any more or was changed since
    `seen`.

    Deadlines, the year and the city stay; rows of the same code, name or star are the same rows afterwards.
    """
    with transaction.atomic():
        draft = hold_scheme(scheme.pk)
        if draft.phase != Phase.DRAFTING:
            raise Refused(
                f"《{draft.name}》已是“{draft.get_phase_display()}”，内容不能再替换。修改须按更正办理。"
            )
        if content_digest(draft) != seen:
            raise Refused(f"《{draft.name}》在核对之后又有人改过，没有替换。请按下面重新核对的结果确认。")
        if draft.year != spec.year:
            raise Refused(f"工作簿是{spec.year}年度，《{draft.name}》是{draft.year}年度，没有替换。")
        try:
            _write(draft, spec, by)
        except ProtectedError as error:
            names = "、".join(sorted({str(row) for row in error.protected_objects})[:5])
            raise Refused(f"工作簿里没有的小项已有记录（{names}），不能删去，没有替换。") from error
    return draft


def _write(draft: Scheme, spec: SchemeSpec, by) -> None:
    stamp = {"edited_by": by, "edited_at": timezone.now()}
    _update(draft, scheme_columns(spec), stamp)
    categories: dict[str, Category] = {}
    gone: dict[Section, list[int]] = {}
    for section in SECTIONS:
        known_by = section.field(section.identity).column
        rows = {getattr(row, known_by): row for row in rows_of(section, draft)}
        gone[section] = _match(rows, section_rows(section, spec, draft, categories), known_by, stamp)
        if section is CATEGORY:
            categories = rows
    for section, keys in reversed(gone.items()):
        model_of(section).objects.filter(pk__in=keys).delete()


def _match(
    rows: dict[Any, models.Model], wanted: Iterable[models.Model], known_by: str, stamp: dict
) -> list[int]:
    """Update or create every wanted row, `rows` following suit; the keys of what is left over are returned
    to be removed.
    """
    gone = dict(rows)
    for new in wanted:
        key = getattr(new, known_by)
        old = gone.pop(key, None)
        if old is None:
            for name, value in stamp.items():
                setattr(new, name, value)
            new.save()
            rows[key] = new
        else:
            columns = [field.name for field in new._meta.concrete_fields if field.name not in KEPT]
            _update(old, {name: getattr(new, name) for name in columns}, stamp)
    return [row.pk for row in gone.values()]


def _update(row: models.Model, values: dict[str, Any], stamp: dict[str, Any]) -> None:
    """Save what differs, and count it as an edit, so that a form opened before notices."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    for name, value in {**changed, **stamp, "version": row.version + 1}.items():
        setattr(row, name, value)
    row.save(update_fields=[*changed, *stamp, "version"])
