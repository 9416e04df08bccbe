"""One file that holds everything: database, uploaded files, and a manifest that vouches for both."""

import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from schools.audit import record
from schools.models import ChainHead
from schools.refusals import is_disk_full

from .schema import applied_migrations, is_behind
from .scratch import BACKUP, scratch_folder

FORMAT = "township-party-school-rating-backup/1"
MANIFEST = "manifest.json"
MEDIA = "media/"
KEYS = {"keys/secret.key": "SECRET_KEY", "keys/audit.key": "AUDIT_KEY"}
CHUNK = 1024 * 1024
PACKED_ALREADY = {".pdf", ".jpg", ".jpeg", ".png", ".docx", ".xlsx"}


class BackupError(RuntimeError):
    """A backup cannot be made or used; the text is a Chinese sentence."""


#: How making or loading a backup ends where the machine is in the way.
FAILURES = (BackupError, OSError, sqlite3.Error, DatabaseError)


def failure(error: Exception) -> str:
    """In a sentence what the machine says in its own."""
    if is_disk_full(error):
        return "磁盘已满，没有做完，没有留下不完整的文件。请在数据和备份所在的盘上腾出空间，再做一次。"
    return str(error)


def refuse_if(is_wrong: object, sentence: str) -> None:
    """Raises BackupError."""
    if is_wrong:
        raise BackupError(sentence)


def key_mark() -> str:
    """Tells two audit keys apart without telling anything about either."""
    return hmac.new(settings.AUDIT_KEY.encode(), b"backup", hashlib.sha256).hexdigest()[:16]


def make_backup(target: Path, *, with_keys: bool = False) -> dict[str, Any]:
    """Write the backup and return its manifest; an interrupted one leaves no file under the name of a whole
    one.

    The database is copied first: a file uploaded meanwhile is one too many, never one too few.
    """
    refuse_if(target.exists(), f"{target} 已存在，请换一个文件名。")
    refuse_if(not target.parent.is_dir(), f"目录 {target.parent} 不存在，请先建立。")
    heads = _enter_in_trail(target.name, with_keys)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as stream:
            manifest = _write(stream, with_keys, heads)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def _enter_in_trail(name: str, with_keys: bool) -> dict[str, str]:
    """The act in the system's chain; returns where every chain ends.

    A database that waits for migrations is backed up like any other, as long as this version can write its
    trail.
    """
    try:
        record("backup", by=None, city=None, subject=name, detail={"含密钥": with_keys})
        return {head.chain: str(head) for head in ChainHead.objects.all()}
    except DatabaseError as error:
        if not is_behind():
            raise
        raise BackupError(
            "数据库还没有升级到本版本，本版本不能给它备份。请换回升级以前的程序，用它备份，未作任何改动。"
        ) from error


def _write(stream: IO[bytes], with_keys: bool, heads: dict[str, str]) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {}
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive,
        scratch_folder(BACKUP) as scratch,
    ):
        copy = scratch / database_file()
        migrations = applied_migrations()
        dump_to(copy)
        files[copy.name] = _add_file(archive, copy.name, copy)
        for path in _media_files():
            name = MEDIA + path.relative_to(settings.MEDIA_ROOT).as_posix()
            files[name] = _add_file(archive, name, path)
        if with_keys:
            for name, setting in KEYS.items():
                content = getattr(settings, setting).encode()
                archive.writestr(name, content)
                files[name] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        manifest = {
            "format": FORMAT,
            "version": settings.VERSION,
            "migrations": migrations,
            "made_at": timezone.now().isoformat(),
            "audit_key": key_mark(),
            "audit_heads": heads,
            "files": files,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return manifest


def _media_files() -> list[Path]:
    stored = Path(settings.MEDIA_ROOT).rglob("*")  # nothing where there is no such folder
    return sorted(path for path in stored if path.is_file() and not path.is_symlink())


def _add_file(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    entry = zipfile.ZipInfo(name, date_time=timezone.localtime().timetuple()[:6])
    is_packed = path.suffix.lower() in PACKED_ALREADY
    entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        return copy_hashed(source, target)


def copy_hashed(source: IO[bytes], target: IO[bytes] | None) -> dict[str, Any]:
    """Copy piece by piece (to nowhere when there is no target) and tell size and SHA-256 of what went
    through.
    """
    digest, size = hashlib.sha256(), 0
    while piece := source.read(CHUNK):
        digest.update(piece)
        size += len(piece)
        if target is not None:
            target.write(piece)
    return {"size": size, "sha256": digest.hexdigest()}


DATABASE_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def database_file() -> str:
    """What the copy of the engine in use is called; it also tells the engine of a backup."""
    return DATABASE_FILES[connection.vendor]


def dump_to(path: Path) -> None:
    """Copy the database as of one moment, while people go on working."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as target:
            connection.connection.backup(target)
    else:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")


def check_dump(path: Path) -> None:
    """Refuse a file that this engine could not load, before anything is replaced."""
    if connection.vendor == "sqlite":
        answer = None
        address = f"{path.as_uri()}?mode=ro"
        with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(address, uri=True)) as source:
            answer = source.execute("PRAGMA integrity_check").fetchone()[0]
        refuse_if(answer != "ok", "备份里的数据库副本已损坏，未作任何改动。")
    else:
        _run("pg_restore", "--list", str(path), database=False)


def load_from(path: Path) -> None:
    """Replace the content of the database by the copy, all or nothing."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(path)) as source:
            source.backup(connection.connection)
    else:
        _load_postgresql(path)


def _load_postgresql(path: Path) -> None:
    """Tables newer than the backup go too, or the next migration would stumble over them; one transaction for
    all of it.
    """
    script = path.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path), database=False)
    tables = map(connection.ops.quote_name, connection.introspection.table_names())
    dropped = "".join(f"DROP TABLE IF EXISTS {table} CASCADE;\n" for table in tables)
    connection.close()  # its own locks would keep the tables from being replaced
    cleared = path.with_suffix(".drop.sql")
    cleared.write_text(dropped, encoding="utf-8")
    options = ("--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    _run("psql", *options, f"--file={cleared}", f"--file={script}")


def _run(program: str, *arguments: str, database: bool = True) -> None:
    found, used = shutil.which(program), connection.settings_dict
    refuse_if(not found, f"本机没有 {program}，请安装与数据库同版本的 postgresql-client。")
    command = [found, *([f"--dbname={used['NAME']}"] if database else []), *arguments]
    env = {f"PG{name}": str(used[name]) for name in ("HOST", "PORT", "USER", "PASSWORD") if used.get(name)}
    if mode := used.get("OPTIONS", {}).get("sslmode"):
        env["PGSSLMODE"] = mode
    done = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    refuse_if(done.returncode, f"{program} 失败：{done.stderr.strip()[-500:]}")
