"""评委会 in the browser: live board, decisions, restrictions, settling, reopening."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ratings.committee.settling import accept_all, settle_scheme
from ratings.enums import Phase
from ratings.models import (
    Assessment,
    Decision,
    JudgeSheet,
    Meeting,
    Motion,
    RestrictionCase,
    Result,
    Scheme,
)
from schools import audit
from schools.models import AuditEntry
from schools.workbooks import read_workbook
from tests.cast import PASSWORD
from tests.factories import CountyFactory, LiaisonFactory, SchoolFactory, UserFactory, VisitFactory
from tests.html_forms import press
from tests.ratings.committee_year import JUDGES, OPINION, REMARK, committee_year, deviate, set_city
from tests.small_pdf import SMALL_PDF

pytestmark = pytest.mark.django_db
#: Pages that send along what they show, and acts of the page of a school that send it too.
SIGNED = ("decide", "accept_all", "settle", "reopen")
OF_A_SCHOOL = ("propose_decision", "confirm_restriction", "withdraw_restriction")


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def schools(city, county):
    """Two of the first county, one of a second."""
    second = CountyFactory(city=city, name="乙区", order=2)
    return [*SchoolFactory.create_batch(2, county=county), SchoolFactory(county=second)]


@pytest.fixture
def scheme(city, schools, chair):
    return committee_year(city, schools, by=chair)


@pytest.fixture
def rows(scheme, schools) -> list[Assessment]:
    return [Assessment.objects.get(scheme=scheme, school=school) for school in schools]


@pytest.fixture
def page(client, scheme, chair):
    """Opens a page of the year as the chair: `page("board")`."""
    client.force_login(chair)

    def at(name: str, *args) -> str:
        return reverse(f"ratings:{name}", args=[scheme.pk, *args])

    def get(name: str, *args, method="get", **data):
        address = at(name, *args)
        if method == "post" and name in (*SIGNED, *OF_A_SCHOOL) and "seen" not in data:
            return press(client, address, data, on=at("decide", args[0]) if name in OF_A_SCHOOL else "")
        return getattr(client, method)(address, data)

    return get


def test_live_board_shows_totals_suggestion_differences_and_opinions(page, rows, city):
    guide = UserFactory()
    LiaisonFactory(user=guide, school=rows[0].school)
    VisitFactory(school=rows[0].school, by=guide, on="2026-05-06", findings="台账规范")

    board = text(page("board"))

    assert "98.00" in board
    assert "已审定 0 / 3" in board
    assert "-2.00" in board
    assert OPINION in board
    assert "台账规范" in board
    assert [word for word in (*JUDGES, REMARK) if word in board] == []


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"view": "spread"}, 1),
        ({"view": "gap"}, 2),
        ({"view": "near"}, 1),
        ({"view": "missing"}, 0),
        ({"view": "undecided"}, 2),
        ({"view": "restricted"}, 0),
        ({"county": "乙区"}, 1),
        ({"star": "3"}, 1),
        ({"view": "nonsense"}, 3),
    ],
)
def test_live_board_narrows_to_what_needs_a_second_look(query, count, page, rows, chair):
    set_city(rows[0], "L1", 0, 0, 20)
    set_city(rows[2], "L1", 21, 21, 21)
    held, now = rows[1].scheme.meetings.get(), rows[1].scheme.versions.get().at
    Decision.objects.create(assessment=rows[1], star=5, computed=5, meeting=held, by=chair, at=now)

    response = page("board", **query)

    assert response.context["page"].paginator.count == count


def test_stages_under_way_are_not_compared_yet(page, rows):
    Assessment.objects.filter(pk=rows[0].pk).update(status="county")
    set_city(rows[0], "L1", 0, 10, 30)

    case = page("board").context["page"][0]

    assert (case.county_gap, case.spreads, case.gaps) == (None, (), ())
    assert case.lacking == ("尚在“县初评中”",)


def test_live_board_orders_by_total_only_when_asked(page, rows):
    set_city(rows[0], "L1", 10, 10, 10)

    default, by_total = (
        list(page("board").context["page"]),
        list(page("board", order="total").context["page"]),
    )

    assert [case.assessment for case in default] == rows
    assert by_total[-1].assessment == rows[0]


def test_live_board_names_what_is_missing_at_each_school(page, rows):
    JudgeSheet.objects.filter(assessment=rows[0], judge__label=JUDGES[0]).update(
        submitted_at=None, submitted_by=None
    )

    board = text(page("board"))

    assert f"评分表尚未提交：{JUDGES[0]}" in board
    assert board.count("缺 1 项") == 1
    assert "未审定" in board


@pytest.mark.parametrize("size", [1, 3, 30])
@pytest.mark.parametrize("name", ["board", "projector"])
def test_live_pages_cost_the_same_queries_for_any_number(
    name, size, city, county, chair, client, django_assert_max_num_queries
):
    scheme = committee_year(city, SchoolFactory.create_batch(size, county=county), by=chair)
    client.force_login(chair)
    client.get(reverse("help"))  # the session notes once a minute that somebody is there

    with django_assert_max_num_queries(14):
        client.get(reverse(f"ratings:{name}", args=[scheme.pk]))


def test_deciding_costs_the_same_queries_for_any_number(city, county, chair, client):
    client.force_login(chair)
    client.get(reverse("help"))
    counts = []
    for size in (2, 30):
        scheme = committee_year(
            city, SchoolFactory.create_batch(size, county=county), by=chair, year=2020 + size
        )
        row = scheme.assessments.first()
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("ratings:decide", args=[scheme.pk, row.pk]))
        counts.append(len(captured))

    assert counts[0] == counts[1] <= 22


def test_accepting_leads_to_the_next_undecided_school(page, rows):
    meeting = rows[0].scheme.meetings.get()
    response = page("decide", rows[0].pk, method="post", meeting=meeting.pk, votes_for=9)

    assert response.url == reverse("ratings:decide", args=[rows[0].scheme_id, rows[1].pk])
    decision = Decision.objects.get()
    assert (decision.star, decision.votes_for, decision.votes_against, decision.meeting) == (
        5,
        9,
        0,
        meeting,
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"votes_for": 2, "votes_against": 5}, "同意票数应多于不同意票数"),
        ({"votes_for": 12}, "多于这次会议实到的 9 人"),
        ({"votes_against": 1}, "请填写同意票数"),
        ({"meeting": ""}, "请选择会议"),
        ({"meeting": "0"}, "请重新选择"),
    ],
)
def test_a_decision_that_lacks_something_keeps_what_was_typed(typed, sentence, page, rows):
    typed = {"meeting": rows[0].scheme.meetings.get().pk, "votes_abstained": 1, **typed}
    response = page("decide", rows[0].pk, method="post", **typed)

    assert sentence in text(response)
    assert response.context["form"]["votes_abstained"].value() == "1"
    assert not Decision.objects.exists()


def test_a_star_that_changed_since_the_page_was_opened_is_not_accepted_unseen(page, rows):
    meeting = rows[0].scheme.meetings.get().pk
    opened = page("decide", rows[0].pk).context["seen"]
    set_city(rows[0], "L1", 0, 0, 0)

    refused = page("decide", rows[0].pk, method="post", meeting=meeting, seen=opened)
    before = Decision.objects.count()
    again = refused.context["seen"]
    page("decide", rows[0].pk, method="post", meeting=meeting, seen=again)

    assert "您打开本页以后，计算结果有变化，没有办理。" in text(refused)
    assert "同意计算结果：" in text(refused) and "三星" in text(refused)
    assert before == 0 and opened != again
    assert Decision.objects.get().star == 3


def test_the_second_of_two_chairs_is_told_of_the_first(page, rows, chair):
    opened, meeting = page("decide", rows[0].pk).context["seen"], rows[0].scheme.meetings.get().pk
    first = {"meeting": meeting, "votes_for": 7}
    page("decide", rows[0].pk, method="post", **first)
    twice = page("decide", rows[0].pk, method="post", seen=opened, **first)  # pressed twice: nothing is new

    other = {"meeting": meeting, "votes_for": 8}
    told = page("decide", rows[0].pk, method="post", seen=opened, **other)
    kept = Decision.objects.get()
    page("decide", rows[0].pk, method="post", seen=told.context["seen"], **other)

    sentence = rf"审定意见（{chair.name} \d\d月\d\d日 \d\d:\d\d 登记为五星）有变化，没有办理"
    assert twice.status_code == 302
    assert re.search(sentence, text(told)) and 'value="8"' in text(told)
    assert (kept.votes_for, Decision.objects.get().votes_for) == (7, 8)


def test_a_chair_with_an_old_page_is_told_what_two_others_decided(page, rows, chair):
    opened, meeting = page("decide", rows[0].pk).context["seen"], rows[0].scheme.meetings.get().pk
    deviate(rows[0], 4, by=chair, reason="现场核查不符")

    told = page("decide", rows[0].pk, method="post", meeting=meeting, seen=opened)
    again = page("decide", rows[0].pk, method="post", meeting=meeting, seen=told.context["seen"])

    sentence = rf"审定意见（{chair.name} \d\d月\d\d日 \d\d:\d\d 登记为四星：现场核查不符）有变化，没有办理"
    assert re.search(sentence, text(told)) and "按计算结果改登" not in text(told)
    assert "本校已审定为四星（与计算不同），改为五星须由" in text(again)
    assert Decision.objects.get().star == 4


def test_what_can_no_longer_be_decided_keeps_what_was_typed(page, rows):
    JudgeSheet.objects.filter(assessment=rows[0]).delete()
    rows[0].scores.filter(stage="city").delete()
    typed = {"meeting": rows[0].scheme.meetings.get().pk, "votes_for": "全体"}

    told = page("decide", rows[0].pk, method="post", seen="", **typed)

    assert told.status_code == 409 and "现在不能登记审定意见" in text(told) and "全体" in text(told)


@pytest.fixture
def as_office(page, client, appoint, chair):
    """The same for somebody of the office; the chair is back afterwards."""
    office = appoint("office")

    def get(name: str, *args, **data):
        client.force_login(office)
        response = page(name, *args, **data)
        client.force_login(chair)
        return response

    return get


def test_office_records_chair_sends_back_office_records_anew_chair_confirms(page, as_office, rows):
    """Each sees on the school's page what the other did, and both read the reason on the board."""
    key, meeting = rows[0].pk, rows[0].scheme.meetings.get().pk
    typed = {"star": 4, "reason": "现场核查不符", "meeting": meeting, "votes_for": 4}
    unseen = as_office("propose_decision", key, method="post", **{**typed, "seen": "x"})
    empty = as_office("propose_decision", key, method="post", **{**typed, "star": "", "reason": ""})
    first = as_office("propose_decision", key, method="post", **typed)
    waits = text(page("decide", key))
    settle = text(page("settle"))
    without = page("return_motion", key, Motion.objects.get().pk, method="post", reason="")
    page("return_motion", key, Motion.objects.get().pk, method="post", reason="票数不全")
    back = text(as_office("decide", key))
    as_office("propose_decision", key, method="post", **{**typed, "votes_for": 7, "votes_against": 2})
    shown = page("decide", key)
    stale = page("confirm_motion", key, Motion.objects.get().pk, method="post", seen="x")
    seen = shown.context["waiting"][0].seen
    page("confirm_motion", key, Motion.objects.get().pk, method="post", seen=seen)
    done, again = text(as_office("decide", key)), page("decide", key)

    assert "有变化，没有办理" in text(unseen) and "现场核查不符" in text(unseen)
    assert "请选择审定星级" in text(empty) and "请写明理由" in text(empty)
    assert first.url == reverse("ratings:decide", args=[rows[0].scheme_id, key])
    assert "确认审定为四星" in waits and "现场核查不符" in waits and "没有超过实到 9 人的半数" in waits
    assert "待评委会主任确认" in settle and "待主任确认（1）" in settle
    assert "请写明退回理由" in text(without)
    assert "退回：票数不全" in back
    assert "有变化，没有办理" in text(stale)
    assert "（与计算不同）。理由：现场核查不符" in done and "同意 7 票，不同意 2 票" in done
    assert "示评纪〔2026〕3号" in done and done.count("确认") and "登记 ·" in done
    assert again.context["form"] is None and "改回计算结果，或者按现在的得分重新审定" in text(again)
    board = text(page("board"))
    assert "与计算不同" in board and "现场核查不符" in board


