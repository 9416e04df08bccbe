"""A parser that hangs, grows, falls over or never starts: the worker answers with a sentence all the same."""

import runpy
import sys

import pytest

from schools.workbooks import apart as module
from schools.workbooks.apart import CHILD, NOT_CHECKED, NOT_READ, apart
from schools.workbooks.archive import ArchiveError

#: The real child up to its limits, then what a parser might do there.
CHILD_THAT = """
import os, runpy, sys
runpy.run_path({child!r}, run_name="child")["limit_resources"](1, 300 * 1024 * 1024)
sys.stdout.buffer.write(b"!")
sys.stdout.buffer.flush()
{does}
print("+", end="")
"""
FAILS = {
    "takes no end": "while True: pass",
    "wants all memory": "bytearray(1 << 30)",
    "falls over": "os.abort()",
    "writes a file": "open({path!r}, 'wb').write(b'x' * 10_000)",
    "waits": "os.read(os.pipe()[0], 1)",
}


@pytest.fixture
def child(tmp_path, monkeypatch):
    """Another child in place of the real one."""

    def child_that(does):
        script = tmp_path / "child.py"
        does = does.replace("{path!r}", repr(str(tmp_path / "written")))
        script.write_text(CHILD_THAT.format(child=str(CHILD), does=does))
        monkeypatch.setattr(module, "CHILD", script)

    return child_that


@pytest.mark.parametrize("case", FAILS)
def test_child_that_fails_is_a_file_that_cannot_be_read(case, child, monkeypatch):
    child(FAILS[case])
    monkeypatch.setattr(module, "WALL_SECONDS", 0.5 if case == "waits" else 20)

    with pytest.raises(ArchiveError, match=NOT_READ.replace("（", ".").replace("）", ".")):
        apart("schools.workbooks.rebuilding", b"x")


def test_child_within_its_limits_answers(child):
    child("pass")

    assert apart("schools.workbooks.rebuilding", b"x") == b""


@pytest.mark.parametrize("executable", ["/nowhere/python", sys.executable])
def test_child_that_does_not_start_is_no_fault_of_the_file(executable, monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", executable)

    with pytest.raises(ArchiveError, match=NOT_CHECKED):
        apart("schools.workbooks.missing", b"x")
    assert "child process" in caplog.text


def test_child_knows_neither_the_keys_of_the_site_nor_django(monkeypatch, child):
    monkeypatch.setenv("SECRET_KEY", "x" * 50)
    child("assert 'SECRET_KEY' not in os.environ and 'django' not in sys.modules")

    assert apart("schools.workbooks.rebuilding", b"x") == b""


def test_system_without_limits_does_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)

    assert runpy.run_path(str(CHILD), run_name="child")["limit_resources"](1, 1) is None
