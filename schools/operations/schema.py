"""Whether the database belongs to this version of the program: behind it, ahead of it, or made before
versions were kept.

Until 0.2.0 the first migrations were rewritten in place, so an earlier database believes that it is up to
date.
"""

import logging
from collections.abc import Iterable
from itertools import chain

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

from .scratch import unfinished_restore

logger = logging.getLogger(__name__)

#: From here on migrations only grow; whatever is older cannot be brought up.
OLDEST_VERSION = "0.2.0"
NOTHING_DONE = "没有作任何改动。"
FIRST = "0001_initial"
RENEW_TRIAL = "执行 make reset 丢弃旧的试用数据，再执行 make run。"
START_ANEW = (
    "请另建一个空数据库，把 DATABASE_URL 改为指向它，再执行 manage.py migrate，从头登记；"
    "旧数据库不要删除，要查旧数据请用当时的程序打开。"
)

#: Asked like this because Django's own reader stumbles over some of the tables that Django itself made on
#: SQLite. Views are nobody's business here; generated columns count.
COLUMNS = {
    "sqlite": (
        "SELECT one.name, two.name FROM sqlite_master AS one, pragma_table_xinfo(one.name) AS two "
        "WHERE one.type = 'table'"
    ),
    "postgresql": (
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables"
        " USING (table_schema, table_name) WHERE table_type = 'BASE TABLE' AND table_schema = "
        "ANY(current_schemas(false))"
    ),
}


def refusal(using: str = DEFAULT_DB_ALIAS) -> str:
    """Why this program must not touch the database, as a sentence; empty where it may, also where migrations
    are still to come.
    """
    used = connections[using]
    loader = MigrationLoader(used)
    applied = _own(loader.applied_migrations)
    if strangers := unknown_migrations(applied, loader):
        return (
            f"数据库由更新的版本建立（有本版本没有的 {strangers[0]}），请换用那个版本的程序。{NOTHING_DONE}"
        )
    lacking, surplus = _differences(_expected(loader), _found(used))
    first_only = {name for _, name in applied} == {FIRST}
    if first_only and (lacking or surplus):
        way_out = RENEW_TRIAL if settings.DEBUG else START_ANEW
        return (
            f"数据库由 {OLDEST_VERSION} 以前的试用版建立（{(lacking + surplus)[0]}），不能升级。"
            f"{way_out}{NOTHING_DONE}"
        )
    if lacking:
        return (
            f"数据库的表与它记录的版本不符（{lacking[0]}）：被手工改动过，或没有恢复完整。请用备份恢复。"
            f"{NOTHING_DONE}"
        )
    # a copy that somebody keeps does no harm; a column that must be filled would, and this line explains it
    # then
    if surplus:
        logger.warning(
            "数据库里有不是本系统建立的表或列（%s），不影响使用；系统出错时请先检查它们。", "、".join(surplus)
        )
    return ""


def is_behind() -> bool:
    """Whether migrations of this version are still to be applied."""
    loader = MigrationLoader(connection)
    return not loader.graph.nodes.keys() <= loader.applied_migrations.keys()


def obstacle() -> str:
    """Why the program cannot work on the database as it stands, as a sentence: not its own, or migrations are
    still to come.
    """
    waiting = f"数据库还没有升级到 {settings.VERSION}：请先备份，再执行 manage.py migrate。"
    return unfinished_restore() or refusal() or (waiting if is_behind() else "")


def applied_migrations() -> list[str]:
    """What the database has gone through of the product's own migrations, as `app.name`."""
    return list(map(".".join, _own(MigrationLoader(connection).applied_migrations)))


def unknown_migrations(keys: Iterable[tuple[str, str]], loader: MigrationLoader | None = None) -> list[str]:
    """Those of the product's migrations that this version does not have, as `app.name`."""
    loader = loader or MigrationLoader(None)
    replaced = chain.from_iterable(migration.replaces for migration in loader.disk_migrations.values())
    known = {*loader.disk_migrations, *replaced}
    return [".".join(key) for key in _own(keys) if key not in known]


def version_parts(version: object) -> list[int]:
    """Numbers to compare versions by."""
    return [int(part) for part in str(version).split(".") if part.isdigit()]


def _own(keys: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the product's apps; what others brought along is theirs to keep."""
    return sorted(key for key in keys if key[0] in settings.PRODUCT_APPS)


def _expected(loader: MigrationLoader) -> dict[str, set[str]]:
    """Tables and columns that the applied migrations leave behind."""
    nodes = _own(loader.applied_migrations.keys() & loader.graph.nodes.keys())
    if not nodes:
        return {}
    registry = apps
    if len(nodes) < len(_own(loader.graph.nodes)):  # else the models say the same, at a tenth of the time
        registry = loader.graph.make_state(nodes=nodes, real_apps=loader.unmigrated_apps).apps
    found = {}
    for label in settings.PRODUCT_APPS:
        for model in registry.get_app_config(label).get_models(include_auto_created=True):
            fields = model._meta.local_concrete_fields
            found[model._meta.db_table] = {field.column for field in fields}
    return found


def _found(used: BaseDatabaseWrapper) -> dict[str, set[str]]:
    """Tables and columns that are there under the names of the product's apps, in one question to the
    database.
    """
    prefixes = tuple(f"{label}_" for label in settings.PRODUCT_APPS)
    found: dict[str, set[str]] = {}
    with used.cursor() as cursor:
        cursor.execute(COLUMNS[used.vendor])
        for table, column in cursor.fetchall():
            if table.startswith(prefixes):
                found.setdefault(table, set()).add(column)
    return found


def _differences(expected: dict[str, set[str]], found: dict[str, set[str]]) -> tuple[list[str], list[str]]:
    """What is lacking and what is there too much, table by table, for whoever has to find out."""
    lacking, surplus = [], []
    for name, columns in sorted(expected.items()):
        if name not in found:
            lacking.append(f"缺 {name} 表")
            continue
        lacking += [f"{name} 表缺 {column} 列" for column in sorted(columns - found[name])]
        surplus += [f"{name} 表多出 {column} 列" for column in sorted(found[name] - columns)]
    surplus += [f"多出 {name} 表" for name in sorted(found.keys() - expected.keys())]
    return lacking, surplus
