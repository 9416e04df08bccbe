"""The migrations of released versions, by digest: `frozen.toml`."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from pathlib import Path

from tests.clock import SHANGHAI

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FROZEN = HERE / "frozen.toml"
#: What must be found in a backup after an upgrade, beside it.
EXPECTED = "expected.json"
FOLDERS = ("schools/migrations", "ratings/migrations")
#: The moment at which the backups beside this file were made, whatever the clock of the tests says.
MADE = dt.datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
HEADING = """\
# Migrations of released versions and their SHA-256. Written by `make freeze` when a version is released; never by hand.
# A migration that stands here is in databases we cannot reach: it is not changed, renamed or removed. Write a new one.
"""


def migrations(root: Path = ROOT) -> dict[str, str]:
    """Every migration of the product with its digest."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).glob("[0-9]*.py"))]
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read(path: Path = FROZEN) -> dict[str, dict[str, str]]:
    """Version → migrations that came with it."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def faults(frozen: dict[str, dict[str, str]], found: dict[str, str]) -> list[str]:
    """One sentence for each released migration that is not what it was."""
    said = []
    for version, listed in frozen.items():
        for name, digest in listed.items():
            if name not in found:
                said.append(f"{name} 随 {version} 版发布过，现在没有了或改了名：请放回原文件，要改数据库另写新的迁移。")
            elif found[name] != digest:
                said.append(f"{name} 随 {version} 版发布过，内容被改动：请恢复原样，要改数据库另写新的迁移（makemigrations）。")
    return said


def write(version: str) -> None:
    """List what came since the versions before; those stay as they are."""
    frozen, found = read(), migrations()
    frozen.pop(version, None)
    wrong = faults(frozen, found)
    if wrong:
        raise SystemExit("\n".join(wrong))
    older = {name for listed in frozen.values() for name in listed}
    frozen[version] = {name: digest for name, digest in found.items() if name not in older}
    sections = [f'["{one}"]\n' + "".join(f'"{name}" = "{digest}"\n' for name, digest in listed.items()) for one, listed in frozen.items()]
    FROZEN.write_text("\n".join([HEADING, *sections]), encoding="utf-8")
