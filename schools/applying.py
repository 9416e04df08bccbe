"""Writing an approved 数据更正 into its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.db import models

from schools.changes import snapshot
from schools.contributions import contributed
from schools.models import Correction, School, User
from schools.models.base import Voidable
from schools.saving import Refused

EXTRAS = "__extras__"


def apply(correction: Correction, *, by: User) -> models.Model:
    """Writes what was asked for and gives the record; raises Refused or IntegrityError where it no longer fits."""
    model = apps.get_model(correction.model)
    new = dict(correction.new)
    extras = new.pop(EXTRAS, None)
    if correction.act == Correction.Act.ADD:
        record = built(model, correction.school, new)
        if hasattr(record, "recorded_by_id"):
            record.recorded_by = correction.asked_by
    else:
        record = model._base_manager.select_for_update().get(pk=correction.object_id)
        if getattr(record, "is_voided", False):
            raise Refused("该记录已作废。")
        before = snapshot(record)
        if any(before.get(name) != value for name, value in correction.old.items()):
            raise Refused("申请以后该记录又有改动，与申请中的原值不一致。")
    if correction.act == Correction.Act.VOID:
        _void(record, by, correction.reason)
        return record
    sets = _set(record, new)
    record.full_clean()
    record.save()
    for name, keys in sets.items():
        getattr(record, name).set(keys)
    if extras is not None:
        dict(contributed("corrected_rows"))[model](record, extras, by)
    return record


def _void(record: models.Model, by: User, reason: str) -> None:
    if isinstance(record, Voidable):
        record.void(by=by, reason=reason)
        return
    key = record.pk
    record.delete()
    record.pk = key  # still needed to note which record it was


def built(model: type[models.Model], school: School, values: Mapping[str, Any]) -> models.Model:
    """A new record of the school with these values, not saved."""
    record = model()
    if any(field.name == "school" for field in model._meta.fields):
        record.school = school
    _set(record, values)
    return record


def _set(record: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the values into the record; those of many-to-many fields come back to be set once it is saved."""
    sets = {}
    for name, value in values.items():
        field = record._meta.get_field(name)
        if field.many_to_many:
            sets[name] = value
        elif field.is_relation:
            setattr(record, field.attname, value)
        else:
            setattr(record, name, field.to_python(value) if value is not None else None)
    return sets
