"""Panels, recusal and visits: who may sit, who gets which school, and what is refused with a sentence."""

import pytest

from ratings.enums import Stage, Status
from ratings.judging.panels import assign, choose_leader, create_panel, seat_judge, unseat_judge
from ratings.judging.sheets import agree, submit_sheet
from ratings.judging.visits import withdraw_visits
from ratings.models import Judge, JudgeSheet, Score
from ratings.sheets.answering import save
from ratings.workflow import open_city_rows
from tests.factories import AppointmentFactory, CityFactory, LiaisonFactory, UserFactory
from tests.ratings.judged_year import FULL, close, judge_account, refused, signed, visited

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def test_assigning_gives_each_judge_a_sheet_and_the_owed_rows(judged):
    assert judged.assessment.sheets.count() == 3
    assert judged.assessment.scores.filter(stage=Stage.CITY).count() == 3 * len(FULL)


def test_a_panel_of_two_gets_no_schools(judged, city):
    panel = create_panel(judged.scheme, "第二组", by=judged.office)
    seat_judge(panel, label="纸上评委", user=None, by=judged.office)

    assert refused(assign, panel, judged.assessments, by=judged.office) == [
        "第二组现有 1 名成员，至少须有 3 名。"
    ]


def test_only_the_office_arranges_panels(judged, appoint):
    for role in ("chair", "county", "viewer"):
        user = appoint(role)
        assert refused(create_panel, judged.scheme, "第二组", by=user) == ["评审组由市评委会办公室安排。"]
        assert refused(withdraw_visits, judged.scheme, [judged.assessment.pk], by=user) == [
            "走访由市评委会办公室改为未走访。"
        ]


def test_a_guide_of_the_school_is_refused_when_seated_and_when_schools_are_assigned(judged, city, school):
    guide = judge_account(city, 9)
    LiaisonFactory(user=guide, school=school)
    panel = create_panel(judged.scheme, "第二组", by=judged.office)
    for label in ("甲", "乙"):
        seat_judge(panel, label=label, user=None, by=judged.office)
    seat_judge(panel, label="", user=guide, by=judged.office)
    sentence = f"评委9挂点联系指导{school.name}，不能评审该校。"

    assert refused(seat_judge, judged.panel, label="", user=guide, by=judged.office) == [sentence]
    assert refused(assign, panel, judged.assessments, by=judged.office) == [sentence]


def test_somebody_of_the_school_is_refused(judged, city, school):
    own = judge_account(city, 9)
    AppointmentFactory(user=own, role="filler", school=school)

    assert refused(seat_judge, judged.panel, label="", user=own, by=judged.office) == [
        f"评委9是{school.name}的工作人员，不能评审该校。"
    ]


def test_a_guide_appointed_after_assigning_can_neither_write_nor_hand_in(judged, school):
    judge = judged.judges[0]
    judged.score(judge)
    LiaisonFactory(user=judge, school=school)

    sentence = f"您挂点联系指导{school.name}，应当回避，不能参加对该校的评分；请联系市评委会办公室另行安排。"
    assert refused(submit_sheet, judged.sheet(judge), by=judge) == [sentence]
    assert refused(agree, judged.sheet(judge), by=judge) == [sentence]
    assert save(judged.row(judge, "L1").pk, by=judge, version=1, posted={"听课": "C"}).state == "refused"


def test_a_past_guide_may_judge(judged, city, school):
    user = judge_account(city, 9)
    LiaisonFactory(user=user, school=school, until="2020-12-31")

    assert seat_judge(judged.panel, label="", user=user, by=judged.office).label == "评委9"


def test_a_seated_judge_needs_the_role_in_this_city(judged):
    stranger = UserFactory(name="外人")
    AppointmentFactory(user=stranger, role="judge", city=CityFactory())

    assert refused(seat_judge, judged.panel, label="", user=stranger, by=judged.office) == [
        "外人没有本市评委的任职，请先由安全管理员授权。"
    ]


def test_a_judge_added_later_gets_rows_and_one_taken_out_leaves_none(judged, city):
    sheets, rows = (
        set(JudgeSheet.objects.values_list("pk", flat=True)),
        set(Score.objects.values_list("pk", flat=True)),
    )
    judge = seat_judge(judged.panel, label="", user=judge_account(city, 4), by=judged.office)
    assert judge.scores.count() == len(judged.assessments) * len(FULL)
    choose_leader(judged.panel, judge, by=judged.office)

    unseat_judge(judged.panel, judge, by=judged.office)
    judged.panel.refresh_from_db()
    assert judged.panel.leader is None
    assert (judge.scores.count(), judge.sheets.count()) == (0, 0)
    assert set(JudgeSheet.objects.values_list("pk", flat=True)) == sheets
    assert set(Score.objects.values_list("pk", flat=True)) == rows


def test_a_judge_who_has_scored_stays_and_three_stay(judged):
    first, second = Judge.objects.order_by("pk")[:2]
    judged.score(judged.judges[0])

    assert refused(unseat_judge, judged.panel, first, by=judged.office) == [
        "评委1已经开始评分，不能直接移出；请点“更换”，写明理由，作废或移交其评分表。"
    ]
    assert refused(unseat_judge, judged.panel, second, by=judged.office) == [
        "本组已有党校，移出后不足 3 人，请先安排接替的评委。"
    ]


