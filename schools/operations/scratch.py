"""What backing up and restoring put beside the data for a while, and what is left of it after a power cut."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils import timezone

BACKUP, RESTORE = "backup-", "restore-"
MARKER = "restore-under-way.json"
#: Seconds after which nobody is still making a backup.
DAY = 24 * 3600
#: What a copy of the database is called, whichever engine made it.
COPIES = ("database.sqlite3", "database.dump")


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A folder of its own beside the data, gone with whatever is in it; what an interrupted run left goes
    first.
    """
    forget(prefix)
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR, prefix=prefix) as folder:
        yield Path(folder)


def forget(prefix: str) -> None:
    """Takes away what interrupted runs left: it holds copies of the database."""
    for folder in _left(prefix):
        shutil.rmtree(folder, ignore_errors=True)


def _left(prefix: str) -> list[Path]:
    """The folders nobody works in any more. A backup may be running beside a restore; two restores never."""
    found = list(_root().glob(f"{RESTORE}*/")) if prefix == RESTORE else []
    old = time.time() - DAY
    unnamed = (folder for folder in _root().glob("tmp*/") if any((folder / one).exists() for one in COPIES))
    aside = [*_root().glob(f"{BACKUP}*/"), *unnamed]
    return found + [folder for folder in aside if folder.stat().st_mtime < old]


def leftovers() -> Iterator[str]:
    """A sentence for each copy of the database that an interrupted backup or restore left behind."""
    for folder in _left(RESTORE):
        yield f"中断的备份或恢复留下了数据库副本 {folder}（含口令摘要），请删除这个文件夹，或重新恢复一次"


def _root() -> Path:
    return Path(settings.VAR_DIR)


def _marker() -> Path:
    return _root() / MARKER


def begin_restore(source: str) -> bool:
    """Says beside the data that they are about to be replaced; whether an earlier restore had said so."""
    was_there = _marker().exists()
    content = {"备份": source, "开始": timezone.localtime().isoformat(timespec="seconds")}
    _marker().write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return was_there


def end_restore() -> None:
    """Everything is in its place, or as it was."""
    _marker().unlink(missing_ok=True)


def unfinished_restore() -> str:
    """That a restore was begun and not finished, as a sentence; "" where none was."""
    if not _marker().exists():
        return ""
    return (
        "上一次恢复没有做完（停电、被中断或出错），数据库和文件可能对不上："
        "请用备份重新执行 manage.py restore，做完以前不要使用。"
    )
