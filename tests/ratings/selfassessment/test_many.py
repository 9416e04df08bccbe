"""延期, 催办 and answers for many schools in one act: the page names them first; those at which it cannot be
done hold up none of the others and are named.
"""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Status
from ratings.models import Assessment, Extension, Scheme
from ratings.workflow import grant_extension, take_step
from schools.models import AuditEntry, Notice, Region, Reminder
from schools.monitoring import reminders
from tests.factories import SchoolFactory
from tests.ratings.county_year import county_scheme

pytestmark = pytest.mark.django_db

YEAR = 2026
NEXT_WEEK = dt.date(2099, 1, 12)


@pytest.fixture
def neighbour(city) -> Region:
    return Region.objects.create(code="T1-2", name="乙县", kind=Region.Kind.COUNTY, city=city)


@pytest.fixture
def schools(city, county, neighbour, school) -> list:
    """Two in the county, two in the neighbouring one, one in none."""
    return [
        school,
        SchoolFactory(city=city, county=county, code="T1-1-02", name="甲二党校", short_name=""),
        *(SchoolFactory(city=city, county=neighbour, name=f"乙{n}党校", short_name="") for n in "一二"),
        SchoolFactory(city=city, county=None, name="市直党校", short_name=""),
    ]


@pytest.fixture
def rows(city, schools) -> list[Assessment]:
    """All are filling in, due in 2099."""
    scheme = county_scheme(city, schools, year=YEAR)
    Scheme.objects.update(self_due=dt.date(2099, 1, 5))
    Assessment.objects.update(status=Status.DRAFT)
    return list(scheme.assessments.order_by("pk"))


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def at(rows):
    """The address of an act at schools, or of the list without one."""

    def address(code: str = "", ticked=(), **query) -> str:
        scheme = rows[0].scheme_id
        if not code:
            return reverse("ratings:progress_board", args=[scheme], query=query)
        query["school"] = [row.pk for row in ticked]
        return reverse("ratings:progress_many", args=[scheme, code], query=query)

    return address


def shown_on(page: str) -> dict:
    """What the form of the page sends along."""
    form = page.partition("novalidate>")[2]  # not the one that asks for another stage
    fields = re.findall(r'name="(school|seen-\d+)" value="([^"]*)"', form)
    return {
        "school": [value for name, value in fields if name == "school"],
        **{name: value for name, value in fields if name != "school"},
    }


def carry_out(client, address: str, page: str | None = None, **typed) -> str:
    page = client.get(address).content.decode() if page is None else page
    return client.post(address.partition("?")[0], shown_on(page) | typed, follow=True).content.decode()


def extended() -> list[str]:
    return [one.assessment.school.name for one in Extension.objects.order_by("assessment_id")]


def test_counties_ticked_whole_and_single_schools_get_the_same_day_by_one_act(
    office, signed_client, rows, schools, at, neighbour, appoint
):
    filler, client = appoint("filler"), signed_client(office)
    address = at("extend", rows[:1], county=[neighbour.pk, 0])
    page = client.get(address).content.decode()
    told = carry_out(client, address, page, stage="self", due_on=NEXT_WEEK, reason="台风停课")

    names = [schools[place].name for place in (0, 2, 3, 4)]
    assert all(name in page for name in names) and "甲二党校" not in page
    assert "批准延期：已办 4 所，自评延至2099年1月12日。" in told
    assert extended() == names
    assert {(one.due_on, one.reason, one.by) for one in Extension.objects.all()} == {
        (NEXT_WEEK, "台风停课", office)
    }
    trail = AuditEntry.objects.filter(action="extend").values_list("subject", flat=True)
    assert sorted(trail) == sorted(f"{schools[place]} {YEAR}年度" for place in (0, 2, 3, 4))
    assert Notice.objects.get(user=filler).text == f"{YEAR}年度星级评定自评延期至2099年1月12日：台风停课"


def test_a_county_ticked_whole_is_what_the_list_showed_of_it(office, signed_client, rows, at, county):
    Assessment.objects.filter(pk=rows[1].pk).update(status=Status.CONFIRMING)

    page = signed_client(office).get(at("extend", county=county.pk, status="confirming")).content.decode()

    assert shown_on(page)["school"] == [str(rows[1].pk)]