def test_a_judge_who_wrote_a_remark_only_keeps_it(judged, city):
    judge = seat_judge(judged.panel, label="", user=judge_account(city, 4), by=judged.office)
    other = create_panel(judged.scheme, "第二组", by=judged.office)
    for label in ("甲", "乙", "丙"):
        seat_judge(other, label=label, user=None, by=judged.office)
    row = judged.row(judge.user, "L1")
    save(row.pk, by=judge.user, version=0, posted={}, remark="待听课后评")

    assert refused(unseat_judge, judged.panel, judge, by=judged.office) == [
        "评委4已经开始评分，不能直接移出；请点“更换”，写明理由，作废或移交其评分表。"
    ]
    assert refused(assign, other, [judged.assessment], by=judged.office) == [
        f"{judged.assessment.school.name}已由第一组开始评分，不能改组。"
    ]
    row.refresh_from_db()
    assert row.remark == "待听课后评"


def test_schools_change_panels_until_somebody_has_scored(judged):
    other = create_panel(judged.scheme, "第二组", by=judged.office)
    for label in ("甲", "乙", "丙"):
        seat_judge(other, label=label, user=None, by=judged.office)
    assert assign(other, [judged.assessments[1]], by=judged.office) == 1
    assert set(
        judged.assessments[1].scores.filter(stage=Stage.CITY).values_list("judge__label", flat=True)
    ) == {"甲", "乙", "丙"}

    judged.score(judged.judges[0])
    reasons = refused(assign, other, [judged.assessment], by=judged.office)
    assert reasons == [f"{judged.assessment.school.name}已由第一组开始评分，不能改组。"]


def test_a_closed_panel_takes_no_judge_and_no_school_and_keeps_those_it_has(judged):
    close(judged)
    other = create_panel(judged.scheme, "第二组", by=judged.office)
    for label in ("甲", "乙", "丙"):
        seat_judge(other, label=label, user=None, by=judged.office)
    loose = judged.assessments[1]

    assert refused(seat_judge, judged.panel, label="丁", user=None, by=judged.office) == [
        "本组评分表已全部提交，不能再增加评委。"
    ]
    assert refused(assign, other, [loose], by=judged.office) == [
        f"{loose.school.name}已由第一组开始评分，不能改组。"
    ]
    loose.sheets.all().delete()
    assign(other, [loose], by=judged.office)
    assert refused(assign, judged.panel, [loose], by=judged.office) == [
        "本组评分表已全部提交，不能再增加党校。"
    ]


def test_schools_that_are_settled_or_out_are_not_assigned(judged):
    panel = create_panel(judged.scheme, "第二组", by=judged.office)
    for label in ("甲", "乙", "丙"):
        seat_judge(panel, label=label, user=None, by=judged.office)
    judged.assessment.status = Status.LAPSED
    judged.assessment.save(update_fields=["status"])

    assert refused(assign, panel, [judged.assessment], by=judged.office) == [
        f"{judged.assessment.school.name}处于“未申报”，不再评审。"
    ]


def test_unvisited_schools_owe_no_onsite_items(judged):
    withdraw_visits(judged.scheme, [judged.assessment.pk], by=judged.office)
    assert not judged.assessment.scores.filter(stage=Stage.CITY, item__onsite=True).exists()

    judged.score(judged.judges[0])
    submit_sheet(judged.sheet(judged.judges[0]), by=judged.judges[0])
    reasons = refused(visited, judged.scheme, [judged.assessment.pk], by=judged.office)
    assert reasons == [f"{judged.assessment.school.name}已有评委提交评分表，须先退回评分表，再改走访情况。"]


def test_rows_no_longer_owed_go_only_where_nobody_answered(judged):
    """As when criteria are corrected: an answered row stays, whatever is owed now."""
    judged.score(judged.judges[0])
    answered = set(Score.objects.filter(stage=Stage.CITY, answers__isnull=False).values_list("pk", flat=True))
    judged.assessment.visited = False

    open_city_rows(judged.assessment)

    assert (
        set(Score.objects.filter(stage=Stage.CITY, answers__isnull=False).values_list("pk", flat=True))
        == answered
    )
    onsite = judged.assessment.scores.filter(stage=Stage.CITY, item__onsite=True)
    assert set(onsite.values_list("judge__user", flat=True)) == {judged.judges[0].pk}


def test_a_visit_is_not_taken_back_once_an_onsite_item_is_scored(judged):
    judged.score(judged.judges[0])

    reasons = refused(withdraw_visits, judged.scheme, [judged.assessment.pk], by=judged.office)

    assert reasons == [f"{judged.assessment.school.name}的现场项已经评分，不能改为未走访。"]


def test_the_workbench_tells_judges_and_office_what_waits(judged):
    judge = judged.judges[0]
    desk = signed(judge).get("/").content.decode()
    office = signed(judged.office).get("/").content.decode()
    assert "评审：2 所党校待判断" in desk
    assert "6 份评分表尚未提交" in office

    judged.score(judge)
    assert "评审：1 所党校已评完" in signed(judge).get("/").content.decode()
    for assessment in judged.assessments:
        judged.hand_in(judge, assessment=assessment)
    assert "评审：" not in signed(judge).get("/").content.decode()
