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
Listing = dict[str, dict[str, str]]
FOLDERS = ("schools/migrations", "ratings/migrations")
#: The moment at which the backups beside this file were made, whatever the clock of the tests says.
MADE = dt.datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
HEADING = """\
# Migrations of released versions and their SHA-256. Written by `make freeze` when a version is released;
# never by hand. A migration that stands here is in databases we cannot reach: it is not changed, renamed or
# removed. Write a new one.
"""


def migrations(root: Path = ROOT) -> dict[str, str]:
    """Every migration of the product with its digest."""
    files = [path for folder in FOLDERS for path in sorted((root / folder).glob("[0-9]*.py"))]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def read() -> Listing:
    """Version → migrations that came with it."""
    return tomllib.loads(FROZEN.read_text(encoding="utf-8")) if FROZEN.exists() else {}


def faults(frozen: Listing, found: dict[str, str]) -> list[str]:
    """One sentence for each released migration that is not what it was."""
    said = []
    for version, listed in frozen.items():
        for name, digest in listed.items():
            if name not in found:
                said.append(
                    f"{name} 随 {version} 版发布过，现在没有了或改了名：请放回原文件，"
                    "要改数据库另写新的迁移。"
                )
            elif found[name] != digest:
                said.append(
                    f"{name} 随 {version} 版发布过，内容被改动：请恢复原样，"
                    "要改数据库另写新的迁移（makemigrations）。"
                )
    return said


def with_version(
    version: str, *, listed: Listing | None = None, found: dict[str, str] | None = None
) -> Listing:
    """The listing with what came since the versions before; what is listed already, of this version too, must
    be as it was.
    """
    listed, found = listed or read(), found or migrations()
    wrong = faults(listed, found)
    if wrong:
        raise SystemExit("\n".join(wrong))
    older = {name for one, names in listed.items() if one != version for name in names}
    return listed | {version: {name: digest for name, digest in found.items() if name not in older}}


def text_of(listed: Listing) -> str:
    """What stands in the file."""
    sections = []
    for version, names in listed.items():
        sections.append(
            f'["{version}"]\n' + "".join(f'"{name}" = "{digest}"\n' for name, digest in names.items())
        )
    return "\n".join([HEADING, *sections])
