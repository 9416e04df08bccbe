"""Put a backup back: everything is checked before anything is touched."""

import json
import os
import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from schools.audit import record, verify
from schools.models import AuditEntry, School, User

from .backup import (
    DATABASE_FILES,
    FORMAT,
    KEYS,
    MANIFEST,
    MEDIA,
    BackupError,
    check_dump,
    copy_hashed,
    database_file,
    key_mark,
    load_from,
    refuse_if,
)
from .schema import OLDEST_VERSION, unknown_migrations, version_parts
from .scratch import RESTORE, begin_restore, end_restore, scratch_folder, unfinished_restore

LARGEST_MANIFEST = 64 * 1024 * 1024
DAMAGED = "备份文件已损坏或不是本系统的备份，未作任何改动。"


def restore_backup(source: Path, *, force: bool = False) -> list[str]:
    """Replace database and files by those of the backup; returns the faults of the audit trail, none when all
    is well.

    Without `force` only an empty system is written to. Files that were there are moved aside, not deleted.
    """
    refuse_if(source.is_dir(), f"{source} 是文件夹，请写出备份文件的名称。")
    try:
        with zipfile.ZipFile(source) as archive, scratch_folder(RESTORE) as scratch:
            manifest = _checked_manifest(archive)
            _check_fit(manifest, force or bool(unfinished_restore()))
            _extract(archive, manifest, scratch)
            copy = scratch / database_file()
            check_dump(copy)
            _load(copy, source)
            _replace_media(scratch / "media")
            _replace_keys(archive, manifest)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BackupError(DAMAGED) from error
    except FileNotFoundError as error:
        raise BackupError(f"没有找到 {error.filename}。") from error
    _bring_up(manifest)
    end_restore()
    faults = verify()
    for head in manifest["audit_heads"].values():
        faults += [fault for fault in verify(head=head) if fault not in faults]
    detail = {"备份时间": manifest["made_at"], "版本": manifest["version"]}
    record("restore", by=None, city=None, subject=source.name, detail=detail)
    return faults


def _load(copy: Path, source: Path) -> None:
    """From here on the system is neither the old nor the new until the end; a load that fails leaves it as it
    was.
    """
    was_unfinished = begin_restore(source.name)
    try:
        load_from(copy)
    except Exception:
        if not was_unfinished:
            end_restore()
        raise


def _checked_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    """The manifest, after every file was read once and found to be what the manifest says."""
    try:
        refuse_if(archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST, DAMAGED)
        manifest = json.loads(archive.read(MANIFEST))
        is_old = version_parts(manifest["version"]) < version_parts(OLDEST_VERSION)
        is_known = manifest["format"] == FORMAT and (is_old or _are_names(manifest["migrations"]))
        promised = {
            name: {"size": int(file["size"]), "sha256": str(file["sha256"])}
            for name, file in manifest["files"].items()
        }
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BackupError(DAMAGED) from error
    is_whole = sorted(archive.namelist()) == sorted({MANIFEST, *promised})
    refuse_if(not (is_known and is_whole and all(map(_is_safe, promised))), DAMAGED)
    for name, expected in promised.items():
        _check_file(archive, name, expected)
    return manifest


def _check_file(archive: zipfile.ZipFile, name: str, expected: dict[str, Any]) -> None:
    differs = f"备份中的 {name} 与清单不符，文件已损坏，未作任何改动。"
    refuse_if(archive.getinfo(name).file_size != expected["size"], differs)
    try:
        with archive.open(name) as stream:
            found = copy_hashed(stream, None)
    except Exception as error:
        raise BackupError(f"备份中的 {name} 无法读出，文件已损坏，未作任何改动。") from error
    refuse_if(found != expected, differs)


def _are_names(listed: Any) -> bool:
    return isinstance(listed, list) and all(isinstance(name, str) and name.count(".") == 1 for name in listed)


