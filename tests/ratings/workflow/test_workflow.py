"""The workflow: who may take which step from where, when it may be taken, and what it leaves behind."""

import datetime as dt

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ratings.criteria.storing import create_scheme
from ratings.enums import Phase, Stage, Status
from ratings.models import (
    Adjustment,
    Assessment,
    Decision,
    Evidence,
    Extension,
    Item,
    JudgeSheet,
    Move,
    Panel,
    Scheme,
    Score,
    SignedPage,
)
from ratings.workflow import (
    allowed_steps,
    blockers,
    due,
    figures_of,
    grant_extension,
    is_overdue,
    open_scheme,
    returned_items,
    take_step,
    uneditable,
)
from ratings.workflow.deadlines import next_workday_from, return_deadline
from ratings.workflow.requests import requests_of
from ratings.workflow.steps import mermaid
from schools.models import AuditEntry, MonthlyReport, Notice, Region, Role, School, User
from schools.saving import Refused
from tests.factories import UserFactory
from tests.ratings.regulation import MAY

pytestmark = [pytest.mark.engine, pytest.mark.django_db]

ANSWERS = {
    "K2": {"答": {"音响": True, "桌椅": True}},
    "L2": {"答": {}},
    "M1": {"答": {}},
    "L1": {"答": {"听课": "A"}},
}


def open_year(year, city, office) -> Scheme:
    """The small scheme, opened in the test's city this year."""
    today = timezone.localdate()
    year.parameters |= {"年度": today.year, "所属市": city.name, "统计截止日": f"{today.year}-01-31"}
    scheme = create_scheme(year.spec(), city=city)
    open_scheme(scheme, by=office)
    return scheme


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def assessment(year, city, school, office) -> Assessment:
    """The school's assessment in an open scheme with every figure known."""
    school.seats = 120
    school.save()
    MonthlyReport.objects.create(
        school=school,
        year=timezone.localdate().year,
        month=1,
        confirmed_at=timezone.now() - dt.timedelta(days=365),
        confirmed_by=office,
    )
    return open_year(year, city, office).assessments.get(school=school)


def answer(assessment: Assessment, stage: str, judge=None) -> None:
    """Fill every row of a stage with full marks."""
    for score in assessment.scores.filter(stage=stage, judge=judge).select_related("item"):
        score.answers, score.points = ANSWERS[score.item.code], score.item.points
        score.save(update_fields=["answers", "points"])


def first_read(queries) -> str:
    """What a step holds before anything else."""
    return next(query["sql"] for query in queries if query["sql"].startswith("SELECT"))


@pytest.fixture
def submitted(assessment, appoint) -> Assessment:
    answer(assessment, Stage.SELF)
    take_step(assessment, "submit", by=appoint("head"))
    return assessment


def test_opening_freezes_the_criteria_and_gives_every_school_its_empty_rows(assessment):
    assert assessment.scheme.phase == Phase.OPEN
    assert assessment.scheme.versions.count() == 1
    assert sorted(assessment.scores.values_list("item__code", "stage", "answers")) == [
        (code, "self", None) for code in ("K2", "L2", "M1")
    ]


def test_opening_is_refused_while_the_check_finds_an_error(year, city, office):
    year.item("K1")[6] = 29
    with pytest.raises(Refused, match="100 分"):
        open_year(year, city, office)

    assert Scheme.objects.get().phase == Phase.DRAFTING
    assert not Assessment.objects.exists()


def test_submission_names_every_item_that_is_missing(assessment, appoint):
    head = appoint("head")

    assert [blocker.item for blocker in blockers(assessment, "submit")] == ["K2", "L2", "M1"]
    with pytest.raises(Refused, match="K2 设施尚未填写"):
        take_step(assessment, "submit", by=head)
    assert Assessment.objects.get().status == Status.DRAFT


def test_submission_takes_the_figures_freezes_the_sheet_and_opens_the_county(submitted):
    move = submitted.moves.get(step="submit")

    assert submitted.status == Status.COUNTY
    assert submitted.scheme.phase == Phase.SCORING
    assert submitted.snapshots.get().values["主教室座位"] == "120"
    assert [row["item"] for row in move.sheet["scores"]] == ["K2", "L2", "M1"]
    assert sorted(submitted.scores.filter(stage="county").values_list("item__code", flat=True)) == [
        "K2",
        "L1",
        "L2",
        "M1",
    ]
    assert AuditEntry.objects.filter(action="move").count() == 1


