"""Judges' sheets: handing in, giving back, agreeing, the agreed sheet of a 合议."""

from pathlib import Path

import pytest

from ratings.criteria.storing import create_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.enums import Stage, Status
from ratings.judging.panels import assign, choose_leader, create_panel, seat_judge, unseat_judge
from ratings.judging.sheets import agree, is_closed, reopen_sheet, submit_sheet
from ratings.models import Assessment, Score
from ratings.sheets.answering import save
from ratings.workflow import open_scheme, scheme_spec
from schools.models import AuditEntry
from tests.factories import LiaisonFactory
from tests.ratings.county_year import best_answer, county_year
from tests.ratings.judged_year import FULL, judge_account, refused, visited

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

SAMPLE = Path(__file__).parents[3] / "fixtures" / "shili-shi" / "scheme.xlsx"


def test_an_incomplete_sheet_is_not_taken_and_names_every_gap(judged):
    judge = judged.judges[0]
    judged.score(judge)
    Score.objects.filter(pk=judged.row(judge, "L1").pk).update(answers=None)
    Score.objects.filter(pk=judged.row(judge, "L3").pk).update(answers={"答": {"质量": "A"}})

    assert refused(submit_sheet, judged.sheet(judge), by=judge) == [
        "L1 听课尚未评分",
        "L3 调研还缺：调研次数",
    ]
    assert judged.sheet(judge).submitted_at is None


def test_a_submitted_sheet_cannot_be_edited_until_the_office_gives_it_back(judged):
    judge = judged.judges[0]
    judged.score(judge)
    submit_sheet(judged.sheet(judge), by=judge)
    row = judged.row(judge, "L1")

    saved = save(row.pk, by=judge, version=row.version, posted={"听课": "C"})
    assert saved.state == "refused" and "评分表已提交" in saved.sentence
    assert judged.row(judge, "L1").answers == row.answers

    assert refused(reopen_sheet, judged.sheet(judge), by=judged.office, reason=" ") == [
        "请写明退回理由，不超过 200 字。"
    ]
    assert refused(reopen_sheet, judged.sheet(judge), by=judge, reason="想改") == [
        "评分表由市评委会办公室退回。"
    ]
    reopen_sheet(judged.sheet(judge), by=judged.office, reason="漏看材料")
    assert refused(reopen_sheet, judged.sheet(judge), by=judged.office, reason="再退一次") == [
        "这份评分表尚未提交，不需要退回。"
    ]
    assert save(row.pk, by=judge, version=row.version, posted={"听课": "C"}).state == "saved"
    assert [entry.action for entry in AuditEntry.objects.filter(action="sheet")] == ["sheet", "sheet"]


def test_a_judge_hands_in_no_other_sheet(judged):
    judged.score(judged.judges[1])

    assert refused(submit_sheet, judged.sheet(judged.judges[1]), by=judged.judges[0]) == [
        "只能填写本人的评分表。"
    ]


def test_after_the_deadline_no_sheet_is_taken(judged):
    judged.score(judged.judges[0])
    judged.scheme.city_due = "2020-01-02"
    judged.scheme.save(update_fields=["city_due"])

    (sentence,) = refused(submit_sheet, judged.sheet(judged.judges[0]), by=judged.judges[0])

    assert "评审已于 2020年1月2日 24 时截止" in sentence


def test_a_panel_is_closed_when_every_sheet_of_every_school_is_in(judged):
    for assessment in judged.assessments:
        assert not is_closed(judged.panel)
        for judge in judged.judges:
            judged.hand_in(judge, assessment=assessment)
    assert is_closed(judged.panel)

    late = judged.assessments[0]
    for coming in (Status.DRAFT, Status.CONFIRMING, Status.COUNTY, Status.RETURNED):
        back = {"returned_to": Status.CITY, "return_due": "2026-12-04"} if coming == Status.RETURNED else {}
        Assessment.objects.filter(pk=late.pk).update(status=coming, **back)
        assert not is_closed(judged.panel)  # a school that still comes will bring sheets of its own
    Assessment.objects.filter(pk=late.pk).update(status=Status.CITY, returned_to="", return_due=None)

    judged.assessments[0].panel = judged.panel
    reopen_sheet(judged.sheet(judged.judges[2]), by=judged.office, reason="补看")
    assert not is_closed(judged.panel)
    late.sheets.all().delete()
    assert not is_closed(judged.panel)  # nor is one without any sheet done


