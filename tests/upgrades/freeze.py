"""Freezes the version that is about to be released: `make freeze`, or `python -m tests.upgrades.freeze` on
each engine.

Writes to a folder of the version's name a backup of a small sample city, made by `manage.py backup` on the
engine at hand, with what must be found again after an upgrade, and the digests of the version's migrations to
`frozen.toml`. Nothing is written before all of it is made, and what is there already stays: a version that
was released is in the hands of others. While it is not yet released, `make freeze AGAIN=1` (or `--again`)
takes in what has come since; a migration that is listed must not change even then.
"""

from __future__ import annotations

import argparse
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
#: Schools of the first county, one for each status there, and of every other.
PER_COUNTY = (9, 2)
RUNNING_YEAR = 2026


def freeze(*, again: bool = False) -> Path:
    """Migrations and backup of the version in the settings; returns the backup."""
    from django.conf import settings
    from django.db import connection

    from tests.upgrades import frozen

    target = frozen.HERE / settings.VERSION / f"{connection.vendor}.zip"
    listed = frozen.with_version(settings.VERSION)
    if target.exists() and settings.VERSION in frozen.read() and not again:
        raise SystemExit(
            f"{settings.VERSION} 已经固定过（{connection.vendor}），没有作任何改动。"
            "已发布的版本不能重新固定，请先改 pyproject.toml 里的版本号；确实还没有发布的，执行 make "
            "freeze AGAIN=1。"
        )
    made = SCRATCH / target.name
    found = _make(made)
    target.parent.mkdir(exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"  # the same on every engine
    _put(target.with_name(frozen.EXPECTED), text.encode())
    _put(target, made.read_bytes())
    _put(frozen.FROZEN, frozen.text_of(listed).encode())
    return target


def _put(target: Path, content: bytes) -> None:
    """Whole or not at all."""
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(target)


def _make(target: Path) -> dict:
    """The same content on every run, as far as the engine lets it: moment, names of files and passwords do
    not change.
    """
    import time_machine
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from schools.models import User
    from tests.upgrades.facts import facts
    from tests.upgrades.frozen import MADE

    settings.VAR_DIR = SCRATCH
    settings.MEDIA_ROOT = SCRATCH / "media"
    numbers = random.Random(0)  # names of files that are the same every time
    with ExitStack() as stack:
        stack.enter_context(time_machine.travel(MADE.timestamp(), tick=False))
        # with their fonts they would take half a megabyte each
        stack.enter_context(mock.patch("ratings.documents.papers.render_pdf", _small_pdf))
        stack.enter_context(
            mock.patch("uuid.uuid4", lambda: uuid.UUID(int=numbers.getrandbits(128), version=4))
        )
        call_command("migrate", interactive=False, verbosity=0)
        _fill()
        User.objects.update(password="!" + "-" * 40)
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
        call_command("backup", to=str(target))
        return facts()


def _fill() -> None:
    """The demonstration with fewer schools: published years, a running year, a year before its bulletin; and
    an evidence file.
    """
    from django.conf import settings
    from django.core.files.uploadedfile import SimpleUploadedFile

    from ratings import demo
    from ratings.documents.pdf import reason_against
    from ratings.enums import Stage
    from ratings.models import Assessment
    from ratings.selfassessment.evidence import attach
    from schools.models import User
    from schools.uploads import check_upload

    if reason_against():  # then no document would have a file, and no upgrade be tried with one
        raise SystemExit(f"不能固定：{reason_against()}")
    demo.load(settings.BASE_DIR / "fixtures", "Dongjie-2026", progress=print, per_county=PER_COUNTY)
    filler = User.objects.get(username="filler")
    assessment = Assessment.objects.get(school=filler.identity.school, scheme__year=RUNNING_YEAR)
    item = assessment.scores.filter(stage=Stage.SELF).order_by("item__order").first().item
    attach(
        assessment, item, by=filler, upload=check_upload(SimpleUploadedFile("任职文件.pdf", _small_pdf("")))
    )


def _small_pdf(html: str, **options) -> bytes:
    """A page without a word on it, yet of its own for each text."""
    from tests.small_pdf import small_pdf

    mark = hashlib.sha256(html.encode()).hexdigest()
    return small_pdf(mark=mark)


def main() -> None:
    """Everything in a folder of its own, removed afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrades.freeze")
    parser.add_argument("--again", action="store_true", help="这一版还没有发布，重新固定")
    again = parser.parse_args().again
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    SCRATCH.mkdir()
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{SCRATCH / 'db.sqlite3'}")
    try:
        import django

        django.setup()
        target = freeze(again=again)
    finally:
        shutil.rmtree(SCRATCH)
    sys.stdout.write(
        f"已固定 {target.parent.name}：{target.relative_to(ROOT)}（{target.stat().st_size // 1024} KB）\n"
    )


if __name__ == "__main__":
    main()