def test_filler_hands_to_the_head_who_submits(assessment, appoint):
    filler, head = appoint("filler"), appoint("head")
    answer(assessment, Stage.SELF)

    take_step(assessment, "send_to_head", by=filler)
    assert uneditable(assessment.scores.first(), filler) == "已交负责人确认，如需修改请先取回。"
    take_step(assessment, "take_back", by=filler)
    take_step(assessment, "send_to_head", by=filler)
    take_step(assessment, "submit", by=head)

    assert [move.step for move in assessment.moves.order_by("id")] == [
        "open",
        "send_to_head",
        "take_back",
        "send_to_head",
        "submit",
    ]


def test_filler_cannot_submit(assessment, appoint):
    answer(assessment, Stage.SELF)

    with pytest.raises(Refused, match="无权办理"):
        take_step(assessment, "submit", by=appoint("filler"))


def test_withdrawal_is_open_until_the_county_scored_anything(submitted, appoint, school):
    head, paper = User.objects.get(username="head"), {"kind": "paper", "name": "确认页", "at": timezone.now()}
    scan = Evidence.objects.create(assessment=submitted, copies=1, location="档案柜", by=head, **paper)
    SignedPage.objects.create(assessment=submitted, scan=scan, code="c" * 64, at=timezone.now())
    take_step(submitted, "withdraw", by=head)
    assert (submitted.status, submitted.scores.filter(stage="county").count()) == (Status.DRAFT, 0)
    assert SignedPage.objects.get().voided_at is not None

    take_step(submitted, "send_to_head", by=appoint("filler"))
    School.objects.filter(pk=school.pk).update(seats=60)
    assert figures_of(submitted)["主教室座位"] == 60  # nothing is signed: the figures are those of today
    take_step(submitted, "submit", by=head)
    item = Item.objects.get(scheme=submitted.scheme, code="K1")
    only = {"stage": Stage.COUNTY, "points": 20, "reason": "清点", "at": timezone.now()}
    adjusted = Adjustment.objects.create(assessment=submitted, item=item, **only)
    with pytest.raises(Refused, match="已经开始评分"):
        take_step(submitted, "withdraw", by=head)

    adjusted.delete()
    answer(submitted, Stage.COUNTY)
    with pytest.raises(Refused, match="已经开始评分"):
        take_step(submitted, "withdraw", by=head)


def test_return_opens_the_named_items_only_and_counts(submitted, appoint, city):
    reviewer, head = appoint("county"), User.objects.get(username="head")
    take_step(submitted, "return_", by=reviewer, comment="请补正", items={"K2": "桌椅数量不符"})

    assert (submitted.status, submitted.returned_to) == (Status.RETURNED, Status.COUNTY)
    own = {
        score.item.code: uneditable(score, head)
        for score in submitted.scores.filter(stage="self").select_related("item")
    }
    assert own == {"K2": "", "L2": "退回补正时只能修改所列小项。", "M1": "退回补正时只能修改所列小项。"}

    take_step(submitted, "resubmit", by=head)
    assert (submitted.status, submitted.returned_to, submitted.return_due) == (Status.COUNTY, "", None)
    with pytest.raises(Refused, match="达到上限"):
        take_step(submitted, "return_", by=reviewer, comment="再补", items={"K2": "再查"})

    Assessment.objects.update(status=Status.CITY)  # where nobody has returned it yet
    take_step(submitted, "return_", by=_office(), comment="再补", items={"L2": "台账"})
    assert returned_items(submitted, "item__code") == {"L2": "台账"}


def test_without_a_county_the_figures_of_a_mended_sheet_are_final(joint, appoint):
    one = joint.assessment
    take_step(one, "return_", by=joint.office, comment="请补正", items={"K2": "桌椅数量不符"})
    School.objects.filter(pk=one.school_id).update(seats=90)
    head = appoint("head")
    with CaptureQueriesContext(connection) as queries:
        take_step(one, "resubmit", by=head)

    assert 'FROM "schools_school"' in first_read(
        queries
    )  # a record is among these figures or finds them signed
    assert {kept.moment: kept.values["主教室座位"] for kept in one.snapshots.all()} == {
        "submit": "90",
        "final": "90",
    }


def test_return_needs_items_known_to_the_scheme_with_a_comment_each(submitted, appoint):
    with pytest.raises(Refused) as refused:
        take_step(submitted, "return_", by=appoint("county"), comment="补", items={"Z9": "x", "K2": " "})

    assert refused.value.reasons == ["方案里没有小项 Z9", "请写明 K2 设施要补正什么"]


