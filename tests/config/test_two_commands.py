"""What stands behind `make run` and `make reset`: what they say when something is in the way, and that they do no harm.

The helpers of .ci/ run as they are, in a folder of their own whose name has blanks and Chinese in it, with made-up programs on the
PATH where the machine must be another one.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from config.machine import own_hosts
from tests.config.test_locks import make_wheel

ROOT = Path(__file__).resolve().parents[2]
RELEASE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of what make uses, without an environment and without data."""
    copy = tmp_path / "镇街 党校" / "app"
    shutil.copytree(ROOT / ".ci", copy / ".ci")
    shutil.copytree(ROOT / "config", copy / "config", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("manage.py", "Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, copy / name)
    for name in ("schools", "ratings", "templates", "static", "fixtures"):
        (copy / name).symlink_to(ROOT / name)
    return copy


@pytest.fixture
def programs(tmp_path) -> Path:
    """A folder of made-up programs that come first on the PATH."""
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def run(*command, cwd: Path, path: str = os.environ["PATH"], **variables) -> subprocess.CompletedProcess:
    """With an environment of its own and nobody at the keyboard."""
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={"PATH": path, "LANG": "C.UTF-8", **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# --- The address ----------------------------------------------------------------------------------------------------


def test_an_address_in_use_is_said_before_anything_else(folder):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("make", "run", f"ADDRESS=127.0.0.1:{port}", cwd=folder)

    assert done.returncode != 0
    assert done.stdout == ""
    sentence = done.stderr.splitlines()[0]
    assert sentence.startswith(f"127.0.0.1:{port} 已被占用") and "make run ADDRESS=127.0.0.1:" in sentence
    assert not (folder / ".venv").exists() and not (folder / "var").exists()


@pytest.mark.parametrize(
    ("address", "said"), [("8000 号", "写得不对"), ("192.0.2.77:8000", "不是本机的地址"), ("127.0.0.1:99999", "写得不对")]
)
def test_an_address_that_cannot_be_used_is_explained(folder, address, said):
    done = run(sys.executable, ".ci/address.py", address, cwd=folder)

    assert done.returncode == 1
    assert said in done.stderr and "make run" in done.stderr


def test_what_to_open_is_an_address_that_a_browser_can_reach(folder):
    here = run(sys.executable, ".ci/address.py", "127.0.0.1:8000", "--open", cwd=folder).stdout
    everywhere = run(sys.executable, ".ci/address.py", "0.0.0.0:8080", "--open", cwd=folder).stdout

    assert here.splitlines() == ["打开 http://127.0.0.1:8000 ，按 Ctrl+C 结束"]
    assert f"http://{socket.gethostname()}:8080" in everywhere and "http://0.0.0.0" not in everywhere
    assert "不要登记真实数据" in everywhere


def test_in_a_trial_the_machine_is_answered_under_its_own_names_and_no_other(folder, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("127.0.0.1 localhost ads.example\n127.0.1.1 Desk.office.example desk # own\n192.0.2.9 other.example\n")
    names = own_hosts(hosts)
    show = "from django.conf import settings; print(settings.ALLOWED_HOSTS)"

    trial = run(sys.executable, "manage.py", "shell", "--no-imports", "-c", show, cwd=folder, DEBUG="1").stdout
    keys = {"SECRET_KEY": "s" * 60, "AUDIT_KEY": "a" * 60}
    real = run(sys.executable, "manage.py", "shell", "--no-imports", "-c", show, cwd=folder, ALLOWED_HOSTS="xingji.example", **keys).stdout

    assert {socket.gethostname().lower(), "desk.office.example", "desk"} <= set(names)
    assert not {"ads.example", "other.example", "*"} & set(names)
    assert socket.gethostname().lower() in trial and "'127.0.0.1'" in trial and "*" not in trial
    assert real.strip() == "['xingji.example']"


# --- System packages ------------------------------------------------------------------------------------------------

PLAIN_USER = "echo 1000"
NOTHING_INSTALLED = "exit 1"


def test_packages_that_are_there_are_not_asked_for_again(folder, programs):
    program(programs, "dpkg-query", "printf installed")
    program(programs, "apt-get", "echo called >>called")
    done = run("sh", ".ci/packages", "libpango-1.0-0", cwd=folder, path=f"{programs}:{os.environ['PATH']}")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (folder / "called").exists()


@pytest.mark.parametrize("sudo", [None, 'printf "%s\\n" "$*" >>called; exit 1'])
def test_a_plain_user_is_told_what_an_administrator_has_to_run(folder, programs, sudo):
    program(programs, "id", PLAIN_USER)
    program(programs, "dpkg-query", NOTHING_INSTALLED)
    program(programs, "apt-get", "echo apt-get >>called")
    for name in ("sh", "grep", "mkdir"):
        (programs / name).symlink_to(shutil.which(name))
    if sudo:
        program(programs, "sudo", sudo)
    done = run("sh", ".ci/packages", "libpango-1.0-0", "chromium", cwd=folder, path=str(programs), WITHOUT="网站照常使用")

    assert done.returncode == 1 and done.stdout == ""
    command = "su -c 'apt-get update && apt-get install -y --no-install-recommends libpango-1.0-0 chromium'"
    assert done.stderr == f"缺少系统软件包 libpango-1.0-0 chromium，请管理员执行 {command}；网站照常使用。\n"
    called = (folder / "called").read_text() if sudo else ""
    assert called in ("", "-n true\n")  # never a question that nobody answers


def test_an_install_that_fails_says_how_to_go_on(folder, programs):
    program(programs, "id", "echo 0")
    program(programs, "dpkg-query", NOTHING_INSTALLED)
    program(programs, "apt-get", "echo 'Temporary failure resolving'; exit 100")
    done = run("sh", ".ci/packages", "libpango-1.0-0", cwd=folder, path=f"{programs}:{os.environ['PATH']}")

    assert done.returncode == 1
    assert "没有装好，请检查网络和 apt 软件源" in done.stderr and len(done.stderr.splitlines()) == 1
    assert "Temporary failure" in (folder / ".make" / "apt.log").read_text()


# --- The Python environment -----------------------------------------------------------------------------------------


@pytest.fixture
def python3(programs) -> str:
    """The machine's Python, except that an environment is made in no time; returns the PATH."""
    program(programs, "real", f'exec "{sys.executable}" "$@"')
    made = f'mkdir -p "$3/bin" "$3/lib/python{RELEASE}"; ln -s "{programs}/real" "$3/bin/python"; touch "$3/pyvenv.cfg"'
    program(programs, "python3", f'if [ "$2" = venv ]; then {made}; else exec "{sys.executable}" "$@"; fi')
    return f"{programs}:{os.environ['PATH']}"


def environment(folder: Path, release: str, python: str | Path) -> Path:
    """An environment as another day left it."""
    made = folder / ".venv"
    (made / "bin").mkdir(parents=True)
    (made / "lib" / f"python{release}").mkdir(parents=True)
    (made / "pyvenv.cfg").write_text("version = 3\n")
    (made / "bin" / "python").symlink_to(python)
    (made / "left").touch()
    return made


@pytest.mark.parametrize(
    ("release", "python", "said"),
    [
        ("3.9", sys.executable, f"系统的 Python 已由 3.9 换成 {RELEASE}，重新建立"),
        (RELEASE, "/usr/bin/python3.7-gone", "不完整或已损坏，重新建立"),
    ],
)
def test_an_environment_of_another_python_is_made_anew(folder, python3, release, python, said):
    made = environment(folder, release, python)

    done = run("sh", ".ci/environment", ".venv", cwd=folder, path=python3)

    assert done.returncode == 0, done.stderr
    assert said in done.stdout
    assert not (made / "left").exists() and (made / "bin" / "python").exists()


def test_an_environment_in_order_is_left_alone(folder, programs, python3):
    made = environment(folder, RELEASE, programs / "real")

    done = run("sh", ".ci/environment", ".venv", cwd=folder, path=python3)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (made / "left").exists()


def test_packages_are_installed_once_and_again_only_after_a_change(folder, python3):
    """The stamp follows the environment and the lock: nothing is done, and nothing is asked of the network, while both stay."""
    program(folder / ".ci", "install", "echo installing")
    first, second = (run("make", ".make/requirements", cwd=folder, path=python3).stdout for _ in range(2))
    shutil.rmtree(folder / ".venv")
    third = run("make", ".make/requirements", cwd=folder, path=python3).stdout

    assert "installing" in first
    assert "installing" not in second
    assert "installing" in third


# --- Python packages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "wheels", "said"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "", ["连不上 Python 软件源", "make wheelhouse"]),
        ("ERROR: No matching distribution found for django==5.2.19", "轮 子", ["轮 子 里没有适合", "django==5.2.19", "make wheelhouse"]),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "", ["锁定的摘要不符"]),
        ("OSError: [Errno 28] No space left on device", "", ["No space left on device", "pip.log"]),
    ],
)
def test_an_install_of_python_packages_that_fails_is_one_sentence(folder, programs, log, wheels, said):
    program(programs, "python", f'[ "$1" = -c ] && exec "{sys.executable}" "$@"; echo "{log}" >&2; exit 1')
    if wheels:
        (folder / wheels).mkdir()

    done = run("sh", ".ci/install", programs / "python", "requirements.txt", wheels, cwd=folder)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert [part for part in said if part not in done.stderr] == []


def test_a_folder_of_wheels_is_enough_and_its_hashes_are_checked(folder, programs):
    """With pip as it is, except that it only says what it would install."""
    program(programs, "python", f'PIP_DRY_RUN=1 PIP_CONFIG_FILE=/dev/null exec "{sys.executable}" "$@"')
    wheels = folder / "软件 包"
    wheels.mkdir()
    digest = make_wheel(wheels, "probe-one", "1")
    (folder / "good.txt").write_text(f"probe-one==1 --hash=sha256:{digest}\n")
    (folder / "bad.txt").write_text(f"probe-one==1 --hash=sha256:{'0' * 64}\n")

    good, bad, nowhere = (
        run("sh", ".ci/install", programs / "python", *given, cwd=folder)
        for given in (("good.txt", wheels), ("bad.txt", wheels), ("good.txt", "没有"))
    )

    assert good.returncode == 0, good.stderr
    assert bad.returncode == 1 and "摘要不符" in bad.stderr
    assert nowhere.returncode == 1 and "请核对 WHEELHOUSE" in nowhere.stderr


# --- Trial or not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "trial"),
    [
        ("SECRET_KEY=abc\nALLOWED_HOSTS=xingji.example\n", False),
        ("DATABASE_URL = 'postgres://u:p@h/n'\n", False),
        ("DEBUG=1\nALLOWED_HOSTS=demo.example\n", True),
        ("# SECRET_KEY=abc\nSECRET_KEY=\nIDLE_MINUTES=20\n", True),
    ],
)
def test_a_settings_file_of_an_installation_in_use_stops_both_commands(folder, content, trial):
    program(folder / ".ci", "install", "exit 1")
    (folder / ".env").write_text(content)
    if trial:
        assert run("sh", ".ci/trial", cwd=folder).returncode == 0
        return
    for target in ("run", "reset"):
        done = run("make", target, cwd=folder)
        assert done.returncode != 0
        assert "正式运行的设置" in done.stderr and "postgres" not in done.stderr
        assert not (folder / ".venv").exists()


