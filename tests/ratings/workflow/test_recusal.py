"""回避: whoever guides a school or works for it writes nothing above its own stage, whatever is tried."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from django.utils import timezone

from ratings.committee.readiness import missing_for_settling, sheet_gaps
from ratings.enums import Stage, Status
from ratings.judging.adjusting import adjust as adjust_for_the_city
from ratings.judging.leaving import replace
from ratings.judging.panels import assign, choose_leader, create_panel, seat_judge, unseat_judge
from ratings.judging.sheets import agree, attach_scan, start_entry, submit_sheet
from ratings.models import Assessment, Decision, Evidence, JudgeSheet, Score, VoidedSheet
from ratings.review.agreeing import adjust
from ratings.sheets.answering import save
from ratings.sheets.evaluation import evaluate
from ratings.workflow import must_recuse, take_step
from schools.models import Appointment, AuditEntry, Liaison, School, User
from schools.saving import Refused
from schools.uploads import check_upload
from tests.factories import AppointmentFactory, LiaisonFactory, SchoolFactory, UserFactory
from tests.html_forms import press
from tests.ratings.county_year import county_year
from tests.ratings.judged_year import FULL, Judged, judge_account, refused, signed
from tests.ratings.judging.test_paper_sheets import enter
from tests.ratings.opened_year import fields
from tests.small_pdf import SMALL_PDF

pytestmark = pytest.mark.django_db

BEST = {"听课": "A"}


def guides(user: User, school: School, **period) -> Liaison:
    return LiaisonFactory(user=user, school=school, **period)


def works(role: str, user: User, school: School, **period) -> Appointment:
    return AppointmentFactory(user=user, role=role, school=school, **period)


#: By what ties a person to a school, how the tie comes about.
TIES: dict[str, Callable] = {
    "guide": guides,
    "filler": partial(works, "filler"),
    "head": partial(works, "head"),
}
SAID = {"guide": "挂点联系指导", "filler": "的工作人员", "head": "的工作人员"}


@dataclass
class Attempt:
    """One post: who tries it, where, with what; `typed` are words that must still stand on the page."""

    user: User
    school: School
    address: str
    data: dict
    typed: tuple[str, ...] = ()
    page: str = ""

    def post(self):
        for value in self.data.values():
            if hasattr(value, "seek"):
                value.seek(0)
        return press(signed(self.user), self.address, self.data, on=self.page, follow=True)


def rated() -> list:
    """Everything the rating stores, and how many lines the audit trail has."""
    models = sorted(apps.get_app_config("ratings").get_models(), key=lambda model: model.__name__)
    return [list(model.objects.order_by("pk").values()) for model in models] + [
        AuditEntry.objects.exclude(action="sign_in").count()
    ]


def colleague_of(judged: Judged) -> User:
    user = UserFactory(name="办公室乙")
    AppointmentFactory(user=user, role="office", city=judged.scheme.city)
    return user


def entered(judged: Judged) -> JudgeSheet:
    """The first judge's sheet, typed in whole by the office with its scan."""
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    enter(judged, sheet, judged.office)
    attach_scan(sheet, check_upload(SimpleUploadedFile("评分表.pdf", SMALL_PDF)), by=judged.office)
    sheet.refresh_from_db()
    return sheet


def office_voids(judged: Judged) -> Attempt:
    judged.hand_in(judged.judges[0])
    sheet = judged.sheet(judged.judges[0])
    data = {"reason": "因病退出"}
    return at(judged, judged.office, "sheet_void", sheet.pk, data=data, typed=("因病退出",))


def office_replaces(judged: Judged) -> Attempt:
    judged.score(judged.judges[0])
    seat_judge(judged.panel, label="", user=judge_account(judged.scheme.city, 8), by=judged.office)
    judge = judged.panel.judges.get(user=judged.judges[0])
    data = {"reason": "因病退出"}
    return at(
        judged, judged.office, "judge_replace", judged.panel.pk, judge.pk, data=data, typed=("因病退出",)
    )


def led(judged: Judged) -> User:
    choose_leader(judged.panel, judged.panel.judges.get(user=judged.judges[0]), by=judged.office)
    return judged.judges[0]


