"""增加、修改、删除: one row of a draft at a time, under the lock, never over somebody else's unseen change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.db.models import ProtectedError
from django.utils import timezone

from ratings.models import Category, ChangeNote, Item, Restriction, Scheme, StarBand
from ratings.rules import RuleError, parse_condition, to_text
from schools import audit
from schools.models import User
from schools.saving import Refused, Stale, save_versioned

from .arranging import arrange_items
from .drafting import draft_of

#: Tables whose codes share one name space: a condition names a category or an item by its code alone.
CODED = (Category, Item, Restriction)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = re.compile(r"(.*?)(\d+)$")


def add_row(scheme: Scheme, model: type[models.Model], values: Mapping[str, Any], *, by: User) -> models.Model:
    """A new row at the end of its kind. Raises ValidationError where it does not fit, Refused once the scheme is open."""
    with draft_of(scheme) as locked:
        row = model(scheme=locked, edited_by=by, edited_at=timezone.now(), **values)
        if hasattr(row, "order"):
            row.order = (model.objects.filter(scheme=locked).aggregate(last=models.Max("order"))["last"] or 0) + 1
        _validate(row)
        row.save()
        if isinstance(row, Item):
            arrange_items(locked)
        _record(locked, row, "增加", {}, by)
    return row


def change_row(row: models.Model, values: Mapping[str, Any], *, version: int, by: User) -> models.Model:
    """Write what differs. `version` is the one the person started from: an older one raises Stale and changes nothing.

    A scheme's own parameters are changed in the same way. A code that changes is changed in the conditions as well.
    """
    before: dict[str, Any] = {}

    def check(stored: models.Model) -> None:
        before.update({name: getattr(stored, name) for name, value in values.items() if getattr(stored, name) != value})
        if before and stored.version == version:
            proposed = copy(stored)
            for name in before:
                setattr(proposed, name, values[name])
            _validate(proposed)

    with draft_of(row.pk if isinstance(row, Scheme) else row.scheme_id) as locked:
        stored = save_versioned(row, values, version=version, by=by, check=check)
        if not before:
            return stored
        if "code" in before and isinstance(stored, Category | Item):
            _rename_in_conditions(locked, before["code"], stored.code)
        if "code" in before:
            _rename_note(locked, stored, before["code"])
        if isinstance(stored, Item) and {"category", "group", "kind"} & before.keys():
            arrange_items(locked)
        _record(locked, stored, "修改", before, by)
    return stored


def remove_row(row: models.Model, *, version: int, by: User) -> None:
    """Take a row out of the draft, unless somebody changed it since it was looked at, or other rows hang on it."""
    with draft_of(row.scheme_id) as locked:
        stored = type(row).objects.select_related("edited_by").filter(pk=row.pk).first()
        if stored is None:
            return
        if stored.version != version:
            raise Stale(stored, f"{stored.edited_by or '别人'}刚修改过这里，还没有删除。请看过下面的内容，再决定是否删除。")
        if isinstance(stored, Category) and (count := stored.items.count()):
            raise Refused(f"大项 {stored.code} 还有 {count} 个小项，请先把它们移到别的大项或删除。")
        _record(locked, stored, "删除", {}, by)
        try:
            stored.delete()
        except ProtectedError:
            raise Refused(f"{stored}已有评分或材料，不能删除。") from None


def next_code(scheme: Scheme, near: str, taken: set[str] | None = None) -> str:
    """The code that follows `near` and is still free: K1-3 after K1-2, C after B. An empty `near` gives none."""
    if not near:
        return ""
    taken = _codes(scheme) if taken is None else taken
    if re.fullmatch("[A-Z]", near):
        return next((letter for letter in _LETTERS[_LETTERS.index(near) + 1 :] if letter not in taken), "")
    found = _NUMBER.fullmatch(near)
    stem, number = (found[1], int(found[2])) if found else (f"{near}-", 0)
    while f"{stem}{number + 1}" in taken:
        number += 1
    return f"{stem}{number + 1}"


def _codes(scheme: Scheme, *, without: models.Model | None = None) -> set[str]:
    found: set[str] = set()
    for model in CODED:
        rows = model.objects.filter(scheme=scheme)
        if isinstance(without, model):
            rows = rows.exclude(pk=without.pk)
        found |= set(rows.values_list("code", flat=True))
    return found


def _validate(row: models.Model) -> None:
    """What the model promises, and that no other row of any kind has the code."""
    if isinstance(row, CODED) and row.code in _codes(row.scheme, without=row):
        raise ValidationError({"code": f"编码“{row.code}”已经用过，请换一个。"})
    try:
        row.full_clean()
    except ValidationError as error:
        if isinstance(row, StarBand) and NON_FIELD_ERRORS in error.error_dict:
            raise ValidationError({"star": f"{row.get_star_display()}已有条件，请直接修改那一行。"}) from None
        raise


def _rename_in_conditions(scheme: Scheme, old: str, new: str) -> None:
    """星级标准 and 限制性情形 name items and categories by code; they follow the code."""
    for row in [*StarBand.objects.filter(scheme=scheme), *Restriction.objects.filter(scheme=scheme).exclude(condition="")]:
        try:
            condition = parse_condition(row.condition)
        except RuleError:
            continue
        renamed = replace(
            condition,
            comparisons=tuple(
                replace(one, left=replace(one.left, name=new)) if one.left.name == old else one for one in condition.comparisons
            ),
        )
        if renamed != condition:
            row.condition, row.version = to_text(renamed), row.version + 1
            row.save(update_fields=["condition", "version"])


def _rename_note(scheme: Scheme, row: models.Model, old: str) -> None:
    """变化说明 hangs on section and code (`RowChange.key`) and follows the code, unless the new code has a note already."""
    section = row._meta.model_name
    notes = ChangeNote.objects.filter(scheme=scheme)
    if not notes.filter(key=f"{section}:{row.code}").exists():
        notes.filter(key=f"{section}:{old}").update(key=f"{section}:{row.code}")


def _record(scheme: Scheme, row: models.Model, act: str, before: Mapping[str, Any], by: User) -> None:
    """The audit trail: what was done to which row, old and new values where it was changed."""
    changed = {str(row._meta.get_field(name).verbose_name): [str(value), str(getattr(row, name))] for name, value in before.items()}
    subject = f"{scheme} {row._meta.verbose_name} {row}" if row != scheme else f"{scheme} 参数"
    audit.record("scheme", by=by, city=scheme.city, subject=f"{act}：{subject}", detail=changed)
