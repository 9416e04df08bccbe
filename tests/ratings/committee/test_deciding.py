"""审定: deciding, restrictions, what is missing, settling under lock and reopening."""

import datetime

import pytest
from django.utils import timezone

from ratings.committee import motions
from ratings.committee.board import deliberate
from ratings.committee.comparing import stages_of
from ratings.committee.invariants import violations
from ratings.committee.meetings import Ballot, ballot_warning
from ratings.committee.readiness import missing_for_settling
from ratings.committee.settling import (
    NotSettled,
    accept_all,
    confirm_case,
    decide,
    settle_scheme,
    withdraw_case,
)
from ratings.committee.showing import shown_motion
from ratings.enums import UNFINISHED, Phase, Status
from ratings.models import (
    Adjustment,
    Assessment,
    Decision,
    Item,
    JudgeSheet,
    Meeting,
    MetricSnapshot,
    Motion,
    RestrictionCase,
    Result,
)
from ratings.sheets.evaluation import evaluate
from ratings.workflow import take_step
from schools.models import AuditEntry
from schools.saving import Refused, Stale
from tests.factories import CountyFactory, SchoolFactory
from tests.rating_factories import meet
from tests.ratings.committee_year import (
    VOTES,
    committee_year,
    confirmed,
    deviate,
    found_by_meeting,
    recorder,
    set_city,
)

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


def test_following_the_computation_needs_no_reason_and_is_recorded_with_its_meeting(rows, chair):
    decision = decide(rows[0], by=chair, ballot=Ballot(7, 0, 1))

    assert (decision.star, decision.deviates, decision.votes_for, decision.meeting.number) == (
        5,
        False,
        7,
        "示评纪〔2026〕3号",
    )
    assert "示评纪〔2026〕3号" in AuditEntry.objects.get(action="decide").detail


def test_without_a_meeting_nothing_is_decided(scheme, rows, chair):
    Meeting.objects.all().delete()

    for act in (lambda: decide(rows[0], by=chair), lambda: accept_all(scheme, by=chair)):
        with pytest.raises(Refused, match="还没有登记评委会会议"):
            act()

    assert not Decision.objects.exists()


def test_another_years_meeting_is_refused(city, county, rows, chair):
    other = committee_year(city, [SchoolFactory(county=county)], by=chair, year=2027)

    with pytest.raises(Refused, match="不是本年度的会议"):
        decide(rows[0], by=chair, meeting=other.meetings.get())


@pytest.mark.parametrize(
    ("ballot", "sentence"),
    [
        (Ballot(), "请填写同意票数"),
        (Ballot(None, 1), "请填写同意票数"),
        (Ballot(8, 1, 1), "合计 10 票，多于这次会议实到的 9 人"),
        (Ballot(3, 3), "同意票数应多于不同意票数"),
        (Ballot(9), ""),
        (Ballot(7, 1, 1), ""),
    ],
)
def test_votes_add_up_before_a_deviation_is_recorded(ballot, sentence, rows):
    office = recorder(rows[0].scheme)
    try:
        motions.propose_star(rows[0], 4, by=office, reason="教学不实", ballot=ballot)
        found = ""
    except Refused as refused:
        found = str(refused)

    assert sentence in found
    assert Motion.objects.exists() is (sentence == "")


def test_not_more_than_half_of_those_present_is_warned_of(scheme):
    meeting = scheme.meetings.get()  # nine came

    assert "没有超过实到 9 人的半数" in ballot_warning(meeting, 4)
    assert ballot_warning(meeting, 5) == ballot_warning(meeting, None) == ""


def test_one_person_gives_no_other_star(rows, chair):
    with pytest.raises(Refused, match="须由市评委会办公室按会议登记、评委会主任确认"):
        decide(rows[0], by=chair, star=4)

    motion = motions.propose_star(rows[0], 4, by=chair, reason="理由", ballot=VOTES)
    with pytest.raises(Refused, match="须由另一人确认"):
        confirmed(motion, by=chair)

    assert not Decision.objects.exists()


def test_a_deviation_without_a_reason_is_refused_and_changes_nothing(rows):
    with pytest.raises(Refused, match="请写明理由"):
        motions.propose_star(rows[0], 4, by=recorder(rows[0].scheme), reason=" ", ballot=VOTES)

    assert not Motion.objects.exists()


