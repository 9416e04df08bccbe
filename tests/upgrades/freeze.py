"""Freezes the version that is about to be released: `make freeze`, or `python -m tests.upgrades.freeze` on each engine.

Writes the digests of its migrations to `frozen.toml`, and to a folder of its name a backup of a small sample city, made by
`manage.py backup` on the engine at hand, with what must be found again after an upgrade. To be run once, when everything of the
release is in; a version that was released stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCRATCH = Path(tempfile.gettempdir()) / f"freeze-{os.getpid()}"
#: Schools of each sample city: so many of the first county, one for each status there, and so many from the end.
SAMPLES = {"shili-shi": (9, 6), "shili-xianjishi": (2, 2)}
RUNNING_YEAR = 2026


def freeze() -> Path:
    """Migrations and backup of the version in the settings; returns the backup."""
    from django.conf import settings
    from django.db import connection

    from tests.upgrades import frozen

    folder = HERE / settings.VERSION
    folder.mkdir(exist_ok=True)
    frozen.write(settings.VERSION)
    target = folder / f"{connection.vendor}.zip"
    target.unlink(missing_ok=True)
    _make(target)
    return target


def _make(target: Path) -> None:
    """The same content on every run, as far as the engine lets it: moment, names of files and passwords do not change."""
    import time_machine
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from schools.models import User
    from tests.upgrades.facts import facts
    from tests.upgrades.frozen import EXPECTED, MADE

    settings.VAR_DIR = SCRATCH
    settings.MEDIA_ROOT = SCRATCH / "media"
    numbers = random.Random(0)  # names of files that are the same every time
    with ExitStack() as stack:
        stack.enter_context(time_machine.travel(MADE.timestamp(), tick=False))
        for module in ("bulletin", "opening_notice"):  # with their fonts they would take half a megabyte each
            stack.enter_context(mock.patch(f"ratings.documents.{module}.render_pdf", _small_pdf))
        stack.enter_context(mock.patch("uuid.uuid4", lambda: uuid.UUID(int=numbers.getrandbits(128), version=4)))
        call_command("migrate", interactive=False, verbosity=0)
        _fill()
        User.objects.update(password="!" + "-" * 40)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
        call_command("backup", to=str(target))
        found = facts()
    target.chmod(0o644)
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (target.parent / EXPECTED).write_text(text, encoding="utf-8")  # the same on every engine


def _fill() -> None:
    """The demonstration with fewer schools: a published year, a running year, a year before its bulletin; and an evidence file."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from python_calamine import CalamineWorkbook

    from ratings import demo
    from ratings.enums import Stage
    from ratings.evidence import attach
    from ratings.models import Assessment
    from schools.models import User
    from schools.uploads import check_upload
    from tests.journeys import CODE, FIXTURES, reduce_folder

    for name, (first, last) in SAMPLES.items():
        heading, *rows = CalamineWorkbook.from_path(FIXTURES / name / "schools.xlsx").get_sheet_by_index(0).to_python()
        codes = [row[heading.index(CODE)] for row in rows]
        reduce_folder(FIXTURES / name, SCRATCH / "fixtures" / name, codes[:first] + codes[-last:])
    demo.load(SCRATCH / "fixtures", "Dongjie-2026", progress=print)
    filler = User.objects.get(username="filler")
    assessment = Assessment.objects.get(school=filler.identity.school, scheme__year=RUNNING_YEAR)
    item = assessment.scores.filter(stage=Stage.SELF).order_by("item__order").first().item
    attach(assessment, item, by=filler, upload=check_upload(SimpleUploadedFile("任职文件.pdf", _small_pdf(""))))


def _small_pdf(html: str, **options) -> bytes:
    """A page without a word on it, yet of its own for each text."""
    mark = hashlib.sha256(html.encode()).hexdigest()
    return f"%PDF-1.7\n% {mark}\n1 0 obj\n<<>>\nendobj\n%%EOF\n".encode()


def main() -> None:
    """Everything in a folder of its own, removed afterwards."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    SCRATCH.mkdir()
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH / 'db.sqlite3'}")
    try:
        import django

        django.setup()
        target = freeze()
    finally:
        shutil.rmtree(SCRATCH)
    sys.stdout.write(f"已固定 {target.parent.name}：{target.relative_to(ROOT)}（{target.stat().st_size // 1024} KB）\n")


if __name__ == "__main__":
    main()
