"""Whether the database is that of a trial, how old its demonstration is, and throwing a trial away.

Asks the tables by their names and columns, as they may be those of another version, or not there at all.
"""

import contextlib
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError, connection
from django.db.models import FileField
from django.http import HttpRequest
from django.utils import timezone

from schools.models import AuditEntry
from schools.numbers import chinese_date
from schools.saving import Refused

#: What the demonstration calls its cities; with one of them in it a database is that of a trial.
CITIES = ("示例市", "示例县级市")
SERVERS = (b"runserver", b"gunicorn")


@dataclass(frozen=True)
class Trial:
    """What a trial left on the disk: its database, the uploads that the database names; and other files
    beside these.
    """

    database: tuple[Path, ...]
    uploads: tuple[Path, ...]
    others: tuple[Path, ...]


def refuse_without_demonstration() -> None:
    """Raises Refused where the database already serves somebody: people or cities, and none of the
    demonstration.

    What was entered beside the demonstration is no reason: a trial with a further city is served like any
    other.
    """
    cities, people = _contents()
    if (cities or people) and not set(cities) & set(CITIES):
        raise Refused(
            f"数据库（{_database()}）里已有{_listed(cities, people)}，不是试用数据，没有改动；"
            "试用请另取一份程序，在另一个文件夹执行 make run。"
        )


def what_to_clear() -> Trial:
    """The trial as it lies here; without a database all uploads are somebody else's, as nothing says whose
    they are.

    Everything entered under the demonstration's cities belongs to the trial, accounts included. Raises
    Refused for any database but var/db.sqlite3 of this folder, for one with a further city, with accounts and
    no city, or with somebody appointed outside of the demonstration's cities, and while the site is running.
    """
    file, home = Path(connection.settings_dict["NAME"]), settings.BASE_DIR / "var"
    if connection.vendor != "sqlite" or file.resolve() != (home / "db.sqlite3").resolve():
        raise Refused(f"本系统现在用的数据库是 {_database()}，不是试用的 var/db.sqlite3，没有改动。")
    names = _names_of_uploads() if file.exists() else set()
    if running := _running():
        raise Refused(
            f"网站还开着（进程 {running}），没有改动；请先在运行它的窗口按 Ctrl+C 结束，再执行 make reset。"
        )
    media = Path(settings.MEDIA_ROOT)
    files = _files_in(media) if media.resolve() == (home / "media").resolve() else {}
    own = tuple(path for name, path in files.items() if name in names)
    others = tuple(path for name, path in files.items() if name not in names)
    return Trial(_files_of(file), own, others)


def _files_in(media: Path) -> dict[str, Path]:
    """By name, as the rows name their files; a link is one, wherever it leads."""
    files = sorted(path for path in media.rglob("*") if path.is_symlink() or not path.is_dir())
    return {path.relative_to(media).as_posix(): path for path in files}


def _names_of_uploads() -> set[str]:
    """What a database of nothing but the demonstration names as its files."""
    _refuse_more_than_the_demonstration()
    names = _uploads()
    connection.close()
    return names


def clear(trial: Trial) -> None:
    """Deletes the trial for good, and the folders of its uploads where nothing is left in them.

    The database comes last: cut off half-way, a second run still knows what belongs to it.
    """
    for path in (*trial.uploads, *trial.database):
        path.unlink(missing_ok=True)
    media = Path(settings.MEDIA_ROOT)
    folders = {folder for path in trial.uploads for folder in path.parents if folder.is_relative_to(media)}
    for folder in sorted(folders, reverse=True):  # what lies deeper comes first
        with contextlib.suppress(OSError):  # something is left in it
            folder.rmdir()


def _files_of(database: Path) -> tuple[Path, ...]:
    """The database and what SQLite keeps beside it; nothing where there is no database."""
    beside = (database.with_name(database.name + end) for end in ("", "-wal", "-shm", "-journal"))
    return tuple(path for path in beside if path.exists()) if database.exists() else ()


