"""A database of the trial version 0.1.0 records the first migrations, too, and is told by its tables."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from config.guard import DatabaseGuard
from schools.operations import schema

pytestmark = pytest.mark.engine

#: What databases of the trial version lack or have too much, as they were really made by earlier commits, and
#: what is said of it.
OLD = {
    "column of another name": (
        "ALTER TABLE ratings_decision RENAME COLUMN computed TO deviates",
        "ratings_decision 表缺 computed 列",
    ),
    "column missing": (
        "ALTER TABLE schools_region DROP COLUMN office_email",
        "schools_region 表缺 office_email 列",
    ),
    "column too many": (
        "ALTER TABLE schools_region ADD COLUMN mayor varchar(20)",
        "schools_region 表多出 mayor 列",
    ),
    "table missing": ("DROP TABLE ratings_acknowledgedwarning", "缺 ratings_acknowledgedwarning 表"),
    "table too many": ("CREATE TABLE schools_postcard (id integer)", "多出 schools_postcard 表"),
}


@pytest.fixture
def first_migrations(transactional_db):
    """The database as it was when there were only the first migrations."""
    MigrationExecutor(connection).migrate([("schools", schema.FIRST), ("ratings", schema.FIRST)])
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.usefixtures("first_migrations")
def test_a_database_of_the_trial_version_is_told_from_one_of_this_version(settings, monkeypatch, caplog):
    """All cases in one, as going back to the first migrations and forth takes longer than they do."""
    assert set(schema.applied_migrations()) == {f"schools.{schema.FIRST}", f"ratings.{schema.FIRST}"}
    assert schema.refusal() == ""
    assert schema.is_behind()
    # The guard lets go of a connection, which holds this test.
    monkeypatch.setattr(connection, "close", lambda: None)
    for sql, difference in OLD.values():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql)
            for settings.DEBUG, way_out in ((True, "make reset"), (False, "另建一个空数据库")):
                caplog.clear()
                check_refused(difference, way_out, caplog)
            transaction.set_rollback(True)


def check_refused(difference: str, way_out: str, caplog) -> None:
    """By the command and by the site."""
    with pytest.raises(
        CommandError, match=rf"由 0\.2\.0 以前的试用版建立（{difference}），不能升级。"
    ) as refused:
        call_command("migrate", verbosity=0)
    assert way_out in str(refused.value)
    answers = []
    DatabaseGuard(None)({}, lambda status, headers: answers.append(status))
    assert answers == ["503 Service Unavailable"]
    assert difference in caplog.text