def test_where_it_cannot_be_done_is_said_before_and_after_and_the_others_are_done(
    office, signed_client, rows, schools, at
):
    Assessment.objects.filter(pk=rows[1].pk).update(status=Status.DECLINED)
    client, address = signed_client(office), at("extend", rows[:4])
    page = client.get(address).content.decode()
    grant_extension(rows[2], "self", NEXT_WEEK, by=office, reason="停电")  # while the page is open
    Extension.objects.create(
        assessment=rows[3], stage="self", due_on=NEXT_WEEK, reason="停水", by=office, at=timezone.now()
    )
    # Of the fourth the page told the truth, but the day asked for is no later.
    fresh = shown_on(client.get(at("extend", rows[3:4])).content.decode())
    typed = {"stage": "self", "due_on": NEXT_WEEK, "reason": "台风停课"}
    told = carry_out(client, address, page, **fresh | {"school": shown_on(page)["school"]}, **typed)

    assert "不能办理 1 所" in page and "甲二党校：申报处于“不参评”，不能再延期。" in page
    assert "批准延期：已办 1 所，自评延至2099年1月12日。" in told
    assert "（甲二党校）：申报处于“不参评”，不能再延期。" in told
    assert "（乙一党校）：您打开本页以后，延期（" in told and "：停电）有变化，没有办理" in told
    assert "（乙二党校）：延至的日期须晚于现在的截止时间 2099年1月12日。" in told
    assert list(rows[0].extensions.values_list("reason", flat=True)) == ["台风停课"]
    assert Extension.objects.count() == 3


def test_a_stage_that_a_school_is_through_with_is_not_extended_with_the_others(
    office, signed_client, rows, at
):
    Assessment.objects.filter(pk=rows[1].pk).update(status=Status.COUNTY)
    client, address = signed_client(office), at("extend", rows[:2])
    page = client.get(address).content.decode()
    told = carry_out(client, address, page, stage="self", due_on=NEXT_WEEK, reason="台风停课")
    page = client.get(at("extend", rows[:2], stage="county")).content.decode()
    county = carry_out(client, address, page, stage="county", due_on=NEXT_WEEK, reason="台风停课")
    page = client.get(address).content.decode()
    Assessment.objects.update(status=Status.SETTLED)  # while the page is open
    closed = carry_out(client, address, page, stage="city", due_on=NEXT_WEEK, reason="台风停课")

    assert "（甲二党校）：状态是“县初评中”，自评已经办完，没有延期。" in told
    assert "批准延期：已办 2 所，初评延至2099年1月12日。" in county  # of a stage still to come, too
    assert "没有办的 2 所" in closed and "申报处于“已审定”，不能再延期。" in closed


def test_the_list_follows_the_stage_which_is_that_of_most_schools_until_another_is_asked_for(
    office, signed_client, rows, at
):
    Assessment.objects.filter(pk__in=[row.pk for row in rows[:3]]).update(status=Status.COUNTY)
    Scheme.objects.update(city_due=dt.date(2099, 2, 3))
    client = signed_client(office)
    by_default, own, city, none = (
        client.get(at("extend", ticked, **query)).content.decode()
        for ticked, query in (
            (rows, {}),
            (rows, {"stage": "self"}),
            (rows, {"stage": "city"}),
            (rows[:1], {"stage": "self"}),
        )
    )
    wrong = client.get(at("extend", rows, stage="x")).content.decode()

    for page in (by_default, wrong):
        assert "初评延期：将办理 5 所" in page and 'value="county" selected' in page
    assert "自评延期：将办理 2 所" in own and "批准延期（自评）：2 所" in own and "不能办理 3 所" in own
    assert "自评已经办完，没有延期" in own and "1月5日 24:00" in own
    assert "评审延期：将办理 5 所" in city and city.count("2月3日 24:00") == 5
    assert "不能办理 1 所" in none and "其余各所照办" not in none and "按这一阶段列出" in none


def test_nothing_done_keeps_what_was_typed(office, signed_client, rows, at):
    client, address = signed_client(office), at("extend", rows[:2])
    early = carry_out(client, address, stage="self", due_on="2098-01-06", reason="台风停课")
    wrong = carry_out(client, address, stage="self", due_on="下周", reason="台风停课")

    assert early.count("没有办的 2 所（东溪镇委党校、甲二党校）：延至的日期须晚于现在的截止时间") == 1
    assert "台风停课" in early and "台风停课" in wrong
    assert not Extension.objects.exists()


