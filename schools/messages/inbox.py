"""Messages to people: one line, one link, once for each occasion."""

from collections.abc import Iterable
from typing import NamedTuple

from django.utils import timezone

from schools.models import Notice, School, User

BATCH = 500
#: Room for an ellipsis is part of the field's length.
TEXT_LENGTH = 400


class Message(NamedTuple):
    """What `notify` says to one person, for jobs that say many things at once."""

    user_id: int
    text: str
    url: str
    key: str
    school_id: int | None = None


def notify(
    users: Iterable[User], text: str, *, url: str = "", key: str, school: School | None = None
) -> None:
    """One message to each of `users`, unless they had one with this `key` before.

    Safe to call twice and on two machines at once: the pair of person and key is unique, and a second one is
    passed over. `url` is a path of this system. With a `school` the office mailboxes hear of it too, where
    mail is set up.
    """
    deliver(Message(user.pk, text, url, key, school and school.pk) for user in users)


def deliver(messages: Iterable[Message]) -> None:
    """Many messages at once, with the promises of `notify`."""
    at = timezone.now()
    wanted = {(message.user_id, message.key): message for message in messages}
    rows = [
        Notice(**message._replace(text=_cut(message.text))._asdict(), at=at)
        # By person and key: two machines writing the same rows in one order never wait for each other in a
        # circle.
        for _, message in sorted(wanted.items())
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
