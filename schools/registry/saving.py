"""The one way in which a school's own entry changes: written and noted, or asked for where the period is
signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import models, transaction

from schools.models import Correction, RecordChange, School, User
from schools.models.base import Voidable
from schools.records import corrections
from schools.records.changes import note_change, plain, snapshot
from schools.records.locks import lock_for
from schools.saving import Refused, Stale, digest, hold_one


@transaction.atomic
def add(
    model: type[models.Model], school: School, values: Mapping[str, Any], *, by: User, reason: str = ""
) -> models.Model:
    """A new record, or the request for one."""
    School.objects.hold(school.pk)
    if lock_for(school, model, {}, {name: plain(value) for name, value in values.items()}):
        return corrections.request_add(model, school, values, by=by, reason=reason)
    return _written(model(school=school), values, school, RecordChange.Action.ADD, {}, by=by, reason=reason)


@transaction.atomic
def change(
    record: models.Model,
    values: Mapping[str, Any],
    *,
    by: User,
    seen: str,
    reason: str = "",
    action: str = RecordChange.Action.CHANGE,
) -> models.Model:
    """Other values for a record, or the request for them. `seen` is the digest the form was made from; raises
    Stale.
    """
    school = record if isinstance(record, School) else record.school
    School.objects.hold(school.pk)
    stored = hold_one(type(record)._base_manager.all(), record.pk)
    before = snapshot(stored)
    if digest(before) != seen:
        raise Stale(before)
    if getattr(stored, "is_voided", False):
        raise Refused("该登记已作废，不能再修改。")
    after = {**before, **{name: plain(value) for name, value in values.items()}}
    if lock_for(school, type(record), before, after):
        return corrections.request_change(stored, values, by=by, reason=reason)
    if waiting := corrections.pending_of(stored):
        raise Refused(corrections.waiting_sentence(waiting))
    return _written(stored, values, school, action, before, by=by, reason=reason)


@transaction.atomic
def end(record: models.Model, on: date, *, field: str, by: User, reason: str) -> models.Model:
    """The record is valid to that day and stays in the list of former ones."""
    return change(
        record,
        {field: on},
        by=by,
        seen=digest(snapshot(record)),
        reason=reason,
        action=RecordChange.Action.END,
    )


@transaction.atomic
def void(record: models.Model, *, by: User, reason: str) -> models.Model:
    """Takes a record out of every figure, or asks for it; one without history of its own is taken out of the
    table.
    """
    school = record.school
    School.objects.hold(school.pk)
    before = snapshot(record)
    if lock_for(school, type(record), before, {}):
        return corrections.request_void(record, by=by, reason=reason)
    note_change(
        record, school=school, action=RecordChange.Action.VOID, before=before, after={}, by=by, reason=reason
    )
    if isinstance(record, Voidable):
        hold_one(type(record)._base_manager.all(), record.pk).void(by=by, reason=reason)
    else:
        record.delete()
    return record


@transaction.atomic
def succeed(outgoing: models.Model, on: date, values: Mapping[str, Any], *, by: User) -> models.Model:
    """One leader ends and the next begins, in one act."""
    reason = "换届或调整"
    end(outgoing, on, field="end", by=by, reason=reason)
    return add(type(outgoing), outgoing.school, values, by=by, reason=reason)


def is_request(outcome: models.Model) -> bool:
    """Whether the change waits for approval instead of standing already."""
    return isinstance(outcome, Correction)


def _written(
    record: models.Model,
    values: Mapping[str, Any],
    school: School,
    action: str,
    before: Mapping[str, Any],
    *,
    by: User,
    reason: str,
) -> models.Model:
    """The record saved with these values, and the change noted; what it shares is set once it is stored."""
    shared = {name: value for name, value in values.items() if record._meta.get_field(name).many_to_many}
    for name in values.keys() - shared.keys():
        setattr(record, name, values[name])
    record.full_clean()
    record.save()
    for name, value in shared.items():
        getattr(record, name).set(value)
    after = snapshot(record)
    note_change(record, school=school, action=action, before=before, after=after, by=by, reason=reason)
    return record
