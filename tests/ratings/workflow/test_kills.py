"""kill -9 while people save: what was acknowledged is there, and no save is there by half."""

import json
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from ratings.committee.invariants import violations
from ratings.models import Scheme
from schools.audit import verify
from tests.ratings.played_year import play_year

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def address() -> str:
    """Where the test's database is, for a process of its own."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    account = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}" if database["USER"] else ""
    return f"postgres://{account}@{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"


def kills(mode: str, number: int) -> list[tuple[int, list]]:
    """For each kill the last save acknowledged by then, and both rows as they were found after it."""
    environment = {**os.environ, "DATABASE_URL": address(), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.ratings.saving_until_killed", mode, str(number), "2026"]
    done = subprocess.run(
        command,
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120 + 2 * number,  # a kill takes a third of a second on a machine that has nothing else to do
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def is_whole(acknowledged: int, rows: list[list]) -> bool:
    """Both rows come from the same save in every column, and from none before the last one acknowledged."""
    (remark, ticks, version), other = rows
    if version == 0:
        return acknowledged == 0 and rows == [["", None, 0]] * 2
    number = int(remark)
    expected = {"答": {"质量": "A", "调研次数": str(number)}}
    ticked = {"答": {"音响": bool(number % 2), "桌椅": False}}
    return version == number >= acknowledged and ticks == ticked and other == [remark, expected, number]


@pytest.fixture
def year(tmp_path):
    return play_year(tmp_path / "year", schools=1)


def check(number: int) -> None:
    found = kills("whole", number)

    assert len(found) == number
    assert [one for one in found if not is_whole(*one)] == []
    assert found[-1][0] > number / 2  # it was killed at work, not at rest
    assert violations(Scheme.objects.get()) == []
    assert verify() == []


def test_acknowledged_answers_survive_being_killed(year):
    check(25)


@pytest.mark.deep
def test_acknowledged_answers_survive_being_killed_a_thousand_times(year):
    check(1000)


def test_acknowledging_before_saving_would_be_noticed(year):
    assert not all(is_whole(*one) for one in kills("early", 20))


def test_saving_row_by_row_would_be_noticed(year):
    assert not all(is_whole(*one) for one in kills("apart", 100))