def database(folder: Path, *cities: str, people: int = 0) -> Path:
    file = folder / "var" / "db.sqlite3"
    file.parent.mkdir(exist_ok=True)
    with sqlite3.connect(file) as made:
        made.execute("CREATE TABLE schools_region (id INTEGER PRIMARY KEY, name TEXT, kind TEXT)")
        made.execute("CREATE TABLE schools_user (id INTEGER PRIMARY KEY)")
        made.executemany("INSERT INTO schools_region (name, kind) VALUES (?, 'city')", [(city,) for city in cities])
        made.executemany("INSERT INTO schools_user VALUES (?)", [(number,) for number in range(people)])
    made.close()
    (folder / "var" / "media").mkdir(exist_ok=True)
    (folder / "var" / "media" / "通知.pdf").touch()
    return file


def trial(folder: Path, action: str, **variables) -> subprocess.CompletedProcess:
    return run(sys.executable, "manage.py", "trial", action, cwd=folder, DEBUG="1", **variables)


def test_reset_throws_away_the_trial_and_keeps_the_rest(folder):
    file = database(folder, "示例市", "示例县级市", people=19)
    (folder / "var" / "fonts").mkdir()

    done = trial(folder, "reset")

    assert done.returncode == 0, done.stderr
    assert "var/db.sqlite3" in done.stdout and "var/media" in done.stdout and "make run" in done.stdout
    assert not file.exists() and not (folder / "var" / "media").exists()
    assert (folder / "var" / "fonts").is_dir() and list((folder / "var" / "keys").iterdir())
    assert "不用清除" in trial(folder, "reset").stdout


