"""What `make freeze` leaves, and what it leaves alone."""

import json
import shutil
import zipfile

import pytest
from django.db import connection

from schools.operations.backup import MANIFEST
from schools.operations.schema import version_parts
from tests.upgrades import freeze, frozen


@pytest.fixture
def kept(monkeypatch, settings, tmp_path):
    """A copy of what was frozen last, to be frozen again; gives everything that stands there."""
    here = tmp_path / "upgrades"
    settings.VERSION = max(frozen.read(), key=version_parts)
    shutil.copytree(frozen.HERE / settings.VERSION, here / settings.VERSION)
    shutil.copy(frozen.FROZEN, here)
    monkeypatch.setattr(frozen, "HERE", here)
    monkeypatch.setattr(frozen, "FROZEN", here / frozen.FROZEN.name)
    monkeypatch.setattr(freeze, "SCRATCH", tmp_path / "scratch")
    freeze.SCRATCH.mkdir()
    return lambda: {
        path.relative_to(here).as_posix(): path.read_bytes() for path in here.rglob("*") if path.is_file()
    }


def fail(target):
    raise RuntimeError("没有写成")


def test_a_version_that_is_frozen_stays_as_it_is(kept, monkeypatch):
    monkeypatch.setattr(freeze, "_make", fail)
    before = kept()

    with pytest.raises(
        SystemExit, match=r"已经固定过（.*），没有作任何改动。已发布的版本不能重新固定.*make freeze AGAIN=1"
    ):
        freeze.freeze()
    assert kept() == before


def test_nothing_is_lost_when_freezing_again_fails_half_way(kept, monkeypatch):
    monkeypatch.setattr(freeze, "_make", fail)
    before = kept()

    with pytest.raises(RuntimeError, match="没有写成"):
        freeze.freeze(again=True)
    assert kept() == before


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(
    connection.vendor == "postgresql" and not shutil.which("pg_dump"),
    reason="needs the PostgreSQL client programs",
)
def test_freezing_again_makes_the_same_sample_small_and_complete(kept, settings):
    before = kept()
    mine = f"{settings.VERSION}/{connection.vendor}.zip"
    listed = {name for migrations in frozen.read().values() for name in migrations}
    grown = {frozen.FROZEN.name} if set(frozen.migrations()) - listed else set()

    target = freeze.freeze(again=True)

    after = kept()
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] != before[name]} <= {
        mine,
        f"{settings.VERSION}/{frozen.EXPECTED}",
        *grown,
    }
    assert target.stat().st_size <= 400 * 1024
    manifest = json.loads(zipfile.ZipFile(target).read(MANIFEST))
    names = [name.removesuffix(".py").split("/") for name in sorted(frozen.migrations())]
    assert manifest["migrations"] == [f"{app}.{name}" for app, _, name in names]
    assert sum(name.endswith(".pdf") for name in manifest["files"]) == 3
