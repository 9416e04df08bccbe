"""A judge leaves with a sheet, must recuse after scoring, or is replaced: nothing is stuck, nothing counts
twice, everything is on record.
"""

import pytest
from django.urls import reverse

from ratings.committee.invariants import violations
from ratings.committee.readiness import missing_for_settling, sheet_gaps
from ratings.enums import Stage
from ratings.judging.confirming import unconfirmed
from ratings.judging.leaving import follow, replace, void_sheet
from ratings.judging.panels import choose_leader, progress_sheet, seat_judge
from ratings.judging.seats import judged_by
from ratings.judging.sheets import agree, complete_in, digest_of, is_closed, reopen_sheet, submit_sheet
from ratings.models import JudgeSheet, Score, SeatChange, SheetConfirmation, VoidedSheet
from ratings.sheets.evaluation import evaluate
from ratings.workflow import open_city_rows
from schools.models import Appointment, AuditEntry, Liaison, Notice, User
from tests.factories import AppointmentFactory, LiaisonFactory, SchoolFactory
from tests.ratings.judged_year import FULL, NOTHING, close, judge_account, judge_year, refused, signed

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

LEFT = "账号停用，本人已调离"


def leaves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def member(judged, number: int):
    return judged.panel.judges.get(user=judged.judges[number])


def outcome(judged, assessment=None):
    return evaluate(judged.scheme).outcomes[str((assessment or judged.assessment).pk)]


def test_a_begun_sheet_of_somebody_who_left_is_replaced_and_complete_schools_stay_complete(judged, city):
    here, there = judged.assessments
    gone, heir = judged.judges[0], judge_account(city, 9)
    for judge in judged.judges:
        judged.hand_in(judge, assessment=there)
    for judge in judged.judges[1:]:
        judged.hand_in(judge, assessment=here)
    judged.score(gone, NOTHING, assessment=here, remark="只听了一课")
    leaves(gone)

    assert sheet_gaps(judged.scheme)[here.pk] == ["评分表尚未提交：评委1（账号已停用，请另行安排评委）"]
    before = outcome(judged, there)
    change = replace(judged.panel, member(judged, 0), reason=LEFT, user=heir, by=judged.office)

    assert set(there.sheets.values_list("judge__label", flat=True)) == {"评委1", "评委2", "评委3"}
    assert set(here.sheets.values_list("judge__label", flat=True)) == {"评委2", "评委3", "评委9"}
    assert outcome(judged, there).totals == before.totals and there.pk in complete_in(judged.panel)
    assert not Score.objects.filter(assessment=here, judge__user=gone).exists()
    (voided,) = change.voided.all()
    assert (voided.assessment, change.reason, change.successor.user) == (here, LEFT, heir)
    assert digest_of(voided.rows) == voided.digest
    assert all(remark == "只听了一课" for *_, remark in voided.rows)
    assert not [said for said in violations(judged.scheme) if said.startswith("作废的评分表")]
    VoidedSheet.objects.update(rows=[])
    assert f"作废的评分表：{here.school.name}作废的评分表与摘要不符" in violations(judged.scheme)
    assert Notice.objects.filter(user=heir, text__contains="请您接替评审第一组").exists()
    assert AuditEntry.objects.filter(action="sheet", detail__contains=LEFT).exists()

    assert list(judged_by(heir)) == [here]
    agree(judged.sheet(heir, here), by=heir)
    submit_sheet(judged.sheet(heir, here), by=heir)
    assert not sheet_gaps(judged.scheme) and not outcome(judged).problems
    assert is_closed(judged.panel)


def test_a_voided_sheet_is_in_no_figure_and_too_few_are_said(judged, city):
    for judge in judged.judges[1:]:
        judged.hand_in(judge)
    judged.score(judged.judges[0], NOTHING)
    change = void_sheet(judged.sheet(judged.judges[0]), reason="因病退出", by=judged.office)
    here = judged.assessment

    gaps = missing_for_settling(evaluate(judged.scheme))
    texts = [gap.text for gap in gaps if gap.assessment.pk == here.pk]
    assert f"{here.school.name}作废的评分表还没有人接替" in signed(judged.office).get("/").content.decode()
    assert "评委评分表至少 3 份，已有评分的 2 份" in texts
    assert [sheet.judge for sheet in evaluate(judged.scheme).inputs[str(here.pk)].city] == ["评委2", "评委3"]
    assert [2, 2] in [row[-2:] for row in progress_sheet(judged.scheme).rows]
    assert not is_closed(judged.panel)
    assert here not in judged_by(judged.judges[0])

    paper = follow(change, label="纸上评委", by=judged.office)
    assert here.scores.filter(stage=Stage.CITY, judge=paper).count() == len(FULL)
    assert refused(follow, change, label="又一人", by=judged.office) == [
        "这份评分表已有人接替，或不须另行安排。"
    ]


