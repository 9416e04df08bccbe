"""Both locks: what asks a package for an extra finds it pinned with that extra.

pip 23 takes `name` and `name[extra]` for two things: with hashes it refuses the second as not pinned, once
there is a newer release of it. A lock without its extras therefore installs on the day it is made and breaks
on some later one.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.txt", "requirements-dev.txt")


@dataclass(frozen=True)
class Edge:
    """One package asks another, or the project itself asks one (`asker` is then empty), for extras."""

    asker: str
    asked: Requirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.asked.name)

    def __str__(self) -> str:
        return f"{self.asker or 'pyproject.toml'} → {self.name}[{','.join(sorted(self.asked.extras))}]"


def read_lock(text: str) -> dict[str, Requirement]:
    """The pins that count for this interpreter, by name."""
    lines = (line.rstrip("\\").strip() for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line))
    pins = (Requirement(line) for line in lines)
    return {canonicalize_name(pin.name): pin for pin in pins if pin.marker is None or pin.marker.evaluate()}


def project_requirements(lock: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["dependencies"] + (project["dependency-groups"]["dev"] if "dev" in lock else [])


def package_requirements(pins: Mapping[str, Requirement]) -> Iterator[tuple[str, Requirement, set[str]]]:
    """Everything the pinned packages ask for here, with the extras they are pinned with."""
    for name, pin in pins.items():
        for line in importlib.metadata.requires(name) or []:
            yield name, Requirement(line), pin.extras


def edges(pins: Mapping[str, Requirement], project: list[str]) -> list[Edge]:
    """Who asks for extras, as far as it counts for this interpreter."""
    asked = [("", Requirement(line), set()) for line in project] + list(package_requirements(pins))
    return [Edge(asker, want) for asker, want, extras in asked if want.extras and _counts(want, extras)]


def unpinned(pins: Mapping[str, Requirement], found: list[Edge]) -> list[str]:
    """The edges whose extra is missing in the lock."""
    return [
        str(edge)
        for edge in found
        if edge.name not in pins or not edge.asked.extras <= pins[edge.name].extras
    ]


def _counts(want: Requirement, extras: set[str]) -> bool:
    return want.marker is None or any(want.marker.evaluate({"extra": extra}) for extra in extras or {""})


@pytest.fixture(params=LOCKS)
def lock(request) -> str:
    return request.param


@pytest.fixture
def pins(lock) -> dict[str, Requirement]:
    return read_lock((ROOT / lock).read_text(encoding="utf-8"))


def test_every_extra_that_is_asked_for_is_pinned(lock, pins):
    found = edges(pins, project_requirements(lock))

    assert {"psycopg", "whitenoise", "fonttools"} <= {edge.name for edge in found}
    assert unpinned(pins, found) == []


def test_a_lock_with_its_extras_stripped_is_found(lock, pins):
    found = edges(pins, project_requirements(lock))
    stripped = {name: replace_extras(pin, set()) for name, pin in pins.items()}

    assert sorted(unpinned(stripped, found)) == sorted(map(str, found))
    assert len(found) >= 3


def test_only_packages_of_the_lock_are_installed_for_it(lock, pins):
    """Their metadata is what the tests above read, so it has to be that of the pinned version."""
    installed = {name: importlib.metadata.version(name) for name in pins}

    assert {
        name: version for name, version in installed.items() if not pins[name].specifier.contains(version)
    } == {}


def test_newer_releases_of_packages_with_extras_do_not_break_the_install(lock, pins, tmp_path):
    found = edges(pins, project_requirements(lock))
    lines = [probe_lines(tmp_path, pins, name, found) for name in sorted({edge.name for edge in found})]
    (tmp_path / "lock.txt").write_text("\n".join(line for group in lines for line in group), encoding="utf-8")

    done = pip(
        "install",
        "--dry-run",
        "--no-index",
        "--find-links",
        tmp_path,
        "--require-hashes",
        "-r",
        tmp_path / "lock.txt",
    )

    assert done.returncode == 0, done.stderr


def replace_extras(pin: Requirement, extras: set[str]) -> Requirement:
    kept = Requirement(str(pin))
    kept.extras = extras
    return kept


def probe_lines(folder: Path, pins: Mapping[str, Requirement], name: str, found: list[Edge]) -> list[str]:
    """Lines of a lock over made-up wheels: the package as pinned, beside a release of tomorrow, and everybody
    who asks for it.

    The names are made up too, as pip would be content with what is installed already.
    """
    pin = pins[name]
    version = str(pin.specifier).removeprefix("==")
    extras = f"[{','.join(sorted(pin.extras))}]"
    of_today = make_wheel(folder, f"probe-{name}", version, extras=pin.extras)
    make_wheel(folder, f"probe-{name}", "9999", extras=pin.extras)
    lines = [f"probe-{name}{extras}=={version} --hash=sha256:{of_today}"]
    for number, edge in enumerate(edge for edge in found if edge.name == name):
        wanted = f"probe-{name}[{','.join(sorted(edge.asked.extras))}]>=0"
        asker = make_wheel(folder, f"probe-{name}-asker-{number}", "1", requires=[wanted])
        lines.append(f"probe-{name}-asker-{number}==1 --hash=sha256:{asker}")
    return lines


def make_wheel(
    folder: Path, name: str, version: str, *, requires: list[str] = (), extras: set[str] = frozenset()
) -> str:
    """A wheel of nothing but metadata; returns its digest."""
    stem = f"{name.replace('-', '_')}-{version}"
    fields = [
        f"Name: {name}",
        f"Version: {version}",
        *(f"Provides-Extra: {extra}" for extra in sorted(extras)),
    ]
    fields += [f"Requires-Dist: {line}" for line in requires]
    files = {
        f"{stem}.dist-info/METADATA": "\n".join(["Metadata-Version: 2.1", *fields, ""]),
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{stem}.dist-info/RECORD": "",
    }
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, content in files.items():
            archive.writestr(inner, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pip(*arguments) -> subprocess.CompletedProcess:
    """This interpreter's pip, without the settings of this machine."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PIP_")},
        "PIP_CONFIG_FILE": os.devnull,
    }
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
