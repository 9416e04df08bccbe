"""Settings as a new installation meets them: in a process of its own, with nothing but the
variables given.
"""

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def manage(tmp_path: Path, command: str = "check", **variables: str) -> subprocess.CompletedProcess:
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "VAR_DIR": str(tmp_path / "var"),
        **variables,
    }
    arguments = [sys.executable, "manage.py", *shlex.split(command)]
    return subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_every_command_works_with_debug_alone(tmp_path):
    result = manage(tmp_path, DEBUG="1")

    assert result.returncode == 0, result.stderr
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    for name in ("secret.key", "audit.key"):
        key = tmp_path / "var" / "keys" / name
        assert len(key.read_text()) >= 50
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "缺少 SECRET_KEY"),
        ({"SECRET_KEY": "s" * 60}, "缺少 AUDIT_KEY"),
        ({"SECRET_KEY": "s" * 60, "AUDIT_KEY": "a" * 60}, "缺少 ALLOWED_HOSTS"),
        ({"SECRET_KEY": "s" * 60, "AUDIT_KEY": "b" * 15}, "AUDIT_KEY 只有 15 位，太短"),
        ({"DEBUG": "1", "IDLE_MINUTES": "半小时"}, "IDLE_MINUTES 应为整数"),
        ({"DEBUG": "1", "IDLE_MINUTES": "--30"}, "IDLE_MINUTES 应为整数"),
    ],
)
def test_a_missing_or_wrong_variable_is_named_in_one_sentence(tmp_path, given, missing):
    result = manage(tmp_path, **given)

    assert result.returncode != 0
    assert missing in result.stderr.strip().splitlines()[-1]
    assert not (tmp_path / "var" / "keys").exists() or "DEBUG" in given


def test_the_database_file_is_the_owners_alone(tmp_path):
    look = "shell --no-imports -c 'from django.db import connection; connection.ensure_connection()'"
    kept = tmp_path / "var" / "db.sqlite3"

    assert manage(tmp_path, look, DEBUG="1").returncode == 0
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept.chmod(0o660)  # chosen by somebody
    manage(tmp_path, look, DEBUG="1")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o660


def test_deployment_check_finds_nothing_when_debug_is_off(tmp_path):
    keys = {
        "SECRET_KEY": "".join(map(chr, range(48, 110))),
        "AUDIT_KEY": "a" * 60,
        "ALLOWED_HOSTS": "xingji.example",
    }
    names = "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME)"
    show = f"shell --no-imports -c 'from config import settings as s; {names}'"

    result = manage(tmp_path, "check --deploy --fail-level WARNING", **keys)

    assert result.returncode == 0, result.stderr
    assert manage(tmp_path, show, **keys).stdout == "__Host-sessionid __Host-csrftoken\n"


def test_a_file_of_variables_is_read_and_the_environment_wins(tmp_path):
    (tmp_path / "env").write_text(
        "# 注释\nDEBUG=1\nIDLE_MINUTES='20'\nPASSWORD_CLASSES=2\n", encoding="utf-8"
    )
    show = (
        "shell --no-imports -c 'from config import settings as s; print(s.SESSION_COOKIE_AGE, "
        "s.AUTH_PASSWORD_VALIDATORS[0])'"
    )

    result = manage(tmp_path, show, ENV_FILE=str(tmp_path / "env"), PASSWORD_CLASSES="4")

    assert result.stdout.startswith("1200 "), result.stderr
    assert "'classes': 4" in result.stdout


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LOCK_SECONDS": "7"}, "-c lock_timeout=7s"),
        ({}, "-c lock_timeout=0s -c statement_timeout=0s"),  # a command has all the time
        ({"PGBOUNCER": "1"}, "DISABLE_SERVER_SIDE_CURSORS"),
    ],
)
def test_pages_do_not_wait_for_postgresql_without_end(tmp_path, variables, expected):
    show = "shell --no-imports -c 'from config import settings as s; print(s.DATABASES)'"

    result = manage(tmp_path, show, DEBUG="1", DATABASE_URL="postgres://u:p@127.0.0.1:1/n", **variables)

    assert expected in result.stdout, result.stderr
    assert ("lock_timeout" in result.stdout) != ("PGBOUNCER" in variables)


@pytest.mark.parametrize(("query", "seconds"), [("", "5"), ("?connect_timeout=20", "20")])
def test_a_silent_postgresql_is_given_up_after_some_seconds(tmp_path, query, seconds):
    show = "shell --no-imports -c 'from config import settings as s; print(s.DATABASES)'"

    result = manage(tmp_path, show, DEBUG="1", DATABASE_URL=f"postgres://u:p@127.0.0.1:1/n{query}")

    assert re.search(rf"'connect_timeout': '?{seconds}\b", result.stdout), result.stderr
