"""Saving what a person typed: one refusal, one answer to "somebody else was faster", one versioned write.

    try:
        save_versioned(notice, values, version=seen, by=user)
    except Stale as stale:      # stale.current is what is stored now
        ...
    except Refused as refused:  # refused.reasons are sentences for the person who tried
        ...

Stale is a Refused: who only wants to say why catches that. Either is raised inside the transaction, so
nothing is half-saved. Pages do not catch them themselves: `schools.refusals` shows either at the form or on
the next page.

What a person signs (submitting, confirming, settling, issuing …) is what stood on the page:

    shown = Shown({"作答": answers, "佐证材料": files})   # as the page is filled, and again under the lock
    shown.seen                                        # into the form, by components/seen.html
    shown.refuse_changed(seen)                        # raises Stale, which names what has changed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)

#: The hidden input by which a form says what its page showed.
SEEN = "seen"
#: The columns in which a row keeps its last change, whichever pair its table has: who, and when.
LAST_CHANGE = (("edited_by", "edited_at"), ("updated_by", "updated_at"), ("by", "at"))


class Refused(ValidationError):
    """No, because: nothing was written, and every reason is a whole sentence that says what to do instead.

    Takes one sentence, several, or sentences by the field of the form at which they are to stand.
    """

    @property
    def reasons(self) -> list[str]:
        """The sentences, in the order in which they were found."""
        return list(self.messages)

    def __str__(self) -> str:
        return "\n".join(self.reasons)


class Stale(Refused):
    """Somebody else saved in between; `current` is what is stored now, what was typed is still with the
    caller.
    """

    def __init__(self, current: Any, sentence: str = ""):
        super().__init__(sentence or stale_sentence(current))
        self.current = current


def stale_sentence(current: Any) -> str:
    """The words for a conflict, the same on every page; they name who was faster where the row knows."""
    known = (getattr(current, by, None) for by, _ in LAST_CHANGE)
    return f"{next(filter(None, known), '别人')}刚修改过这里，您的内容还没有保存，请核对后再保存。"


def refuse(*reasons: str) -> None:
    """Raise Refused with every reason that says something; without any, carry on."""
    found = [reason for reason in reasons if reason]
    if found:
        raise Refused(found)


def digest(shown: Any) -> str:
    """What a form was filled from, in a few signs: the version of what has no column for one."""
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Shown:
    """What a page shows above the button that signs it, in parts under the words that name them.

    `savers` tell of a part who changed it last; they are asked only once it has changed.
    """

    parts: Mapping[str, Any]
    savers: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    @property
    def seen(self) -> str:
        """One digest a part, so that what has changed can be named."""
        return "-".join(map(digest, self.parts.values()))

    def plus(self, name: str, content: Any) -> Shown:
        """With one part more."""
        return Shown({**self.parts, name: content}, self.savers)

    def refuse_changed(self, seen: str | None) -> None:
        """Raises Stale where the page that sent `seen` showed something else, or sent nothing; None stands
        for an act without a page.
        """
        if seen is None or seen == self.seen:
            return
        before, now = seen.split("-"), self.seen.split("-")
        changed = "本页内容"
        if len(before) == len(now):
            names = [name for name, old, new in zip(self.parts, before, now, strict=True) if old != new]
            changed = "、".join(f"{name}{self._saver(name)}" for name in names)
        raise Stale(self, f"您打开本页以后，{changed}有变化，没有办理。下面是现在的内容，请核对后重新确认。")

    def _saver(self, name: str) -> str:
        said = self.savers[name]() if name in self.savers else ""
        return f"（{said}）" if said else ""


def last_saved(*found: tuple[models.QuerySet, str, str]) -> str:
    """Who saved last among rows, each with its columns of a name and of a moment, and when; "" for nobody."""
    saved = [
        (at, name)
        for rows, who, when in found
        for name, at in rows.exclude(**{when: None}).order_by(f"-{when}").values_list(who, when)[:1]
    ]
    if not saved:
        return ""
    at, name = max(saved, key=lambda one: one[0])
    at = timezone.localtime(at)
    return f"{name or ''} {at.month}月{at.day}日 {at:%H:%M}".strip()


def save_versioned(
    row: Row,
    values: Mapping[str, Any],
    *,
    version: int,
    by: Any,
    check: Callable[[Row], None] | None = None,
) -> Row:
    """Write `values` into the row as stored, if nobody saved since `version`; the stored row comes back, one
    version on.

    `check(stored)` is asked under the lock and raises Refused where the moment has passed. A save that would
    change nothing succeeds whatever its version: the answer to an earlier, identical one may have been lost
    on the way.
    """
    with transaction.atomic():
        stored = hold_one(type(row)._base_manager.all(), row.pk)
        if check is not None:
            check(stored)
        changed = [name for name, value in values.items() if getattr(stored, name) != value]
        if not changed:
            return stored
        if stored.version != version:
            raise Stale(stored)
        for name in changed:
            setattr(stored, name, values[name])
        editor, moment = last_change(type(row))
        stored.version += 1
        setattr(stored, editor, by)
        setattr(stored, moment, timezone.now())
        stored.save(update_fields=[*changed, "version", editor, moment])
    return stored


def hold(rows: QuerySet[Row], *related: str, skip_locked: bool = False) -> list[Row]:
    """These rows under lock until the transaction ends, by id (docs/adr/0014), and all that is decided on as
    it is then.

    On PostgreSQL a statement that waited for a row reads that row anew, but neither what it joins nor a
    subquery: the year of a school may have been settled meanwhile. `related` are therefore read by a second
    statement, without being held. Whoever only adds a row that points to one of these does not wait: the
    database would ask when that one is through with everything else, and the two could wait for each other.
    The only place that locks rows.
    """
    locking = rows.order_by("pk").select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return _read_after(locking, rows.order_by("pk").select_related(*related)) if related else list(locking)


def _read_after(locking: QuerySet[Row], rows: QuerySet[Row]) -> list[Row]:
    """The rows as they are once they are locked; one that meanwhile fits no more is left out."""
    keys = list(locking.prefetch_related(None).values_list("pk", flat=True))
    return list(rows.filter(pk__in=keys))


def hold_one(rows: QuerySet[Row], pk: Any, *related: str) -> Row:
    """One of the rows; raises Refused where somebody has deleted it."""
    found = hold(rows.filter(pk=pk), *related)
    if not found:
        raise Refused("这一条刚被别人删除，您的内容没有保存。")
    return found[0]


def last_change(model: type[models.Model]) -> tuple[str, str]:
    """The names of the two columns of LAST_CHANGE that the table has."""
    names = {field.name for field in model._meta.fields}
    return next(pair for pair in LAST_CHANGE if names.issuperset(pair))


def insert_many(rows: Sequence[models.Model]) -> None:
    """Insert unsaved rows of one model by a single executemany, whatever their number.

    Unlike `bulk_create`, which cuts its work into batches of a thousand parameters on SQLite, the number of
    statements does not grow with the city. Rows get no primary key back and no signal is sent.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in fields)
    marks = ", ".join("%s" for _ in fields)
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        for row in rows
    ]
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})", values)  # noqa: S608 (names from the model, values as parameters)