def _refuse_more_than_the_demonstration() -> None:
    cities, people = _contents()
    foreign = [city for city in cities if city not in CITIES]
    outside = _appointed_outside() if cities else people
    if foreign or outside:
        raise Refused(
            f"数据库里有演示以外的内容（{_listed(foreign, outside)}），没有改动；确实不要了，"
            "请先用 DEBUG=1 .venv/bin/python manage.py backup --to 文件 备份，再自行删除 "
            "var/db.sqlite3 和 var/media。"
        )


def _contents() -> tuple[list[str], int]:
    """Names of the cities and number of accounts."""
    cities = _rows(
        "schools_region", "SELECT name FROM schools_region WHERE kind = 'city' ORDER BY id", "name", "kind"
    )
    people = _rows("schools_user", "SELECT COUNT(*) FROM schools_user")
    return [name for (name,) in cities], people[0][0] if people else 0


def _appointed_outside() -> int:
    """How many people hold an appointment for the whole system or in another city; the demonstration makes
    none of these.
    """
    query = (
        "SELECT held.user_id, city.name FROM schools_appointment held LEFT JOIN schools_region "
        "city ON city.id = held.city_id"
    )
    rows = _rows("schools_appointment", query, "user_id", "city_id")
    return len({person for person, city in rows if city not in CITIES})


def _uploads() -> set[str]:
    """What the rows of all models name as their files, relative to the folder of uploads."""
    names: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, FileField):
                table, column = model._meta.db_table, field.column
                query = f'SELECT "{column}" FROM "{table}"'  # noqa: S608 (the program's own names)
                names.update(name for (name,) in _rows(table, query, column) if name)
    return names


def _rows(table: str, query: str, *columns: str) -> list[tuple]:
    """What the query finds; nothing where the database knows no such table or columns."""
    try:
        with connection.cursor() as cursor:
            if table not in connection.introspection.table_names(cursor):
                return []
            described = connection.introspection.get_table_description(cursor, table)
            if not {column.name for column in described}.issuperset(columns):
                return []
            cursor.execute(query)
            return cursor.fetchall()
    except DatabaseError as error:
        raise Refused(f"数据库 {_database()} 读不出来，没有改动：{error}") from error


def _listed(cities: list[str], people: int) -> str:
    if not cities:
        return f"{people} 个账号"
    return "、".join(cities[:3]) + ("等" if len(cities) > 3 else "")


def _database() -> str:
    """File, or server and name, without the password."""
    used = connection.settings_dict
    server = "" if connection.vendor == "sqlite" else f"{used['HOST'] or '本机'} 上的 "
    return f"{server}{used['NAME']}"


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


#: The entry of the audit trail that closes the loading of a whole demonstration.
ACTION = "load_demo"
#: After so many days its deadlines are past; in another year its years are no longer this year and last year.
LASTS = dt.timedelta(days=60)
RENEW = "重新载入：按 Ctrl+C 停下网站，依次运行 make reset（清空试用数据）和 make run。"


def loaded_on() -> dt.date | None:
    """The day of loading; None where no demonstration, or not a whole one, was loaded."""
    at = AuditEntry.objects.filter(action=ACTION).order_by("at").values_list("at", flat=True).first()
    return at and timezone.localdate(at)


def is_aged(day: dt.date) -> bool:
    """Whether a demonstration loaded on the day has been overtaken by today."""
    today = timezone.localdate()
    return day.year != today.year or today - day > LASTS


def aged_sentence(day: dt.date) -> str:
    """What an old demonstration says of itself."""
    return f"演示数据是 {chinese_date(day)} 载入的，年度和日期都按那一天推算，已经不合今天的日期。{RENEW}"


def say_age(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Receiver of sign-ins: the first page afterwards says whether what one sees has grown old."""
    if (day := loaded_on()) and is_aged(day):
        messages.warning(
            request, aged_sentence(day), fail_silently=True
        )  # a request made up by a program has no place for it