def test_the_second_of_two_in_the_office_is_told_of_the_first(page, as_office, scheme, rows):
    """Whatever changes a star by hand is recorded on the page as it was shown."""
    key, meeting = rows[0].pk, scheme.meetings.get().pk
    opened = as_office("decide", key).context["seen"]
    typed = {"star": 4, "reason": "现场核查不符", "meeting": meeting, "votes_for": 7}
    found = {"case-restriction": scheme.restrictions.get(code="Y1").pk, "case-basis": "事故认定书"}
    found |= {"case-meeting": meeting, "case-votes_for": 9}
    for _ in range(2):  # pressed twice: nothing is new
        as_office("propose_decision", key, method="post", seen=opened, **typed)

    told = (
        as_office("propose_decision", key, method="post", seen=opened, **{**typed, "reason": "另一理由"}),
        as_office("confirm_restriction", key, method="post", seen=opened, **found),
    )

    for answer, kept in zip(told, ("另一理由", "事故认定书"), strict=True):
        assert re.search(r"待确认事项（\S+ \d\d月\d\d日 \d\d:\d\d）有变化，没有办理", text(answer))
        assert kept in text(answer) and answer.context["seen"] != opened
    assert Motion.objects.get().reason == "现场核查不符"


def test_what_was_confirmed_or_taken_back_meanwhile_is_said(page, as_office, rows):
    key, meeting = rows[0].pk, rows[0].scheme.meetings.get().pk
    typed = {"star": 4, "reason": "现场核查不符", "meeting": meeting, "votes_for": 7}
    as_office("propose_decision", key, method="post", **typed)
    pk = Motion.objects.get().pk
    as_office("withdraw_motion", key, pk, method="post")

    for name in ("confirm_motion", "return_motion"):
        assert "没有再办" in text(page(name, key, pk, method="post", reason="x"))
    assert not Decision.objects.exists()


