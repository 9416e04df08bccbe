"""修改记录: keep what a record said before and after every change.

    before = snapshot(teacher)
    …change and save…
    note_change(teacher, school=teacher.school, action="change", before=before, after=snapshot(teacher),
    by=user)

`action` is one of add, change, end, void, correct. Nothing is written when nothing differs. `change_of` is
the same without writing, for whoever writes many at once.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone

from schools.models import RecordChange, School, User

LONGEST = 200
#: What records are called, by table and id.
Names = dict[tuple[type[models.Model], int], str]
#: What says nothing.
EMPTY = (None, "", [])


def fields_of(model: type[models.Model]) -> list[models.Field]:
    """What people enter: not the id, not the school, not what the program fills."""
    return [
        field
        for field in (*model._meta.fields, *model._meta.many_to_many)
        if field.editable and not field.primary_key
    ]


def snapshot(obj: models.Model) -> dict[str, Any]:
    """The editable fields of a record as values JSON can hold: days as text, exact numbers as text, other
    records by id.
    """
    values = {}
    for field in fields_of(type(obj)):
        if field.many_to_many:
            keys = getattr(obj, field.name).values_list("pk", flat=True) if obj.pk else ()
            values[field.name] = sorted(keys)
        elif not (field.name == "school" and field.related_model is School):
            values[field.name] = plain(field.value_from_object(obj))
    return values


def plain(value: Any) -> Any:
    """A value as JSON can hold it, the same for 4, 4.0 and 4.00."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, models.QuerySet | set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, list | tuple):
        return list(map(plain, value))
    return value


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only what differs; a record that is new or gone keeps all that says something."""
    if not before or not after:
        return _filled(before), _filled(after)
    names = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in EMPTY}


def school_of(record: models.Model) -> School | None:
    """Whose record it is; what hangs on another record is of that record's school. None for what belongs to
    no school.
    """
    if isinstance(record, School):
        return record
    path = getattr(type(record)._default_manager.all(), "school_path", "")
    return attrgetter(path.replace("__", "."))(record) if path else None


def worded(
    model: type[models.Model], values: Mapping[str, Any], names: Names | None = None
) -> dict[str, str]:
    """Fields and values as people read them; a name that is no field is taken for a label already. `names`
    remembers what other records are called, so that many changes ask for each but once.
    """
    texts = {}
    known = {} if names is None else names
    for name, value in values.items():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            texts[name] = _text(value)
        else:
            own = getattr(field, "verbose_name", None)
            texts[str(own or field.related_model._meta.verbose_name)] = _shown(field, value, known)
    return texts


def note_change(
    obj: models.Model,
    *,
    school: School,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: User | None,
    reason: str = "",
) -> RecordChange | None:
    """Keeps one change, inside the transaction of the change itself. `before` and `after` come from
    `snapshot`; nobody did it where a command did.
    """
    change = change_of(obj, school=school, action=action, before=before, after=after, by=by, reason=reason)
    if change is not None:
        change.save()
    return change


def change_of(
    obj: models.Model,
    *,
    school: School,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    by: User | None,
    reason: str = "",
    names: Names | None = None,
) -> RecordChange | None:
    """The change, not yet written; None where nothing differs."""
    old, new = differences(before, after)
    if not old and not new and action not in (RecordChange.Action.VOID, RecordChange.Action.END):
        return None
    return RecordChange(
        school=school,
        record=record_word(type(obj)),
        model=obj._meta.label_lower,
        object_id=obj.pk,
        name=str(obj)[:LONGEST],
        action=action,
        before=worded(type(obj), old, names),
        after=worded(type(obj), new, names),
        reason=reason.strip()[:LONGEST],
        by=by,
    )


def record_word(model: type[models.Model]) -> str:
    """What people call the record: of the school's own row only 基本情况 is theirs to change."""
    return "基本情况" if model is School else str(model._meta.verbose_name)[:40]


def _shown(field: Any, value: Any, names: Names) -> str:
    if value in EMPTY:
        return ""
    if field.is_relation:
        entries = value if isinstance(value, list) else [value]
        keys = [entry for entry in entries if not isinstance(entry, Mapping)]
        if not keys:  # rows that hang on the record
            return _text(entries)
        return "、".join(_names(field.related_model, keys, names))
    if choices := dict(getattr(field, "flatchoices", None) or ()):
        return str(choices.get(value, value))
    return _text(value)


def _names(model: type[models.Model], keys: list[int], names: Names) -> list[str]:
    missing = [key for key in keys if (model, key) not in names]
    if missing:
        names.update(((model, row.pk), str(row)) for row in model._base_manager.filter(pk__in=missing))
    return [names[model, key] for key in keys if (model, key) in names]


def _text(value: Any) -> str:
    if value in (None, ""):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, Mapping):
        return "，".join(f"{name} {_text(part)}" for name, part in value.items() if part not in (None, ""))
    if isinstance(value, list | tuple):
        return "；".join(map(_text, value))
    return str(value)