def test_agreeing_fills_what_is_empty_and_keeps_what_was_scored(judged):
    judge = judged.judges[0]
    row = judged.row(judge, "L1")
    save(row.pk, by=judge, version=0, posted={"听课": "B"}, remark="板书清楚")
    partly = Score.objects.filter(assessment=judged.assessment, stage=Stage.COUNTY, item__code="L3")
    partly.update(answers={"答": {"质量": "A"}})

    assert agree(judged.sheet(judge), by=judge) == len(FULL) - 2
    assert judged.row(judge, "L3").answers is None  # not answered whole by the county

    assert judged.row(judge, "L1").answers == {"答": {"听课": "B"}}
    assert judged.row(judge, "K2").answers == {"答": FULL["K2"]}
    assert judged.row(judge, "K2").points == 30
    assert not Score.objects.filter(judge__user=judged.judges[1], answers__isnull=False).exists()
    assert refused(agree, judged.sheet(judge), by=judge) == [
        "没有可以沿用的项目：各项都已评分，或须由评委核定。"
    ]


def test_agreeing_on_the_sample_scheme_leaves_nothing_to_score(city, school, office):
    scheme = create_scheme(read_scheme_workbook(SAMPLE).spec, city=city)
    open_scheme(scheme, by=office)
    county_year(scheme)
    scheme.refresh_from_db()
    spec, assessment = scheme_spec(scheme), scheme.assessments.get()
    for row in assessment.scores.filter(stage=Stage.COUNTY).select_related("item"):
        row.answers = {"答": {one.name: best_answer(one) for one in spec.bound[row.item.code].asked}}
        row.save(update_fields=["answers"])
    assessment.status = Status.CITY
    assessment.save(update_fields=["status"])
    panel = create_panel(scheme, "第一组", by=office)
    judges = [judge_account(city, number) for number in range(3)]
    for user in judges:
        seat_judge(panel, label="", user=user, by=office)
    assign(panel, [assessment], by=office)
    visited(scheme, [assessment.pk], by=office)
    sheet = assessment.sheets.get(judge__user=judges[0])

    assert agree(sheet, by=judges[0]) == sum(bound.owed_by_reviewers for bound in spec.bound.values())
    submit_sheet(sheet, by=judges[0])


def test_the_agreed_sheet_is_the_leaders_alone(joint):
    leader, member = joint.judges[:2]
    row = joint.row(None, "L1")

    assert joint.assessment.sheets.get().judge is None
    assert save(row.pk, by=member, version=0, posted={"听课": "A"}).state == "refused"
    assert save(row.pk, by=leader, version=0, posted={"听课": "A"}).state == "saved"
    joint.score(None)
    assert refused(submit_sheet, joint.sheet(None), by=member) == ["只能填写本人的评分表。"]
    submit_sheet(joint.sheet(None), by=leader)
    assert joint.sheet(None).submitted_by == leader


def test_without_a_county_stage_agreeing_takes_the_self_assessment_and_leaves_what_reviewers_find(joint):
    leader = joint.judges[0]

    agree(joint.sheet(None), by=leader)

    assert joint.row(None, "K2").answers == {"答": FULL["K2"]}
    assert joint.row(None, "L1").answers is None


def test_a_joint_panel_needs_a_leader_with_an_account(joint):
    panel = create_panel(joint.scheme, "第二组", by=joint.office)
    paper = seat_judge(panel, label="纸上评委", user=None, by=joint.office)
    for label in ("甲", "乙"):
        seat_judge(panel, label=label, user=None, by=joint.office)

    assert refused(assign, panel, joint.assessments, by=joint.office) == [
        "第二组还没有定组长，合议评分表由组长填写。"
    ]
    assert refused(choose_leader, panel, paper, by=joint.office) == [
        "纸上评委没有账号，不能填写合议评分表，请另定组长。"
    ]


def test_the_leader_of_a_joint_panel_stays_until_there_is_another(joint):
    first, other = joint.panel.judges.all()[:2]
    seat_judge(joint.panel, label="丁", user=None, by=joint.office)

    assert refused(unseat_judge, joint.panel, first, by=joint.office) == ["评委1是组长，请先另定组长。"]
    unseat_judge(joint.panel, other, by=joint.office)
    assert set(joint.panel.judges.values_list("label", flat=True)) == {"评委1", "评委3", "丁"}


def test_a_guide_cannot_sit_in_a_joint_panel(joint, city, school):
    guide = judge_account(city, 9)
    LiaisonFactory(user=guide, school=school)

    assert refused(seat_judge, joint.panel, label="", user=guide, by=joint.office) == [
        f"评委9挂点联系指导{school.name}，不能评审该校。"
    ]
