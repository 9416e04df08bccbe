"""The demonstration at one moment that never moves, with one object of each kind that it does not bring
along.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import time_machine
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from ratings import demo
from ratings.criteria.years import copy_scheme
from ratings.demo.accounts import FIRST_CITY, SECOND_CITY
from ratings.drafting.errata import change_row, prepare, send_for_signature, write_reason
from ratings.enums import Confirmation, Phase
from ratings.models import Evidence, JudgeSheet, Meeting, Scheme
from ratings.publication.bulletin import BULLETIN
from ratings.publication.opening_notice import OPENING_NOTICE
from ratings.workflow.opening import acknowledge, checks_of, propose
from schools.calendar import workdays
from schools.models import (
    AccountChange,
    Appointment,
    GuidanceTeam,
    Handover,
    IssuedPlan,
    JointPartner,
    Region,
    School,
    TrialLesson,
    User,
)
from schools.records.corrections import request_change
from tests.clock import SHANGHAI
from tests.golden.objects import seats
from tests.small_pdf import SMALL_PDF

FIXTURES = Path(__file__).parents[2] / "fixtures"
#: Whatever clock the other tests run by: the kept files tell of this day.
MOMENT = dt.datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
#: Some items of a draft are grouped under this name.
GROUP = "班子建设"
ACCOUNTS = tuple(entry.username for entry in (*FIRST_CITY, *SECOND_CITY))


class Typeset:
    """Stands for WeasyPrint's document: the file is the HTML itself, so that what is printed can be read as
    text.
    """

    pages = ()

    def __init__(self, string: str, **_):
        self._html = string

    #: What the real one keeps of the source, for messages alone.
    etree_element = None

    def render(self, **_) -> Typeset:
        return self

    def write_pdf(self, **_) -> bytes:
        return b"%PDF-1.7\n" + self._html.encode()


@contextmanager
def loaded(media: Path) -> Iterator[None]:
    """The demonstration as `load_demo` makes it, all at one moment; gone again afterwards."""
    with (
        time_machine.travel(MOMENT, tick=False),
        override_settings(MEDIA_ROOT=media),
        undone(),
    ):
        workdays.remember({})
        _count_from_one()
        demo.load(FIXTURES, "Xingji-2026")
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _count_from_one() -> None:
    """Numbers of rows are read in addresses: they must not depend on the tests that ran before."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sqlite_sequence SET seq = 0")


def add_what_is_missing() -> None:
    """Drafts, corrections and records that a demonstration has no need of, but a page shows."""
    people = {user.username: user for user in User.objects.filter(username__in=ACCOUNTS)}
    own, neighbour = list(School.objects.filter(city=people["office"].city).in_order()[:2])
    _records(own, neighbour, people)
    _handover(own, people)
    typed = seats(own.city)["市评审中·未评"].sheets.latest("pk")
    JudgeSheet.objects.filter(pk=typed.pk).update(entered_by=people["office"])
    _life_of_schemes(people)
    AccountChange.objects.create(
        account=people["chair"],
        act="password",
        reason="忘记",
        asked_by=people["security"],
        asked_role="security",
    )
    _minutes(people["office"])


def _minutes(office: User) -> None:
    """A meeting whose minutes have no number and are kept as a file."""
    running = Scheme.objects.get(phase=Phase.SCORING)
    meeting = Meeting(scheme=running, held_on=dt.date(2026, 11, 20), expected=11, present=9)
    meeting.by, meeting.at, meeting.file_name, meeting.digest = office, timezone.now(), "纪要.pdf", "d" * 64
    meeting.file.save("纪要.pdf", ContentFile(SMALL_PDF.rstrip()))


def _records(own: School, neighbour: School, people: dict[str, User]) -> None:
    teacher = own.teachers.order_by("pk").first()
    request_change(teacher, {"post": "新职务"}, by=people["filler"], reason="误登")
    JointPartner.objects.create(host_class=neighbour.classes.order_by("pk").first(), school=own)
    words = {"topic": "党章", "assessors": "陈某", "opinion": "可以授课"}
    TrialLesson.objects.create(school=own, teacher=teacher, on=dt.date(2026, 5, 8), passed=True, **words)
    IssuedPlan.objects.create(city=own.city, year=2026, issued_at=timezone.now(), issued_by=people["office"])
    GuidanceTeam.objects.create(city=own.city, name="走访组").members.add(people["liaison"])
    assessment = own.assessments.get(scheme__phase=Phase.SCORING)
    proof = Evidence(
        assessment=assessment,
        kind="file",
        name="证明.pdf",
        digest="d" * 64,
        by=people["filler"],
        at=timezone.now(),
    )
    proof.file.save("证明.pdf", ContentFile(b"%PDF-1.7"))


def _handover(own: School, people: dict[str, User]) -> None:
    posts = []
    for number, name in enumerate(("旧填报", "新填报"), 1):
        user = User.objects.create(
            username=f"succession{number}", name=name, city=own.city, must_change_password=False
        )
        posts.append(
            Appointment.objects.create(
                user=user, role="filler", city=own.city, school=own, start=dt.date(2026, 1, 1)
            )
        )
    contents = [["未确认月报", "没有"]]
    Handover.objects.create(
        school=own, ended=posts[0], begun=posts[1], reason="调整", contents=contents, by=people["county_lead"]
    )


def _life_of_schemes(people: dict[str, User]) -> None:
    """Two drafts, one proposed for opening; a correction in work, one that waits for the chair; a bulletin
    and a notice in draft.
    """
    office, office2 = people["office"], people["office2"]
    running, settled = Scheme.objects.get(phase=Phase.SCORING), Scheme.objects.get(phase=Phase.SETTLED)
    draft = copy_scheme(running, year=2028, by=office)
    draft.items.filter(category=draft.categories.earliest("pk")).update(group=GROUP)
    deadlines = {"self_due": dt.date(2027, 10, 29), "city_due": dt.date(2027, 11, 30)}
    proposed = copy_scheme(settled, year=2027, by=office2)
    acknowledge(
        proposed, seen=checks_of(proposed).digest, by=office2
    )  # days between two years that count nowhere
    propose(proposed, by=office2, deadlines=deadlines)
    OPENING_NOTICE.draft(settled, issued_on=settled.period_start)
    BULLETIN.draft(settled, issued_on=dt.date(2026, 11, 25))
    working, waiting = prepare(settled, by=office2), prepare(running, by=office)
    code = settled.items.order_by("order").first().code
    change_row(working, "item", code, {"standard": "抽听一课"}, by=office2, revision=0)
    code = running.items.order_by("order").first().code
    change_row(waiting, "item", code, {"standard": "抽听一课"}, by=office, revision=0)
    write_reason(
        waiting, reason="文字印错", basis="市评委会纪要第3号", by=office, revision=waiting.revision + 1
    )
    send_for_signature(waiting, by=office)


def ask_for_signatures() -> None:
    """From here the schools of the running year confirm by a signed page."""
    Scheme.objects.filter(phase=Phase.SCORING).update(confirmation=Confirmation.SIGNED)


def cities() -> tuple[Region, Region]:
    """The first with its whole year, the second before its bulletin."""
    first, second = (User.objects.get(username=name).city for name in ("office", "office2"))
    return first, second
