"""What `manage.py trial` takes for a trial, and what `make reset` throws away: the trial and nothing else.

On databases of their own that hold the few tables it asks; the command of the terminal is in
tests/config/test_two_commands.py.
"""

import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import ConnectionHandler

from ratings.demo import trial
from ratings.demo.trial import CITIES

pytestmark = pytest.mark.django_db  # the connection is another one, but it is one

UPLOADS = ("bulletins/S1/2026/a.pdf", "S1/2026/0f3c")
TABLES = """
CREATE TABLE schools_region (id INTEGER PRIMARY KEY, name TEXT, kind TEXT);
CREATE TABLE schools_user (id INTEGER PRIMARY KEY);
CREATE TABLE schools_appointment (id INTEGER PRIMARY KEY, user_id INTEGER, city_id INTEGER);
CREATE TABLE ratings_bulletin (id INTEGER PRIMARY KEY, pdf TEXT);
CREATE TABLE ratings_evidence (id INTEGER PRIMARY KEY, file TEXT);
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, settings) -> Path:
    """The program's folder; the database is the one in it."""
    settings.DEBUG, settings.BASE_DIR, settings.MEDIA_ROOT = True, tmp_path, tmp_path / "var" / "media"
    use(monkeypatch, "sqlite3", tmp_path / "var" / "db.sqlite3")
    return tmp_path


def use(monkeypatch, engine: str, name: Path | str, **more: str) -> None:
    """Makes another database the one in use."""
    handler = ConnectionHandler({"default": {"ENGINE": f"django.db.backends.{engine}", "NAME": name, **more}})
    monkeypatch.setattr(trial, "connection", handler["default"])


def database(
    folder: Path, *cities: str, people: int = 0, uploads: tuple[str, ...] = (), outside: int = 0
) -> Path:
    """Cities, each person appointed in the first, the last so many for the whole system; and uploads with the
    rows that name them.
    """
    file = folder / "var" / "db.sqlite3"
    file.parent.mkdir(exist_ok=True)
    with sqlite3.connect(file) as made:
        made.executescript(TABLES)
        made.executemany(
            "INSERT INTO schools_region (name, kind) VALUES (?, 'city')", [(city,) for city in cities]
        )
        made.executemany("INSERT INTO schools_user VALUES (?)", [(number,) for number in range(people)])
        places = [(number, None if number >= people - outside else 1) for number in range(people)]
        made.executemany("INSERT INTO schools_appointment (user_id, city_id) VALUES (?, ?)", places)
        made.executemany(
            "INSERT INTO ratings_bulletin (pdf) VALUES (?)", [("",), *((name,) for name in uploads[:1])]
        )
        made.executemany(
            "INSERT INTO ratings_evidence (file) VALUES (?)",
            [("../keys/audit.key",), *((name,) for name in uploads[1:])],
        )
    made.close()
    for name in uploads:
        put(folder, name)
    return file


def put(folder: Path, name: str) -> Path:
    file = folder / "var" / "media" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return file


def said(action: str) -> str:
    out = StringIO()
    call_command("trial", action, stdout=out, no_color=True)
    return out.getvalue()


# --- What reset throws away
# -----------------------------------------------------------------------------------------


def test_the_trial_goes_whole_with_its_uploads_and_nothing_else(folder):
    file = database(folder, *CITIES, people=19, uploads=UPLOADS)
    key = folder / "var" / "keys" / "audit.key"
    key.parent.mkdir()
    key.touch()

    words = said("reset")

    assert "var/db.sqlite3" in words and "2 个文件" in words and "make run" in words and "没有动" not in words
    assert not file.exists() and not (folder / "var" / "media").exists()
    assert key.exists()
    assert "不用清除" in said("reset")