def test_the_same_judge_may_score_anew_after_all(judged):
    judge = judged.judges[0]
    judged.score(judge)
    change = void_sheet(judged.sheet(judge), reason="误听为退出", by=judged.office)
    follow(change, user=judge, by=judged.office)

    assert judged.row(judge, "L1").answers is None
    assert agree(judged.sheet(judge), by=judge) == len(FULL)


def test_a_substitute_at_one_school_sits_there_alone(judged, city):
    here, there = judged.assessments
    heir = judge_account(city, 9)
    void_sheet(judged.sheet(judged.judges[0], here), reason="亲属任教", user=heir, by=judged.office)

    assert list(judged_by(heir)) == [here]
    assert judged.judges[0].pk in there.sheets.values_list("judge__user", flat=True)
    assert not VoidedSheet.objects.exists() and SeatChange.objects.count() == 1  # nothing was written
    here.scores.filter(stage=Stage.CITY).delete()  # the school withdrew and handed in again
    here.sheets.all().delete()
    open_city_rows(here)
    assert set(here.sheets.values_list("judge__label", flat=True)) == {"评委2", "评委3", "评委9"}
    client = signed(heir)
    assert client.get(reverse("ratings:judging_school", args=[here.pk])).status_code == 200
    assert client.get(reverse("ratings:judging_school", args=[there.pk])).status_code == 404
    answered = client.post(reverse("ratings:judging_agree", args=[here.pk]), follow=True)
    assert answered.status_code == 200


def test_a_recusal_after_handing_in_stops_the_year_until_the_sheet_is_voided(judged, city, appoint):
    close(judged)
    for judge in judged.judges:
        judged.score(judge)
    here, judge, chair = judged.assessment, judged.judges[0], appoint("chair")
    assert not sheet_gaps(judged.scheme)
    LiaisonFactory(user=judge, school=here.school)
    tied = f"评委1挂点联系指导{here.school.name}"

    assert sheet_gaps(judged.scheme) == {here.pk: [f"{tied}，已提交的评分表须作废或移交"]}
    desk = signed(judged.office).get("/").content.decode()
    assert "评委1应当回避：1 份评分表须作废或移交" in desk
    heir = judge_account(city, 9)
    LiaisonFactory(user=heir, school=here.school)
    assert refused(void_sheet, judged.sheet(judge), reason="回避", user=heir, by=judged.office) == [
        f"评委9挂点联系指导{here.school.name}，不能评审该校。"
    ]
    void_sheet(judged.sheet(judge), reason="回避", user=judge_account(city, 8), by=judged.office)

    assert sheet_gaps(judged.scheme) == {here.pk: ["评分表尚未提交：评委8"]}
    assert "已提交的评分" in Notice.objects.get(user=chair).text
    assert "须作废或移交" not in signed(judged.office).get("/").content.decode()


def test_dropping_highest_and_lowest_follows_the_sheets_that_are_left(year, city, county, school, office):
    judged = judge_year(year, city, county, school, office, seats=5, **{"评委汇总": "去一高一低平均"})
    for judge in judged.judges[:4]:
        judged.hand_in(judge)
    judged.score(judged.judges[4], NOTHING)
    replace(judged.panel, member(judged, 4), reason=LEFT, by=judged.office)

    assert not outcome(judged).problems
    assert judged.assessment.pk in complete_in(judged.panel)
    assert len(evaluate(judged.scheme).inputs[str(judged.assessment.pk)].city) == 4


def test_a_panel_of_three_names_who_follows_or_keeps_its_judge(judged, city):
    judged.score(judged.judges[0])
    first = member(judged, 0)

    assert refused(replace, judged.panel, first, reason=LEFT, by=judged.office) == [
        "本组已有党校，移出后不足 3 人，请先安排接替的评委。"
    ]
    assert refused(replace, judged.panel, first, reason=" ", by=judged.office) == [
        "请写明理由，不超过 200 字。"
    ]
    assert refused(replace, judged.panel, first, reason=LEFT, user=judged.judges[1], by=judged.office) == [
        "评委2已在评审，请另选接替的评委。"
    ]
    assert judged.row(judged.judges[0], "L1").answers and not SeatChange.objects.exists()


