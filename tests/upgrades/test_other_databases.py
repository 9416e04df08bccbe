"""A database of another version is recognised and answered with a sentence, by migrate and by the running site."""

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder

from config.guard import DatabaseGuard
from schools import schema

pytestmark = pytest.mark.django_db

#: What databases of the trial version lack or have too much, as they were really made by earlier commits.
OLD = {
    "column of another name": "ALTER TABLE ratings_decision RENAME COLUMN computed TO deviates",
    "column missing": "ALTER TABLE schools_region DROP COLUMN office_email",
    "column too many": "ALTER TABLE schools_region ADD COLUMN mayor varchar(20)",
    "table missing": "DROP TABLE ratings_acknowledgedwarning",
    "table too many": "CREATE TABLE schools_postcard (id integer)",
}


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def forget_later_migrations():
    """As in a database that was made when there was only the first."""
    MigrationRecorder(connection).migration_qs.filter(app__in=["schools", "ratings"]).exclude(name="0001_initial").delete()


@pytest.fixture
def said(monkeypatch):
    """What the site answers at an address, and which lines the log of this process got."""
    monkeypatch.setattr(connection, "close", lambda: None)  # the guard lets go of a connection that holds this test

    def ask():
        answers = []
        guard = DatabaseGuard(lambda environ, start: [b"the site"])
        body = b"".join(guard({}, lambda status, headers: answers.append(status)))
        return (answers or ["passed on"])[0], body.decode()

    return ask


def test_the_present_database_may_be_worked_on(said):
    assert schema.refusal() == ""
    assert said() == ("passed on", "the site")
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize(("debug", "way_out"), [(True, "make reset"), (False, "另建一个空数据库")])
@pytest.mark.parametrize("case", OLD)
def test_a_database_of_the_trial_version_is_told_from_one_of_this_version(case, debug, way_out, settings, said, caplog):
    settings.DEBUG = debug
    with connection.constraint_checks_disabled():
        run(OLD[case])
    forget_later_migrations()

    with pytest.raises(CommandError, match=r"由 0.2.0 以前的试用版建立（.*），不能升级。") as refused:
        call_command("migrate", verbosity=0)

    assert way_out in str(refused.value)
    assert said()[0] == "503 Service Unavailable"
    assert "不能升级" in caplog.text


def test_a_database_of_a_newer_version_is_refused(said, caplog):
    MigrationRecorder(connection).record_applied("schools", "0999_future")

    with pytest.raises(CommandError, match=r"由更新的版本建立（有本版本没有的 schools\.0999_future）"):
        call_command("migrate", verbosity=0)
    assert said()[0] == "503 Service Unavailable"
    assert "请换用那个版本的程序" in caplog.text


def test_migrations_of_others_are_theirs_to_keep():
    MigrationRecorder(connection).record_applied("axes", "0999_future")

    assert schema.refusal() == ""


def test_a_database_altered_by_hand_is_not_called_old(settings):
    settings.MIGRATION_MODULES = {"schools": "tests.upgrades.later"}
    MigrationRecorder(connection).record_applied("schools", "9999_later")
    assert schema.refusal() == ""
    run(OLD["column too many"])

    assert schema.refusal().startswith("数据库的表与它记录的版本不符（schools_region 表多出 mayor 列）")


def test_a_site_whose_database_waits_for_migrations_says_so_and_works_no_further(said, caplog):
    MigrationRecorder(connection).migration_qs.filter(app="axes").delete()

    status, page = said()

    assert status == "503 Service Unavailable"
    assert "系统正在维护" in page
    assert "还没有升级到" in caplog.text
    assert "manage.py migrate" in caplog.text


def test_a_site_that_cannot_reach_its_database_answers_for_itself_and_looks_again(said, monkeypatch):
    looks = []

    def unreachable():
        looks.append(1)
        raise Error("down")

    monkeypatch.setattr("config.guard.schema.refusal", unreachable)

    assert said() == ("passed on", "the site")
    assert len(looks) == 2
