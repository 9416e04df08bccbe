"""审定: deciding, restrictions, what is missing, settling under lock and reopening."""

import pytest

from ratings.committee.board import deliberate
from ratings.committee.comparing import stages_of
from ratings.committee.invariants import violations
from ratings.committee.readiness import missing_for_settling
from ratings.committee.settling import (
    Ballot,
    NotSettled,
    accept_all,
    confirm_case,
    decide,
    settle_scheme,
    withdraw_case,
)
from ratings.enums import UNFINISHED, Phase, Status
from ratings.models import (
    Adjustment,
    Assessment,
    Decision,
    Item,
    JudgeSheet,
    MetricSnapshot,
    RestrictionCase,
    Result,
)
from ratings.sheets.evaluation import evaluate
from ratings.workflow import take_step
from schools.models import AuditEntry
from schools.saving import Refused
from tests.factories import CountyFactory, SchoolFactory
from tests.ratings.committee_year import committee_year, set_city

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def scheme(city, county, chair):
    return committee_year(city, SchoolFactory.create_batch(3, county=county), by=chair)


@pytest.fixture
def rows(scheme) -> list[Assessment]:
    return list(Assessment.objects.filter(scheme=scheme).order_by("school__code"))


def restriction(scheme, code):
    return scheme.restrictions.get(code=code)


def test_following_the_computation_needs_no_reason_and_is_recorded(rows, chair):
    decision = decide(rows[0], by=chair, ballot=Ballot(7, 0, 1, "纪要第3号"))

    assert (decision.star, decision.deviates, decision.votes_for, decision.minutes) == (
        5,
        False,
        7,
        "纪要第3号",
    )
    assert AuditEntry.objects.filter(action="decide").count() == 1


def test_deviating_without_a_reason_is_refused_and_changes_nothing(rows, chair):
    with pytest.raises(Refused, match="请写明理由"):
        decide(rows[0], by=chair, star=4)

    assert not Decision.objects.exists()


def test_deviating_with_a_reason_reaches_the_result(scheme, rows, chair):
    decide(rows[0], by=chair, star=4, reason="实地核查发现教学不实")
    accept_all(scheme, by=chair)

    settle_scheme(scheme, by=chair)

    result = Result.objects.get(assessment=rows[0])
    assert (result.star, result.computed_star) == (4, 5)
    assert violations(scheme) == []


@pytest.mark.parametrize("star", [1, 2])
def test_a_star_the_scheme_does_not_offer_is_refused(star, rows, chair):
    with pytest.raises(Refused, match="不设"):
        decide(rows[0], by=chair, star=star, reason="理由")


def test_a_school_with_a_gap_cannot_be_decided(rows, chair):
    rows[0].scores.filter(stage="city", item__code="L1").update(answers=None)

    with pytest.raises(Refused, match="还不能审定"):
        decide(rows[0], by=chair)


def test_accepting_all_leaves_out_what_is_not_ready(scheme, rows, chair):
    rows[0].scores.filter(stage="city", item__code="L1").update(answers=None)
    decide(rows[1], by=chair, star=4, reason="理由")

    count = accept_all(scheme, by=chair, minutes="纪要第3号")

    assert count == 1
    assert Decision.objects.get(assessment=rows[2]).minutes == "纪要第3号"
    assert Decision.objects.get(assessment=rows[1]).star == 4
    assert not Decision.objects.filter(assessment=rows[0]).exists()


def test_a_condition_proposes_and_a_person_confirms(city, county, chair):
    scheme = committee_year(city, [SchoolFactory(county=county)], by=chair, classes="4")
    row = scheme.assessments.get()

    before = [gap.text for gap in missing_for_settling(evaluate(scheme))]
    assert accept_all(scheme, by=chair) == 0
    confirm_case(row, restriction(scheme, "Y2"), by=chair, basis="办班登记")
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)

    assert any("Y2" in text and "尚待认定" in text for text in before)
    assert RestrictionCase.objects.get().by == chair
    assert Result.objects.get().star == 3


def test_a_restriction_needs_a_basis_and_holds_once(scheme, rows, chair):
    with pytest.raises(Refused, match="依据"):
        confirm_case(rows[0], restriction(scheme, "Y1"), by=chair, basis="  ")
    confirm_case(rows[0], restriction(scheme, "Y1"), by=chair, basis="认定书")

    with pytest.raises(Refused, match="已经认定"):
        confirm_case(rows[0], restriction(scheme, "Y1"), by=chair, basis="认定书")


def test_withdrawing_a_finding_gives_the_star_back_and_stays_in_the_trail(scheme, rows, chair):
    confirm_case(rows[0], restriction(scheme, "Y1"), by=chair, basis="认定书")
    withdraw_case(rows[0], restriction(scheme, "Y1"), by=chair, reason="复核后不属责任事故")

    assert evaluate(scheme).outcomes[str(rows[0].pk)].star == 5
    detail = AuditEntry.objects.filter(action="restrict").order_by("number").last().detail
    assert "复核后不属责任事故" in str(detail)
    assert "认定书" in str(detail)


def test_a_decision_is_owed_again_when_the_computed_star_has_changed(scheme, rows, chair):
    accept_all(scheme, by=chair)
    set_city(rows[0], "L1", 0, 0, 0)

    with pytest.raises(NotSettled, match="登记审定意见时计算为五星"):
        settle_scheme(scheme, by=chair)

    assert not Result.objects.exists()


