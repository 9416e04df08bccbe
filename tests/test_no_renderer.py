"""A machine that can make no PDF: every door to one answers with the sentence that says what to install, and
all else works.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from ratings.committee.invariants import violations
from ratings.documents import pdf
from ratings.models import Bulletin
from ratings.offline.running import run_year
from ratings.publication.bulletin import file_document, publish
from schools.saving import Refused
from tests.test_role_table import TABLE, arguments, world  # noqa: F401 (a fixture)

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "fixtures" / "shili-xianjishi"
#: Preferred first: one of them may open every paper.
READERS = ("office", "county_lead", "filler", "judge")


@contextmanager
def no_library(folder: Path) -> Iterator[str]:
    """WeasyPrint cannot load Pango. Gives what the sentence has to name, as does the other one."""
    real = importlib.import_module

    def without_pango(name, *args, **kwargs):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pdf, "_engines", {})
        patched.setattr(importlib, "import_module", without_pango)
        yield "apt-get install libpango-1.0-0"


@contextmanager
def no_fonts(folder: Path) -> Iterator[str]:
    """Nothing in the folder of fonts."""
    with override_settings(FONTS_DIR=folder / "fonts"):
        yield "manage.py fetch_fonts"


LACKING = (no_library, no_fonts)


@pytest.mark.django_db
def test_every_door_to_a_pdf_says_what_to_install(world, school, appoint, tmp_path):  # noqa: F811
    people = {role: appoint(role) for role in READERS}
    world["panel"][0].judges.update(user=people["judge"])
    doors = {name: ({}, case) for name, case in TABLE.items() if name.endswith("_pdf")}
    doors["ratings:materials"] = ({"copies": 1, "kind": "pdf", "order": ""}, TABLE["ratings:materials"])
    silent = []

    for lacking, (name, (sent, case)) in product(LACKING, doors.items()):
        client = Client()
        client.force_login(people[next(role for role in READERS if role in case.own)])
        address = reverse(name, args=arguments(world[case.kind][0]))
        send = client.post if sent or case.method == "post" else client.get
        with lacking(tmp_path) as cure:
            answer = send(address, sent, follow=True)
        if answer.status_code != 200 or cure not in answer.content.decode():
            silent.append(f"{name} with {lacking.__name__}: {answer.status_code}")

    assert len(doors) > 10
    assert silent == []


@pytest.mark.django_db
@pytest.mark.parametrize("lacking", LACKING)
def test_a_year_from_workbooks_is_refused_whole_without_its_bulletin(lacking, tmp_path):
    with lacking(tmp_path) as cure, pytest.raises(Refused, match=cure):
        run_year(SAMPLE / "scheme.xlsx", SAMPLE)


@pytest.mark.django_db
def test_a_sample_year_is_published_without_its_file_and_gets_it_later(monkeypatch, tmp_path):
    scheme = run_year(SAMPLE / "scheme.xlsx", SAMPLE, issue=False).scheme
    with no_library(tmp_path):
        publish(scheme, by=None, check_text=False, with_file=False)
        scheme.refresh_from_db()
        with pytest.raises(Refused, match="libpango"):
            file_document(scheme)

    assert scheme.is_public and not scheme.bulletin.pdf
    assert violations(scheme) == ["通报文件：已通报的方案没有通报文件"]

    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7")
    file_document(scheme)
    filed = Bulletin.objects.get(scheme=scheme)
    file_document(scheme)

    assert filed.pdf.read() == b"%PDF-1.7"
    assert Bulletin.objects.get(scheme=scheme).pdf.name == filed.pdf.name
    assert violations(type(scheme).objects.get(pk=scheme.pk)) == []


def test_a_library_that_cannot_be_loaded_is_named_and_looked_for_again():
    """In a process of its own, with WeasyPrint's own attempt to load Pango: as soon as the library is there,
    the same process prints.
    """
    script = """
import cffi
from ratings.documents import pdf

real = cffi.FFI.dlopen

def without_pango(self, name, *flags):
    if "pango" in str(name):
        raise OSError(f"cannot load library {name!r}")
    return real(self, name, *flags)

cffi.FFI.dlopen = without_pango
print("first:", pdf.reason_against())
cffi.FFI.dlopen = real
print("second:", pdf.reason_against())
"""
    environment = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()

    assert "缺少系统软件包" in first and "apt-get install libpango-1.0-0" in first
    assert second == "second: "


def test_the_packages_named_are_those_that_make_run_installs():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    line = next(line for line in makefile.splitlines() if line.startswith("RUN_PACKAGES"))

    assert set(pdf.PACKAGES) <= set(line.split(":=")[1].split())
