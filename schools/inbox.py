"""Messages to people: one line, one link, once for each occasion."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from schools.models import Notice, School, User

BATCH = 500
#: Room for an ellipsis is part of the field's length.
TEXT_LENGTH = 400


def notify(users: Iterable[User], text: str, *, url: str = "", key: str, school: School | None = None) -> None:
    """One message to each of `users`, unless they had one with this `key` before.

    Safe to call twice and on two machines at once: the pair of person and key is unique, and a second one is passed
    over. `url` is a path of this system. With a `school` the office mailboxes hear of it too, where mail is set up.
    """
    at = timezone.now()
    shown = text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
    people = sorted({user.pk for user in users})
    rows = [Notice(user_id=pk, text=shown, url=url, key=key, school=school, at=at) for pk in people]
    # By id and in one order: two machines writing the same rows then never wait for each other in a circle.
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
