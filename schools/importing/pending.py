"""A workbook between its check and its confirmation: kept on disk, known to one session only."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.utils import timezone

from schools.saving import SEEN

#: Said where nothing is left to confirm.
GONE = "待导入的工作簿已失效，或者在别的窗口又上传了一份，没有导入。请重新上传，核对后再确认。"
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


def shown_on(request: HttpRequest, kept: Mapping[str, Any]) -> bytes | None:
    """The upload that the session kept, if it is the one whose check the confirmed page showed: in another
    tab another workbook may have been checked since.
    """
    return fetch(kept["token"]) if kept and request.POST.get(SEEN) == kept["token"] else None


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