def test_meetings_are_entered_once_and_only_what_adds_up(page, as_office, scheme, rows):
    typed = {"held_on": "2026-11-20", "expected": 11, "present": 9, "number": "示评纪[2026]5号", "version": 0}
    Meeting.objects.all().delete()
    missing = text(page("decide", rows[0].pk)), text(page("accept_all"))
    wrong = [
        ({"present": 12}, "实到人数应在 1 至"),
        ({"held_on": "2099-01-01"}, "晚于今天"),
        ({"held_on": "2025-12-31"}, "会议日期应在"),
        ({"number": ""}, "请填写会议纪要文号，或者上传会议纪要文件"),
        ({"number": "第3号"}, "会议纪要文号应依次写"),
    ]
    found = [
        sentence in text(as_office("meetings", method="post", **{**typed, **change}))
        for change, sentence in wrong
    ]
    before = Meeting.objects.count()
    response = as_office("meetings", method="post", **typed)
    upload = SimpleUploadedFile("纪要.pdf", SMALL_PDF, "application/pdf")
    page("meetings", method="post", **{**typed, "number": "", "upload": upload})
    filed, numbered = Meeting.objects.all()
    changed = page("meeting", numbered.pk, method="post", **{**typed, "present": 10})
    stale = page("meeting", numbered.pk, method="post", **{**typed, "present": 8})
    page("accept_all", method="post", meeting=numbered.pk, confirmed="on", seen=shown_by(page))
    used = page("meeting", numbered.pk, method="post", **{**typed, "present": 7, "version": 1})

    assert all("还没有登记评委会会议" in one for one in missing)
    assert found == [True] * len(wrong) and before == 0
    assert response.url == reverse("ratings:board", args=[scheme.pk])
    assert (numbered.number, filed.file_name) == ("示评纪〔2026〕5号", "纪要.pdf")
    assert changed.status_code == 302 and "刚修改过这里" in text(stale)
    assert "不能再改" in text(used)
    numbered.refresh_from_db()
    assert numbered.present == 10
    assert b"".join(page("meeting_file", filed.pk).streaming_content) == SMALL_PDF
    assert set(Decision.objects.values_list("meeting", flat=True)) == {numbered.pk}
    assert AuditEntry.objects.filter(action="meeting").count() == 3