def _is_safe(name: str) -> bool:
    """Whether a name stays where it belongs when extracted."""
    if name in KEYS or name in DATABASE_FILES.values():
        return True
    parts = PurePosixPath(name).parts
    return (
        name.startswith(MEDIA)
        and name == "/".join(parts)
        and not {"..", "."} & set(parts)
        and "\\" not in name
        and "\0" not in name
    )


def _check_fit(manifest: dict[str, Any], force: bool) -> None:
    """Whether this system may and can take the backup."""
    _check_version(manifest)
    files = manifest["files"]
    refuse_if(
        database_file() not in files,
        "备份的数据库类型与本系统不同（SQLite 与 PostgreSQL 不能互相恢复），未作任何改动。",
    )
    if not force:
        refuse_if(not _is_empty(), "本系统已有数据。确认要用备份覆盖时，请先备份现有数据，再加 --force。")
        refuse_if(
            manifest["audit_key"] != key_mark() and not KEYS.keys() <= files.keys(),
            "本系统的 AUDIT_KEY 与备份时不同，恢复后审计链无法核对。请先放回原密钥；"
            "原密钥确已丢失时可加 --force。",
        )
    needed = 2 * sum(file["size"] for file in files.values())
    refuse_if(
        shutil.disk_usage(settings.VAR_DIR).free < needed,
        f"磁盘空间不足，恢复需要约 {needed // 1024 // 1024 + 1} MB，未作任何改动。",
    )


def _check_version(manifest: dict[str, Any]) -> None:
    """Older backups are brought up after loading; what is older than the first kept migrations cannot be, nor
    what went further.

    How far the database went its migrations say, not the number of the program that made the backup: whoever
    unpacked a new version and made the backup with it, before migrating, can go back to the version before.
    """
    made = manifest["version"]
    refuse_if(
        version_parts(made) < version_parts(OLDEST_VERSION),
        f"备份由 {made} 版生成，早于 {OLDEST_VERSION}，不能升级到本版本；请用当时的程序恢复和查阅，"
        "未作任何改动。",
    )
    strangers = unknown_migrations(tuple(name.split(".", 1)) for name in manifest["migrations"])
    refuse_if(
        strangers,
        f"备份里的数据库属于更高版本（{made}，含有本版本没有的 {', '.join(strangers[:1])}），请先升级本系统，"
        "未作任何改动。",
    )


def _bring_up(manifest: dict[str, Any]) -> None:
    """Migrations since the backup; where one fails the data lie there as they were loaded, which must be
    said.
    """
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except Exception as error:
        raise BackupError(
            f"备份（{manifest['version']} 版）的数据已放回，但没有升级到 {settings.VERSION} 版：{error} "
            "请不要启动网站服务，保留备份文件并报告。"
        ) from error


def _is_empty() -> bool:
    tables = set(connection.introspection.table_names())
    filled = any(
        model._meta.db_table in tables and model.objects.exists() for model in (User, School, AuditEntry)
    )
    root = Path(settings.MEDIA_ROOT)
    return not filled and not (root.is_dir() and any(root.iterdir()))


def _extract(archive: zipfile.ZipFile, manifest: dict[str, Any], scratch: Path) -> None:
    for name in manifest["files"]:
        if name in KEYS:
            continue
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            archive.open(name) as source,
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target,
        ):
            copy_hashed(source, target)


def _replace_media(fresh: Path) -> None:
    root = Path(settings.MEDIA_ROOT)
    if root.is_dir() and any(root.iterdir()):
        root.rename(root.with_name(f"{root.name}.replaced-{timezone.localtime():%Y%m%d%H%M%S}"))
    elif root.is_dir():
        root.rmdir()
    if fresh.is_dir():
        root.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(fresh, root)


def _replace_keys(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    """Keys that came along take effect at once, so that the trail can be verified and continued with them."""
    for name, setting in KEYS.items():
        if name not in manifest["files"]:
            continue
        content = archive.read(name)
        path = Path(settings.VAR_DIR) / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            target.write(content)
        setattr(settings, setting, content.decode())
