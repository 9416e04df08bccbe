"""Whether the database is that of a trial, and throwing a trial away.

Asks the tables by their names and columns, as they may be those of another version, or not there at all.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

#: What the demonstration calls its cities; with one of them in it a database is that of a trial.
CITIES = ("示例市", "示例县级市")
SERVERS = (b"runserver", b"gunicorn")


class NotATrial(Exception):
    """Nothing was touched; the text is one Chinese sentence."""


def refuse_real_data() -> None:
    """Raises NotATrial where the database already serves somebody: people or cities, and none of the demonstration."""
    cities, people = _contents()
    if (cities or people) and not set(cities) & set(CITIES):
        raise NotATrial(
            f"数据库（{_database()}）里已有{_listed(cities, people)}，不是试用数据，没有改动；"
            "试用请另取一份程序，在另一个文件夹执行 make run。"
        )


def what_to_clear() -> list[Path]:
    """Files and folders of the trial, those that are there.

    Raises NotATrial for any database but var/db.sqlite3 of this folder, for one that holds more than the demonstration, and
    while the site is running.
    """
    file, home = Path(settings.DATABASES["default"]["NAME"]), settings.BASE_DIR / "var"
    if connection.vendor != "sqlite" or file.resolve() != (home / "db.sqlite3").resolve():
        raise NotATrial(f"本系统现在用的数据库是 {_database()}，不是试用的 var/db.sqlite3，没有改动。")
    if file.exists():
        _refuse_more_than_the_demonstration()
        connection.close()
    if running := _running():
        raise NotATrial(f"网站还开着（进程 {running}），没有改动；请先在运行它的窗口按 Ctrl+C 结束，再执行 make reset。")
    found = [file, *(file.with_name(file.name + end) for end in ("-wal", "-shm", "-journal"))]
    media = Path(settings.MEDIA_ROOT)
    if media.resolve() == (home / "media").resolve():
        found.append(media)
    return [path for path in found if path.exists()]


def clear(paths: list[Path]) -> None:
    """Deletes them for good."""
    for path in paths:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _refuse_more_than_the_demonstration() -> None:
    cities, people = _contents()
    foreign = [city for city in cities if city not in CITIES]
    if foreign or (people and not cities):
        raise NotATrial(
            f"数据库里有演示以外的内容（{_listed(foreign, people)}），没有改动；确实不要了，"
            "请先用 DEBUG=1 .venv/bin/python manage.py backup --to 文件 备份，再自行删除 var/db.sqlite3 和 var/media。"
        )


def _contents() -> tuple[list[str], int]:
    """Names of the cities and number of accounts."""
    try:
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
            cities, people = [], 0
            if "schools_region" in tables:
                cursor.execute("SELECT name FROM schools_region WHERE kind = 'city' ORDER BY id")
                cities = [name for (name,) in cursor.fetchall()]
            if "schools_user" in tables:
                cursor.execute("SELECT COUNT(*) FROM schools_user")
                people = cursor.fetchone()[0]
    except DatabaseError as error:
        raise NotATrial(f"数据库 {_database()} 读不出来，没有改动：{error}") from error
    return cities, people


def _listed(cities: list[str], people: int) -> str:
    return "、".join(cities[:3]) + ("等" if len(cities) > 3 else "") if cities else f"{people} 个账号"


def _database() -> str:
    """File, or server and name, without the password."""
    used = connection.settings_dict
    return str(used["NAME"]) if connection.vendor == "sqlite" else f"{used['HOST'] or '本机'} 上的 {used['NAME']}"


def _running() -> str:
    """Number of a process that serves this folder, as far as this user may see; empty when there is none."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            here = (process / "cwd").readlink() == settings.BASE_DIR
            words = (process / "cmdline").read_bytes().split(b"\0") if here else []
        except OSError:
            continue
        if any(server in word for word in words for server in SERVERS):
            return process.name
    return ""
