"""A decision scores its school alone, a board only the schools that changed since it was looked at last."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import pytest

from ratings.committee.board import deliberate
from ratings.enums import Stage
from ratings.models import SchemeVersion, Score
from ratings.scoring import Entry, SchoolInput, Sheet
from ratings.sheets import evaluation
from ratings.workflow import scheme_spec


@pytest.fixture(autouse=True)
def nothing_kept():
    """From before, nor for others afterwards."""
    evaluation.year_of.cache_clear()
    yield
    evaluation.year_of.cache_clear()


@pytest.fixture
def scored(monkeypatch) -> list[str]:
    """The schools that were really scored, by assessment."""
    found = []
    score = evaluation.score_school
    monkeypatch.setattr(
        evaluation, "score_school", lambda spec, school: found.append(school.key) or score(spec, school)
    )
    return found


@pytest.mark.django_db
def test_opening_a_decision_scores_that_school_alone(judged, scored):
    deliberate(judged.scheme, only=judged.assessment.pk)

    assert scored == [str(judged.assessment.pk)]


@pytest.mark.django_db
def test_a_share_of_five_stars_ties_all_schools_to_each_decision(judged, scored, monkeypatch):
    tied = replace(scheme_spec(judged.scheme), five_star_share=Fraction(1, 2))
    monkeypatch.setattr("ratings.sheets.evaluation.spec_of", lambda version: tied)

    deliberate(judged.scheme, only=judged.assessment.pk)

    assert set(scored) == {str(one.pk) for one in judged.assessments}


@pytest.mark.django_db
def test_the_board_scores_again_only_what_changed(judged, scored):
    for judge in judged.judges:
        judged.score(judge)
    deliberate(judged.scheme)
    scored.clear()

    deliberate(judged.scheme)
    assert scored == []

    Score.objects.filter(pk=judged.row(judged.judges[0], "L1").pk).update(answers={"答": {"听课": "C"}})
    found = deliberate(judged.scheme)

    assert scored == [str(judged.assessment.pk)]
    changed = next(case for case in found.rows if case.assessment.pk == judged.assessment.pk)
    assert next(item for item in changed.items if item.code == "L1").spread == 10


SCHOOL = SchoolInput(
    "1", {"主教室座位": Fraction(50)}, {"A1": Entry(answers={"甲": True})}, (Sheet("评委1", {}),)
)


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {"主教室座位": Fraction(51)}},
        {"county": {"A1": Entry(answers={"甲": False})}},
        {"city": (Sheet("评委1", {"A1": Entry(not_applicable=True)}),)},
        {"adjustments": {(Stage.COUNTY, "A1"): Fraction(1)}},
        {"cases": frozenset({"X1"})},
        {"submitted": False},
    ],
)
def test_whatever_decides_a_star_makes_a_kept_outcome_old(change, monkeypatch):
    monkeypatch.setattr(evaluation, "score_school", lambda spec, school: object())
    year = evaluation.Year()
    first = year.score(None, SCHOOL)

    assert year.score(None, replace(SCHOOL)) is first
    assert year.score(None, replace(SCHOOL, **change)) is not first


def test_only_a_few_years_and_schools_are_kept(monkeypatch):
    monkeypatch.setattr(evaluation, "score_school", lambda spec, school: object())
    for number in range(evaluation.MOST_YEARS + 2):
        evaluation.year_of(str(number))
    year = evaluation.year_of(SchemeVersion(digest="x").digest)
    for number in range(evaluation.MOST_SCHOOLS + 5):
        year.score(None, replace(SCHOOL, key=str(number)))

    assert evaluation.year_of.cache_info().currsize == evaluation.MOST_YEARS
    assert len(year.schools) == evaluation.MOST_SCHOOLS


def test_several_threads_may_ask_for_years_at_once():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def ask(first: int) -> int:
        return len([evaluation.year_of(str(number)) for number in range(first, first + 5000)])

    try:
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(ask, range(0, 60000, 10000)))
    finally:
        sys.setswitchinterval(usual)

    assert found == [5000] * 6