def test_a_deviation_is_owed_again_when_its_reason_was_given_for_another_computed_star(scheme, rows, chair):
    decide(rows[0], by=chair, star=4, reason="五星条件差一项")
    accept_all(scheme, by=chair)
    set_city(rows[0], "L1", 0, 0, 0)

    with pytest.raises(NotSettled, match="登记审定意见时计算为五星，现为三星"):
        settle_scheme(scheme, by=chair)

    assert not Result.objects.exists()


def test_an_open_sheet_blocks_settling(scheme, rows, chair):
    accept_all(scheme, by=chair)
    JudgeSheet.objects.filter(assessment=rows[0]).update(submitted_at=None, submitted_by=None)

    with pytest.raises(NotSettled, match="评分表尚未提交"):
        settle_scheme(scheme, by=chair)


def test_an_adjustment_whose_figures_changed_must_be_looked_at_again(scheme, rows, chair):
    snapshot = MetricSnapshot.objects.get(assessment=rows[0])
    item = Item.objects.get(scheme=scheme, code="K1")
    seen = {"办班期数": "12"}
    Adjustment.objects.create(
        assessment=rows[0],
        item=item,
        stage="city",
        points=38,
        reason="核减",
        metric_values=seen,
        at=snapshot.taken_at,
    )
    accept_all(scheme, by=chair)
    fresh = missing_for_settling(evaluate(scheme))
    snapshot.values = {"办班期数": "11"}
    snapshot.save(update_fields=["values"])

    stale = [gap.text for gap in missing_for_settling(evaluate(scheme))]

    assert fresh == []
    assert stale == ["K1 核定后系统取数有变化，待复核"]

    Decision.objects.all().delete()
    assert accept_all(scheme, by=chair) == 2
    assert not Decision.objects.filter(assessment=rows[0]).exists()


def test_reopening_one_school_keeps_the_other_decisions_and_settles_anew(scheme, rows, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)
    rows[0].refresh_from_db()

    take_step(rows[0], "reopen", by=chair, comment="漏算一场培训")

    scheme.refresh_from_db()
    assert (scheme.phase, Result.objects.count(), Decision.objects.count()) == (Phase.SCORING, 0, 2)
    decide(rows[0], by=chair)
    settle_scheme(scheme, by=chair)
    assert Result.objects.count() == 3
    assert set(Assessment.objects.filter(scheme=scheme).values_list("status", flat=True)) == {Status.SETTLED}
    assert violations(scheme) == []


def test_a_school_that_stayed_settled_may_be_decided_on_anew(scheme, rows, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)
    take_step(rows[0], "reopen", by=chair, comment="漏算一场培训")

    decide(rows[1], by=chair, star=4, reason="复议")
    decide(rows[0], by=chair)
    settle_scheme(scheme, by=chair)

    assert Result.objects.get(assessment=rows[1]).star == 4
    assert violations(scheme) == []


def test_stages_judges_and_differences_are_told_per_item(scheme, rows):
    set_city(rows[0], "L1", 10, 20, 30)

    items = {item.code: item for item in stages_of(evaluate(scheme, with_self=True), str(rows[0].pk))}

    assert (items["L1"].own, items["L1"].county, items["L1"].city) == (30, 29, 20)
    assert (items["L1"].county_gap, items["L1"].city_gap, items["L1"].spread) == (-1, -9, 20)
    assert (items["L1"].is_spread, items["L1"].has_gap) == (True, True)
    assert (items["K1"].own, items["K1"].spread, items["K1"].has_gap) == (40, None, False)


@pytest.mark.parametrize("status", UNFINISHED)
def test_a_self_assessment_that_is_not_handed_in_is_nobody_elses_to_read(status, scheme, rows):
    """Neither what the school typed nor, once it has withdrawn, the points of figures it handed in before."""
    Assessment.objects.filter(pk=rows[0].pk).update(status=status)
    alone = next(
        case for case in deliberate(scheme, only=rows[0].pk).rows if case.assessment.pk == rows[0].pk
    )
    board = {case.assessment.pk: case for case in deliberate(scheme).rows}

    for case in (alone, board[rows[0].pk]):
        assert [(item.code, item.own, item.county_gap) for item in case.items] == [
            ("K1", None, None),
            ("L1", None, None),
            ("M1", None, None),
        ]
    assert [item.own for item in board[rows[1].pk].items] == [40, 30, 30]


@pytest.mark.parametrize(("points", "flagged"), [((21, 30, 30), False), ((20, 30, 30), True)])
def test_judges_further_apart_than_thirty_percent_are_flagged(points, flagged, scheme, rows):
    set_city(rows[0], "L1", *points)

    items = {item.code: item for item in stages_of(evaluate(scheme), str(rows[0].pk))}

    assert items["L1"].is_spread is flagged


def test_results_stand_county_by_county_also_where_each_county_numbers_its_own_schools(city, county, chair):
    second = CountyFactory(city=city, order=county.order + 1)
    later, first, last = (
        SchoolFactory(county=at, order=order) for at, order in ((second, 1), (county, 1), (second, 2))
    )
    scheme = committee_year(city, [later, first, last], by=chair)

    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)

    assert [result.school for result in Result.objects.filter(scheme=scheme).order_by("order")] == [
        first,
        later,
        last,
    ]
