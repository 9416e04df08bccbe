"""What the tracked files promise: foreign files unchanged, no addresses of package hosts, no inline code."""

import ast
import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from ratings.criteria.workbook import read_scheme_workbook

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"
TOP = {
    *(
        "manage.py",
        "config",
        "schools",
        "ratings",
        "templates",
        "static",
        "fixtures",
        "tests",
        "docs",
        "pyproject.toml",
    ),
    *(
        "README.md",
        "README.en.md",
        "LICENSE",
        "Makefile",
        "CHANGELOG.md",
        "requirements.txt",
        "requirements-dev.txt",
    ),
    *(".ci", ".gitignore", ".gitattributes", ".editorconfig", ".env.example"),
}
HOSTS = re.compile(
    r"pythonhosted|pypi\.org/simple|registry\.npmjs|deb\.debian\.org|jsdelivr|unpkg\.com|cdnjs\.|bootcdn|staticfile\.(org|net)"
)


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    """Tracked files that can be read as text, without those of others."""
    own = [
        path for path in tracked() if VENDOR not in path.parents and (not suffixes or path.suffix in suffixes)
    ]
    return [
        (path, path.read_text(encoding="utf-8", errors="ignore")) for path in own if path != Path(__file__)
    ]


def test_vendored_files_are_those_of_the_manifest():
    packages = tomllib.loads((VENDOR / "vendor.toml").read_text(encoding="utf-8"))["package"]
    listed = {}
    for package in packages:
        for name, digest in package["sha256"].items():
            listed[VENDOR / f"{package['name']}-{package['version']}" / name] = digest

    found = {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.toml"
    }

    assert found == listed
    assert all(package["licence"] and "LICENSE" in package["sha256"] for package in packages)


def test_nothing_stands_at_the_top_that_is_not_meant_to():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP


def test_no_tracked_file_names_a_package_host_or_cdn():
    assert [str(path) for path, text in texts() if HOSTS.search(text)] == []


def test_every_requirement_is_pinned_with_hashes():
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
        assert [
            entry
            for entry in entries
            if not entry.startswith("#") and ("==" not in entry or "--hash=sha256:" not in entry)
        ] == []


def test_pages_hold_no_inline_script_style_or_foreign_address():
    forbidden = re.compile(
        r"""<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=["']|(?:src|href)=["'](?:https?:)?//"""
    )
    pages = [(path, text) for path, text in texts(".html") if "documents" not in path.parts]

    assert [(str(path), found.group()) for path, text in pages if (found := forbidden.search(text))] == []


def test_style_sheets_use_nothing_newer_than_the_oldest_browser():
    newer = re.compile(r":is\(|:has\(|:where\(|@layer|@container|aspect-ratio|\binset:|color-mix|oklch")
    for path, text in texts(".css"):
        if "documents" in path.parts:
            continue
        assert not newer.search(text), path
        for rule in re.findall(r"\{[^{}]*\}", text):
            assert not ("display: flex" in rule and re.search(r"\bgap:", rule)), (path, rule)


def test_no_item_code_of_a_sample_scheme_stands_in_code():
    folders = [path for path in (ROOT / "fixtures").iterdir() if (path / "scheme.xlsx").is_file()]
    codes = {
        item.code for folder in folders for item in read_scheme_workbook(folder / "scheme.xlsx").spec.items
    }
    quoted = re.compile(rf"(?<![\w.-])(?:{'|'.join(sorted(map(re.escape, codes)))})(?![\w-])")

    assert len(codes) > 30
    assert [(path.name, found[0]) for path, text in texts(".py") if (found := quoted.search(text))] == []


def test_no_test_waits_for_time_or_has_a_clock_of_its_own():
    """Polling for a state and widening the gap of a race are no waiting for time."""
    own_clock = r"freeze_time|setattr\([^\n]*(?:timezone|time)[^\n]*\b(?:now|time|today)\b"
    waiting = re.compile(rf"wait_for_timeout|networkidle|time\.sleep|{own_clock}")
    meant = {"tests/browser.py", "tests/ratings/races.py", "tests/ratings/saving_until_killed.py"}
    found = [
        str(path.relative_to(ROOT))
        for path, text in texts(".py")
        if "tests" in path.parts and waiting.search(text)
    ]

    assert set(found) <= meant


#: Exceptions with a meaning of their own: of rules and scores, of files and machines, and the two ways of
#: saying no.
OWN_EXCEPTIONS = {
    *("Refused", "Stale", "DuplicateClass", "NotSettled", "NotLoaded", "RowGone"),
    *("RuleError", "AnswerError", "Unresolved", "Unreadable", "Blocked", "MetricError", "AppendOnlyError"),
    *("NoDenominator", "Unprintable"),
    *("WorkbookError", "CellError", "ArchiveError", "BackupError"),
    *("FontMissing", "DocumentError", "RendererMissing", "ResourceRefused", "TooLong"),
}
SHOWS_REFUSALS = re.compile(
    r"except [^\n]*\b(?:ValidationError|Refused|Stale)\b[^\n]*:\n(?: +for [^\n]*\n)?[^\n]*(?:"
    r"messages\.\w+\(|add_error\()"
)


def test_a_refusal_is_no_exception_of_its_own():
    """“No, because” is Refused or Stale, whoever says it; a subclass only where somebody acts on the
    difference.
    """
    made = set()
    for path, text in texts(".py"):
        if path.relative_to(ROOT).parts[0] in ("schools", "ratings", "config"):
            classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
            made |= {one.name for one in classes if any(_is_exception(base) for base in one.bases)}

    assert made == OWN_EXCEPTIONS


def _is_exception(base: ast.expr) -> bool:
    name = base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
    return name in OWN_EXCEPTIONS or name.endswith(("Error", "Exception", "DoesNotExist"))


def test_a_refusal_is_shown_in_one_place():
    """`schools.refusals` puts it at the form or on the next page."""
    shown = {str(path.relative_to(ROOT)) for path, text in texts(".py") if SHOWS_REFUSALS.search(text)}

    assert shown == {"schools/refusals.py"}


def test_rows_are_locked_in_one_place():
    """Elsewhere the parents of a row would be trusted as they were before the lock (docs/adr/0014)."""
    at = {
        str(path.relative_to(ROOT))
        for app in ("config", "schools", "ratings")
        for path in (ROOT / app).rglob("*.py")
        if "select_for_update(" in path.read_text(encoding="utf-8")
    }

    assert at == {"schools/saving.py", "ratings/management/benchmarks/pages.py"}  # the second is bare Django
