"""A workbook between its check and its confirmation: kept on disk, known to one session only."""

from datetime import timedelta
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

FOLDER = "imports"
KEPT = timedelta(days=1)


def keep(content: bytes) -> str:
    """Store an upload that passed its check and return its token; what was never confirmed goes
    after a day.
    """
    _forget_old()
    token = uuid4().hex
    default_storage.save(_path(token), ContentFile(content))
    return token


def fetch(token: str) -> bytes | None:
    """The upload, None when it is gone."""
    if not default_storage.exists(_path(token)):
        return None
    with default_storage.open(_path(token)) as stream:
        return stream.read()


def discard(token: str) -> None:
    """Remove an upload; one already gone is no error."""
    default_storage.delete(_path(token))


def _forget_old() -> None:
    if not default_storage.exists(FOLDER):
        return
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if default_storage.get_modified_time(path) < timezone.now() - KEPT:
            default_storage.delete(path)


def _path(token: str) -> str:
    return f"{FOLDER}/{token}.xlsx"
