"""Saving the text of a bulletin while two people may have it open."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from ratings.enums import Phase
from ratings.models import Bulletin
from schools.models import User

#: Phases in which the text may still change.
EDITABLE = (Phase.SETTLED, Phase.NOTICE)


class EditConflict(Exception):
    """Somebody saved in between; `current` is what is stored now."""

    def __init__(self, current: Bulletin):
        super().__init__("通报文稿已被他人修改")
        self.current = current


class NotEditable(Exception):
    """The bulletin is out, or the year is not settled."""


def is_editable(bulletin: Bulletin) -> bool:
    """Between settling and publication."""
    return bulletin.scheme.phase in EDITABLE


def save_draft(bulletin: Bulletin, values: Mapping[str, object], *, version: int, by: User) -> Bulletin:
    """Store the fields if nobody saved since `version`; raises EditConflict or NotEditable, changing nothing."""
    with transaction.atomic():
        current = Bulletin.objects.select_for_update(of=("self",)).select_related("scheme", "edited_by").get(pk=bulletin.pk)
        if not is_editable(current):
            raise NotEditable
        if current.version != version:
            raise EditConflict(current)
        for name, value in values.items():
            setattr(current, name, value)
        current.version += 1
        current.edited_by, current.edited_at = by, timezone.now()
        current.save(update_fields=[*values, "version", "edited_by", "edited_at"])
    return current
