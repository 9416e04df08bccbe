"""A draft given the content of a workbook: rows with the same code keep their identity, all or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from ratings.enums import Phase
from ratings.models import Category, CustomMetric, Item, Restriction, Scheme, StarBand

from .frozen import to_json
from .spec import SchemeSpec, digest
from .storing import band_rows, item_row, metric_rows, read_scheme, restriction_rows, scheme_columns

#: Columns that belong to a row's history, not to what the workbook says.
KEPT = {"id", "scheme", "version", "edited_by", "edited_at", "origin"}


class NotReplaced(Exception):
    """The draft cannot take the workbook; str() is the sentence for the person who tried."""


def content_digest(scheme: Scheme) -> str:
    """What the draft says now: a check made on it holds only as long as this stays the same."""
    return digest(to_json(read_scheme(scheme)))


def replace_scheme(scheme: Scheme, spec: SchemeSpec, *, seen: str, by) -> Scheme:
    """Give a draft the content of `spec`; raises NotReplaced when it is no draft any more or was changed since `seen`.

    Deadlines, the year and the city stay; rows of the same code, name or star are the same rows afterwards.
    """
    with transaction.atomic():
        draft = Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=scheme.pk)
        if draft.phase != Phase.DRAFTING:
            raise NotReplaced(f"《{draft.name}》已是“{draft.get_phase_display()}”，内容不能再替换。修改须按更正办理。")
        if content_digest(draft) != seen:
            raise NotReplaced(f"《{draft.name}》在核对之后又有人改过，没有替换。请按下面重新核对的结果确认。")
        if draft.year != spec.year:
            raise NotReplaced(f"工作簿是{spec.year}年度，《{draft.name}》是{draft.year}年度，没有替换。")
        try:
            _write(draft, spec, by)
        except ProtectedError as error:
            names = "、".join(sorted({str(row) for row in error.protected_objects})[:5])
            raise NotReplaced(f"工作簿里没有的小项已有记录（{names}），不能删去，没有替换。") from error
    return draft


def _write(draft: Scheme, spec: SchemeSpec, by) -> None:
    stamp = {"edited_by": by, "edited_at": timezone.now()}
    _update(draft, scheme_columns(spec), stamp)
    categories = {row.code: row for row in draft.categories.all()}
    wanted = [Category(scheme=draft, code=one.code, name=one.name, order=order) for order, one in enumerate(spec.categories)]
    gone = _match(categories, wanted, lambda row: row.code, stamp)
    items = {row.code: row for row in draft.items.select_related("category")}
    rows = [item_row(draft, categories, item, order) for order, item in enumerate(spec.items)]
    _remove(Item, _match(items, rows, lambda row: row.code, stamp))
    _remove(Category, gone)
    metrics = {row.name: row for row in draft.custom_metrics.all()}
    _remove(CustomMetric, _match(metrics, metric_rows(draft, spec), lambda row: row.name, stamp))
    bands = {row.star: row for row in draft.bands.all()}
    _remove(StarBand, _match(bands, band_rows(draft, spec), lambda row: row.star, stamp))
    restrictions = {row.code: row for row in draft.restrictions.all()}
    _remove(Restriction, _match(restrictions, restriction_rows(draft, spec), lambda row: row.code, stamp))


def _match(rows: dict[Any, models.Model], wanted: Iterable[models.Model], key, stamp: dict[str, Any]) -> list[models.Model]:
    """Update or create every wanted row, `rows` following suit; what is left over is returned to be removed."""
    gone = dict(rows)
    for new in wanted:
        old = gone.pop(key(new), None)
        if old is None:
            for name, value in stamp.items():
                setattr(new, name, value)
            new.save()
            rows[key(new)] = new
        else:
            columns = [field.name for field in new._meta.concrete_fields if field.name not in KEPT]
            _update(old, {name: getattr(new, name) for name in columns}, stamp)
    return list(gone.values())


def _update(row: models.Model, values: dict[str, Any], stamp: dict[str, Any]) -> None:
    """Save what differs, and count it as an edit, so that a form opened before notices."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return
    for name, value in {**changed, **stamp, "version": row.version + 1}.items():
        setattr(row, name, value)
    row.save(update_fields=[*changed, *stamp, "version"])


def _remove(kind: type[models.Model], rows: list[models.Model]) -> None:
    if rows:
        kind.objects.filter(pk__in=[row.pk for row in rows]).delete()
