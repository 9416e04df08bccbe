"""The committee and somebody else at once: settling against a changed score, publishing against a
reopening.
"""

from typing import Any

import pytest
from django.utils import timezone

from ratings.committee.board import deliberate
from ratings.committee.invariants import violations
from ratings.committee.meetings import Ballot
from ratings.committee.settling import NotSettled, decide, settle_scheme
from ratings.committee.showing import shown_case
from ratings.enums import Phase, Stage, Status
from ratings.judging.sheets import reopen_sheet
from ratings.models import Assessment, Bulletin, Decision, JudgeSheet, Move, Result, Scheme, Score
from ratings.publication.bulletin import BULLETIN, publish
from ratings.sheets.answering import Saved, save
from ratings.workflow import take_step
from schools.saving import Refused, Stale
from tests.ratings.played_year import PlayedYear, rows_of
from tests.ratings.races import at_once, bring_to_decision, hold, linger, meet

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]

# Settling while a score changes


def settle_and_edit(year: PlayedYear, row: Assessment) -> list[Any]:
    """The office gives a sheet back and its judge changes a score, while the chair settles."""
    judge = year.judges[0]
    sheet, score = row.sheets.get(judge__user=judge), rows_of(row, Stage.CITY, judge).get(item__code="L1")

    def change() -> Saved:
        reopen_sheet(sheet, by=year.people["office"], reason="误评")
        return save(score.pk, by=judge, version=score.version, posted={"听课": "C"}, remark="改判")

    return at_once(lambda: settle_scheme(Scheme.objects.get(), by=year.people["chair"]), change)


def settled_or_changed(row: Assessment, found: list[Any]) -> bool:
    """Settled on the old score, or not settled and the new one stands; the results fit the scores in either
    case.
    """
    settling, change = found
    changed = row.scores.filter(stage=Stage.CITY, item__code="L1", answers={"答": {"听课": "C"}}).exists()
    if violations(Scheme.objects.get()):
        return False
    if settling is None:
        return isinstance(change, Refused) and not changed and Result.objects.count() == 1
    return (
        isinstance(settling, NotSettled)
        and isinstance(change, Saved)
        and changed
        and not Result.objects.exists()
    )


def back_to_decision(row: Assessment) -> None:
    """As it was before the race."""
    Result.objects.all().delete()
    Move.objects.filter(step="settle").delete()
    Assessment.objects.update(status=Status.CITY)
    Scheme.objects.update(phase=Phase.SCORING)
    JudgeSheet.objects.filter(submitted_at=None).update(
        submitted_at=timezone.now(), submitted_by=row.sheets.last().submitted_by
    )
    Score.objects.filter(stage=Stage.CITY, item__code="L1").update(answers={"答": {"听课": "A"}}, version=0)


def race_settling(year: PlayedYear, times: int) -> list[bool]:
    row, outcomes = bring_to_decision(year), []
    for _ in range(times):
        outcomes.append(settled_or_changed(row, settle_and_edit(year, row)))
        back_to_decision(row)
    return outcomes


def test_of_settling_and_changing_a_score_one_wins(race_year, race_rounds, monkeypatch):
    linger(monkeypatch, "ratings.committee.settling", "missing_for_settling")

    assert all(race_settling(race_year(1), race_rounds))


def test_settling_overlooks_a_changed_score_without_the_lock(race_year, unlocked, monkeypatch):
    changed = Score.objects.filter(stage=Stage.CITY, item__code="L1", answers={"答": {"听课": "C"}})
    hold(
        monkeypatch,
        ("ratings.committee.settling", "missing_for_settling"),
        (__name__, "reopen_sheet"),
        until=changed.exists,
    )
    unlocked(Assessment)

    assert not all(race_settling(race_year(1), 1))


# Two who decide one school from the same page


def decide_twice(year: PlayedYear, row: Assessment, number: int = 0) -> bool:
    """One is told of the other, whose vote stands."""
    (case,) = deliberate(Scheme.objects.get(), only=row.pk).rows
    seen = shown_case(case.assessment, case.outcome, case.decision).seen
    chair = year.people["chair"]
    votes = (Ballot(votes_for, number % 2) for votes_for in (7, 6))  # each round counts others
    found = at_once(*(lambda one=one: decide(row, by=chair, ballot=one, seen=seen) for one in votes))
    told = [one for one in found if isinstance(one, Stale)]
    kept = Decision.objects.get()
    return len(told) == 1 and kept in found and f"审定意见（{chair.name} " in str(told[0])


def test_of_two_who_decide_one_is_told(race_year, race_rounds, monkeypatch):
    linger(monkeypatch, "ratings.committee.settling", "shown_case")
    year = race_year(1)
    row = bring_to_decision(year)

    assert all(decide_twice(year, row, number) for number in range(race_rounds))