def test_a_deviation_counts_once_it_is_confirmed_and_reaches_the_result(scheme, rows, chair):
    motion = motions.propose_star(
        rows[0], 4, by=recorder(scheme), reason="实地核查发现教学不实", ballot=VOTES
    )
    accept_all(scheme, by=chair)
    with pytest.raises(NotSettled, match="审定为四星已由办公室丁登记，待评委会主任确认"):
        settle_scheme(scheme, by=chair)
    with pytest.raises(Refused, match="请先确认或退回"):
        decide(rows[0], by=chair)
    confirmed(motion, by=chair)

    settle_scheme(scheme, by=chair)

    result = Result.objects.get(assessment=rows[0])
    decision = result.assessment.decision
    assert (result.star, result.computed_star) == (4, 5)
    assert (decision.by, decision.recorded_by, decision.votes_for) == (chair, recorder(scheme), 7)
    assert not Motion.objects.exists()
    assert violations(scheme) == []


def test_what_is_confirmed_is_what_was_shown(scheme, rows, chair):
    """Neither another reason nor another score slips in between the page and the button."""
    office = recorder(scheme)

    def shown(motion):
        return shown_motion(motion, rows[0], evaluate(scheme).outcomes[str(rows[0].pk)], None).seen

    motion = motions.propose_star(rows[0], 4, by=office, reason="理由", ballot=VOTES)
    seen = shown(motion)
    again = motions.propose_star(rows[0], 3, by=office, reason="另一理由", ballot=VOTES)
    with pytest.raises(Refused, match="已经办理"):
        motions.confirm(motion, by=chair, seen=seen)
    with pytest.raises(Stale, match=f"待确认事项（{office.name} .*）、登记的事项有变化"):
        motions.confirm(again, by=chair, seen=seen)
    seen = shown(again)
    set_city(rows[0], "L1", 27, 29, 30)
    with pytest.raises(Stale, match="，计算结果有变化"):
        motions.confirm(again, by=chair, seen=seen)
    with pytest.raises(Refused, match="请退回办公室"):
        motions.confirm(again, by=chair, seen=shown(again))

    assert not Decision.objects.exists()


def test_the_chair_sends_it_back_and_the_office_records_it_anew_or_drops_it(scheme, rows, chair):
    office = recorder(scheme)
    motion = motions.propose_star(rows[0], 4, by=office, reason="理由", ballot=VOTES)
    with pytest.raises(Refused, match="请写明退回理由"):
        motions.send_back(motion, by=chair, reason=" ")
    motions.send_back(motion, by=chair, reason="票数与纪要不符")
    motion.refresh_from_db()

    assert (motion.returned_by, motion.return_reason, motion.is_pending) == (chair, "票数与纪要不符", False)
    assert accept_all(scheme, by=chair) == 3  # what was sent back stands in nobody's way
    anew = motions.propose_star(rows[0], 3, by=office, reason="理由", ballot=VOTES)
    motions.take_back(anew, by=office)
    settle_scheme(scheme, by=chair)
    assert set(Result.objects.values_list("star", flat=True)) == {5}
    assert [entry.action for entry in AuditEntry.objects.order_by("number")][:3] == [
        "propose",
        "send_back",
        "decide",
    ]


def test_what_two_decided_one_does_not_take_back(scheme, rows, chair):
    deviate(rows[0], 4, by=chair)
    with pytest.raises(Refused, match="本校已审定为四星（与计算不同），改为五星须由"):
        decide(rows[0], by=chair)

    deviate(rows[0], 5, by=chair, reason="复议")

    decision = Decision.objects.get()
    assert (decision.star, decision.deviates, decision.reason) == (5, False, "")


@pytest.mark.parametrize(("star", "sentence"), [(1, "不设一星"), (2, "不设二星"), (5, "就是计算结果")])
def test_a_star_that_is_none_of_the_choices_is_refused(star, sentence, rows):
    with pytest.raises(Refused, match=sentence):
        motions.propose_star(rows[0], star, by=recorder(rows[0].scheme), reason="理由", ballot=VOTES)


def test_a_school_with_a_gap_cannot_be_decided(rows, chair):
    rows[0].scores.filter(stage="city", item__code="L1").update(answers=None)

    with pytest.raises(Refused, match="还不能审定"):
        decide(rows[0], by=chair)


