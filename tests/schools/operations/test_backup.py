"""Backup and restore: what comes back is what was kept, and nothing is touched before all is checked."""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import stat
import struct
import time
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from config.guard import DatabaseGuard
from schools import audit
from schools.audit import record, verify
from schools.models import AuditEntry, Region, School
from schools.operations.backup import MANIFEST
from schools.operations.scratch import leftovers, unfinished_restore

pytestmark = [
    pytest.mark.engine,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        connection.vendor == "postgresql" and not shutil.which("pg_dump"),
        reason="needs the PostgreSQL client programs",
    ),
]
FILES = {"T1/2026/a.pdf": b"%PDF-1.7 \xff", "T1/2026/佐证.docx": b"PK" * 5000, "b.bin": b""}


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """Keys and scratch files of these tests stay in their own folder."""
    settings.VAR_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    return tmp_path


@pytest.fixture
def filled(settings, appoint, school):
    """A system with records, a trail and files."""
    office = appoint("office")
    for number in range(5):
        record("move", by=office, city=school.city, subject=f"甲 {number}")
    for name, content in FILES.items():
        path = Path(settings.MEDIA_ROOT) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return school


@pytest.fixture
def backup(filled, place):
    path = place / "备份.zip"
    _run("backup", to=str(path))
    return path


