"""A backup of every released version comes back under this one: migrated, complete, and open to everybody it
belongs to.
"""

import json
import re
import shutil
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client, override_settings
from django.urls import reverse

from ratings.models import Assessment, Bulletin, Evidence, OpeningNotice, Result, Scheme
from schools.models import Region, User
from schools.operations import schema
from schools.operations.backup import MANIFEST
from tests.clock import at
from tests.upgrades import frozen
from tests.upgrades.facts import facts

pytestmark = [
    pytest.mark.engine,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "postgresql" and not (shutil.which("pg_restore") and shutil.which("psql")),
        reason="needs pg_restore and psql, which the packaged PostgreSQL does not put on the PATH",
    ),
]
VERSIONS = list(frozen.read())
#: Whoever has a page of their own; the link of the navigation is in each page.
ROLES = (
    "filler",
    "head",
    "county",
    "county_lead",
    "liaison",
    "judge1",
    "office",
    "chair",
    "viewer",
    "sysadmin",
    "security",
    "auditor",
)
NAVIGATION = re.compile(r'<nav class="main-nav".*?</nav>', re.DOTALL)


@pytest.fixture(autouse=True)
def place(settings, tmp_path, transactional_db):
    """Keys and scratch files stay in a folder of this test, at the moment the backups were made; the tables
    are those of this version again for the tests that come after.
    """
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    with at(frozen.MADE):
        yield tmp_path
    with override_settings(MIGRATION_MODULES={}):
        call_command("migrate", verbosity=0)


def backup_of(version):
    return frozen.HERE / version / f"{connection.vendor}.zip"


def manifest_of(path):
    return json.loads(zipfile.ZipFile(path).read(MANIFEST))