def shown_by(page) -> str:
    return page("accept_all").context["seen"]


def test_the_office_sees_the_desk_but_decides_nothing(page, client, appoint, rows):
    page("board")
    client.force_login(appoint("office"))

    shown = page("decide", rows[0].pk)
    refused = [
        page("decide", rows[0].pk, method="post"),
        page("accept_all", method="post", confirmed="on"),
    ]
    refused += [page("settle", method="post", password=PASSWORD), page("reopen")]

    assert "按计算结果审定的，由评委会主任登记" in text(shown)
    assert {response.status_code for response in refused} == {403}
    assert not Decision.objects.exists()


def test_a_school_of_another_scheme_is_not_found(page, city, county, chair, rows):
    other = committee_year(city, [SchoolFactory(county=county)], by=chair, year=2027)

    assert page("decide", other.assessments.get().pk).status_code == 404


def test_a_restriction_is_found_and_taken_back_by_two(page, as_office, scheme, rows):
    key, restriction = rows[0].pk, scheme.restrictions.get(code="Y1")
    typed = {
        "case-restriction": restriction.pk,
        "case-basis": "事故认定书",
        "case-meeting": scheme.meetings.get().pk,
        "case-votes_for": 9,
    }

    def confirm():
        motion = Motion.objects.get()
        seen = page("decide", key).context["waiting"][0].seen
        return page("confirm_motion", key, motion.pk, method="post", seen=seen)

    alone = page("decide", key).context["case_form"]
    empty = as_office("confirm_restriction", key, method="post", **{**typed, "case-basis": ""})
    unvoted = as_office("confirm_restriction", key, method="post", **{**typed, "case-votes_for": ""})
    as_office("confirm_restriction", key, method="post", **typed)
    before = RestrictionCase.objects.count()
    confirm()
    case = RestrictionCase.objects.get()
    shown = text(page("decide", key))
    taken = {"meeting": typed["case-meeting"], "votes_for": 8}
    by_chair = page("withdraw_restriction", key, case.pk, method="post", reason="认定有误")
    without = as_office("withdraw_restriction", key, case.pk, method="post", reason="", **taken)
    too_long = as_office("withdraw_restriction", key, case.pk, method="post", reason="误" * 301, **taken)
    kept = RestrictionCase.objects.count()
    as_office("withdraw_restriction", key, case.pk, method="post", reason="认定有误", **taken)
    confirm()
    late = as_office("withdraw_restriction", key, case.pk, method="post", reason="同事也要撤销", **taken)

    assert late.status_code == 409 and "已被撤销" in text(late) and "同事也要撤销" in text(late)
    assert alone is None  # its condition is not met: nothing the chair could find alone
    assert "认定依据：请填写此项。" in text(empty) and "请填写同意票数" in text(unvoted)
    assert "会改变星级，须由市评委会办公室" in text(by_chair)
    assert "请写明撤销认定的理由。" in text(without) and "再提交一次" not in text(without)
    assert f'value="{"误" * 301}"' in text(too_long) and "再提交一次" not in text(too_long)
    assert "事故认定书" in shown and "最高三星" in shown
    assert (before, kept, RestrictionCase.objects.count()) == (0, 1, 0)


