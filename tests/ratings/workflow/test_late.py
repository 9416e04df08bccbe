"""Schools that are late with their 补正: more time for it, or 未申报, after which nothing begun
there counts.
"""

import datetime as dt

import pytest
from django.utils import timezone

from ratings.committee.invariants import violations
from ratings.committee.settling import settle_scheme
from ratings.enums import Stage, Status
from ratings.models import Assessment, Decision, Result, Scheme
from ratings.sheets.answering import RowGone, save
from ratings.workflow import grant_extension, take_step
from ratings.workflow.deadlines import next_workday_from
from schools.calendar.workdays import is_workday
from schools.saving import Refused
from tests.ratings.played_year import PlayedYear, play_year, rows_of

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def played(tmp_path) -> PlayedYear:
    return play_year(tmp_path / "year", schools=1)


@pytest.fixture
def submitted(played) -> Assessment:
    (assessment,) = played.assessments
    played.fill([assessment], Stage.SELF)
    take_step(assessment, "submit", by=played.person("head", assessment))
    return assessment


def let_the_mending_pass(assessment: Assessment, by) -> None:
    """Returned, and its three working days are over."""
    take_step(assessment, "return_", by=by, comment="请补正", items={"K2": "桌椅数量"})
    Assessment.objects.filter(pk=assessment.pk).update(return_due=dt.date(2020, 1, 6))
    assessment.refresh_from_db()


def test_extension_of_a_returned_school_moves_the_day_its_mending_is_due(played, submitted):
    head, office = played.person("head", submitted), played.people["office"]
    let_the_mending_pass(submitted, played.people["county"])
    with pytest.raises(Refused, match="截止"):
        take_step(submitted, "resubmit", by=head)

    until = next(
        day
        for day in (timezone.localdate() + dt.timedelta(days=7 + more) for more in range(7))
        if not is_workday(day)
    )
    grant_extension(submitted, Stage.SELF, until, by=office, reason="停电")
    assert submitted.return_due == next_workday_from(until) > until
    take_step(submitted, "resubmit", by=head)

    assert submitted.status == Status.COUNTY


def test_lapse_after_a_return_leaves_no_score_no_sheet_and_no_decision_that_counts(played, submitted):
    office = played.people["office"]
    played.fill([submitted], Stage.COUNTY)
    take_step(submitted, "recommend", by=played.people["county_lead"], star=5, opinion="同意")
    Decision.objects.create(assessment=submitted, star=5, computed=5, at=timezone.now())
    let_the_mending_pass(submitted, office)

    take_step(submitted, "lapse", by=office, comment="逾期未补正")
    settle_scheme(played.scheme, by=played.people["chair"])

    result = Result.objects.get()
    assert (result.lapsed, result.total, result.star) == (True, None, 0)
    assert submitted.moves.get(step="lapse").sheet["decision"]["star"] == 5
    assert violations(Scheme.objects.get()) == []


def test_score_that_a_withdrawal_took_away_is_not_found(played, submitted):
    score = rows_of(submitted, Stage.COUNTY).first()
    take_step(submitted, "withdraw", by=played.person("head", submitted))

    with pytest.raises(RowGone):
        save(score.pk, by=played.people["county"], version=0, posted={"音响": "是"})