def test_a_judge_seated_later_is_not_asked_at_complete_schools(judged, city):
    here, there = judged.assessments
    for judge in judged.judges:
        judged.hand_in(judge, assessment=there)
    seat_judge(judged.panel, label="", user=judge_account(city, 4), by=judged.office)

    assert (here.sheets.count(), there.sheets.count()) == (4, 3)
    reopen_sheet(judged.sheet(judged.judges[0], there), by=judged.office, reason="补写评语")
    assert there.sheets.count() == 3


def test_who_follows_a_member_that_had_confirmed_the_agreed_sheet_is_not_asked_again(joint, city):
    here, there = joint.assessments
    for assessment in joint.assessments:
        joint.score(None, assessment=assessment)
        submit_sheet(joint.sheet(None, assessment), by=joint.judges[0])
    client = signed(joint.judges[2])
    page = client.get(reverse("ratings:judging_school", args=[here.pk]))
    client.post(reverse("ratings:judging_confirm", args=[here.pk]), {"seen": page.context["sheet_seen"]})
    assert SheetConfirmation.objects.get().judge.user == joint.judges[2]
    heir = judge_account(city, 9)
    leaves(joint.judges[2])
    replace(joint.panel, member(joint, 2), reason=LEFT, user=heir, by=joint.office)

    assert unconfirmed(joint.scheme) == {here.pk: ["评委2"], there.pk: ["评委2", "评委9"]}
    assert "合议：1 所党校待您确认" in signed(heir).get("/").content.decode()


def test_an_agreed_sheet_of_a_leader_who_must_recuse_is_voided_and_begins_anew(joint):
    here = joint.assessment
    joint.score(None)
    submit_sheet(joint.sheet(None), by=joint.judges[0])
    LiaisonFactory(user=joint.judges[0], school=here.school)
    (said, _) = sheet_gaps(joint.scheme)[here.pk]
    assert said.startswith(f"填写合议评分表的组长挂点联系指导{here.school.name}，请另定组长")
    choose_leader(joint.panel, joint.panel.judges.get(user=joint.judges[1]), by=joint.office)
    void_sheet(joint.sheet(None), reason="组长回避", by=joint.office)

    assert VoidedSheet.objects.get().submitted_at and not joint.sheet(None).submitted_at
    assert agree(joint.sheet(None), by=joint.judges[1])
    assert refused(void_sheet, joint.sheet(None), reason="换人", label="丁", by=joint.office) == [
        "合议评分表由组长填写，不指定接替的评委；须换人的，请先另定组长。"
    ]


def test_the_pages_say_who_left_and_give_the_way(judged, appoint, city):
    judge, here = judged.judges[0], judged.assessment
    judged.hand_in(judge)
    judged.score(judge, NOTHING, assessment=judged.assessments[1], remark="未看课")
    Appointment.objects.filter(user=judge).update(end="2026-01-01", start="2025-01-01")
    office, panel = signed(judged.office), reverse("ratings:panel", args=[judged.panel.pk])

    page = office.get(panel).content.decode()
    way = reverse("ratings:judge_replace", args=[judged.panel.pk, member(judged, 0).pk])
    assert "评委任期已结束" in page and way in page
    assert 'class="data stacked"' in page  # on a phone the acts stand below the name, not beyond the edge
    desk = office.get("/").content.decode()
    assert "评委1评委任期已结束：1 份评分表须作废或移交" in desk
    form = office.get(way)
    assert f"{here.school.name}：已提交，照旧有效" in form.content.decode()
    blank = office.get(reverse("ratings:judge_replace", args=[judged.panel.pk, member(judged, 2).pk]))
    assert f"{here.school.name}：还没有评分，不用作废" in blank.content.decode()
    heir = judge_account(city, 9)
    asked = {"reason": "", "user": heir.pk, "label": "", "seen": form.context["seen"]}
    assert "请写明理由。" in office.post(way, asked).content.decode()
    judged.hand_in(judged.judges[1])  # elsewhere: nothing of this page
    done = office.post(way, asked | {"reason": "任期结束"}, follow=True).content.decode()
    assert "评委1已离开第一组，由评委9接替。" in done

    voided = VoidedSheet.objects.get()
    for role in ("office", "auditor"):
        client = office if role == "office" else signed(appoint(role))
        listed = client.get(reverse("ratings:seat_changes", args=[judged.scheme.pk])).content.decode()
        shown = client.get(reverse("ratings:voided_sheet", args=[voided.pk])).content.decode()
        assert "任期结束" in listed and "任期结束" in shown
        assert "未看课" not in shown  # the panel is still open
    judged.scheme.assessments.update(status="settled")
    assert "未看课" in office.get(reverse("ratings:voided_sheet", args=[voided.pk])).content.decode()