def test_recall_waits_for_the_return_deadline(submitted, appoint):
    reviewer = appoint("county")
    take_step(submitted, "return_", by=reviewer, comment="请补正", items={"K2": "桌椅"})
    with pytest.raises(Refused, match="期满前不能收回"):
        take_step(submitted, "recall", by=reviewer)

    Assessment.objects.update(return_due=timezone.localdate() - dt.timedelta(days=30))
    submitted.refresh_from_db()
    take_step(submitted, "recall", by=reviewer)

    assert submitted.status == Status.COUNTY


def test_recommendation_needs_all_items_star_and_opinion(submitted, appoint):
    lead = appoint("county_lead")
    with pytest.raises(Refused) as refused:
        take_step(submitted, "recommend", by=lead, star=7, opinion="")
    assert len(refused.value.reasons) == 6

    answer(submitted, Stage.COUNTY)
    longest = {"star": 0, "opinion": "字" * 300}
    assert blockers(submitted, "recommend", longest) == []
    (too_long,) = blockers(submitted, "recommend", {"star": 0, "opinion": "字" * 301})
    assert too_long.text == "初评意见共 301 字，最多 300 字"
    School.objects.filter(pk=submitted.school_id).update(seats=60)
    take_step(submitted, "recommend", by=lead, star=5, opinion="同意")

    assert (submitted.status, submitted.suggested_star, submitted.county_opinion) == (Status.CITY, 5, "同意")
    assert submitted.snapshots.count() == 2
    assert figures_of(submitted)["主教室座位"] == 60  # the latest count


def test_recommendation_needs_a_reason_for_a_score_far_from_the_self_assessment(submitted, appoint):
    lead = appoint("county_lead")
    answer(submitted, Stage.COUNTY)
    score = submitted.scores.get(stage="county", item__code="K2")
    score.answers, score.remark = {"答": {"音响": False, "桌椅": True}}, " "
    score.save(update_fields=["answers", "remark"])

    with pytest.raises(Refused, match=r"K2 设施初评与自评相差 10\.00 分，请写明理由"):
        take_step(submitted, "recommend", by=lead, star=5, opinion="同意")

    score.remark = "现场没有音响"
    score.save(update_fields=["remark"])
    take_step(submitted, "recommend", by=lead, star=5, opinion="同意")


def test_judges_get_their_rows_and_sheets_when_the_school_reaches_the_city(submitted, appoint):
    scheme, lead = submitted.scheme, appoint("county_lead")
    panel = Panel.objects.create(scheme=scheme, name="第一组")
    panel.judges.set([scheme.judges.create(label=f"评委{number}") for number in range(3)])
    Assessment.objects.update(panel=panel, visited=True)
    answer(submitted, Stage.COUNTY)

    take_step(submitted, "recommend", by=lead, star=5, opinion="同意")

    assert Score.objects.filter(stage="city").count() == 12
    assert JudgeSheet.objects.count() == 3


def test_onsite_items_are_not_owed_by_judges_at_a_school_that_was_not_visited(submitted, appoint):
    scheme, lead = submitted.scheme, appoint("county_lead")
    panel = Panel.objects.create(scheme=scheme, name="第一组")
    panel.judges.set([scheme.judges.create(label="评委")])
    Assessment.objects.update(panel=panel)
    answer(submitted, Stage.COUNTY)

    take_step(submitted, "recommend", by=lead, star=5, opinion="同意")

    assert set(Score.objects.filter(stage="city").values_list("item__code", flat=True)) == {"L1", "L2", "M1"}


def test_deadline_ends_with_the_last_second_of_the_next_working_day(assessment):
    Scheme.objects.update(self_due=dt.date(2026, 10, 3))  # within the National Day holiday
    assessment.scheme.refresh_from_db()

    last = due(assessment, Stage.SELF)

    assert timezone.localtime(last) == timezone.make_aware(dt.datetime(2026, 10, 8, 23, 59, 59))
    assert not is_overdue(assessment, Stage.SELF, at=last)
    assert is_overdue(assessment, Stage.SELF, at=last + dt.timedelta(seconds=1))


def test_return_is_due_on_the_third_working_day():
    assert return_deadline(dt.date(2026, 11, 20)) == dt.date(2026, 11, 25)  # Friday, over a weekend
    assert return_deadline(dt.date(2026, 9, 30)) == dt.date(
        2026, 10, 10
    )  # over the holiday, with a Saturday worked