def test_a_second_press_of_the_same_page_does_nothing_twice(office, signed_client, rows, at):
    client, address = signed_client(office), at("extend", rows)
    page = client.get(address).content.decode()
    typed = {"stage": "self", "due_on": NEXT_WEEK, "reason": "台风停课"}
    carry_out(client, address, page, **typed)
    again = carry_out(client, address, page, **typed)

    assert "没有办的 5 所" in again and "有变化，没有办理" in again
    assert Extension.objects.count() == 5


def test_nothing_ticked_or_a_foreign_school_is_told_so(office, signed_client, rows, at):
    foreign = county_scheme(SchoolFactory().city, [SchoolFactory()], year=YEAR).assessments.get()
    client = signed_client(office)

    for ticked in ([], [foreign]):
        assert "请先勾选党校。" in client.get(at("extend", ticked), follow=True).content.decode()


def test_requests_are_shown_and_answered_together_where_schools_have_asked(
    office, signed_client, rows, schools, at, appoint
):
    head = appoint("head")
    take_step(rows[0], "ask_decline", by=head, comment="校舍重建")
    client = signed_client(office)
    board, desk = (
        client.get(page).content.decode() for page in (at(status="asking"), reverse("schools:desk"))
    )
    own = client.get(reverse("ratings:progress_school", args=[rows[0].pk])).content.decode()
    page = client.get(at("refuse_decline", rows[:2])).content.decode()
    without_words = carry_out(client, at("refuse_decline", rows[:2]), page, comment=" ")
    told = carry_out(client, at("refuse_decline", rows[:2]), page, comment="可借用会议室")

    assert "head某" in board and "申请不参评：校舍重建" in board and schools[1].name not in board
    assert "1 所党校申请不参加2026年度评定" in desk and "校舍重建" in desk
    assert re.search(r"head某 \d+年\d+月\d+日申请不参评：校舍重建", own)
    assert reverse("ratings:progress_step", args=[rows[0].pk, "decline"]) in own
    assert "甲二党校：学校负责人没有申请不参评，或者申请已经答复。" in page
    assert "请写明理由。" in without_words
    assert "不同意不参评：已办 1 所。" in told and "申请已经答复" in told
    after = client.get(at()).content.decode()
    assert "确认不参评" not in after and "申请不参评" not in after
    mine = signed_client(head).get(reverse("ratings:assessment", args=[rows[0].pk])).content.decode()
    assert "答复：不同意不参评。可借用会议室" in mine
    assert reverse("ratings:assessment_step", args=[rows[0].pk, "ask_decline"]) in mine  # may ask again


def test_not_handed_in_is_offered_when_it_is_late_and_only_for_those(office, signed_client, rows, at):
    client = signed_client(office)
    early = client.get(at()).content.decode()
    Scheme.objects.update(self_due=dt.date(2020, 1, 6))
    grant_extension(rows[0], "self", NEXT_WEEK, by=office, reason="停电")
    late = client.get(at()).content.decode()
    told = carry_out(client, at("lapse", rows), comment="经催办仍未提交")

    assert "认定未申报" not in early
    assert re.search(r"认定未申报.*?（4 所可办）", late)
    assert "认定未申报：已办 4 所。" in told and "自评截止时间未到（2099年1月12日截止）" in told
    assert list(Assessment.objects.exclude(status="lapsed")) == [rows[0]]


@pytest.fixture
def working_hours(monkeypatch):
    monkeypatch.setattr(reminders, "in_working_hours", lambda moment: True)


@pytest.fixture
def people(appoint, schools) -> dict:
    return {role: appoint(role) for role in ("filler", "head", "county")}