def test_a_sheet_that_moved_on_since_the_page_is_not_voided(judged):
    judge = judged.judges[0]
    address = reverse("ratings:sheet_void", args=[judged.sheet(judge).pk])
    client = signed(judged.office)
    seen = client.get(address).context["seen"]
    judged.hand_in(judge)

    answered = client.post(address, {"reason": "换人", "seen": seen}).content.decode()

    assert "评分表有变化" in answered and "换人" in answered
    assert judged.sheet(judge).submitted_at


def test_nobody_voids_the_own_sheet_nor_one_of_a_settled_school(judged, city):
    judge = judged.judges[0]
    AppointmentFactory(user=judge, role="office", city=city)
    judge.identity = judge.appointments.get(role="office")
    assert refused(void_sheet, judged.sheet(judge), reason="不评了", by=judge) == [
        "不能作废本人的评分表，请由办公室另一人办理。"
    ]
    judged.scheme.assessments.update(status="settled")
    assert refused(void_sheet, judged.sheet(judge), reason="迟了", by=judged.office) == [
        f"{judged.assessment.school.name}处于“已审定”，评分表不能作废。"
    ]
    assert refused(void_sheet, judged.sheet(judge), reason="越权", by=judged.judges[1]) == [
        "评审组由市评委会办公室安排。"
    ]


def test_who_makes_a_guide_of_a_judge_is_asked_first(judged, appoint, city):
    judge, here = judged.judges[0], judged.assessment
    judged.hand_in(judge)
    AppointmentFactory(user=judge, role="liaison", city=city)
    data = {"user": judge.pk, "since": "2026-01-01", "schools": [here.school_id]}
    client, address = signed(judged.office), reverse("schools:guidance_assign")

    asked = client.post(address, data).content.decode()
    said = f"评委1是2026年度{here.school.name}的评委，评委1的评分表已提交；从任职之日起应当回避"
    assert said in asked and "知道须回避，仍然安排" in asked
    assert not Liaison.objects.filter(user=judge).exists()
    client.post(address, data | {"despite": "on"})
    assert Liaison.objects.filter(user=judge, school=here.school).exists()
    assert any("须作废或移交" in text for text in sheet_gaps(judged.scheme)[here.pk])

    elsewhere = data | {"schools": [SchoolFactory(city=city, county=here.school.county).pk]}
    assert "仍然安排" not in client.post(address, elsewhere, follow=True).content.decode()


def test_only_who_may_take_over_is_offered_and_nobody_who_must_recuse_comes_back(judged, city):
    judge, here = judged.judges[0], judged.assessment
    tied, ten, nine = (judge_account(city, number) for number in (7, 10, 9))
    LiaisonFactory(user=tied, school=here.school)
    judged.hand_in(judge)
    client = signed(judged.office)

    def offered(address):
        return [name for _, name in client.get(address).context["form"].fields["user"].widget.choices]

    void = reverse("ratings:sheet_void", args=[judged.sheet(judge).pk])
    free = ["（暂不安排，或只用纸质评分表）", "评委9", "评委10"]
    assert offered(void) == free
    change = void_sheet(judged.sheet(judge), reason="应当回避", by=judged.office)
    address = reverse("ratings:sheet_follow", args=[change.pk])
    assert offered(address) == free
    page = client.post(address, {"user": judge.pk, "label": ""}).content.decode()
    said = f"评委1因应当回避作废了{here.school.name}的评分表，不能再评审该校。"
    assert said in page and ">移交</button>" in page
    assert f"评委7挂点联系指导{here.school.name}" in client.post(address, {"user": tied.pk}).content.decode()
    leaves(nine)
    leaves(ten)
    assert offered(address) == ["（没有可选的账号）"]
    assert not JudgeSheet.objects.filter(assessment=here, judge__user__in=[judge, tied]).exists()