def test_extension_gives_one_school_more_time_and_says_who_and_why(assessment, appoint, office):
    Scheme.objects.update(self_due=dt.date(2020, 1, 6))
    assessment.scheme.refresh_from_db()
    answer(assessment, Stage.SELF)
    head = appoint("head")
    with pytest.raises(Refused, match="截止"):
        take_step(assessment, "submit", by=head)

    grant_extension(
        assessment, Stage.SELF, timezone.localdate() + dt.timedelta(days=1), by=office, reason="停电"
    )
    take_step(assessment, "submit", by=head)

    assert Extension.objects.get().by == office
    assert AuditEntry.objects.filter(action="extend").count() == 1


def test_the_latest_extension_counts_and_only_a_later_day_is_one(assessment, office):
    def last() -> dt.date:
        return timezone.localtime(due(assessment, Stage.SELF)).date()

    for days in (10, 20):
        until = next_workday_from(timezone.localdate() + dt.timedelta(days=days))
        grant_extension(assessment, Stage.SELF, until, by=office, reason="停电")
        assert last() == until

    with pytest.raises(Refused, match="须晚于现在的截止时间"):
        grant_extension(assessment, Stage.SELF, last(), by=office, reason="停电")


def test_every_step_of_a_stage_ends_with_its_deadline(submitted):
    scheme, past = submitted.scheme, dt.date(2020, 1, 6)
    for stage, steps in {
        Stage.SELF: ("send_to_head", "submit", "take_back", "withdraw", "resubmit"),
        Stage.COUNTY: ("recommend",),
    }.items():
        scheme.self_due, scheme.county_due = (past if one == stage else None for one in ("self", "county"))
        sentence = f"{stage.label}已于 2020年1月6日 截止，如需延期请联系市评委会办公室"
        for code in steps:
            assert sentence in [blocker.text for blocker in blockers(submitted, code)], code


def test_lapse_waits_for_the_deadline_and_needs_a_reason(assessment, office):
    early = ((None, "没有设自评截止日"), (dt.date(2099, 1, 6), "截止时间未到（2099年1月6日截止）"))
    for day, sentence in early:
        Scheme.objects.update(self_due=day)
        with pytest.raises(Refused, match=sentence):
            take_step(assessment, "lapse", by=office, comment="未提交")
    Scheme.objects.update(self_due=dt.date(2020, 1, 6))
    assessment.refresh_from_db()
    with pytest.raises(Refused, match="请写明理由"):
        take_step(assessment, "lapse", by=office)

    with CaptureQueriesContext(connection) as queries:
        take_step(assessment, "lapse", by=office, comment="经提醒仍未提交")

    assert 'FROM "ratings_scheme"' in first_read(queries)  # settling holds it before any school as well
    assert assessment.status == Status.LAPSED
    assert Scheme.objects.get().phase == Phase.SCORING  # nobody fills in any more: the year can be settled


def test_declining_is_asked_by_the_head_and_confirmed_by_the_office(assessment, appoint, office):
    head, filler = appoint("head"), appoint("filler")
    with pytest.raises(Refused, match="没有申请不参评"):
        take_step(assessment, "decline", by=office)

    take_step(assessment, "ask_decline", by=head, comment="校舍重建")
    with pytest.raises(Refused, match="等待市评委会办公室答复"):
        take_step(assessment, "ask_decline", by=head, comment="再申请")
    with pytest.raises(Refused, match="请写明理由"):
        take_step(assessment, "refuse_decline", by=office)
    asking = Notice.objects.filter(text__contains="申请不参评，请答复：").unread()
    colleague = appoint("office", user=UserFactory())
    assert asking.count() == 1
    take_step(assessment, "refuse_decline", by=colleague, comment="可借用镇会议室办班")
    assert not asking.exists()
    with pytest.raises(Refused, match="申请已经答复"):
        take_step(assessment, "decline", by=office)
    take_step(assessment, "ask_decline", by=head, comment="会议室也在重建")
    assert set(asking.values_list("user", flat=True)) == {office.pk, colleague.pk}
    Assessment.objects.update(status=Status.CONFIRMING)  # the filler sent it to the head meanwhile
    take_step(assessment, "decline", by=office, comment="情况属实")

    assert assessment.status == Status.DECLINED
    said = [(one.asked.comment, one.verdict, one.answer.comment) for one in requests_of(assessment)]
    assert said == [
        ("校舍重建", "不同意不参评", "可借用镇会议室办班"),
        ("会议室也在重建", "确认不参评", "情况属实"),
    ]
    told = Notice.objects.filter(user=filler).order_by("pk").values_list("text", flat=True)
    assert [text.partition("办公室")[2] for text in told] == [
        "不同意不参评：可借用镇会议室办班",
        "确认不参评：情况属实",
    ]
    assert Notice.objects.filter(user=office, text__contains="申请不参评，请答复：").count() == 2


