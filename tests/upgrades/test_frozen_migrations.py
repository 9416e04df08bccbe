"""Released migrations stay as they are, and the models say what the migrations say."""

import pytest
from django.conf import settings
from django.core.management import call_command

from schools.operations.schema import version_parts
from tests.upgrades import frozen

LISTED = {"0.2.0": {"schools/migrations/0001_initial.py": "a" * 64}}


def test_released_migrations_are_what_they_were():
    listed = frozen.read()

    assert frozen.faults(listed, frozen.migrations()) == []
    assert {"schools/migrations/0001_initial.py", "ratings/migrations/0001_initial.py"} <= listed[
        "0.2.0"
    ].keys()


def test_every_released_version_left_a_backup_for_each_engine():
    for version in frozen.read():
        kept = {path.name for path in (frozen.HERE / version).iterdir()}
        assert kept == {"sqlite.zip", "postgresql.zip", frozen.EXPECTED}, f"{version}：请运行 make freeze。"


def test_the_version_under_way_is_not_behind_what_was_frozen():
    assert all(version_parts(version) <= version_parts(settings.VERSION) for version in frozen.read())


def test_a_version_that_is_frozen_holds_every_migration_there_is():
    listed = frozen.read()
    if settings.VERSION not in listed:
        pytest.skip("这一版还没有固定")

    names = {name for migrations in listed.values() for name in migrations}
    assert names == set(frozen.migrations()), (
        "还没有发布的，请运行 make freeze AGAIN=1；已发布的，先改 pyproject.toml 里的版本号。"
    )


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            {"schools/migrations/0001_initial.py": "b" * 64},
            "schools/migrations/0001_initial.py 随 0.2.0 版发布过，内容被改动：请恢复原样",
        ),
        (
            {"schools/migrations/0001_first.py": "a" * 64},
            "schools/migrations/0001_initial.py 随 0.2.0 版发布过，现在没有了或改了名",
        ),
    ],
)
def test_a_changed_or_missing_migration_is_told_with_what_to_do(found, sentence):
    (said,) = frozen.faults(LISTED, found)

    assert said.startswith(sentence)
    assert "新的迁移" in said


def test_new_migrations_may_be_added():
    assert frozen.faults(LISTED, LISTED["0.2.0"] | {"schools/migrations/0002_more.py": "c" * 64}) == []


def test_a_changed_migration_is_not_blessed_by_freezing_again():
    with pytest.raises(SystemExit, match=r"0001_initial\.py 随 0\.2\.0 版发布过，内容被改动"):
        frozen.with_version("0.2.0", listed=LISTED, found={"schools/migrations/0001_initial.py": "b" * 64})


def test_a_version_lists_what_came_since_the_versions_before():
    found = LISTED["0.2.0"] | {"schools/migrations/0002_more.py": "c" * 64}

    assert frozen.with_version("0.2.0", listed=LISTED, found=found) == {"0.2.0": found}
    assert frozen.with_version("0.3.0", listed=LISTED, found=found) == LISTED | {
        "0.3.0": {"schools/migrations/0002_more.py": "c" * 64}
    }


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