def test_the_county_reminds_its_own_schools_and_no_others(
    working_hours, people, signed_client, rows, schools, at, appoint
):
    Assessment.objects.filter(pk=rows[1].pk).update(status=Status.CONFIRMING)
    second = appoint("head", user=people["head"], school=schools[1])
    client = signed_client(people["county"])
    board = client.get(at()).content.decode()
    page = client.get(at("remind", rows)).content.decode()
    told = carry_out(client, at("remind", rows), page)

    assert schools[0].name in board and "乙一党校" not in board and "批准延期" not in board
    assert reverse("ratings:progress_school", args=[rows[0].pk]) not in board
    assert "2026年度自评未提交：提醒填报人" in page and "2026年度自评待负责人确认提交：提醒负责人" in page
    assert "催办：已办 2 所。" in told
    (filler,), (head,) = (Notice.objects.filter(user=one) for one in (people["filler"], second))
    assert filler.text == "【催办】2026年度自评未提交，请尽快办理。（甲区county某提醒）"
    assert filler.url == reverse("ratings:assessment", args=[rows[0].pk])
    assert head.text.startswith("【催办】2026年度自评待负责人确认提交")
    assert set(Reminder.objects.values_list("school", flat=True)) == {schools[0].pk, schools[1].pk}
    assert client.get(at("extend", rows)).status_code == 403


def test_a_reminder_is_not_repeated_and_says_from_when_it_may_be(
    working_hours, people, signed_client, office, rows, at
):
    client = signed_client(office)
    carry_out(client, at("remind", rows[:1]))
    again = client.get(at("remind", rows[:3])).content.decode()
    grant_extension(rows[0], "self", NEXT_WEEK, by=office, reason="停电")  # another day, another matter
    anew = client.get(at("remind", rows[:1])).content.decode()

    assert re.search("委员会党校：已提醒，.*?日（星期.）起可再提醒负责人和县（区）", again)
    assert f"甲二党校：{reminders.NOBODY}" in again
    assert "2026年度自评未提交：提醒填报人" in anew


@pytest.mark.parametrize("status", [Status.COUNTY, Status.DECLINED, Status.SETTLED])
def test_nobody_is_reminded_of_what_is_handed_in(
    status, working_hours, people, signed_client, office, rows, at
):
    client, address = signed_client(office), at("remind", rows[:1])
    page = client.get(address).content.decode()
    Assessment.objects.update(status=status)
    told = carry_out(client, address, page)

    assert "没有办的 1 所（东溪镇委党校）" in told
    assert not Reminder.objects.exists()


def test_a_reminder_that_waits_for_working_hours_is_sent_then_unless_it_was_handed_in(
    people, rows, schools, monkeypatch, signed_client, office, at, appoint
):
    appoint("filler", user=people["head"], school=schools[1])
    monkeypatch.setattr(reminders, "in_working_hours", lambda moment: False)
    told = carry_out(signed_client(office), at("remind", rows[:2]))
    Assessment.objects.filter(pk=rows[1].pk).update(status=Status.COUNTY)
    monkeypatch.setattr(reminders, "in_working_hours", lambda moment: True)

    own = [reverse("ratings:progress_school", args=[row.pk]) for row in rows[:3]]
    waiting, _, none = (signed_client(office).get(page).content.decode() for page in own)

    assert "提醒填报人" in waiting and "等到上班时间送达" in waiting and "催办" not in none
    assert "已安排催办 2 所，上班时间送达。" in told and "已办" not in told
    assert Reminder.objects.filter(sent_at=None).count() == 2
    assert reminders.send_waiting(timezone.now()) == 1
    assert list(Notice.objects.filter(text__startswith="【催办】").values_list("user", flat=True)) == [
        people["filler"].pk
    ]
    sent, gone, _ = (signed_client(office).get(page).content.decode() for page in own)
    assert re.search(r"\d 送达<", sent) and "等候期间已办结，没有送达" in gone


@pytest.mark.parametrize("count", [2, 49])
def test_pages_cost_the_same_queries_for_any_number_of_schools(
    count, office, city, county, signed_client, django_assert_max_num_queries
):
    schools = [SchoolFactory(city=city, county=county) for _ in range(count)]
    scheme = county_scheme(city, schools, year=YEAR)
    Assessment.objects.update(status=Status.DRAFT)
    client = signed_client(office)
    client.get("/")
    for code, most in (("remind", 12), ("extend", 10), ("decline", 10), ("lapse", 10)):
        address = reverse("ratings:progress_many", args=[scheme.pk, code], query={"county": county.pk})
        with django_assert_max_num_queries(most):
            assert client.get(address).status_code == 200
    with django_assert_max_num_queries(22):
        client.get(reverse("schools:desk"))
