"""A consistent copy of the whole database in one file, and back, on either engine."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection

DATABASE_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


class DumpError(RuntimeError):
    """The copy could not be made or put back; the text is a Chinese sentence."""


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
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as source:
                sound = source.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            sound = False
        if not sound:
            raise DumpError("备份里的数据库副本已损坏，未作任何改动。")
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
    """Tables newer than the backup go too, or the next migration would stumble over them; one transaction for all of it."""
    script = path.with_suffix(".sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(path), database=False)
    quote = connection.ops.quote_name
    dropped = "".join(f"DROP TABLE IF EXISTS {quote(name)} CASCADE;\n" for name in connection.introspection.table_names())
    connection.close()  # its own locks would keep the tables from being replaced
    cleared = path.with_suffix(".drop.sql")
    cleared.write_text(dropped, encoding="utf-8")
    _run("psql", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--file={cleared}", f"--file={script}")


def _run(program: str, *arguments: str, database: bool = True) -> None:
    found = shutil.which(program)
    if found is None:
        raise DumpError(f"本机没有 {program}，请安装与数据库同版本的 postgresql-client。")
    settings = connection.settings_dict
    command = [found, *arguments]
    if database:
        command.insert(1, f"--dbname={settings['NAME']}")
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    given = {variable: str(settings[name]) for variable, name in names.items() if settings.get(name)}
    if "sslmode" in settings.get("OPTIONS", {}):
        given["PGSSLMODE"] = settings["OPTIONS"]["sslmode"]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DumpError(f"{program} 失败：{done.stderr.strip()[-500:]}")
