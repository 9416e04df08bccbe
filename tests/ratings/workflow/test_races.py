"""Two people at once: one of them wins, the other is told so, and nothing is left half done.

Every race is run again without the lock that decides it; it must then come out wrong, or it would prove
nothing. SQLite lets one writer in at a time from BEGIN IMMEDIATE on, so there the races are run, but no lock
can be missed.
"""

from typing import Any

import pytest

from ratings.committee.invariants import violations
from ratings.enums import Stage, Status
from ratings.models import Assessment, Move, Scheme, Score
from ratings.sheets.answering import CONFLICT, REFUSED, SAVED, RowGone, Saved, save
from ratings.workflow import take_step
from schools.models import School
from schools.saving import Refused
from tests.ratings.played_year import POSTED, PlayedYear, rows_of
from tests.ratings.races import at_once, bring_to_county, hold, linger, meet

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def edit(score: Score, by, remark: str = "改") -> Saved:
    return save(
        score.pk, by=by, version=score.version, posted=POSTED[score.item.code], remark=remark, declared=True
    )


# Submitting twice


def submit_twice(year: PlayedYear, row: Assessment) -> list[Any]:
    head = year.person("head", row)
    return at_once(*[lambda: take_step(Assessment.objects.get(pk=row.pk), "submit", by=head)] * 2)


def submitted_once(row: Assessment, found: list[Any]) -> bool:
    moves = row.moves.filter(step="submit").count()
    kinds = sorted(type(one).__name__ for one in found)
    return kinds == ["Move", "Refused"] and moves == 1 and row.scores.filter(stage=Stage.COUNTY).count() == 5


def test_of_two_people_who_submit_at_once_one_does(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    year.fill(year.assessments, Stage.SELF)
    linger(monkeypatch, "ratings.workflow.taking", "blockers")

    wrong = [found for row in year.assessments if not submitted_once(row, found := submit_twice(year, row))]

    assert wrong == []
    assert violations(Scheme.objects.get()) == []


def test_submitting_twice_goes_wrong_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    year.fill(year.assessments, Stage.SELF)
    meet(monkeypatch, ("ratings.workflow.taking", "blockers"))
    unlocked(
        Scheme, School, Assessment
    )  # handing in holds all three, and each alone would tell the two apart
    (row,) = year.assessments

    assert not submitted_once(row, submit_twice(year, row))


# Two tabs


def save_twice(year: PlayedYear, row: Assessment) -> list[Any]:
    score = rows_of(row, Stage.SELF).first()
    filler, head = year.person("filler", row), year.person("head", row)
    return at_once(lambda: edit(score, filler, "甲"), lambda: edit(score, head, "乙"))


def one_saved(row: Assessment, found: list[Any]) -> bool:
    stored = rows_of(row, Stage.SELF).first()
    states = [one.state if isinstance(one, Saved) else repr(one) for one in found]
    winner = "甲乙"[states.index(SAVED)] if SAVED in states else ""
    return sorted(states) == [CONFLICT, SAVED] and (stored.remark, stored.version) == (winner, 1)


def test_of_two_people_who_save_one_row_one_is_shown_the_other(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    linger(monkeypatch, "ratings.sheets.answering", "uneditable")

    wrong = [found for row in year.assessments if not one_saved(row, found := save_twice(year, row))]

    assert wrong == []


def test_saving_twice_goes_wrong_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    meet(monkeypatch, ("ratings.sheets.answering", "uneditable"))
    unlocked(Assessment)
    (row,) = year.assessments

    assert not one_saved(row, save_twice(year, row))


# Returning while somebody scores


def return_and_edit(year: PlayedYear, row: Assessment) -> list[Any]:
    score = rows_of(row, Stage.COUNTY).first()
    lead, reviewer = year.people["county_lead"], year.people["county"]
    return at_once(
        lambda: take_step(
            Assessment.objects.get(pk=row.pk), "return_", by=lead, comment="补正", items={"K2": "照片"}
        ),
        lambda: edit(score, reviewer),
    )


def one_after_the_other(row: Assessment, found: list[Any]) -> bool:
    """Either the edit was in time and stands in the sheet frozen by the return, or it was refused and stands
    nowhere.
    """
    move, saved = found
    if not isinstance(move, Move) or not isinstance(saved, Saved):
        return False
    stored, frozen = rows_of(row, Stage.COUNTY).first(), move.sheet["scores"][0]
    written = (stored.answers, stored.remark) == (frozen["answers"], frozen["remark"])
    return written and (saved.state, stored.version) in ((SAVED, 1), (REFUSED, 0))


def test_return_freezes_a_score_saved_at_the_same_moment_or_refuses_it(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    rows = bring_to_county(year)
    linger(monkeypatch, "ratings.workflow.taking", "frozen_sheet")
    linger(monkeypatch, "ratings.sheets.answering", "uneditable")

    wrong = [found for row in rows if not one_after_the_other(row, found := return_and_edit(year, row))]

    assert wrong == []
    assert violations(Scheme.objects.get()) == []


def test_return_loses_a_score_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    (row,) = bring_to_county(year)
    meet(monkeypatch, ("ratings.workflow.taking", "frozen_sheet"), ("ratings.sheets.answering", "uneditable"))
    unlocked(Assessment)

    assert not one_after_the_other(row, return_and_edit(year, row))


# Withdrawing while somebody begins to score


def withdraw_and_edit(year: PlayedYear, row: Assessment) -> list[Any]:
    score = rows_of(row, Stage.COUNTY).first()
    head, reviewer = year.person("head", row), year.people["county"]
    return at_once(
        lambda: take_step(Assessment.objects.get(pk=row.pk), "withdraw", by=head),
        lambda: edit(score, reviewer),
    )


def withdrawn_or_scored(row: Assessment, found: list[Any]) -> bool:
    step, saved = found
    status = Assessment.objects.get(pk=row.pk).status
    scored = rows_of(row, Stage.COUNTY).filter(answers__isnull=False).count()
    if isinstance(step, Move):
        return isinstance(saved, RowGone) and (status, scored) == (Status.DRAFT, 0)
    return (
        isinstance(step, Refused)
        and isinstance(saved, Saved)
        and (saved.state, status, scored) == (SAVED, Status.COUNTY, 1)
    )


def test_of_a_withdrawal_and_a_first_score_one_wins(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds)
    rows = bring_to_county(year)
    linger(monkeypatch, "ratings.workflow.taking", "blockers")
    linger(monkeypatch, "ratings.sheets.answering", "uneditable")

    wrong = [found for row in rows if not withdrawn_or_scored(row, found := withdraw_and_edit(year, row))]

    assert wrong == []
    assert violations(Scheme.objects.get()) == []


def test_withdrawal_and_first_score_go_wrong_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    (row,) = bring_to_county(year)
    scored = rows_of(row, Stage.COUNTY).filter(answers__isnull=False)
    hold(monkeypatch, ("ratings.workflow.taking", "blockers"), (__name__, "save"), until=scored.exists)
    unlocked(Assessment)

    assert not withdrawn_or_scored(row, withdraw_and_edit(year, row))
