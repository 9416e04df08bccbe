"""Whoever comes while a stage is being closed is refused, and not told success under what was frozen before.

Each race stands in a table: the act that closes, the act that comes too late, and the lock without which it
would slip in. The worst moment is forced: the first holds its rows and goes on once the second waits.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ratings.committee.invariants import violations
from ratings.committee.meetings import record_meeting
from ratings.committee.motions import propose_case, propose_star
from ratings.committee.settling import decide, settle_scheme
from ratings.drafting.errata import prepare
from ratings.enums import Phase, Stage, Status
from ratings.judging import adjusting
from ratings.judging.panels import choose_leader, create_panel
from ratings.judging.sheets import reopen_sheet
from ratings.judging.visits import save_feedback
from ratings.models import (
    Adjustment,
    Assessment,
    Bulletin,
    Decision,
    Erratum,
    Extension,
    Feedback,
    Goal,
    Item,
    Judge,
    JudgeSheet,
    Meeting,
    MetricSnapshot,
    Motion,
    Move,
    Panel,
    Restriction,
    Result,
    ReturnedItem,
    Scheme,
)
from ratings.publication.bulletin import BULLETIN, publish
from ratings.review import agreeing
from ratings.selfassessment.selfcheck import set_goal
from ratings.sheets.answering import REFUSED, Saved, save
from ratings.workflow import grant_extension, take_step
from schools.models import Correction, School
from schools.records import corrections
from schools.records.changes import snapshot
from schools.registry.saving import change, digest
from schools.saving import Refused
from tests.ratings.committee_year import VOTES
from tests.ratings.played_year import PlayedYear, rows_of
from tests.ratings.races import bring_to_county, closing, decided, join, unguard

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

#: Once in the suite; the deep run repeats what is certain anyway.
ROUNDS = 30 if os.environ.get("HYPOTHESIS_PROFILE") == "deep" else 1
#: For a race that is decided by a parent read after the lock, not by the lock alone.
JOINED = "joined"


#: An act as a request does it: the page was opened before, what is given runs when it is posted.
Act = Callable[[PlayedYear], Callable[[], Any]]


def the_school() -> Assessment:
    """As it stands; nobody works on a row that somebody else has read."""
    return Assessment.objects.select_related("scheme", "school").get()


@dataclass(frozen=True)
class Closing:
    """An act that closes something, the function at whose end it holds its rows and has read, and what is put
    back afterwards. The acts that come too late go with the models whose lock decides, or JOINED.
    """

    act: Act
    reader: tuple[str, str]
    undo: Callable[[PlayedYear], None]
    late: dict[str, tuple[Act, Any]]


def step(code: str, role: str, **facts: Any) -> Act:
    return lambda year: (
        lambda: take_step(the_school(), code, by=year.person(role, the_school()), comment="集体研究", **facts)
    )


# 认定未申报


def extend(year: PlayedYear) -> Callable[[], Any]:
    day = timezone.localdate() + dt.timedelta(days=5)
    row, office = the_school(), year.people["office"]
    return lambda: grant_extension(row, Stage.SELF, day, by=office, reason="停电")


def back_to_filling(year: PlayedYear) -> None:
    Move.objects.filter(step="lapse").delete()
    Extension.objects.all().delete()
    Assessment.objects.update(status=Status.DRAFT)
    Scheme.objects.update(phase=Phase.OPEN)


# 推荐到市


def correct_a_record(year: PlayedYear) -> Callable[[], Any]:
    school, filler = School.objects.get(), year.person("filler", the_school())
    asked = change(school, {"seats": 110}, by=filler, seen=digest(snapshot(school)), reason="误登")
    return lambda: corrections.approve(asked, by=year.people["county"], remark="已核对")


def adjust_for_the_county(year: PlayedYear) -> Callable[[], Any]:
    row = the_school()
    return lambda: agreeing.adjust(row.pk, "K1", points=Decimal(20), reason="核", by=year.people["county"])


def agree(year: PlayedYear) -> Callable[[], Any]:
    row = the_school()
    return lambda: agreeing.agree_with_school(row.pk, by=year.people["county"], accept=True)


def score_for_the_county(year: PlayedYear) -> Callable[[], Any]:
    score = rows_of(the_school(), Stage.COUNTY).get(item__code="L1")
    return lambda: save(score.pk, by=year.people["county"], version=score.version, posted={"听课": "C"})


def back_to_county(year: PlayedYear) -> None:
    Correction.objects.all().delete()
    School.objects.update(seats=120)
    ReturnedItem.objects.all().delete()
    Move.objects.filter(step__in=["recommend", "return_"]).delete()
    MetricSnapshot.objects.filter(moment=MetricSnapshot.Moment.FINAL).delete()
    Adjustment.objects.all().delete()
    JudgeSheet.objects.all().delete()
    the_school().scores.filter(stage=Stage.CITY).delete()
    Assessment.objects.update(
        status=Status.COUNTY, suggested_star=None, county_opinion="", returned_to="", return_due=None
    )
    year.fill(year.assessments, Stage.COUNTY)


# 审定


def settle(year: PlayedYear) -> Callable[[], Any]:
    return lambda: settle_scheme(Scheme.objects.get(), by=year.people["chair"])


def decide_anew(year: PlayedYear) -> Callable[[], Any]:
    row, chair = the_school(), year.people["chair"]
    return lambda: decide(row, by=chair, ballot=VOTES)


def decide_otherwise(year: PlayedYear) -> Callable[[], Any]:
    row, office = the_school(), year.people["office"]
    return lambda: propose_star(row, 4, by=office, reason="集体研究", ballot=VOTES)


def restrict(year: PlayedYear) -> Callable[[], Any]:
    row, restriction = the_school(), Restriction.objects.get(code="Y1")
    found = {"by": year.people["office"], "reason": "认定材料", "ballot": VOTES}
    return lambda: propose_case(row, Motion.Kind.RESTRICT, restriction, **found)


def enter_a_meeting(year: PlayedYear) -> Callable[[], Any]:
    scheme, office = Scheme.objects.get(), year.people["office"]
    values = {"held_on": timezone.localdate(), "expected": 11, "present": 9, "number": "示评纪〔2026〕9号"}
    return lambda: record_meeting(scheme, values, by=office)


def adjust_for_the_city(year: PlayedYear) -> Callable[[], Any]:
    row, office = the_school(), year.people["office"]
    return lambda: adjusting.adjust(row, "K1", points=Decimal(20), reason="核", by=office)


def give_back(year: PlayedYear) -> Callable[[], Any]:
    sheet, office = the_school().sheets.first(), year.people["office"]
    return lambda: reopen_sheet(sheet, by=office, reason="误评")


def found_a_panel(year: PlayedYear) -> Callable[[], Any]:
    scheme, office = Scheme.objects.get(), year.people["office"]
    return lambda: create_panel(scheme, "第二组", by=office)


def choose_a_leader(year: PlayedYear) -> Callable[[], Any]:
    panel, judge = Panel.objects.select_related("scheme").get(), Judge.objects.first()
    return lambda: choose_leader(panel, judge, by=year.people["office"])


def back_to_decision(year: PlayedYear) -> None:
    Result.objects.all().delete()
    ReturnedItem.objects.all().delete()
    Move.objects.filter(step__in=["settle", "return_"]).delete()
    Motion.objects.all().delete()
    Meeting.objects.filter(number="示评纪〔2026〕9号").delete()
    Adjustment.objects.all().delete()
    Extension.objects.all().delete()
    Panel.objects.filter(name="第二组").delete()
    Panel.objects.update(leader=None)
    Decision.objects.update(star=5, reason="")
    JudgeSheet.objects.update(submitted_at=timezone.now(), submitted_by=year.people["office"])
    Assessment.objects.update(status=Status.CITY, returned_to="", return_due=None)
    Scheme.objects.update(phase=Phase.SCORING)


# 印发


def issue(year: PlayedYear) -> Callable[[], Any]:
    return lambda: publish(Scheme.objects.get(), by=year.people["chair"], check_text=False)


def write(year: PlayedYear) -> Callable[[], Any]:
    bulletin, office = Bulletin.objects.select_related("scheme").get(), year.people["office"]
    return lambda: BULLETIN.save(bulletin, {"body": "改"}, version=bulletin.version, by=office)


def note_feedback(year: PlayedYear) -> Callable[[], Any]:
    row, office = the_school(), year.people["office"]
    return lambda: save_feedback(row, {"text": "教室整洁"}, version=0, by=office)


def set_a_goal(year: PlayedYear) -> Callable[[], Any]:
    row, item = the_school(), Item.objects.get(code="K1")
    head = year.person("head", row)
    return lambda: set_goal(row, item, {"text": "满分"}, version=0, by=head)


def correct_the_criteria(year: PlayedYear) -> Callable[[], Any]:
    scheme, office = Scheme.objects.get(), year.people["office"]
    return lambda: prepare(scheme, by=office)


def back_to_settled(year: PlayedYear) -> None:
    for model in (Feedback, Goal, Erratum, Bulletin):
        model.objects.all().delete()
    Scheme.objects.update(phase=Phase.SETTLED, published_at=None, published_by=None)
    BULLETIN.draft(Scheme.objects.get(), issued_on=timezone.localdate())


LAPSING = Closing(
    step("lapse", "office"),
    ("ratings.workflow.taking", "frozen_sheet"),
    back_to_filling,
    {"延期": (extend, (Assessment,))},
)
RECOMMENDING = Closing(
    step("recommend", "county_lead", star=5, opinion="同意"),
    ("ratings.workflow.taking", "frozen_sheet"),
    back_to_county,
    {
        "数据更正": (correct_a_record, (School,)),
        "初评核定": (adjust_for_the_county, (Assessment,)),
        "同意自评": (agree, (Assessment,)),
        "初评": (score_for_the_county, (Assessment,)),
        "退回补正": (step("return_", "county_lead", items={"K2": "照片"}), (Assessment, School)),
    },
)
SETTLING = Closing(
    settle,
    ("ratings.committee.settling", "missing_for_settling"),
    back_to_decision,
    {
        "审定": (decide_anew, JOINED),
        "另行审定": (decide_otherwise, JOINED),
        "限制性情形": (restrict, JOINED),
        "登记会议": (enter_a_meeting, (Scheme,)),
        "评审核定": (adjust_for_the_city, (Assessment,)),
        "退回评分表": (give_back, (Assessment,)),
        "退回补正": (step("return_", "office", items={"K2": "照片"}), (Assessment,)),
        "延期": (extend, (Assessment,)),
        "设评审组": (found_a_panel, (Scheme,)),
        "定组长": (choose_a_leader, (Scheme,)),
    },
)
PUBLISHING = Closing(
    issue,
    ("ratings.publication.bulletin", "hold_all"),
    back_to_settled,
    {
        "通报文稿": (write, (Scheme, Bulletin)),
        "反馈意见": (note_feedback, JOINED),
        "对标目标": (set_a_goal, JOINED),
        "更正方案": (correct_the_criteria, (Scheme,)),
    },
)


def closings(year: PlayedYear) -> Iterator[Closing]:
    """The stages of one year one after the other."""
    Scheme.objects.update(self_due=timezone.localdate() - dt.timedelta(days=3))
    yield LAPSING
    Scheme.objects.update(self_due=None)
    bring_to_county(year)
    year.fill(year.assessments, Stage.COUNTY)
    yield RECOMMENDING
    decided(year, the_school())
    yield SETTLING
    settle(year)()
    back_to_settled(year)
    yield PUBLISHING


@pytest.fixture(autouse=True)
def quick_document(monkeypatch):
    """A document that takes no time: the race is about the year, not about its pages."""
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-")


def told_no(found: Any) -> bool:
    return isinstance(found, Refused) or (isinstance(found, Saved) and found.state == REFUSED)


def test_who_comes_while_a_stage_is_closed_is_refused(race_year, monkeypatch):
    year, wrong = race_year(1), []

    for closing_act in closings(year):
        for name, (act, _) in closing_act.late.items():
            for _ in range(ROUNDS):
                closed, late = closing(monkeypatch, closing_act.reader, closing_act.act(year), act(year))
                if isinstance(closed, Exception) or not told_no(late) or violations(Scheme.objects.get()):
                    wrong.append((name, closed, late))
                closing_act.undo(year)

    assert wrong == []


def test_who_comes_late_slips_in_without_the_lock(race_year, monkeypatch):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite 从 BEGIN IMMEDIATE 起只放进一个写入者，没有可去掉的行锁")
    year, refused = race_year(1), []

    for closing_act in closings(year):
        for name, (act, without) in closing_act.late.items():
            with monkeypatch.context() as patch:
                join(patch) if without == JOINED else unguard(patch, without)
                _, late = closing(patch, closing_act.reader, closing_act.act(year), act(year))
            if isinstance(late, Exception) or told_no(late):
                refused.append((name, late))
            closing_act.undo(year)

    assert refused == []