def restore(path, **options):
    out = StringIO()
    call_command("restore", str(path), stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_backup_of_a_released_version_upgrades_and_stays_what_it_was(version):
    path = backup_of(version)
    assert "审计链完好" in restore(path)

    expected = json.loads((path.parent / frozen.EXPECTED).read_text(encoding="utf-8"))
    found = facts()
    rows = expected.pop("rows")
    assert {name: found[name] for name in expected} == expected
    assert {name: found["rows"][name] for name in rows} == rows
    assert schema.refusal() == ""
    assert not schema.is_behind()
    for head in manifest_of(path)["audit_heads"].values():
        call_command("verify_audit", head=head, stdout=StringIO())
    call_command("check_invariants", stdout=StringIO())
    _numbers_go_on()
    _pages_open()


def _numbers_go_on():
    """The engine knows which numbers are given out."""
    highest = max(Region.objects.values_list("pk", flat=True))
    assert Region.objects.create(code="Z-99", name="新市", kind=Region.Kind.CITY).pk > highest


def _pages_open():
    """The desk of every role, what the navigation leads to as the first role finds it, and the records of the
    years one by one.
    """
    opened = set()
    clients = {role: Client() for role in ROLES}
    for role, client in clients.items():
        client.force_login(User.objects.get(username=role))
        desk = client.get("/")
        assert desk.status_code == 200
        links = set(re.findall(r'href="(/[^"]+)"', NAVIGATION.search(desk.content.decode()).group()))
        assert links
        for link in sorted(links - opened):
            assert client.get(link, follow=True).status_code == 200, (role, link)
        opened |= links
    school = User.objects.get(username="filler").identity.school
    *_, published, running = Scheme.objects.filter(city=school.city).order_by("year")
    own = Assessment.objects.get(scheme=running, school=school)
    evidence = Evidence.objects.get(assessment=own)
    seen = {
        "filler": [
            reverse("schools:school", args=[school.pk]),
            reverse("ratings:assessment", args=[own.pk]),
            reverse("ratings:assessment_sheet", args=[own.pk]),
            reverse("ratings:evidence", args=[evidence.pk]),
            reverse("schools:ledger", args=[school.pk]),
        ],
        "head": [reverse("ratings:result", args=[Result.objects.get(scheme=published, school=school).pk])],
        "chair": [
            reverse("ratings:scheme", args=[published.pk]),
            reverse("ratings:scheme", args=[running.pk]),
            reverse("ratings:board", args=[published.pk]),
            reverse("ratings:bulletin", args=[Bulletin.objects.get(scheme=published).pk]),
        ],
        "viewer": [reverse("ratings:opening_notice", args=[OpeningNotice.objects.get(scheme=running).pk])],
    }
    for role, addresses in seen.items():
        for address in addresses:
            assert clients[role].get(address).status_code == 200, (role, address)


def test_a_backup_from_before_the_last_migration_is_migrated_when_restored(settings):
    """Tried with a migration that the product does not have yet."""
    path = backup_of(VERSIONS[-1])
    settings.MIGRATION_MODULES = {"schools": "tests.upgrades.later"}
    try:
        assert "审计链完好" in restore(path)

        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM schools_region WHERE later IS NULL")
            assert cursor.fetchone()[0] == Region.objects.count() > 0
        assert ("schools", "9999_later") in MigrationRecorder(connection).applied_migrations()
    finally:
        last = max(
            name
            for app, name in MigrationExecutor(connection).loader.graph.nodes
            if app == "schools" and name != "9999_later"
        )
        MigrationExecutor(connection).migrate([("schools", last)])
    assert "later" not in {column for table, column in _columns() if table == "schools_region"}


def _columns():
    with connection.cursor() as cursor:
        cursor.execute(schema.COLUMNS[connection.vendor])
        return cursor.fetchall()


def test_a_migration_that_fails_is_told_as_what_it_is(monkeypatch):
    def stumble(*arguments, **options):
        raise RuntimeError("表被占用")

    monkeypatch.setattr("schools.operations.restore.call_command", stumble)

    with pytest.raises(
        CommandError,
        match=r"恢复失败：备份（0\.2\.0 版）的数据已放回，但没有升级到 .* 版：表被占用 请不要启动网站服务",
    ):
        restore(backup_of("0.2.0"))


def test_a_backup_made_with_the_new_program_before_migrating_is_the_way_back(settings, place):
    restore(backup_of(VERSIONS[-1]))
    present, before = settings.VERSION, facts()
    with override_settings(VERSION="99.0.0", MIGRATION_MODULES={"schools": "tests.upgrades.later"}):
        assert schema.is_behind()
        call_command("backup", to=str(place / "before.zip"), stdout=StringIO())
    assert manifest_of(place / "before.zip")["version"] == "99.0.0"

    assert "审计链完好" in restore(place / "before.zip", force=True)

    assert present == settings.VERSION
    assert facts() == before


def test_a_waiting_database_whose_trail_is_of_another_form_is_not_backed_up_but_told_how(
    settings, place, monkeypatch
):
    def stumble(*arguments, **options):
        raise OperationalError("no such column: schools_auditentry.later")

    monkeypatch.setattr("schools.operations.backup.record", stumble)
    with pytest.raises(CommandError, match="no such column"):  # nothing waits: its own words are what helps
        call_command("backup", to=str(place / "before.zip"))
    settings.MIGRATION_MODULES = {"schools": "tests.upgrades.later"}

    with pytest.raises(
        CommandError, match=r"备份失败：数据库还没有升级到本版本，.*请换回升级以前的程序，用它备份"
    ):
        call_command("backup", to=str(place / "before.zip"))
    assert list(place.iterdir()) == []


REFUSED = {
    "older": ({"version": "0.1.0"}, "由 0.1.0 版生成，早于 0.2.0，不能升级"),
    "older, from before migrations were listed": ({"version": "0.1.0", "migrations": None}, "早于 0.2.0"),
    "newer version": (
        {"version": "99.0.0", "migrations": ["schools.0999_future"]},
        "属于更高版本（99.0.0，含有本版本没有的 schools.0999_future），请先升级本系统",
    ),
    "newer program of the same version": (
        {"migrations": ["schools.0999_future"]},
        "含有本版本没有的 schools.0999_future",
    ),
    "without the list": ({"migrations": None}, "已损坏或不是本系统的备份"),
    "with nonsense for a list": ({"migrations": ["x"]}, "已损坏或不是本系统的备份"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_backup_of_another_version_is_refused_before_anything_is_touched(case, place):
    changes, sentence = REFUSED[case]
    target = place / "other.zip"
    with zipfile.ZipFile(backup_of("0.2.0")) as old, zipfile.ZipFile(target, "w") as new:
        manifest = json.loads(old.read(MANIFEST)) | changes
        manifest = {name: value for name, value in manifest.items() if value is not None}
        for name in old.namelist():
            new.writestr(name, json.dumps(manifest) if name == MANIFEST else old.read(name))
    region = Region.objects.create(code="C-01", name="原来的市", kind=Region.Kind.CITY)

    with pytest.raises(CommandError, match=f"恢复失败：.*{sentence}"):
        restore(target, force=True)

    assert list(Region.objects.all()) == [region]
    assert [one.name for one in place.iterdir()] == ["other.zip"]
