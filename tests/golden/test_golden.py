"""What the product says of the demonstration on one day, kept as text: a change of words or figures is read
in a diff.

Audit lines, totals and documents are kept here, and written anew with `GOLDEN=write python -m pytest -m deep
tests/golden`. The text of every page by role is kept nowhere, since words of pages change freely; whoever
moves code about has it written into a folder before and after, with `GOLDEN_PAGES=folder`, and compares both.
"""

import difflib
import os
from itertools import islice
from pathlib import Path

import pytest
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from tests.golden.figures import audit_lines, totals
from tests.golden.frozen_city import Typeset, add_what_is_missing, loaded
from tests.golden.walk import Walk
from tests.test_role_table import TABLE

FOLDER = Path(__file__).parent
AREAS = ("documents", "figures")
AGAIN = "GOLDEN=write python -m pytest -m deep tests/golden"
#: They answer by going on to another page: the newest year, the next school, what a message is about.
GOING_ON = {
    "assessments/",
    "committee/",
    "inbox/<int:pk>/",
    "panels/",
    "progress/",
    "review/<int:pk>/next/",
}
#: Of an agreed sheet that is handed in, of judges who left, of schools that came later or were ticked: the
#: demonstration has none of them.
NOT_THERE = {
    "panels/sheets/<int:pk>/signatures/",
    "panels/groups/<int:pk>/judges/<int:judge>/replace/",
    "panels/changes/<int:pk>/follow/",
    "panels/voided/<int:pk>/",
    "progress/<int:pk>/admit/<int:school>/",
    "progress/<int:pk>/many/<slug:code>/",
}
#: For machines, or for something sent.
NO_PAGE = {"healthz", "text-size/", "accounts/logout/", "accounts/identity/", "accounts/year/"}
#: Lines of a difference that are shown.
SHOWN = 120

Texts = dict[str, str]


# One test, as every worker that has a part of it would read the whole city.
@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "sqlite", reason="numbers of rows in addresses are those of SQLite")
def test_the_product_says_what_it_said(tmp_path, monkeypatch):
    monkeypatch.setattr("weasyprint.HTML", Typeset)
    walk = Walk()
    with loaded(tmp_path):
        figures = {
            "audit": "\n".join(audit_lines()),
            **{f"totals/{name}": "\n".join(lines) for name, lines in totals()},
        }
        add_what_is_missing()
        walk.go()
    told = {"documents": walk.documents, "figures": figures}
    if os.environ.get("GOLDEN") == "write":
        for area in AREAS:
            write(FOLDER / area, told[area])
    if folder := os.environ.get("GOLDEN_PAGES"):
        write(Path(folder), {name: "\n\n".join(texts) for name, texts in walk.pages.items()})

    found = [line for area in AREAS for line in differences(kept(FOLDER / area), told[area])]

    assert not found, "\n".join(
        (f"{len(found)} lines of difference; if they are meant: {AGAIN}", *islice(found, SHOWN))
    )
    assert asked() - walk.covered == GOING_ON | NO_PAGE | NOT_THERE


def asked() -> set[str]:
    """The patterns of all addresses but those that only take what is sent."""
    sent = {name for name, case in TABLE.items() if case.method == "post"}
    return {route for name, route in routes().items() if name not in sent}


def routes(patterns=None, prefix: str = "", before: str = "") -> dict[str, str]:
    """Pattern of every address by its name, without the back office."""
    found = {}
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver) and entry.namespace != "admin":
            space = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            found |= routes(entry.url_patterns, space, before + str(entry.pattern))
        elif isinstance(entry, URLPattern) and entry.name:
            found[f"{prefix}{entry.name}"] = before + str(entry.pattern)
    return found


def kept(root: Path) -> Texts:
    """The files of a folder by name without ending."""
    return {
        path.relative_to(root).as_posix().removesuffix(".txt"): path.read_text("utf-8")
        for path in sorted(root.rglob("*.txt"))
    }


def write(root: Path, texts: Texts) -> None:
    """Keep these files and no others."""
    for name in kept(root).keys() - texts.keys():
        (root / f"{name}.txt").unlink()
    for name, text in texts.items():
        path = root / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")


def differences(before: Texts, now: Texts) -> list[str]:
    """A unified diff of everything; a file that is new or gone differs in every line."""
    lines = []
    for name in sorted(before.keys() | now.keys()):
        old, new = (texts.get(name, "").splitlines() for texts in (before, now))
        lines += difflib.unified_diff(old, new, f"kept/{name}", f"now/{name}", lineterm="", n=2)
    return lines