def at(judged: Judged, user: User, name: str, *args, data=None, typed=(), page="") -> Attempt:
    school, address = judged.assessment.school, reverse(f"ratings:{name}", args=[*args])
    return Attempt(user, school, address, data or {}, typed, page)


def judge_agrees(judged: Judged) -> Attempt:
    pk = judged.assessment.pk
    page = reverse("ratings:judging_school", args=[pk])
    return at(judged, judged.judges[0], "judging_agree", pk, page=page)


def judge_row(judged: Judged, name: str, judge: User | None, by: User) -> Attempt:
    """One row of a sheet, by its page or by itself."""
    row = judged.row(judge, "L1")
    args = [row.pk] if name == "answer" else [judged.assessment.pk, "L1"]
    return at(judged, by, name, *args, data=fields(row, remark="板书清楚", **BEST), typed=("板书清楚",))


def judge_submits(judged: Judged, judge: User | None, by: User) -> Attempt:
    judged.score(judge)
    return at(judged, by, "judging_submit", judged.assessment.pk)


def adjusts(judged: Judged, user: User) -> Attempt:
    data = {"points": "7", "reason": "现场清点座位"}
    return at(judged, user, "city_adjust", judged.assessment.pk, "K1", data=data, typed=("现场清点座位",))


def withdraws(judged: Judged, user: User) -> Attempt:
    adjust_for_the_city(judged.assessment, "K1", points=7, reason="清点", by=user)
    return at(judged, user, "city_adjust", judged.assessment.pk, "K1", data={"withdraw": "1"})


def office_starts(judged: Judged) -> Attempt:
    return at(judged, judged.office, "paper_entry", judged.sheet(judged.judges[0]).pk)


def office_cancels(judged: Judged) -> Attempt:
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    return at(judged, judged.office, "paper_entry", sheet.pk, data={"act": "cancel"})


def office_types(judged: Judged, name: str) -> Attempt:
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    row = judged.row(judged.judges[0], "L1")
    data = fields(row, remark="板书清楚", **BEST)
    return at(
        judged, judged.office, name, row.pk if name == "answer" else sheet.pk, data=data, typed=("板书清楚",)
    )


def office_scans(judged: Judged) -> Attempt:
    sheet = judged.sheet(judged.judges[0])
    start_entry(sheet, by=judged.office)
    return at(
        judged,
        judged.office,
        "sheet_scan",
        sheet.pk,
        data={"scan": SimpleUploadedFile("评分表.pdf", SMALL_PDF)},
    )


def colleague_checks(judged: Judged) -> Attempt:
    sheet = entered(judged)
    return at(judged, colleague_of(judged), "paper_check", sheet.pk)


def office_reopens(judged: Judged) -> Attempt:
    judged.hand_in(judged.judges[0])
    sheet = judged.sheet(judged.judges[0])
    return at(
        judged, judged.office, "sheet_reopen", sheet.pk, data={"reason": "漏看材料"}, typed=("漏看材料",)
    )


#: By name of the address: every way in which somebody writes what judges say of a school.
OF_JUDGES: list[tuple[str, Callable[[Judged], Attempt]]] = [
    ("answer", lambda year: judge_row(year, "answer", year.judges[0], year.judges[0])),
    ("answer", lambda year: office_types(year, "answer")),
    ("judging_item", lambda year: judge_row(year, "judging_item", year.judges[0], year.judges[0])),
    ("judging_agree", judge_agrees),
    ("judging_submit", lambda year: judge_submits(year, year.judges[0], year.judges[0])),
    ("city_adjust", lambda year: adjusts(year, year.office)),
    ("city_adjust", lambda year: adjusts(year, led(year))),
    ("city_adjust", lambda year: withdraws(year, year.office)),
    ("city_adjust", lambda year: withdraws(year, led(year))),
    ("paper_entry", office_starts),
    ("paper_entry", office_cancels),
    ("paper", lambda year: office_types(year, "paper")),
    ("sheet_scan", office_scans),
    ("paper_check", colleague_checks),
    ("sheet_reopen", office_reopens),
    ("sheet_void", office_voids),
    ("judge_replace", office_replaces),
]
#: The agreed sheet of a 合议 is its leader's.
OF_LEADERS: list[tuple[str, Callable[[Judged], Attempt]]] = [
    ("answer", lambda year: judge_row(year, "answer", None, year.judges[0])),
    ("judging_item", lambda year: judge_row(year, "judging_item", None, year.judges[0])),
    ("judging_agree", judge_agrees),
    ("judging_submit", lambda year: judge_submits(year, None, year.judges[0])),
]