def test_two_who_decide_overwrite_each_other_without_the_lock(race_year, unlocked, monkeypatch):
    meet(monkeypatch, ("ratings.committee.settling", "shown_case"))
    unlocked(Assessment)
    year = race_year(1)

    assert not decide_twice(year, bring_to_decision(year))


# Publishing while the chair reopens


def publish_and_reopen(year: PlayedYear, row: Assessment) -> list[Any]:
    chair = year.people["chair"]
    return at_once(
        lambda: publish(Scheme.objects.get(), by=chair, check_text=False),
        lambda: take_step(Assessment.objects.get(pk=row.pk), "reopen", by=chair, comment="计算有误"),
    )


def published_or_reopened(found: list[Any]) -> bool:
    """A published year keeps its results; a reopened one has none and is not published."""
    issued, reopened = found
    state = (Scheme.objects.get().phase, Result.objects.count())
    if violations(Scheme.objects.get()):
        return False
    if isinstance(issued, Bulletin):
        return isinstance(reopened, Refused) and state == (Phase.PUBLISHED, 1)
    return isinstance(issued, Refused) and isinstance(reopened, Move) and state == (Phase.SCORING, 0)


def race_publishing(year: PlayedYear, row: Assessment, times: int) -> list[bool]:
    outcomes = []
    decision = Decision.objects.values("assessment_id", "star", "computed", "meeting_id", "at").get()
    for _ in range(times):
        settle_scheme(Scheme.objects.get(), by=year.people["chair"])
        BULLETIN.draft(Scheme.objects.get(), issued_on=timezone.localdate())
        outcomes.append(published_or_reopened(publish_and_reopen(year, row)))
        Bulletin.objects.all().delete()
        Result.objects.all().delete()
        Move.objects.filter(step__in=["settle", "reopen"]).delete()
        Decision.objects.get_or_create(**decision)
        Assessment.objects.update(status=Status.CITY)
        Scheme.objects.update(phase=Phase.SCORING, published_at=None, published_by=None)
    return outcomes


@pytest.fixture
def quick_document(monkeypatch):
    """A document that takes no time to race_year: the race is about the year, not about its pages."""
    monkeypatch.setattr("ratings.documents.life.document_pdf", lambda context: b"%PDF-")


def test_of_publishing_and_reopening_one_wins(race_year, race_rounds, quick_document, monkeypatch):
    year = race_year(1)
    row = bring_to_decision(year)
    linger(monkeypatch, "ratings.workflow.taking", "blockers")

    assert all(race_publishing(year, row, race_rounds // 5))


def test_publishing_and_reopening_go_wrong_without_the_lock(race_year, unlocked, quick_document, monkeypatch):
    year = race_year(1)
    row = bring_to_decision(year)  # by a step of its own, which is not to be held
    published = Scheme.objects.filter(phase=Phase.PUBLISHED)
    hold(monkeypatch, ("ratings.workflow.taking", "blockers"), (__name__, "publish"), until=published.exists)
    unlocked(Scheme, Assessment)  # publishing holds both, and either would tell the two apart

    assert not all(race_publishing(year, row, 1))


# Publishing while the office still writes


def publish_and_write(year: PlayedYear) -> list[Any]:
    bulletin = Bulletin.objects.select_related("scheme").get()
    office = year.people["office"]
    return at_once(
        lambda: publish(Scheme.objects.get(), by=year.people["chair"], check_text=False),
        lambda: BULLETIN.save(bulletin, {"body": "改"}, version=bulletin.version, by=office),
    )


def document_says_what_is_stored(outcomes: list[Any]) -> bool:
    """Once it is issued the file holds the stored text, whichever came first; else the text was changed and
    nothing issued.
    """
    issued, _ = outcomes
    stored = Bulletin.objects.select_related("scheme").get()
    if isinstance(issued, Bulletin):
        with stored.pdf.open() as file:
            return file.read() == f"%PDF-{stored.body}".encode()
    return isinstance(issued, Refused) and stored.body == "改" and not stored.is_issued


def race_writing(year: PlayedYear, times: int) -> list[bool]:
    bring_to_decision(year)
    settle_scheme(Scheme.objects.get(), by=year.people["chair"])
    outcomes = []
    for _ in range(times):
        BULLETIN.draft(Scheme.objects.get(), issued_on=timezone.localdate())
        outcomes.append(document_says_what_is_stored(publish_and_write(year)))
        Bulletin.objects.all().delete()
        Scheme.objects.update(phase=Phase.SETTLED, published_at=None, published_by=None)
    return outcomes


@pytest.fixture
def said_document(monkeypatch):
    """A document that is its text."""
    monkeypatch.setattr(
        "ratings.documents.life.document_pdf", lambda context: f"%PDF-{context.body}".encode()
    )


def test_of_publishing_and_writing_one_wins(race_year, race_rounds, said_document, monkeypatch):
    linger(monkeypatch, "ratings.documents.life", "keep_file")

    assert all(race_writing(race_year(1), race_rounds // 5))