def test_a_case_of_another_school_is_not_found(page, scheme, rows, chair):
    case = RestrictionCase.objects.create(
        assessment=rows[1],
        restriction=scheme.restrictions.get(code="Y1"),
        basis="x",
        at=scheme.versions.get().at,
    )

    assert page("withdraw_restriction", rows[0].pk, case.pk, method="post", reason="误").status_code == 404
    assert RestrictionCase.objects.exists()


def test_accepting_all_asks_for_confirmation_first_and_names_the_meeting(page, rows):
    meeting, shown = rows[0].scheme.meetings.get().pk, text(page("accept_all"))
    refused = page("accept_all", method="post", meeting=meeting)
    unnamed = page("accept_all", method="post", confirmed="on", seen=shown_by(page))
    before = Decision.objects.count()
    page("accept_all", method="post", meeting=meeting, confirmed="on")

    assert all(row.school.name in shown for row in rows)
    assert "请勾选确认" in text(refused) and "请选择会议" in text(unnamed)
    assert (before, Decision.objects.filter(meeting=meeting).count()) == (0, 3)


def test_accepting_all_accepts_no_star_that_was_not_shown(page, rows):
    shown = page("accept_all").context["seen"]
    own = rows[0].scores.filter(stage="city", item__code="L1")
    own.update(answers={"答": {"得分": "0"}})
    changed = page("accept_all").context["seen"]

    meeting = rows[0].scheme.meetings.get().pk
    refused = page("accept_all", method="post", meeting=meeting, confirmed="on", seen=shown)

    assert shown != changed
    assert "有变化，没有办理" in text(refused)
    assert "checked" not in text(refused)
    assert refused.context["seen"] == changed
    assert not Decision.objects.exists()


@pytest.mark.parametrize("seen", ["", "x", "1:5 2", "99999999999999999999:5"])
def test_accepting_all_without_knowing_what_was_shown_accepts_nothing(seen, page, rows):
    meeting = rows[0].scheme.meetings.get().pk
    refused = page("accept_all", method="post", meeting=meeting, confirmed="on", seen=seen)

    assert "没有办理" in text(refused)
    assert not Decision.objects.exists()