#: Buttons on the page of the school.
ON_THE_SCHOOL = ("review_agree", "review_recall")


@dataclass
class Reviewed:
    """One school before its county."""

    assessment: Assessment
    reviewer: User
    lead: User

    def row(self, code: str) -> Score:
        return Score.objects.get(assessment=self.assessment, stage=Stage.COUNTY, item__code=code)

    def post(self, user: User, name: str, *args, data=None, typed=()) -> Attempt:
        address, school = reverse(f"ratings:{name}", args=[*args]), self.assessment.school
        page = reverse("ratings:review_school", args=[self.assessment.pk]) if name in ON_THE_SCHOOL else ""
        return Attempt(user, school, address, data or {}, typed, page)

    def types(self, name: str, *args) -> Attempt:
        data = fields(self.row("L1"), remark="板书清楚", **BEST)
        return self.post(self.reviewer, name, *args, data=data, typed=("板书清楚",))

    def adjusts(self) -> Attempt:
        data = {"points": "7", "reason": "现场清点座位"}
        return self.post(self.reviewer, "review_adjust", self.assessment.pk, "K1", data=data)

    def withdraws(self) -> Attempt:
        adjust(self.assessment.pk, "K1", points=7, reason="清点", by=self.reviewer)
        return self.post(self.reviewer, "review_adjust", self.assessment.pk, "K1", data={"withdraw": "1"})

    def confirms(self) -> Attempt:
        for row in self.assessment.scores.filter(stage=Stage.COUNTY).select_related("item"):
            row.answers, row.remark = {"答": FULL[row.item.code]}, "属实"
            row.save(update_fields=["answers", "remark"])
        data = {"star": "5", "opinion": "同意推荐"}
        return self.post(self.lead, "review_confirm", self.assessment.pk, data=data, typed=("同意推荐",))

    def returns(self) -> Attempt:
        data = {"comment": "材料不齐", "item-K2": "补充照片"}
        return self.post(
            self.reviewer, "review_return", self.assessment.pk, data=data, typed=("材料不齐", "补充照片")
        )

    def recalls(self) -> Attempt:
        take_step(self.assessment, "return_", by=self.reviewer, comment="材料不齐", items={"K2": "补充"})
        Assessment.objects.filter(pk=self.assessment.pk).update(
            return_due=timezone.localdate() - dt.timedelta(days=9)
        )
        return self.post(self.reviewer, "review_recall", self.assessment.pk)


#: By name of the address: every way in which the county writes what it says of a school.
OF_COUNTIES: list[tuple[str, Callable[[Reviewed], Attempt]]] = [
    ("answer", lambda year: year.types("answer", year.row("L1").pk)),
    ("review_school", lambda year: year.types("review_school", year.assessment.pk)),
    ("review_item", lambda year: year.types("review_item", "L1")),
    *(
        (
            "review_agree",
            lambda year, act=act: year.post(
                year.reviewer, "review_agree", year.assessment.pk, data={"act": act}
            ),
        )
        for act in ("figures", "answers", "both", "present")
    ),
    ("review_adjust", Reviewed.adjusts),
    ("review_adjust", Reviewed.withdraws),
    ("review_confirm", Reviewed.confirms),
    ("review_return", Reviewed.returns),
    ("review_recall", Reviewed.recalls),
]
#: Rooms in which a post may write what is said of a school.
ROOMS = (
    *("ratings.sheets.views", "ratings.review.views", "ratings.results.paper_views"),
    *("ratings.judging.views", "ratings.judging.panel_views", "ratings.judging.leaving_views"),
)
#: Their other posts, and why nobody recuses there.
NO_SCORE = {
    "judging_export": "reads own points only",
    "panel_board": "sets up an empty panel",
    "panel_schools": "gives schools to a panel: refused for its members, tested below; marks visits",
    "panel_export": "reads progress only",
    "panel": "seats a judge: refused for its schools, tested below",
    "panel_judge": "takes a judge out; choosing a leader is tested below",
    "sheet_follow": "names who takes over a voided sheet: refused for who must recuse, tested with leaving",
    "review_division": "divides the items of all schools",
    "feedback": "what the team told the school on the spot, no score",
}


