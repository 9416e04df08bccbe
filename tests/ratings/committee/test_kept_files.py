"""What the commands that check find besides the figures: files that are gone, trails that are gone."""

import hashlib
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from ratings.desk.witnesses import LEFT
from ratings.models import Evidence
from schools import audit
from schools.models import AuditEntry
from tests.rating_factories import open_year

pytestmark = [pytest.mark.engine, pytest.mark.django_db]
CONTENT = b"%PDF-1.7 minutes"


@pytest.fixture
def kept(city, school, appoint):
    """A year with one file, whose trail says how it came to be."""
    assessment = open_year(city, [school]).assessments.get()
    for action in ("open", "adjust", "move"):
        audit.record(action, by=None, city=city, subject="甲")
    return Evidence.objects.create(
        assessment=assessment,
        kind="file",
        name="纪要.pdf",
        file=ContentFile(CONTENT, "纪要.pdf"),
        size=len(CONTENT),
        digest=hashlib.sha256(CONTENT).hexdigest(),
        by=appoint("filler"),
        at=timezone.now(),
    )


def gone(path):
    path.unlink()


def longer(path):
    path.write_bytes(CONTENT + b" ")


def altered(path):
    path.write_bytes(CONTENT.replace(b"m", b"M"))


@pytest.mark.parametrize(
    ("damage", "told", "is_quick"),
    [
        (gone, "的文件找不到或读不出来", True),
        (longer, "的大小与登记的不同，文件被改动过", True),
        (altered, "与摘要不符，文件被改动过", False),
    ],
)
def test_evidence_that_is_gone_or_altered_is_named(damage, told, is_quick, kept, school):
    out = StringIO()
    call_command("check_invariants", stdout=out)
    assert "佐证材料都在" in out.getvalue()

    damage(Path(kept.file.path))
    with pytest.raises(CommandError, match=f"佐证材料文件：{school}“纪要.pdf”{told}"):
        call_command("check_invariants", stdout=StringIO())
    if is_quick:
        with pytest.raises(CommandError, match=told):
            call_command("check_invariants", quick=True, stdout=StringIO())
    else:
        call_command("check_invariants", quick=True, stdout=StringIO())


def test_a_year_without_a_line_in_the_trail_is_missed(kept, city):
    assert audit.verify() == []
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM schools_auditentry")
        cursor.execute("DELETE FROM schools_chainhead")

    faults = audit.verify()

    assert [fault.split("，")[0] for fault in faults] == [
        f"【{city.name}】有流转 1 条",
        f"【{city.name}】有核定 1 条",
    ]
    with pytest.raises(CommandError, match="审计记录被整段删除过"):
        call_command("check_invariants", stdout=StringIO())


def test_every_witness_names_acts_that_the_trail_knows():
    assert {action for *_, actions in LEFT for action in actions} <= audit.ACTIONS.keys()
    assert not AuditEntry.objects.exists()