def test_a_request_is_over_once_the_school_has_handed_in_all_the_same(assessment, appoint, office):
    head = appoint("head")
    take_step(assessment, "ask_decline", by=head, comment="校舍重建")
    answer(assessment, Stage.SELF)
    take_step(assessment, "submit", by=head)
    take_step(assessment, "withdraw", by=head)

    assert [one.waits for one in requests_of(assessment)] == [False]
    assert not Notice.objects.filter(user=office).unread().exists()
    with pytest.raises(Refused, match="没有申请不参评"):
        take_step(assessment, "decline", by=office)


@pytest.mark.parametrize("phase", Phase)
def test_steps_are_taken_only_while_the_scheme_is_open_or_scored(phase, submitted):
    submitted.scheme.phase = phase

    said = [blocker.text for blocker in blockers(submitted, "send_back")]

    assert said == ([] if phase in (Phase.OPEN, Phase.SCORING) else [f"方案处于“{phase.label}”阶段"])


def test_reopening_voids_the_decision_and_keeps_it_in_the_move(submitted, appoint):
    Assessment.objects.update(status=Status.SETTLED)
    Scheme.objects.update(phase=Phase.SETTLED)
    Decision.objects.create(assessment=submitted, star=4, computed=5, reason="理由", at=timezone.now())
    submitted.refresh_from_db()

    take_step(submitted, "reopen", by=appoint("chair"), comment="计算有误")

    assert submitted.status == Status.CITY
    assert submitted.scheme.phase == Phase.SCORING
    assert not Decision.objects.exists()
    assert Move.objects.get(step="reopen").sheet["decision"]["star"] == 4


@pytest.mark.parametrize("role", [role.value for role in Role])
@pytest.mark.parametrize("status", [status.value for status in Status])
def test_only_the_roles_of_the_table_may_take_a_step_from_a_status(assessment, appoint, role, status):
    returned = (
        {"returned_to": Status.COUNTY, "return_due": dt.date(2026, 1, 5)} if status == Status.RETURNED else {}
    )
    Assessment.objects.filter(pk=assessment.pk).update(status=status, **returned)
    assessment.refresh_from_db()

    offered = {
        step.code for step in allowed_steps(appoint(role) if role != "office" else _office(), assessment)
    }

    assert offered <= {code for code, (scope, _) in MAY.items() if status in scope.get(role, ())}


def _office():
    return User.objects.get(username="office")


def test_people_of_another_county_or_school_are_offered_nothing(assessment, appoint, city):
    other = Region.objects.create(code="T1-2", name="乙县", kind=Region.Kind.COUNTY, city=city)
    elsewhere = School.objects.create(city=city, county=other, code="X", name="别的党校")

    assert allowed_steps(appoint("head", school=elsewhere), assessment) == []
    Assessment.objects.filter(pk=assessment.pk).update(status=Status.COUNTY)
    assessment.refresh_from_db()
    assert allowed_steps(appoint("county", county=other), assessment) == []


def test_diagram_of_the_manual_is_the_table():
    manual = (settings.BASE_DIR / "docs" / "workflow.md").read_text(encoding="utf-8")

    assert mermaid() in manual


def test_command_opens_a_year_from_its_workbook_for_the_schools_that_are_there(year, city, school, office):
    School.objects.create(city=city, code="X", name="撤并的党校", closed_on=dt.date(2025, 12, 31))
    School.objects.create(city=city, code="Y", name="后年才办的党校", opened_on=dt.date(2027, 3, 1))
    School.objects.create(city=city, code="Z", name="以后才撤的党校", closed_on=dt.date(2027, 12, 31))
    year.parameters |= {"年度": 2026, "所属市": city.name}

    call_command(
        "open_scheme", scheme=year.write().scheme, by="office", self_due=dt.date(2026, 11, 30), verbosity=0
    )

    scheme = Scheme.objects.get()
    assert (scheme.phase, scheme.self_due, scheme.assessments.count()) == (
        Phase.OPEN,
        dt.date(2026, 11, 30),
        2,
    )


def test_command_refuses_a_city_where_the_person_holds_no_office(year, city, office):
    with pytest.raises(CommandError, match="不在方案所属的市"):
        call_command("open_scheme", scheme=year.write().scheme, by="office", verbosity=0)

    assert not Scheme.objects.exists()
