"""Saving what a person typed: one refusal, one answer to "somebody else was faster", one versioned write.

    try:
        save_versioned(notice, values, version=seen, by=user)
    except Stale as stale:      # stale.current is what is stored now
        ...
    except Refused as refused:  # refused.reasons are sentences for the person who tried
        ...

Stale is a Refused: who only wants to say why catches that. Either is raised inside the transaction, so nothing is half-saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)

#: What a versioned row keeps of its last change.
VERSION_FIELDS = ("version", "edited_by", "edited_at")


class Refused(ValidationError):
    """No, because: nothing was written, and every reason is a whole sentence that says what to do instead.

    Takes one sentence, several, or sentences by field name; a form shows them with `form.add_error(None, refused)`.
    """

    @property
    def reasons(self) -> list[str]:
        """The sentences, in the order in which they were found."""
        return list(self.messages)

    def __str__(self) -> str:
        return "\n".join(self.reasons)


class Stale(Refused):
    """Somebody else saved in between; `current` is what is stored now, what was typed is still with the caller."""

    def __init__(self, current: Any, sentence: str = ""):
        by = getattr(current, "edited_by", None) or "别人"
        super().__init__(sentence or f"{by}刚修改过这里，您的内容还没有保存，请核对后再保存。")
        self.current = current


def save_versioned(row: Row, values: Mapping[str, Any], *, version: int, by: Any, related: Iterable[str] = (), check=None) -> Row:
    """Write `values` into the row as stored, if nobody saved since `version`; the stored row comes back, one version on.

    `check(stored)` is asked under the lock and raises Refused where the moment has passed. A save that would change
    nothing succeeds whatever its version: the answer to an earlier, identical one may have been lost on the way.
    """
    with transaction.atomic():
        stored = locked(row, *related)
        if check is not None:
            check(stored)
        changed = [name for name, value in values.items() if getattr(stored, name) != value]
        if not changed:
            return stored
        if stored.version != version:
            raise Stale(stored)
        for name in changed:
            setattr(stored, name, values[name])
        stored.version, stored.edited_by, stored.edited_at = stored.version + 1, by, timezone.now()
        stored.save(update_fields=[*changed, *VERSION_FIELDS])
    return stored


def locked(row: Row, *related: str) -> Row:
    """The row as stored, held until the transaction ends; `related` comes with it without being held."""
    rows = type(row)._base_manager.select_for_update(of=("self",)).select_related("edited_by", *related)
    found = rows.filter(pk=row.pk).first()
    if found is None:
        raise Refused("这一条刚被别人删除，您的内容没有保存。")
    return found