def methods_of(view) -> list[str]:
    """What `require_http_methods` was given, however many decorators lie above it."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            found = cell.cell_contents
            if isinstance(found, list | tuple) and found and set(found) <= {"GET", "HEAD", "POST"}:
                return list(found)
        view = getattr(view, "__wrapped__", None)
    return ["GET", "POST"]


def posts() -> set[str]:
    """Names of the addresses of these rooms that take a post."""
    (resolver,) = (one for one in get_resolver().url_patterns if getattr(one, "app_name", "") == "ratings")
    places = {one.name: one.callback for one in resolver.url_patterns}
    return {name for name, view in places.items() if view.__module__ in ROOMS and "POST" in methods_of(view)}


def test_no_writer_is_forgotten():
    assert posts() == {name for name, _ in (*OF_JUDGES, *OF_LEADERS, *OF_COUNTIES)} | set(NO_SCORE)


def numbered(attempts: list) -> list:
    """Each with a name to be found by."""
    return [pytest.param(make, id=f"{number}-{name}") for number, (name, make) in enumerate(attempts)]


def refuses_only_the_tied(attempt: Attempt) -> None:
    """Tied to the school: nothing stored, read why, keep what was typed. Tied to another only: stored."""
    for name, tie in TIES.items():
        tied, before = tie(attempt.user, attempt.school), rated()
        page = attempt.post().content.decode()
        assert rated() == before, name
        assert SAID[name] in page and "应当回避" in page and attempt.school.name in page, name
        assert all(words in page for words in attempt.typed), name
        tied.delete()
    guides(attempt.user, SchoolFactory(city=attempt.school.city, county=attempt.school.county))
    before = rated()
    attempt.post()
    assert rated() != before


@pytest.mark.parametrize("make", numbered(OF_JUDGES))
def test_who_must_recuse_writes_nothing_of_a_judge(make, judged):
    refuses_only_the_tied(make(judged))


@pytest.mark.parametrize("make", numbered(OF_LEADERS))
def test_a_leader_who_must_recuse_writes_no_agreed_sheet(make, joint):
    refuses_only_the_tied(make(joint))


@pytest.fixture
def reviewed(assessment, appoint) -> Reviewed:
    county_year(assessment.scheme)
    assessment.refresh_from_db()
    return Reviewed(assessment, appoint("county"), appoint("county_lead"))


@pytest.mark.parametrize("make", numbered(OF_COUNTIES))
def test_who_must_recuse_writes_nothing_of_the_county(make, reviewed):
    refuses_only_the_tied(make(reviewed))


PAPER = [
    ("paper_entry", office_starts),
    ("paper", partial(office_types, name="paper")),
    ("sheet_scan", office_scans),
]


@pytest.mark.parametrize("make", numbered([*PAPER, ("paper_check", colleague_checks)]))
def test_nobody_enters_the_paper_sheet_of_a_judge_who_must_recuse(make, judged):
    attempt = make(judged)
    for name, tie in TIES.items():
        tied, before = tie(judged.judges[0], judged.assessment.school), rated()
        page = attempt.post().content.decode()
        assert rated() == before, name
        assert f"评委1{'挂点联系指导' if name == 'guide' else '是'}{judged.assessment.school.name}" in page, (
            name
        )
        tied.delete()


def test_autosave_gives_the_row_back_with_the_sentence(judged):
    judge, row = judged.judges[0], judged.row(judged.judges[0], "L1")
    guides(judge, judged.assessment.school)

    answered = signed(judge).post(
        reverse("ratings:answer", args=[row.pk]),
        fields(row, remark="板书清楚", **BEST),
        headers={"HX-Request": "true"},
    )

    row.refresh_from_db()
    assert (answered.status_code, row.answers, row.remark) == (200, None, "")
    assert "应当回避" in answered.content.decode() and "板书清楚" in answered.content.decode()


@pytest.mark.engine
def test_who_must_recuse_sees_one_sentence_and_nothing_of_the_school(judged):
    judge = judged.judges[0]
    led(judged)
    client, pk = signed(judge), judged.assessment.pk
    guides(judge, judged.assessment.school)
    pages = [reverse(f"ratings:judging_{name}", args=[pk]) for name in ("school", "submit", "panel")]
    pages += [
        reverse("ratings:judging_item", args=[pk, "L1"]),
        reverse("ratings:city_adjustments", args=[pk]),
    ]

    for page in [*pages, reverse("ratings:city_adjust", args=[pk, "K1"])]:
        shown = client.get(page)
        assert shown.status_code == 403 and "应当回避" in shown.content.decode()
    assert (
        judged.assessment.school.name
        not in client.get(reverse("ratings:judging") + "?show=all").content.decode()
    )


def test_who_must_recuse_reads_no_evidence_of_the_school(judged):
    values = {
        "kind": "file",
        "name": "证明.pdf",
        "digest": "d" * 64,
        "content_type": "application/pdf",
        "at": timezone.now(),
    }
    here, there = (Evidence(assessment=one, by=judged.office, **values) for one in judged.assessments)
    for one in (here, there):
        one.file.save("证明.pdf", ContentFile(SMALL_PDF))
    client = signed(judged.judges[0])
    address = reverse("ratings:evidence", args=[here.pk])

    before = client.get(address).status_code
    guides(judged.judges[0], judged.assessment.school)

    assert (before, client.get(address).status_code) == (200, 404)
    assert client.get(reverse("ratings:evidence", args=[there.pk])).status_code == 200


TODAY = dt.timedelta()
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "end", "tied"),
    [
        (-DAY, TODAY, True),
        (TODAY, None, True),
        (TODAY, TODAY, True),
        (-9 * DAY, -DAY, False),
        (DAY, None, False),
    ],
    ids=["ends today", "begins today", "today only", "ended yesterday", "begins tomorrow"],
)
def test_a_tie_binds_from_its_first_day_to_its_last(start, end, tied, appoint, school):
    person, today = appoint("judge"), timezone.localdate()
    for name, tie in TIES.items():
        names = ("since", "until") if name == "guide" else ("start", "end")
        row = tie(
            person,
            school,
            **dict(zip(names, (today + start, None if end is None else today + end), strict=True)),
        )
        assert bool(must_recuse(person, school)) is tied, name
        row.delete()


def test_other_posts_at_the_school_tie_nobody(judged, city, county):
    """A person of the county's office or the city's works for no single school."""
    judge = judged.judges[0]
    AppointmentFactory(user=judge, role="county", county=county)
    AppointmentFactory(user=judge, role="viewer", city=city)

    assert save(judged.row(judge, "L1").pk, by=judge, version=0, posted=BEST).state == "saved"


def test_who_recuses_for_one_school_scores_the_others(judged):
    judge, (here, there) = judged.judges[0], judged.assessments
    guides(judge, here.school)

    assert save(judged.row(judge, "L1", here).pk, by=judge, version=0, posted=BEST).state == "refused"
    assert agree(judged.sheet(judge, there), by=judge) == len(FULL)
    submit_sheet(judged.sheet(judge, there), by=judge)
    assert judged.sheet(judge, there).submitted_at


def test_the_other_judges_of_the_school_go_on(judged):
    guides(judged.judges[0], judged.assessment.school)

    assert agree(judged.sheet(judged.judges[1]), by=judged.judges[1]) == len(FULL)


@pytest.mark.engine
def test_a_school_without_enough_sheets_is_not_settled_and_the_sentence_says_whose_is_lacking(judged):
    for assessment in judged.assessments:
        for judge in judged.judges[1:]:
            judged.hand_in(judge, assessment=assessment)
    judged.hand_in(judged.judges[0], assessment=judged.assessments[1])
    guides(judged.judges[0], judged.assessment.school)
    Decision.objects.all().delete()

    gaps = [
        gap.text
        for gap in missing_for_settling(evaluate(judged.scheme))
        if gap.assessment.pk == judged.assessment.pk
    ]

    assert any(text.startswith("评委评分表至少 3 份，已有评分的 2 份") for text in gaps)
    assert "评分表尚未提交：评委1（应当回避，请另行安排评委）" in gaps


def test_the_agreed_sheet_of_a_leader_who_must_recuse_says_that_another_is_to_be_chosen(joint):
    guides(joint.judges[0], joint.assessment.school)

    gaps = sheet_gaps(joint.scheme)

    assert gaps[joint.assessment.pk] == ["评分表尚未提交：合议（组长应当回避，请另定组长）"]
    assert gaps[joint.assessments[1].pk] == ["评分表尚未提交：合议"]


def test_who_must_recuse_makes_room_for_another_although_scoring_has_begun(judged):
    here, there = judged.assessments
    member = judged.panel.judges.get(user=judged.judges[0])
    judged.score(judged.judges[0])
    judged.hand_in(judged.judges[0], assessment=there)
    guides(judged.judges[0], here.school)
    seat_judge(judged.panel, label="", user=judge_account(judged.scheme.city, 9), by=judged.office)

    (sentence,) = refused(unseat_judge, judged.panel, member, by=judged.office)
    replace(judged.panel, member, reason="评委回避", by=judged.office)

    assert "请点“更换”" in sentence
    assert list(member.sheets.values_list("assessment", flat=True)) == [there.pk]
    assert "评委1（应当回避，请另行安排评委）" not in "".join(sheet_gaps(judged.scheme)[here.pk])
    (voided,) = VoidedSheet.objects.all()
    assert voided.assessment == here


def test_who_must_recuse_is_neither_seated_nor_given_the_school_nor_chosen_to_lead(judged, joint_panel_of):
    guide = judge_account(judged.scheme.city, 9)
    guides(guide, judged.assessment.school)
    sentence = f"评委9挂点联系指导{judged.assessment.school.name}，不能评审该校。"

    assert refused(seat_judge, judged.panel, label="", user=guide, by=judged.office) == [sentence]
    assert refused(assign, joint_panel_of(judged, guide), judged.assessments, by=judged.office) == [sentence]


@pytest.fixture
def joint_panel_of():
    """Another panel of the year in which the person sits beside two on paper."""

    def make(judged: Judged, user: User):
        panel = create_panel(judged.scheme, "第二组", by=judged.office)
        for label in ("甲", "乙"):
            seat_judge(panel, label=label, user=None, by=judged.office)
        seat_judge(panel, label="", user=user, by=judged.office)
        return panel

    return make


def test_a_member_who_must_recuse_at_a_school_leads_no_agreed_sheet_there(joint):
    member = joint.panel.judges.get(user=joint.judges[1])
    guides(joint.judges[1], joint.assessment.school)

    (sentence,) = refused(choose_leader, joint.panel, member, by=joint.office)

    assert "评委2" in sentence and "不能评审该校" in sentence
    joint.panel.refresh_from_db()
    assert joint.panel.leader.user == joint.judges[0]


def test_the_schools_own_people_write_its_own_stage(assessment, filler):
    """The tie is above the school's own stage only."""
    guides(filler, assessment.school)
    row = assessment.scores.get(stage=Stage.SELF, item__code="K2")

    assert save(row.pk, by=filler, version=0, posted={"音响": "是"}).state == "saved"