def test_files_of_others_beside_those_of_the_trial_stay_and_are_named(folder):
    """An installation on PostgreSQL, whose settings make does not see, keeps its uploads in the
    same folder.
    """
    database(folder, *CITIES, uploads=UPLOADS)
    real = [put(folder, name) for name in ("bulletins/5107/2026/b.pdf", "S1/2026/77aa", "note.txt")]

    words = said("reset")

    assert all(file.exists() for file in real)
    assert sorted(path for path in (folder / "var" / "media").rglob("*") if path.is_file()) == sorted(real)
    assert "3 个文件不是试用数据库登记的，没有动" in words and "var/media/bulletins/5107/2026/b.pdf" in words


def test_without_a_database_no_upload_is_touched(folder):
    real = put(folder, "5107/2026/77aa")

    words = said("reset")

    assert real.exists()
    assert "不用清除" in words and "var/media/5107/2026/77aa" in words and "没有动" in words


def test_a_second_reset_finishes_one_that_was_cut_off(folder, monkeypatch):
    file = database(folder, *CITIES, uploads=UPLOADS)
    unlink = Path.unlink

    def cut_off(self, **options):
        if self.name == "0f3c" or self == file:
            raise KeyboardInterrupt
        unlink(self, **options)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "unlink", cut_off)
        said("reset")
    assert file.exists()
    said("reset")

    assert not file.exists() and not (folder / "var" / "media").exists()


def test_a_database_of_another_version_is_thrown_away_too(folder):
    upload = put(folder, "old.pdf")
    file = folder / "var" / "db.sqlite3"
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE ratings_evidence (id INTEGER PRIMARY KEY, attachment TEXT)")
        made.execute("CREATE TABLE schools_appointment (id INTEGER PRIMARY KEY, person INTEGER)")
    made.close()

    said("reset")

    assert not file.exists() and upload.exists()


# --- What it refuses
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cities", "people", "outside", "named"),
    [
        (("示例市", "潮州市"), 3, 0, "潮州市"),
        (("潮州市",), 0, 0, "潮州市"),
        ((), 3, 3, "3 个账号"),
        (CITIES, 19, 2, "2 个账号"),
    ],
)
def test_reset_does_not_touch_what_is_more_than_the_demonstration(folder, cities, people, outside, named):
    file = database(folder, *cities, people=people, outside=outside, uploads=UPLOADS)

    with pytest.raises(CommandError, match=f"{named}.*没有改动"):
        said("reset")

    assert file.exists() and all((folder / "var" / "media" / name).exists() for name in UPLOADS)


def test_reset_refuses_every_other_database(folder, tmp_path, monkeypatch):
    file = database(folder, "示例市")
    for engine, place in (
        ("sqlite3", {"name": tmp_path / "data" / "db.sqlite3"}),
        ("postgresql", {"name": "xingji", "PASSWORD": "geheim"}),
    ):
        use(monkeypatch, engine, **place)
        with pytest.raises(CommandError, match=r"不是试用的 var/db\.sqlite3") as refused:
            said("reset")
        assert "geheim" not in str(refused.value)

    assert file.exists()


def test_reset_waits_until_the_site_is_stopped(folder):
    file = database(folder, "示例市")
    site = subprocess.Popen(
        [sys.executable, "-Sc", "input()", "runserver"], cwd=folder, stdin=subprocess.PIPE
    )
    try:
        with pytest.raises(CommandError, match="网站还开着"):
            said("reset")
    finally:
        site.kill()
        site.communicate()

    assert file.exists()


@pytest.mark.parametrize(
    ("cities", "people", "refused"),
    [(("潮州市",), 3, True), ((), 3, True), (("示例市", "潮州市"), 3, False), ((), 0, False)],
)
def test_nothing_is_loaded_into_a_database_that_serves_somebody_without_the_demonstration(
    folder, cities, people, refused
):
    database(folder, *cities, people=people)

    if refused:
        with pytest.raises(CommandError, match="不是试用数据"):
            said("check")
    else:
        assert said("check") == ""


def test_outside_of_a_trial_nothing_is_looked_at(folder, settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG=1"):
        said("reset")
