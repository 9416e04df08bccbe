"""What stands behind `make run` and `make reset`: what they say when something is in the way, and that they
do no harm.

The helpers of .ci/ run as they are, in a folder of their own whose name has blanks and Chinese in it, with
made-up programs on the PATH where the machine must be another one.
"""

import errno
import os
import runpy
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from config.machine import own_hosts
from ratings.demo.trial import CITIES
from tests.config.test_locks import make_wheel
from tests.ratings.demo.test_trial import UPLOADS, database

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


# --- The address
# ----------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("address", ["8000 号", "127.0.0.1:99999"])
def test_what_is_no_address_is_explained(folder, address):
    done = run(sys.executable, ".ci/address.py", address, cwd=folder)

    assert done.returncode == 1
    assert "写得不对" in done.stderr and "make run" in done.stderr


@pytest.mark.parametrize(
    ("number", "said"), [(errno.EADDRNOTAVAIL, "不是本机的地址"), (errno.EACCES, "1024 以下")]
)
def test_an_address_that_the_machine_refuses_is_explained(monkeypatch, number, said):
    """In this process, as some machines let anybody listen on foreign addresses or on low ports."""
    script = runpy.run_path(str(ROOT / ".ci" / "address.py"))

    def refuse(self, address):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(SystemExit, match=said):
        script["check"]("192.0.2.77", 80)


def test_what_to_open_is_an_address_that_a_browser_can_reach(folder):
    here = run(sys.executable, ".ci/address.py", "127.0.0.1:8000", "--open", cwd=folder).stdout
    everywhere = run(sys.executable, ".ci/address.py", "0.0.0.0:8080", "--open", cwd=folder).stdout

    assert here.splitlines() == ["打开 http://127.0.0.1:8000 ，按 Ctrl+C 结束"]
    assert f"http://{socket.gethostname()}:8080" in everywhere and "http://0.0.0.0" not in everywhere
    assert "不要登记真实数据" in everywhere


def test_where_the_system_tells_no_addresses_its_name_is_shown_all_the_same(folder, programs):
    """Without `hostname`, as on a system cut down to little."""
    done = run(sys.executable, ".ci/address.py", "0.0.0.0:8080", "--open", cwd=folder, path=str(programs))

    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:8080 或 http://{socket.gethostname()}:8080" in done.stdout


def test_in_a_trial_the_machine_is_answered_under_its_own_names_and_no_other(folder, tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text(
        "127.0.0.1 localhost ads.example\n127.0.1.1 Desk.office.example desk # own\n192.0.2.9 other.example\n"
    )
    names = own_hosts(hosts)
    show = "from config import settings; print(settings.ALLOWED_HOSTS)"

    trial = run(sys.executable, "-c", show, cwd=folder, DEBUG="1").stdout
    keys = {"SECRET_KEY": "s" * 60, "AUDIT_KEY": "a" * 60}
    real = run(sys.executable, "-c", show, cwd=folder, ALLOWED_HOSTS="xingji.example", **keys).stdout

    assert {socket.gethostname().lower(), "desk.office.example", "desk"} <= set(names)
    assert not {"ads.example", "other.example", "*"} & set(names)
    assert socket.gethostname().lower() in trial and "'127.0.0.1'" in trial and "*" not in trial
    assert real.strip() == "['xingji.example']"


# --- System packages
# ------------------------------------------------------------------------------------------------

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
    done = run(
        "sh",
        ".ci/packages",
        "libpango-1.0-0",
        "chromium",
        cwd=folder,
        path=str(programs),
        WITHOUT="网站照常使用",
    )

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


# --- The Python environment
# -----------------------------------------------------------------------------------------


@pytest.fixture
def python3(programs) -> str:
    """The machine's Python, except that an environment is made in no time; returns the PATH."""
    program(programs, "real", f'exec "{sys.executable}" "$@"')
    made = (
        f'mkdir -p "$3/bin" "$3/lib/python{RELEASE}"; ln -s "{programs}/real" "$3/bin/python"; '
        'touch "$3/pyvenv.cfg"'
    )
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
    """The stamp follows the environment and the lock: nothing is done, and nothing is asked of the network,
    while both stay.
    """
    program(folder / ".ci", "install", "echo installing")
    first, second = (run("make", ".make/requirements", cwd=folder, path=python3).stdout for _ in range(2))
    shutil.rmtree(folder / ".venv")
    third = run("make", ".make/requirements", cwd=folder, path=python3).stdout

    assert "installing" in first
    assert "installing" not in second
    assert "installing" in third


# --- Python packages
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "wheels", "said"),
    [
        (
            "NewConnectionError: Temporary failure in name resolution",
            "",
            ["连不上 Python 软件源", "make wheelhouse"],
        ),
        (
            "ERROR: No matching distribution found for django==5.2.19",
            "轮 子",
            ["轮 子 里没有适合", "django==5.2.19", "make wheelhouse"],
        ),
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


# --- Trial or not
# ---------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", ["folder", "link to nowhere", "without permission"])
def test_a_settings_file_that_cannot_be_read_stops_both_commands(folder, programs, kind):
    """The folder that a link leads to may be closed to this user; then the link seems to lead nowhere."""
    program(folder / ".ci", "install", "exit 1")
    path, file = os.environ["PATH"], folder / ".env"
    if kind == "folder":
        file.mkdir()
    elif kind == "link to nowhere":
        file.symlink_to("/gone/xingji.env")
    else:
        file.write_text("SECRET_KEY=abc\n")
        file.chmod(0)
        if os.geteuid() == 0:  # may read everything
            program(programs, "cat", "echo 'Permission denied' >&2; exit 1")
            path = f"{programs}:{path}"

    for target in ("run", "reset"):
        done = run("make", target, cwd=folder, path=path)
        assert done.returncode != 0
        assert done.stderr.startswith("读不了设置文件 .env") and "denied" not in done.stderr
        assert not (folder / ".venv").exists()


def test_reset_throws_away_the_trial_and_keeps_the_rest(folder):
    """What it takes for a trial is in tests/ratings/test_trial.py."""
    file = database(folder, *CITIES, people=19, uploads=UPLOADS)
    (folder / "var" / "fonts").mkdir()

    done = run(sys.executable, "manage.py", "trial", "reset", cwd=folder, DEBUG="1")

    assert done.returncode == 0, done.stderr
    assert "已清除" in done.stdout
    assert not file.exists() and not (folder / "var" / "media").exists()
    assert (folder / "var" / "fonts").is_dir() and list((folder / "var" / "keys").iterdir())


def test_a_refusal_ends_the_command_with_one_sentence(folder):
    """So that make goes no further."""
    database(folder, "潮州市", people=3)

    done = run(sys.executable, "manage.py", "trial", "check", cwd=folder, DEBUG="1")

    assert done.returncode == 1
    assert "不是试用数据" in done.stderr and len(done.stderr.splitlines()) == 1
