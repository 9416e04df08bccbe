"""What may be uploaded as evidence: decided by content, size and name before a byte is stored."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from schools.workbooks.archive import MEGABYTE, ArchiveError

from .contents import Kind, checked_name, kind_of

__all__ = ["CheckedUpload", "Kind", "check_upload", "checked_name", "kind_of"]


@dataclass(frozen=True)
class CheckedUpload:
    """What is worth keeping about an accepted file. `name` is for display; it is never a path."""

    name: str
    kind: Kind
    size: int
    sha256: str
    content: bytes


def check_upload(upload: Any, *, name: str | None = None, limit: int | None = None) -> CheckedUpload:
    """Accept a file or raise ValidationError with one Chinese sentence; nothing is written anywhere.

    `upload` is an UploadedFile or any binary file; it is left at its beginning.
    """
    limit = limit or settings.UPLOAD_LIMIT
    name = checked_name(name if name is not None else str(upload.name))
    size = getattr(upload, "size", None)
    # Asked before reading: the content of what is too large has no business in memory.
    if isinstance(size, int) and size > limit:
        raise _too_large(limit)
    upload.seek(0)
    content = upload.read(limit + 1)
    upload.seek(0)
    if len(content) > limit:
        raise _too_large(limit)
    if not content:
        raise ValidationError("文件是空的（0 字节），请重新选择。")
    try:
        kind = kind_of(content)
    except ArchiveError as error:
        raise ValidationError(str(error)) from error
    ending = name.rpartition(".")[2].lower()
    if ending not in kind.endings:
        raise ValidationError(
            f"文件名以 .{ending} 结尾，内容却是 {kind.label}，请确认没有选错文件，并改正文件名。"
        )
    return CheckedUpload(name, kind, len(content), hashlib.sha256(content).hexdigest(), content)


def _too_large(limit: int) -> ValidationError:
    return ValidationError(f"文件超过 {limit // MEGABYTE} MB，请压缩或降低扫描分辨率后再上传。")
