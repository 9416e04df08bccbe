"""A database of another version is answered with a sentence, by migrate and by the running site; what others
keep there is not.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as site_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.recorder import MigrationRecorder

from config.guard import DatabaseGuard
from schools.operations import schema
from tests.clock import NOW, at

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture
def said(monkeypatch):
    """What the site answers at an address, and which lines the log of this process got."""
    monkeypatch.setattr(
        connection, "close", lambda: None
    )  # the guard lets go of a connection that holds this test

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


def test_a_database_of_a_newer_version_is_refused(said, caplog):
    MigrationRecorder(connection).record_applied("schools", "0999_future")

    with pytest.raises(CommandError, match=r"由更新的版本建立（有本版本没有的 schools\.0999_future）"):
        call_command("migrate", verbosity=0)
    assert said()[0] == "503 Service Unavailable"
    assert "请换用那个版本的程序" in caplog.text


def test_migrations_of_others_are_theirs_to_keep():
    MigrationRecorder(connection).record_applied("axes", "0999_future")

    assert schema.refusal() == ""


def test_a_database_altered_by_hand_is_not_called_old():
    run("ALTER TABLE schools_region DROP COLUMN office_email")

    assert schema.refusal().startswith("数据库的表与它记录的版本不符（schools_region 表缺 office_email 列）")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("CREATE TABLE ratings_result_copy_2027 AS SELECT * FROM ratings_result", "ratings_result_copy_2027"),
        ("ALTER TABLE schools_region ADD COLUMN mayor varchar(20)", "schools_region 表多出 mayor 列"),
        (
            (
                "ALTER TABLE schools_region ADD COLUMN twice varchar(400) GENERATED ALWAYS AS (name || "
                "name) {stored}"
            ),
            "多出 twice 列",
        ),
        ("CREATE VIEW schools_report AS SELECT name FROM schools_school", None),
    ],
    ids=["table", "column", "generated column", "view"],
)
def test_what_others_keep_beside_our_tables_closes_no_site(sql, named, said, caplog):
    run(sql.format(stored="STORED" if connection.vendor == "postgresql" else "VIRTUAL"))

    assert said() == ("passed on", "the site")
    call_command("migrate", verbosity=0)
    assert (named or "") in caplog.text
    assert ("不是本系统建立的" in caplog.text) == bool(named)


def test_a_view_is_no_table():
    run("ALTER TABLE ratings_acknowledgedwarning RENAME TO elsewhere")
    run("CREATE VIEW ratings_acknowledgedwarning AS SELECT * FROM elsewhere")

    assert "缺 ratings_acknowledgedwarning 表" in schema.refusal()


def test_a_generated_column_is_there(monkeypatch):
    """As if the models had one."""
    stored = "STORED" if connection.vendor == "postgresql" else "VIRTUAL"
    run(
        "ALTER TABLE schools_region ADD COLUMN twice varchar(400) GENERATED ALWAYS AS (name || "
        f"name) {stored}"
    )
    expected = schema._expected

    def with_column(loader):
        found = expected(loader)
        return found | {"schools_region": found["schools_region"] | {"twice"}}

    monkeypatch.setattr(schema, "_expected", with_column)

    assert schema.refusal() == ""


def test_the_guard_knows_the_apps_of_the_product_wherever_the_program_lies():
    """By their names: a folder reached through a link had none, and the guard nothing to look at."""
    here = site_settings.BASE_DIR.resolve()
    own = {config.label for config in apps.get_app_configs() if Path(config.path).resolve().parent == here}

    assert own == set(site_settings.PRODUCT_APPS)
    assert {name.split(".")[0] for name in schema.applied_migrations()} == own


def test_a_program_reached_through_a_link_is_guarded_too(monkeypatch):
    for label in site_settings.PRODUCT_APPS:
        monkeypatch.setattr(apps.get_app_config(label), "path", f"/srv/link/{label}")
    MigrationRecorder(connection).record_applied("schools", "0999_future")

    assert "有本版本没有的 schools.0999_future" in schema.refusal()


def test_a_site_whose_database_waits_for_migrations_says_so_and_works_no_further(said, caplog):
    MigrationRecorder(connection).migration_qs.filter(app="axes").delete()

    status, page = said()

    assert status == "503 Service Unavailable"
    assert "系统正在维护" in page
    assert "还没有升级到" in caplog.text
    assert "manage.py migrate" in caplog.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("connection refused"), "连接不上数据库：connection refused"),
        (ProgrammingError("permission denied for table django_migrations"), "没有权限）：permission denied"),
    ],
    ids=["down", "not permitted"],
)
def test_a_site_whose_database_gives_no_answer_answers_for_itself_and_looks_again_later(
    error, sentence, monkeypatch, caplog
):
    monkeypatch.setattr(connection, "close", lambda: None)
    looks = []

    def silent():
        looks.append(1)
        if len(looks) < 3:
            raise error
        return "数据库不是这一版的。"

    monkeypatch.setattr("config.guard.schema.obstacle", silent)
    answers = []
    with at(NOW):
        guard = DatabaseGuard(lambda environ, start: [b"the site"])
        assert guard({}, None) == guard({}, None) == [b"the site"]
        assert len(looks) == 1
    with at(NOW + timedelta(seconds=11)):
        assert guard({}, None) == guard({}, None) == [b"the site"]
        assert len(looks) == 2
        assert caplog.text.count(sentence) == 1
    with at(NOW + timedelta(seconds=22)):
        guard({}, lambda status, headers: answers.append(status))
        assert answers == ["503 Service Unavailable"]
    with at(NOW + timedelta(seconds=33)):
        guard({}, lambda status, headers: answers.append(status))
    assert len(looks) == 3


def test_a_clock_set_back_does_not_keep_the_guard_from_looking(monkeypatch):
    looks = []

    def silent():
        looks.append(1)
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "close", lambda: None)
    monkeypatch.setattr("config.guard.schema.obstacle", silent)
    with at(NOW):
        guard = DatabaseGuard(lambda environ, start: [b"the site"])
    with at(NOW - timedelta(days=1)):
        guard({}, None)

    assert len(looks) == 2
