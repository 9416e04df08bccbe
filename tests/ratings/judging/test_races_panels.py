"""The office changes who sits in a panel while a judge scores or a school arrives."""

from typing import Any

import pytest

from ratings.enums import Stage, Status
from ratings.judging.panels import seat_judge, unseat_judge
from ratings.models import Assessment, Judge, Move, Panel, Score
from ratings.sheets.answering import SAVED, RowGone, Saved, save
from ratings.workflow import open_city_rows, take_step
from schools.saving import Refused
from tests.ratings.played_year import POSTED, PlayedYear
from tests.ratings.races import at_once, bring_to_county, hold, linger

pytestmark = [pytest.mark.engine, pytest.mark.django_db(transaction=True)]


def bring_to_city(year: PlayedYear) -> Assessment:
    """One school with the panel, nothing scored there."""
    bring_to_county(year)
    Assessment.objects.update(status=Status.CITY)
    (row,) = year.assessments
    open_city_rows(row)
    return row


# Taking a judge out who begins to score


def unseat_and_edit(year: PlayedYear, row: Assessment) -> tuple[Judge, list[Any]]:
    """A fourth judge, so that three stay, sits down and is taken out while the first answer is saved."""
    office, user = year.people["office"], year.judges[0]
    seat_judge(Panel.objects.get(), label="替补", user=None, by=office)
    judge = Judge.objects.get(user=user)
    score = Score.objects.get(assessment=row, judge=judge, item__code="L1")
    return judge, at_once(
        lambda: unseat_judge(Panel.objects.get(), judge, by=office),
        lambda: save(score.pk, by=user, version=score.version, posted=POSTED["L1"], remark="已看"),
    )


def taken_out_or_scored(row: Assessment, judge: Judge, found: list[Any]) -> bool:
    """Out, and nothing of the judge is left; or still seated, with sheet and answer."""
    unseated, saved = found
    seated = judge.panels.exists()
    left = (
        row.sheets.filter(judge=judge).exists(),
        row.scores.filter(judge=judge, answers__isnull=False).exists(),
    )
    if unseated is None:
        return (
            isinstance(saved, RowGone)
            and not seated
            and left == (False, False)
            and not row.scores.filter(judge=judge).exists()
        )
    return (
        isinstance(unseated, Refused)
        and isinstance(saved, Saved)
        and saved.state == SAVED
        and seated
        and left == (True, True)
    )


def seated_again(year: PlayedYear, row: Assessment, judge: Judge) -> None:
    """As it was before the race."""
    office, panel = year.people["office"], Panel.objects.get()
    row.scores.filter(judge=judge).update(answers=None, points=None, remark="", version=0)
    if not judge.panels.exists():
        seat_judge(panel, label="", user=judge.user, by=office)
    unseat_judge(panel, Judge.objects.get(label="替补"), by=office)


def race_unseating(year: PlayedYear, times: int) -> list[bool]:
    row, outcomes = bring_to_city(year), []
    for _ in range(times):
        judge, found = unseat_and_edit(year, row)
        outcomes.append(taken_out_or_scored(row, judge, found))
        seated_again(year, row, judge)
    return outcomes


def test_of_taking_a_judge_out_and_a_first_answer_one_wins(race_year, race_rounds, monkeypatch):
    linger(monkeypatch, "ratings.judging.panels", "_unseat_refusals")
    linger(monkeypatch, "ratings.sheets.answering", "uneditable")

    assert all(race_unseating(race_year(1), race_rounds))


def test_an_answer_stays_without_a_sheet_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    row = bring_to_city(year)
    scored = row.scores.filter(stage=Stage.CITY, answers__isnull=False)
    hold(monkeypatch, ("ratings.judging.panels", "_unseat_refusals"), (__name__, "save"), until=scored.exists)
    unlocked(Assessment)

    assert not taken_out_or_scored(row, *unseat_and_edit(year, row))


# Seating a judge while a school arrives


def seat_and_arrive(year: PlayedYear, row: Assessment) -> list[Any]:
    lead, office = year.people["county_lead"], year.people["office"]
    return at_once(
        lambda: take_step(Assessment.objects.get(pk=row.pk), "recommend", by=lead, star=5, opinion="同意"),
        lambda: seat_judge(Panel.objects.get(), label=f"新评委{row.pk}", user=None, by=office),
    )


def everybody_has_a_sheet(row: Assessment, found: list[Any]) -> bool:
    move, judge = found
    wanted = set(Panel.objects.get().judges.values_list("pk", flat=True))
    held = set(row.sheets.values_list("judge", flat=True))
    return isinstance(move, Move) and isinstance(judge, Judge) and judge.pk in wanted and held == wanted


def ready_to_recommend(year: PlayedYear) -> list[Assessment]:
    rows = bring_to_county(year)
    year.fill(rows, Stage.COUNTY)
    return rows


def test_a_judge_seated_while_a_school_arrives_has_a_sheet_there(race_year, race_rounds, monkeypatch):
    year = race_year(race_rounds // 5)
    linger(monkeypatch, "ratings.workflow.taking", "open_city_rows")

    wrong = [
        found
        for row in ready_to_recommend(year)
        if not everybody_has_a_sheet(row, found := seat_and_arrive(year, row))
    ]

    assert wrong == []


def test_a_judge_seated_while_a_school_arrives_has_none_without_the_lock(race_year, unlocked, monkeypatch):
    year = race_year(1)
    (row,) = ready_to_recommend(year)
    seated = Judge.objects.filter(label__startswith="新评委")
    hold(
        monkeypatch,
        ("ratings.workflow.taking", "open_city_rows"),
        (__name__, "seat_judge"),
        until=seated.exists,
    )
    unlocked(Assessment)

    assert not everybody_has_a_sheet(row, seat_and_arrive(year, row))
