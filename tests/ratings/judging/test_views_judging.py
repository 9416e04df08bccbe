"""The judge's desk: what it shows, what stays unseen, how many clicks and queries it takes."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings.enums import Phase, Status
from ratings.judging.seats import desk_of, judged_by
from ratings.judging.sheets import submit_sheet
from ratings.judging.visits import withdraw_visits
from ratings.models import Assessment, Evidence, Judge, JudgeSheet, Panel, Scheme, Score
from schools.models import Role, User
from tests.factories import AppointmentFactory, CityFactory, LiaisonFactory, VisitFactory
from tests.html_forms import press
from tests.ratings.drafts import draft_year
from tests.ratings.judged_year import FULL, OPINION, close, desk_pages, judge_year, signed
from tests.ratings.opened_year import fields

pytestmark = pytest.mark.django_db

MOST_QUERIES = 13
#: Queries of the desk's pages, whatever the number of schools.
COUNTED = {"/judging/": 9, "/judging/grid/": 11, "/judging/n/": 13, "/judging/n/items/K2/": 12}
MOST_CLICKS = 6


def test_the_desk_shows_what_waits_and_the_school_shows_opinions_beside_the_score(judged, appoint):
    guide = appoint("liaison")
    LiaisonFactory(user=guide, school=judged.assessment.school)
    VisitFactory(
        school=judged.assessment.school, by=guide, on=f"{judged.scheme.year}-01-08", findings="建议补齐台账"
    )
    VisitFactory(
        school=judged.assessment.school,
        by=guide,
        on=f"{judged.scheme.year}-01-09",
        findings="登错学校",
        voided_at="2026-01-10T00:00Z",
        voided_by=guide,
        void_reason="登错学校",
    )
    VisitFactory(school=judged.assessment.school, on=f"{judged.scheme.year}-01-07", findings="路过的人写的")
    client = signed(judged.judges[0])

    desk = client.get(reverse("ratings:judging")).content.decode()
    school = client.get(reverse("ratings:judging_school", args=[judged.assessment.pk])).content.decode()

    assert "待判断（2）" in desk and judged.assessment.school.name in desk
    assert OPINION in school and "五星" in school
    assert "建议补齐台账" in school
    assert [word for word in ("登错学校", "路过的人写的") if word in school] == []
    assert "同意初评（填写未评的 5 项）" in school


def test_the_desk_holds_the_schools_of_one_year_alone(judged, city, school):
    judge, newer = judged.judges[0], draft_year(city, year=judged.scheme.year + 1)
    Scheme.objects.filter(pk=newer.pk).update(phase=Phase.SCORING)
    panel = Panel.objects.create(scheme=newer, name="下一年")
    seat = Judge.objects.create(scheme=newer, label="评委", user=judge)
    row = Assessment.objects.create(scheme=newer, school=school, panel=panel, status=Status.SETTLED)
    JudgeSheet.objects.create(assessment=row, judge=seat)

    begun = desk_of(judge)
    later = User.objects.get(pk=judge.pk)
    later.year_choice = newer.year

    assert set(begun) == set(judged.assessments)
    assert desk_of(later) == [row]  # to be read, though nothing is left to do there
    assert set(judged_by(judge)) == {row, *judged.assessments}


def test_the_item_page_lays_rule_figures_answers_and_evidence_beside_the_score(judged):
    item = judged.row(judged.judges[0], "L2").item
    values = {
        "kind": "paper",
        "name": "台账原件",
        "copies": 1,
        "location": "档案柜",
        "by": judged.office,
        "at": "2026-01-05T00:00Z",
    }
    Evidence.objects.create(assessment=judged.assessment, item=item, **values)
    Evidence.objects.create(assessment=judged.assessments[1], item=item, **values | {"name": "别校的台账"})

    page = (
        signed(judged.judges[0])
        .get(reverse("ratings:judging_item", args=[judged.assessment.pk, "L2"]))
        .content.decode()
    )

    assert "月报逾期" in page and "台账原件" in page and "别校的台账" not in page
    assert page.count("无专人") >= 3


def test_saving_an_item_leads_to_the_next_that_waits_and_at_the_end_back_to_the_school(judged):
    judge = judged.judges[0]
    client = signed(judge)
    judged.score(judge)
    waiting = ("K2", "L1", "L3")
    Score.objects.filter(pk__in=[judged.row(judge, code).pk for code in waiting]).update(answers=None)
    first, middle, last = (
        reverse("ratings:judging_item", args=[judged.assessment.pk, code]) for code in waiting
    )

    response = client.post(middle, fields(judged.row(judge, "L1"), 听课="A"))
    assert response.url == last
    response = client.post(last, fields(judged.row(judge, "L3"), 质量="A", 调研次数="2"))
    assert response.url == first  # starting over
    response = client.post(first, fields(judged.row(judge, "K2"), 音响="是"))
    assert response.url == reverse("ratings:judging_school", args=[judged.assessment.pk])
    assert judged.row(judge, "K2").answers == {"答": {"音响": True, "桌椅": False}}


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("K2", "确实都没有的，请勾选“以上都没有”再保存"),
        ("L2", "确实都没有的，请勾选“以上都没有”再保存"),
        ("L1", "请作答后再保存"),
    ],
)
def test_nothing_ticked_is_no_score_of_nothing(judged, code, way):
    judge = judged.judges[0]
    client, address = signed(judge), reverse("ratings:judging_item", args=[judged.assessment.pk, code])

    page = client.post(address, fields(judged.row(judge, code), remark="待核"), follow=True).content.decode()

    assert f"{code}没有作答，没有计为 0。{way}" in page and f"{code}已保存" not in page
    assert (judged.row(judge, code).answers, judged.row(judge, code).remark) == (None, "待核")


def test_a_wrong_value_stays_on_the_screen_with_its_sentence(judged):
    row = judged.row(judged.judges[0], "L3")

    response = signed(judged.judges[0]).post(
        reverse("ratings:judging_item", args=[judged.assessment.pk, "L3"]),
        fields(row, 质量="A", 调研次数="多次"),
    )

    page = response.content.decode()
    assert response.status_code == 200
    assert "填写有误" in page and 'value="多次"' in page
    assert judged.row(judged.judges[0], "L3").answers is None


def test_a_judge_who_agrees_needs_at_most_six_clicks_per_school(judged):
    judge = judged.judges[0]
    client, clicks = signed(judge), 0
    page = client.get(reverse("ratings:judging")).content.decode()
    address = reverse("ratings:judging_school", args=[judged.assessment.pk])

    assert address in page
    page, clicks = client.get(address).content.decode(), clicks + 1
    agreed = press(client, address + "agree/", on=address, follow=True)
    page, clicks = agreed.content.decode(), clicks + 1
    assert address + "submit/" in page
    page, clicks = client.get(address + "submit/").content.decode(), clicks + 1
    assert "提交评分表，锁定评分" in page
    response, clicks = press(client, address + "submit/"), clicks + 1

    assert response.url == f"{reverse('ratings:judging')}?year={judged.scheme.year}"
    assert judged.sheet(judge).submitted_at is not None
    assert clicks == 4 <= MOST_CLICKS


def test_an_unvisited_school_shows_the_countys_score_and_asks_nothing(judged):
    withdraw_visits(judged.scheme, [judged.assessment.pk], by=judged.office)
    client = signed(judged.judges[0])

    page = client.get(reverse("ratings:judging_school", args=[judged.assessment.pk])).content.decode()

    assert "沿用初评" in page and "0 / 4 项" in page
    assert client.get(reverse("ratings:judging_item", args=[judged.assessment.pk, "K2"])).status_code == 404


def test_a_judge_without_a_seat_finds_no_school_and_a_guide_is_told_to_recuse(judged, appoint):
    LiaisonFactory(user=judged.judges[0], school=judged.assessment.school)

    for user, status in ((appoint("judge"), 404), (judged.judges[0], 403)):
        client = signed(user)
        for name in ("school", "submit", "panel"):
            assert (
                client.get(reverse(f"ratings:judging_{name}", args=[judged.assessment.pk])).status_code
                == status
            )
        assert (
            client.post(reverse("ratings:judging_agree", args=[judged.assessment.pk])).status_code == status
        )


@pytest.mark.parametrize("role", [role.value for role in Role if role != Role.JUDGE])
def test_the_desk_is_the_judges_alone(role, judged, appoint):
    client = signed(judged.office if role == "office" else appoint(role))

    for address in (
        reverse("ratings:judging"),
        reverse("ratings:judging_school", args=[judged.assessment.pk]),
    ):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "评委工作台只对评委开放。" in answer.content.decode()


def test_a_submitted_sheet_is_read_only_on_every_page(judged):
    judge = judged.judges[0]
    judged.score(judge)
    submit_sheet(judged.sheet(judge), by=judge)
    client, address = signed(judge), reverse("ratings:judging_item", args=[judged.assessment.pk, "L1"])

    client.post(address, fields(judged.row(judge, "L1"), 听课="C"))
    press(client, reverse("ratings:judging_agree", args=[judged.assessment.pk]), on=address)

    assert judged.row(judge, "L1").answers == {"答": FULL["L1"]}
    page = client.get(address).content.decode()
    assert "评分表已提交，不能再修改" in page and "保存并下一项" not in page


@pytest.mark.parametrize(
    ("over", "sentence"),
    [({"city_due": "2020-01-02"}, "评审已经截止"), ({"phase": Phase.SETTLED}, "本校不在评审中")],
)
def test_a_school_says_that_it_is_too_late_before_anything_is_typed(over, sentence, judged):
    Scheme.objects.filter(pk=judged.scheme.pk).update(**over)

    page = signed(judged.judges[0]).get(reverse("ratings:judging_school", args=[judged.assessment.pk]))

    assert sentence in page.content.decode() and "同意初评" not in page.content.decode()


def test_members_of_a_joint_panel_read_the_agreed_sheet_and_the_leader_writes_it(joint):
    leader, member = joint.judges[:2]
    address = reverse("ratings:judging_school", args=[joint.assessment.pk])

    assert "同意自评" in signed(leader).get(address).content.decode()
    page = signed(member).get(address).content.decode()
    assert "合议评分表由组长填写" in page and "同意自评" not in page


@pytest.mark.parametrize("schools", [1, 3, 8])
def test_pages_keep_their_query_count(schools, year, city, county, school, office):
    judged = judge_year(year, city, county, school, office, schools=schools)
    client, counts = signed(judged.judges[0]), {}
    judged.score(judged.judges[0])
    client.get("/")

    close(judged)
    for page in desk_pages(judged)[1:9]:
        client.get(page)  # the audit trail keeps once who saw the panel's scores
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        counts[re.sub(r"/\d+/", "/n/", page)] = len(queries)

    assert max(counts.values()) <= MOST_QUERIES, counts
    assert counts == {**counts, **COUNTED}


def test_a_judge_of_another_city_sees_nothing(judged, appoint):
    judge = judged.judges[0]
    judge.appointments.all().delete()
    AppointmentFactory(user=judge, role="judge", city=CityFactory())

    assert (
        signed(judge).get(reverse("ratings:judging_school", args=[judged.assessment.pk])).status_code == 404
    )
    assert Assessment.objects.filter(panel__judges__user=judge).exists()