def test_settling_lists_what_is_missing(page):
    shown = text(page("settle"))

    assert "还不能审定" in shown
    assert 'name="password"' not in shown


@pytest.mark.parametrize(
    ("password", "phase"), [(PASSWORD, Phase.SETTLED), ("wrong", Phase.SCORING), ("", Phase.SCORING)]
)
def test_settling_needs_the_password(password, phase, page, scheme, chair):
    accept_all(scheme, by=chair)

    page("settle", method="post", password=password)

    scheme.refresh_from_db()
    assert scheme.phase == phase
    assert Result.objects.exists() is (phase == Phase.SETTLED)


def test_the_chair_settles_what_the_page_showed(page, scheme, rows, chair):
    accept_all(scheme, by=chair)
    opened = page("settle").context["seen"]
    deviate(rows[0], 4, by=chair, reason="现场核查不符")

    told = page("settle", method="post", password=PASSWORD, seen=opened)
    unsaid = page("settle", method="post", password=PASSWORD, seen="")
    results = Result.objects.count()
    page("settle", method="post", password=PASSWORD, seen=told.context["seen"])

    assert re.search(rf"审定意见（{chair.name} \d\d月\d\d日 \d\d:\d\d）有变化，没有办理", text(told))
    assert "四星级 1 所" in text(told) or "现场核查不符" in text(told)
    assert "本页内容有变化" in text(unsaid) and results == 0
    assert Result.objects.get(assessment=rows[0]).star == 4


def test_reopening_answers_the_settled_year_that_was_shown(page, scheme, rows, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)
    opened = page("reopen").context["seen"]
    typed = {"assessment": rows[0].pk, "reason": "漏算", "password": PASSWORD}
    page("reopen", method="post", **typed | {"reason": "另一位主任撤回"})

    told = page("reopen", method="post", **typed | {"assessment": rows[1].pk, "seen": opened})

    assert "已审定的党校有变化，没有办理" in text(told) and "漏算" in text(told)
    assert Assessment.objects.get(pk=rows[1].pk).status == "settled"


def test_settling_with_a_gap_changes_nothing(page, scheme):
    response = page("settle", method="post", password=PASSWORD)

    scheme.refresh_from_db()
    assert "尚无审定意见" in text(response)
    assert scheme.phase == Phase.SCORING


def test_reopening_needs_reason_and_password(page, scheme, rows, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)

    page("reopen", method="post", assessment=rows[0].pk, reason="", password=PASSWORD)
    page("reopen", method="post", assessment=rows[0].pk, reason="漏算", password="wrong")
    kept = Result.objects.count()
    page("reopen", method="post", assessment=rows[0].pk, reason="漏算", password=PASSWORD)

    scheme.refresh_from_db()
    assert (kept, scheme.phase, Result.objects.count()) == (3, Phase.SCORING, 0)
    assert "漏算" in rows[0].moves.last().comment


def test_what_is_over_leads_back_to_the_board(page, scheme, rows, chair):
    accept_all(scheme, by=chair)
    settle_scheme(scheme, by=chair)

    pages = [
        page("decide", rows[0].pk),
        page("accept_all"),
        page("settle"),
        page("projector"),
        page("materials"),
    ]

    assert {response.url for response in pages} == {reverse("ratings:board", args=[scheme.pk])}


def test_the_auditor_reads_stars_and_points_once_they_are_public(rows, scheme, chair, appoint, signed_client):
    deviate(rows[0], 3, by=chair, reason="现场情况与得分不符")
    client = signed_client(appoint("auditor"))

    def trail() -> str:
        content = b"".join(client.post(reverse("schools:audit_export")).streaming_content)
        table = read_workbook(content, name="审计.xlsx").first_sheet.table(["详情"])
        return text(client.get(reverse("schools:audit"))) + "".join(line.text("详情") for line in table.rows)

    before = trail()
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.PUBLISHED, published_at=timezone.now())
    after = trail()

    assert "通报以后可以查阅" in before
    assert "现场情况与得分不符" not in before
    assert after.count("现场情况与得分不符") == 4  # recorded and confirmed, on the page and in the file
    assert "被整段删除过" in text(client.post(reverse("schools:audit_verify")))  # the year was made without
    for action in ("open", "adjust"):
        audit.record(action, by=None, city=scheme.city, subject=str(scheme))
    assert "核验通过" in text(client.post(reverse("schools:audit_verify")))