def test_the_office_of_a_school_takes_no_step_of_the_review(judged):
    works("head", judged.office, judged.assessment.school)

    with pytest.raises(Refused, match="应当回避"):
        take_step(judged.assessment, "send_back", by=judged.office, comment="请补评")
    judged.assessment.refresh_from_db()
    assert judged.assessment.status == Status.CITY


def test_ties_are_read_once_however_many_rows_are_saved(judged, django_assert_max_num_queries):
    judge = judged.judges[0]
    rows = {
        row.item.code: row
        for row in Score.objects.filter(assessment=judged.assessment, judge__user=judge).select_related(
            "item"
        )
    }
    data = fields(rows["L1"], **BEST) | fields(rows["K2"], 音响="是") | fields(rows["M1"], 成果="1")
    sheet = judged.sheet(judge)
    JudgeSheet.objects.filter(pk=sheet.pk).update(entered_by=judged.office)
    client = signed(judged.office)
    client.get("/")

    with django_assert_max_num_queries(40) as captured:
        client.post(reverse("ratings:paper", args=[sheet.pk]), data)

    ties = [
        query["sql"]
        for query in captured
        if Liaison._meta.db_table in query["sql"] and Appointment._meta.db_table in query["sql"]
    ]
    assert len(ties) == 1, ties
