"""Whether the database belongs to this version of the program: behind it, ahead of it, or made before versions were kept.

Until 0.2.0 the first migrations were rewritten in place, so an earlier database believes that it is up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

#: From here on migrations only grow; whatever is older cannot be brought up.
OLDEST_VERSION = "0.2.0"
NOTHING_DONE = "没有作任何改动。"
FIRST = "0001_initial"
RENEW_TRIAL = "执行 make reset 丢弃旧的试用数据，再执行 make run。"
START_ANEW = (
    "请另建一个空数据库，把 DATABASE_URL 改为指向它，再执行 manage.py migrate，从头登记；旧数据库不要删除，要查旧数据请用当时的程序打开。"
)

#: Asked like this because Django's own reader stumbles over some of the tables that Django itself made on SQLite.
COLUMNS = {
    "sqlite": "SELECT one.name, two.name FROM sqlite_master AS one, pragma_table_info(one.name) AS two WHERE one.type = 'table'",
    "postgresql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))",
}


def refusal(using: str = DEFAULT_DB_ALIAS) -> str:
    """Why this program must not touch the database, as a sentence; empty where it may, also where migrations are still to come."""
    connection = connections[using]
    loader = MigrationLoader(connection)
    strangers = unknown_migrations(_own(loader.applied_migrations), loader)
    if strangers:
        return f"数据库由更新的版本建立（有本版本没有的 {strangers[0]}），请换用那个版本的程序。{NOTHING_DONE}"
    difference = _difference(_expected(loader), _found(connection))
    if not difference:
        return ""
    if {name for _, name in _own(loader.applied_migrations)} == {FIRST}:
        way_out = RENEW_TRIAL if settings.DEBUG else START_ANEW
        return f"数据库由 {OLDEST_VERSION} 以前的试用版建立（{difference}），不能升级。{way_out}{NOTHING_DONE}"
    return f"数据库的表与它记录的版本不符（{difference}）：被手工改动过，或没有恢复完整。请用备份恢复。{NOTHING_DONE}"


def is_behind(using: str = DEFAULT_DB_ALIAS) -> bool:
    """Whether migrations of this version are still to be applied."""
    loader = MigrationLoader(connections[using])
    return any(key not in loader.applied_migrations for key in loader.graph.nodes)


def applied_migrations(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """What the database has gone through of the product's own migrations, as `app.name`."""
    return [f"{app}.{name}" for app, name in _own(MigrationLoader(connections[using]).applied_migrations)]


def unknown_migrations(keys: Iterable[tuple[str, str]], loader: MigrationLoader | None = None) -> list[str]:
    """Those of the product's migrations that this version does not have, as `app.name`."""
    loader = loader or MigrationLoader(None)
    replaced = {key for one in loader.disk_migrations.values() for key in one.replaces}
    return [f"{app}.{name}" for app, name in _own(keys) if (app, name) not in loader.disk_migrations and (app, name) not in replaced]


def version_parts(version: object) -> list[int]:
    """Numbers to compare versions by."""
    return [int(part) for part in str(version).split(".") if part.isdigit()]


def _labels() -> set[str]:
    """The product's own apps; what others brought along is theirs to keep."""
    return {config.label for config in apps.get_app_configs() if Path(config.path).parent == settings.BASE_DIR}


def _own(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    labels = _labels()
    return sorted(key for key in keys if key[0] in labels)


def _expected(loader: MigrationLoader) -> dict[str, set[str]]:
    """Tables and columns that the applied migrations leave behind."""
    applied = _own(key for key in loader.applied_migrations if key in loader.graph.nodes)
    if not applied:
        return {}
    if len(applied) == len(_own(loader.graph.nodes)):  # then the models say the same, at a tenth of the time
        registry = apps
    else:
        registry = loader.graph.make_state(nodes=applied, real_apps=loader.unmigrated_apps).apps
    models = [model for label in _labels() for model in registry.get_app_config(label).get_models(include_auto_created=True)]
    return {model._meta.db_table: {field.column for field in model._meta.local_concrete_fields} for model in models}


def _found(connection: BaseDatabaseWrapper) -> dict[str, set[str]]:
    """Tables and columns that are there under the names of the product's apps, in one question to the database."""
    prefixes = tuple(f"{label}_" for label in _labels())
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS[connection.vendor])
        for table, column in cursor.fetchall():
            if table.startswith(prefixes):
                found.setdefault(table, set()).add(column)
    return found


def _difference(expected: dict[str, set[str]], found: dict[str, set[str]]) -> str:
    """The first difference, for whoever has to find out; empty when there is none."""
    for name in sorted(expected.keys() | found.keys()):
        lacking, surplus = expected.get(name, set()) - found.get(name, set()), found.get(name, set()) - expected.get(name, set())
        if name not in found:
            return f"缺 {name} 表"
        if name not in expected:
            return f"多出 {name} 表"
        if lacking or surplus:
            return f"{name} 表" + (f"缺 {min(lacking)} 列" if lacking else f"多出 {min(surplus)} 列")
    return ""