@pytest.mark.parametrize(
    ("cities", "people", "named"), [(("示例市", "潮州市"), 3, "潮州市"), ((), 3, "3 个账号"), (("潮州市",), 0, "潮州市")]
)
def test_reset_does_not_touch_what_is_more_than_the_demonstration(folder, cities, people, named):
    file = database(folder, *cities, people=people)

    done = trial(folder, "reset")

    assert done.returncode == 1
    assert named in done.stderr and "没有改动" in done.stderr
    assert file.exists() and (folder / "var" / "media" / "通知.pdf").exists()


def test_reset_refuses_every_other_database(folder, tmp_path):
    file = database(folder, "示例市")
    elsewhere = trial(folder, "reset", VAR_DIR=str(tmp_path / "data"))
    server = trial(folder, "reset", DATABASE_URL="postgres://user:geheim@db.example/xingji")

    assert (elsewhere.returncode, server.returncode) == (1, 1)
    assert "不是试用的 var/db.sqlite3" in elsewhere.stderr and "不是试用的 var/db.sqlite3" in server.stderr
    assert "geheim" not in server.stderr
    assert file.exists()


def test_reset_waits_until_the_site_is_stopped(folder):
    file = database(folder, "示例市")
    site = subprocess.Popen([sys.executable, "-c", "input()", "runserver"], cwd=folder, stdin=subprocess.PIPE)
    try:
        done = trial(folder, "reset")
    finally:
        site.kill()
        site.communicate()

    assert done.returncode == 1
    assert "网站还开着" in done.stderr
    assert file.exists()


@pytest.mark.parametrize(
    ("cities", "people", "refused"), [(("潮州市",), 3, True), ((), 3, True), (("示例市", "潮州市"), 3, False), ((), 0, False)]
)
def test_the_demonstration_is_not_loaded_into_real_data(folder, cities, people, refused):
    database(folder, *cities, people=people)

    done = trial(folder, "check")

    assert done.returncode == int(refused)
    assert ("不是试用数据" in done.stderr) == refused