def test_accepting_all_leaves_out_what_is_not_ready(scheme, rows, chair):
    rows[0].scores.filter(stage="city", item__code="L1").update(answers=None)
    deviate(rows[1], 4, by=chair)
    later = meet(scheme, held_on=datetime.date(2026, 12, 1), number="示评纪〔2026〕4号")

    count = accept_all(scheme, by=chair)

    assert count == 1
    assert Decision.objects.get(assessment=rows[2]).meeting == later
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
    found_by_meeting(rows[0], restriction(scheme, "Y1"), by=chair, basis="认定书")

    with pytest.raises(Refused, match="依据"):
        found_by_meeting(rows[1], restriction(scheme, "Y1"), by=chair, basis="  ")
    with pytest.raises(Refused, match=r"Y1 已由.*于.*认定，依据：认定书"):
        found_by_meeting(rows[0], restriction(scheme, "Y1"), by=chair, basis="认定书")


def test_what_no_condition_says_takes_two_and_a_meeting_both_ways(scheme, rows, chair):
    """The star falls and rises by hand; each time it waits for the chair."""
    found, lifted = Motion.Kind.RESTRICT, Motion.Kind.LIFT
    y1, office, stars = restriction(scheme, "Y1"), recorder(scheme), []
    with pytest.raises(Refused, match="会改变星级，须由"):
        confirm_case(rows[0], y1, by=chair, basis="认定书")

    for kind, basis in ((found, "认定书"), (lifted, "复核后不属责任事故")):
        motion = motions.propose_case(rows[0], kind, y1, by=office, reason=basis, ballot=VOTES)
        stars.append(evaluate(scheme).outcomes[str(rows[0].pk)].star)
        confirmed(motion, by=chair)
        stars.append(evaluate(scheme).outcomes[str(rows[0].pk)].star)
        if kind == found:
            case = RestrictionCase.objects.get()
            with pytest.raises(Refused, match="会改变星级，须由"):
                withdraw_case(rows[0], y1, by=chair, reason="误")

    assert stars == [5, 3, 3, 5]
    assert (case.by, case.recorded_by, case.meeting) == (chair, office, scheme.meetings.get())
    detail = AuditEntry.objects.filter(action="restrict").order_by("number").last().detail
    assert "复核后不属责任事故" in detail and "认定书" in detail and "示评纪〔2026〕3号" in detail


def test_decisions_and_findings_from_before_meetings_were_recorded(scheme, rows, chair):
    """What was settled stays; what is not settled yet gets its meeting, agreed stars in one act."""
    now = timezone.now()
    for row, star in zip(rows, (5, 5, 4), strict=True):
        Decision.objects.create(assessment=row, star=star, computed=5, reason="旧", by=chair, at=now)
    RestrictionCase.objects.create(
        assessment=rows[1], restriction=restriction(scheme, "Y1"), basis="认定书", by=chair, at=now
    )

    open_to = [(gap.assessment, gap.text) for gap in missing_for_settling(evaluate(scheme))]
    found_by_meeting(rows[1], restriction(scheme, "Y1"), by=chair, basis="认定书")
    deviate(rows[2], 4, by=chair)

    assert accept_all(scheme, by=chair) == 2
    assert open_to == [
        (rows[0], "审定意见未记会议，请按会议重新登记"),
        (rows[1], "Y1 的认定未记会议，须补登并由主任确认"),
        (rows[1], "登记审定意见时计算为五星，现为三星，须重新审定"),
        (rows[2], "审定意见未记会议，请按会议重新登记"),
    ]
    settle_scheme(scheme, by=chair)
    Decision.objects.update(meeting=None, basis="")
    assert missing_for_settling(evaluate(scheme)) == []
    assert violations(scheme) == []


def test_a_score_that_changed_after_the_decision_is_said_although_the_star_is_the_same(scheme, rows, chair):
    accept_all(scheme, by=chair)
    set_city(rows[0], "L1", 27, 28, 29)

    with pytest.raises(NotSettled, match=r"当时总分 98\.00，现为 97\.00"):
        settle_scheme(scheme, by=chair)

    assert deliberate(scheme).rows[0].changed
    assert accept_all(scheme, by=chair) == 1  # the meeting confirms it again
    settle_scheme(scheme, by=chair)


def test_a_decision_is_owed_again_when_the_computed_star_has_changed(scheme, rows, chair):
    accept_all(scheme, by=chair)
    set_city(rows[0], "L1", 0, 0, 0)

    with pytest.raises(NotSettled, match="登记审定意见时计算为五星"):
        settle_scheme(scheme, by=chair)

    assert not Result.objects.exists()


def test_a_deviation_is_owed_again_when_its_reason_was_given_for_another_computed_star(scheme, rows, chair):
    deviate(rows[0], 4, by=chair, reason="五星条件差一项")
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

    deviate(rows[1], 4, by=chair, reason="复议")
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