def _run(command, *arguments, **options):
    out = StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def _empty(settings):
    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def _media(settings):
    root = Path(settings.MEDIA_ROOT)
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def _rewritten(source, target, *, entries=None, manifest=None, drop=()):
    """A copy of the backup with entries or the manifest changed."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        parts = {name: old.read(name) for name in old.namelist() if name not in drop} | (entries or {})
        if manifest:
            content = json.loads(parts[MANIFEST])
            manifest(content)
            parts[MANIFEST] = json.dumps(content).encode()
        for name, content in parts.items():
            new.writestr(name, content)
    return target


def test_backup_restored_into_an_empty_system_brings_everything_back(backup, settings):
    heads = {entry.hash for entry in AuditEntry.objects.all()}
    _empty(settings)

    said = _run("restore", str(backup))

    assert "审计链完好" in said
    assert School.objects.get().short_name == "东溪镇委党校"
    assert heads < {entry.hash for entry in AuditEntry.objects.all()}
    assert set(AuditEntry.objects.filter(city=None).values_list("action", flat=True)) == {"backup", "restore"}
    assert _media(settings) == FILES
    assert verify() == []


def test_system_restored_can_be_worked_in(backup, settings, place):
    _empty(settings)
    _run("restore", str(backup))

    region = Region.objects.create(code="T2", name="另一市", kind=Region.Kind.CITY)
    record("move", by=None, city=region, subject="新")
    _run("backup", to=str(place / "2.zip"))

    assert verify() == []


def test_backup_tells_that_keys_are_not_in_it_and_is_readable_by_its_owner_only(filled, place):
    path = place / "a.zip"

    said = _run("backup", to=str(path))

    assert "备份不含密钥" in said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = b"".join(zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist())
    assert audit.settings.AUDIT_KEY.encode() not in content
    assert [one.name for one in place.iterdir() if one.name not in ("a.zip", "media")] == []


def test_manifest_vouches_for_every_file(backup):
    with zipfile.ZipFile(backup) as archive:
        manifest = json.loads(archive.read(MANIFEST))
        assert set(archive.namelist()) == {MANIFEST, *manifest["files"]}
        for name, one in manifest["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == one["sha256"]
    assert manifest["version"] == audit.settings.VERSION
    assert set(manifest["audit_heads"]) == {audit.SYSTEM_CHAIN, audit.chain_key(School.objects.get().city_id)}


def test_keys_taken_along_are_put_back_and_used(filled, place, settings):
    path, key = place / "a.zip", settings.AUDIT_KEY
    _run("backup", to=str(path), with_keys=True)
    _empty(settings)
    settings.AUDIT_KEY = "another key"

    _run("restore", str(path))

    assert key == settings.AUDIT_KEY
    assert (place / "keys" / "audit.key").read_text() == key
    assert stat.S_IMODE((place / "keys" / "audit.key").stat().st_mode) == 0o600
    assert verify() == []


def test_system_with_another_key_refuses_or_tells_that_the_trail_cannot_be_verified(backup, settings):
    _empty(settings)
    settings.AUDIT_KEY = "another key"

    with pytest.raises(CommandError, match="AUDIT_KEY 与备份时不同"):
        _run("restore", str(backup))
    assert not School.objects.exists()

    with pytest.raises(CommandError, match="数据已恢复，但审计链有"):
        _run("restore", str(backup), force=True)
    assert School.objects.exists()


def test_system_in_use_is_replaced_only_when_forced_and_its_files_are_kept_aside(backup, settings, place):
    School.objects.update(short_name="改了名")
    (Path(settings.MEDIA_ROOT) / "new.pdf").write_bytes(b"new")

    with pytest.raises(CommandError, match="--force"):
        _run("restore", str(backup))
    assert School.objects.get().short_name == "改了名"

    _run("restore", str(backup), force=True)
    assert School.objects.get().short_name == "东溪镇委党校"
    assert _media(settings) == FILES
    aside = next(one for one in place.iterdir() if one.name.startswith("media.replaced-"))
    assert (aside / "new.pdf").read_bytes() == b"new"


def test_tables_younger_than_the_backup_are_gone_after_a_forced_restore(backup):
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE younger (id integer)")

    _run("restore", str(backup), force=True)

    assert "younger" not in connection.introspection.table_names()


def test_trail_tampered_with_inside_the_backup_is_told(filled, place, settings):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE schools_auditentry SET subject = 'x' WHERE number = 2 AND city_id IS NOT NULL")
    path = place / "a.zip"
    _run("backup", to=str(path))
    _empty(settings)

    with pytest.raises(CommandError, match="审计链有 1 处问题"):
        _run("restore", str(path))


def _climb(manifest):
    manifest["files"]["media/../../evil"] = {"size": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}


DAMAGES = {
    "not a backup": lambda source, target: target.write_bytes(b"hello"),
    "cut off": lambda source, target: target.write_bytes(source.read_bytes()[:-200]),
    "another zip": lambda source, target: _rewritten(source, target, drop=[MANIFEST]),
    "manifest of nonsense": lambda source, target: _rewritten(source, target, entries={MANIFEST: b"[1]"}),
    "another format": lambda source, target: _rewritten(
        source, target, manifest=lambda one: one.update(format="x")
    ),
    "file missing": lambda source, target: _rewritten(source, target, drop=["media/b.bin"]),
    "file added": lambda source, target: _rewritten(source, target, entries={"media/x": b"1"}),
    "file changed": lambda source, target: _rewritten(
        source, target, entries={"media/T1/2026/a.pdf": b"%PDF-1.7 \xfe"}
    ),
    "climbing name": lambda source, target: _rewritten(
        source, target, entries={"media/../../evil": b"evil"}, manifest=_climb
    ),
    "newer version": lambda source, target: _rewritten(
        source, target, manifest=lambda one: one["migrations"].append("schools.0999_future")
    ),
    "missing": lambda source, target: None,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_or_wrong_file_is_refused_and_nothing_is_touched(damage, backup, place, settings):
    target = place / "damaged.zip"
    DAMAGES[damage](backup, target)
    School.objects.update(short_name="未动")
    before = _media(settings), AuditEntry.objects.count()

    with pytest.raises(CommandError, match=r"恢复失败：.*。"):
        _run("restore", str(target), force=True)

    assert School.objects.get().short_name == "未动"
    assert (_media(settings), AuditEntry.objects.count()) == before
    assert not (place.parent / "evil").exists()
    assert {one.name for one in place.iterdir()} <= {"media", "备份.zip", "damaged.zip"}


def test_every_flipped_byte_of_a_backup_is_noticed(backup, place, settings):
    content = backup.read_bytes()
    target = place / "damaged.zip"
    names = zipfile.ZipFile(backup).infolist()

    for entry in names:
        damaged = bytearray(content)
        damaged[entry.header_offset + 30 + len(entry.filename.encode()) + 20 + entry.compress_size // 2] ^= (
            0x10
        )
        if bytes(damaged) == content or entry.file_size == 0:
            continue
        target.write_bytes(bytes(damaged))
        with pytest.raises(CommandError, match="恢复失败"):
            _run("restore", str(target), force=True)


def test_a_folder_is_no_backup(place):
    with pytest.raises(CommandError, match="是文件夹，请写出备份文件的名称"):
        call_command("restore", str(place))


def test_data_that_cannot_be_unpacked_is_a_damaged_backup(backup, place):
    content = bytearray(backup.read_bytes())
    packed = zipfile.ZipFile(backup).getinfo(MANIFEST)
    name_and_extra = struct.unpack_from("<HH", content, packed.header_offset + 26)
    content[packed.header_offset + 30 + sum(name_and_extra)] = (
        0b111  # a kind of block that deflate does not have
    )
    target = place / "damaged.zip"
    target.write_bytes(bytes(content))

    with pytest.raises(CommandError, match="恢复失败"):
        _run("restore", str(target), force=True)


def test_backup_never_overwrites_and_an_interrupted_one_leaves_nothing(backup, place, monkeypatch):
    with pytest.raises(CommandError, match="已存在"):
        _run("backup", to=str(backup))
    with pytest.raises(CommandError, match="不存在"):
        _run("backup", to=str(place / "nowhere" / "a.zip"))

    def full(path):
        raise OSError("磁盘已满")

    monkeypatch.setattr("schools.operations.backup.dump_to", full)
    with pytest.raises(CommandError, match="磁盘已满"):
        _run("backup", to=str(place / "b.zip"))
    assert {one.name for one in place.iterdir()} == {"media", "备份.zip"}


@pytest.mark.parametrize("full", ["a file", "the copy", "the trail"])
def test_a_full_disk_is_said_in_a_sentence(full, filled, place, monkeypatch):
    no_room = sqlite3.OperationalError("database or disk is full")
    no_room.sqlite_errorcode = sqlite3.SQLITE_FULL
    raised = {"a file": OSError(errno.ENOSPC, "No space left on device"), "the copy": no_room}
    raised["the trail"] = OperationalError("database or disk is full")
    raised["the trail"].__cause__ = no_room

    def fail(*_, **__):
        raise raised[full]

    monkeypatch.setattr(f"schools.operations.backup.{'record' if full == 'the trail' else 'dump_to'}", fail)

    with pytest.raises(CommandError, match="备份失败：磁盘已满，没有做完"):
        _run("backup", to=str(place / "b.zip"))
    assert not [one for one in place.iterdir() if one.suffix != ""]


def test_a_restore_that_was_cut_off_says_so_until_the_next_one_is_finished(backup, place, monkeypatch):
    def power_cut(fresh):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("schools.operations.restore._replace_media", power_cut)
        _run("restore", str(backup), force=True)

    for command in ("check_invariants", "daily"):
        with pytest.raises(CommandError, match="上一次恢复没有做完"):
            _run(command)
    guard = DatabaseGuard(lambda environ, start: [b"the site"])
    assert guard({}, lambda *answer: None) != [b"the site"]

    said = _run("restore", str(backup))  # what is half there needs no --force

    assert "已恢复" in said and not unfinished_restore()
    assert DatabaseGuard(lambda environ, start: [b"the site"])({}, lambda *answer: None) == [b"the site"]


def test_a_load_that_fails_leaves_the_system_as_it_was_and_says_nothing_else(backup, monkeypatch):
    def full(path):
        raise OSError("磁盘已满")

    monkeypatch.setattr("schools.operations.restore.load_from", full)
    with pytest.raises(CommandError, match="磁盘已满"):
        _run("restore", str(backup), force=True)

    assert not unfinished_restore()


def test_copies_of_the_database_that_were_left_are_told_and_taken_away(backup, place):
    left = {"restore-a": 0, "tmpb": 30, "backup-c": 30, "backup-running": 1, "tmpother": 30}
    for name, hours in left.items():
        folder = place / name
        folder.mkdir()
        if name != "tmpother":
            (folder / "database.dump").write_bytes(b"pbkdf2_sha256$")
        then = time.time() - hours * 3600
        os.utime(folder, (then, then))

    with pytest.raises(CommandError, match=r"留下了数据库副本 .*restore-a"):
        _run("check_invariants")
    _run("restore", str(backup), force=True)

    found = {one.name for one in place.iterdir() if one.is_dir() and not one.name.startswith("media")}
    assert found == {"backup-running", "tmpother"}
    assert list(leftovers()) == []
