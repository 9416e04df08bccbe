"""挂点联系: who guides, what a visit found, what became of the problems, the opinion of the year."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.guidance.visits import assign, end_liaison, give_opinion, record_visit
from schools.models import (
    AuditEntry,
    Correction,
    GuidanceTeam,
    Liaison,
    LiaisonOpinion,
    Notice,
    Problem,
    School,
    Visit,
)
from schools.records import locks
from schools.records.corrections import approve
from schools.saving import Refused
from tests.factories import CountyFactory, LiaisonFactory, SchoolFactory, UserFactory, VisitFactory

pytestmark = pytest.mark.django_db


def posted(**values) -> dict:
    """A visit as the form sends it, with three empty rows for problems."""
    rows = {f"problem-{name}": number for name, number in (("TOTAL_FORMS", 3), ("INITIAL_FORMS", 0))}
    today = timezone.localdate().isoformat()
    return {
        "on": today,
        "kind": "guidance",
        "findings": "教室已换新桌椅",
        "problem-0-due": today,
        **rows,
        **values,
    }


@pytest.fixture
def signed(school, monkeypatch) -> locks.Lock:
    """The school has signed this year; the county decides corrections."""
    year = timezone.localdate().year
    lock = locks.Lock(f"{year}年度自评", year, date(year, 1, 1), date(year, 12, 31), locks.COUNTY)
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods",
        [lambda ids: {pk: [lock] for pk in ids if pk == school.pk}],
    )
    return lock


@pytest.fixture
def liaison(appoint, school):
    """A liaison who guides the school."""
    user = appoint("liaison")
    LiaisonFactory(user=user, school=school)
    return user


def test_a_visit_keeps_the_six_points_and_tells_the_school_of_its_problems(
    liaison, school, appoint, signed_client
):
    filler = appoint("filler")
    values = posted(
        **{"point0": "好", "point3": "须改进", "problem-0-text": "宣传栏没有更新", "problem-0-owner": "李某"}
    )

    response = signed_client(liaison).post(reverse("schools:guidance_visit", args=[school.pk]), values)

    visit = Visit.objects.get()
    assert response.status_code == 302
    assert (visit.by, visit.checklist) == (liaison, {"师资库": "好", "宣传栏": "须改进"})
    assert [problem.owner for problem in visit.problems.all()] == ["李某"]
    assert "1 个问题" in Notice.objects.get(user=filler).text


def test_a_visit_of_tomorrow_is_refused_and_what_was_typed_stays(liaison, school, signed_client):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()

    response = signed_client(liaison).post(
        reverse("schools:guidance_visit", args=[school.pk]), posted(on=tomorrow)
    )

    assert "走访日期不能晚于今天" in response.content.decode()
    assert "教室已换新桌椅" in response.content.decode()
    assert not Visit.objects.exists()


def test_nobody_visits_a_school_after_its_closing_day(liaison, school, signed_client):
    school.closed_on = timezone.localdate() - timedelta(days=1)
    school.save()
    address = reverse("schools:guidance_visit", args=[school.pk])

    refused = signed_client(liaison).post(address, posted(on=timezone.localdate().isoformat()))
    assert "在此以后不再办学" in refused.content.decode() and "教室已换新桌椅" in refused.content.decode()
    assert not Visit.objects.exists()
    signed_client(liaison).post(address, posted(on=school.closed_on.isoformat()))
    assert Visit.objects.count() == 1


def test_the_same_visit_twice_is_shown_not_stored(liaison, school, signed_client):
    address = reverse("schools:guidance_visit", args=[school.pk])
    signed_client(liaison).post(address, posted())

    response = signed_client(liaison).post(address, posted(**{"problem-0-text": "缺桌牌"}))

    assert "已登记同类走访" in response.content.decode()
    assert (Visit.objects.count(), Problem.objects.count()) == (1, 0)


def test_a_visit_of_a_signed_day_is_asked_for_and_nothing_typed_is_lost(
    liaison, school, signed, appoint, signed_client
):
    client, address = signed_client(liaison), reverse("schools:guidance_visit", args=[school.pk])
    typed = posted(**{"point0": "好", "problem-0-text": "宣传栏没有更新"})

    opened = client.get(address).content.decode()
    without = client.post(address, typed)
    asked = client.post(address, typed | {"reason": "走访后出差，补登"})
    correction = Correction.objects.get()
    before = Visit.objects.count()
    approve(correction, by=appoint("county"))

    assert str(signed) in opened and "更正理由" in opened
    assert without.context["form"].errors == {"reason": ["记录已锁定，请写明更正理由。"]}
    assert "教室已换新桌椅" in without.content.decode() and "宣传栏没有更新" in without.content.decode()
    assert asked.url == reverse("schools:correction", args=[correction.pk])
    assert ("发现的问题", "", "宣传栏没有更新") in correction.lines and (
        "六项走访",
        "",
        "师资库 好",
    ) in correction.lines
    visit = Visit.objects.get()
    assert (before, visit.by, visit.checklist) == (0, liaison, {"师资库": "好"})
    assert [problem.text for problem in visit.problems.all()] == ["宣传栏没有更新"]
    assert Notice.objects.filter(user=liaison, text__startswith="数据更正已同意").exists()


def test_a_visit_of_a_signed_day_counts_until_it_is_agreed_that_it_does_not(
    liaison, school, signed, appoint, signed_client
):
    visit = VisitFactory(school=school, by=liaison, on=signed.start)

    signed_client(liaison).post(reverse("schools:guidance_void", args=[visit.pk]), {"reason": "登记错了学校"})
    visit.refresh_from_db()
    before = visit.is_voided
    approve(Correction.objects.get(), by=appoint("county"))
    visit.refresh_from_db()

    assert (before, visit.is_voided, visit.void_reason) == (False, True, "登记错了学校")


def test_a_visit_after_the_signed_period_is_registered_at_once(
    liaison, school, signed, signed_client, monkeypatch
):
    earlier = locks.Lock(
        signed.name, signed.year - 1, date(signed.year - 1, 1, 1), date(signed.year - 1, 12, 31), locks.COUNTY
    )
    monkeypatch.setattr(
        "ratings.desk.CONTRIBUTIONS.signed_periods", [lambda ids: {pk: [earlier] for pk in ids}]
    )

    signed_client(liaison).post(reverse("schools:guidance_visit", args=[school.pk]), posted())

    assert (Visit.objects.count(), Correction.objects.count()) == (1, 0)


def test_who_asked_for_a_visit_takes_it_back_and_the_school_does_not(
    liaison, school, signed, appoint, client
):
    day = timezone.localdate()
    asked = record_visit(
        school, by=liaison, on=day, kind="guidance", checklist={}, findings="查看教室", reason="补登"
    )
    address = reverse("schools:correction_withdraw", args=[asked.pk])

    client.force_login(appoint("head"))
    refused = client.post(address).status_code
    client.force_login(appoint("county"))
    stranger = client.post(address).status_code
    client.force_login(liaison)
    shown = client.get(reverse("schools:correction", args=[asked.pk])).content.decode()
    client.post(address)
    asked.refresh_from_db()

    assert (refused, stranger) == (403, 403)
    assert "撤回申请" in shown
    assert asked.status == "withdrawn"


def test_a_visit_that_says_nothing_is_refused(liaison, school, signed_client):
    response = signed_client(liaison).post(
        reverse("schools:guidance_visit", args=[school.pk]), posted(findings="")
    )

    assert "请至少勾选一项" in response.content.decode()


def test_a_liaison_cannot_visit_a_school_of_somebody_else(liaison, school, signed_client):
    other = SchoolFactory(city=school.city, county=school.county)

    assert (
        signed_client(liaison).post(reverse("schools:guidance_visit", args=[other.pk]), posted()).status_code
        == 404
    )


def test_a_problem_is_reported_sent_back_reported_again_and_closed(liaison, school, appoint, client):
    filler = appoint("filler")
    problem = Problem.objects.create(
        visit=VisitFactory(school=school, by=liaison), text="缺桌牌", due=timezone.localdate()
    )
    report, recheck = (
        reverse(f"schools:problem_{name}", args=[problem.pk]) for name in ("report", "recheck")
    )
    later = timezone.localdate() + timedelta(days=10)

    client.force_login(filler)
    client.post(report, {"report": "已订购"})
    client.force_login(liaison)
    client.post(recheck, {"passed": "no", "remark": "还没有到货", "due": later.isoformat()})
    problem.refresh_from_db()
    sent_back = (problem.report, problem.reported_at, problem.due, problem.closed_at)
    client.force_login(filler)
    client.post(report, {"report": "已摆放"})
    client.force_login(liaison)
    client.post(recheck, {"passed": "yes", "remark": ""})
    problem.refresh_from_db()

    assert sent_back == ("", None, later, None)
    assert (problem.report, problem.closed_by) == ("已摆放", liaison)
    assert [notice.text for notice in Notice.objects.filter(user=filler).order_by("pk")] == [
        "复查未通过：缺桌牌（还没有到货）",
        "问题已销号：缺桌牌",
    ]


def test_a_closed_problem_takes_no_second_report(liaison, school, appoint, signed_client):
    now = timezone.now()
    problem = Problem.objects.create(
        visit=VisitFactory(school=school), text="缺桌牌", closed_at=now, closed_by=liaison
    )

    response = signed_client(appoint("filler")).post(
        reverse("schools:problem_report", args=[problem.pk]), {"report": "再报"}
    )

    assert "这个问题已经销号" in response.content.decode()
    assert "再报" in response.content.decode()


def test_sending_back_without_a_word_is_refused(liaison, school, signed_client):
    problem = Problem.objects.create(visit=VisitFactory(school=school), text="缺桌牌")

    response = signed_client(liaison).post(
        reverse("schools:problem_recheck", args=[problem.pk]), {"passed": "no", "remark": " "}
    )

    assert "请写明还差什么" in response.content.decode()


def test_the_office_assigns_one_person_to_many_schools_once(appoint, school, signed_client):
    liaison, other = appoint("liaison"), SchoolFactory(city=school.city, county=school.county)
    values = {"user": liaison.pk, "since": "2026-01-05", "schools": [school.pk, other.pk]}
    client = signed_client(appoint("office"))

    client.post(reverse("schools:guidance_assign"), values)
    client.post(reverse("schools:guidance_assign"), values)

    assert Liaison.objects.filter(user=liaison, until__isnull=True).count() == 2
    assert AuditEntry.objects.filter(action="appointment", subject=f"挂点联系 {liaison.name}").count() == 1


def test_somebody_without_the_role_cannot_be_assigned(appoint, school):
    with pytest.raises(Refused, match="没有挂点联系指导人员的任职"):
        assign(appoint("judge"), [school], by=appoint("office"), since=timezone.localdate())


def test_a_county_lead_assigns_only_in_the_own_county(appoint, school, signed_client):
    elsewhere = SchoolFactory(city=school.city)
    elsewhere.city = school.city
    elsewhere.save(update_fields=["city"])
    values = {"user": appoint("liaison").pk, "since": "2026-01-05", "schools": [elsewhere.pk]}

    response = signed_client(appoint("county_lead")).post(reverse("schools:guidance_assign"), values)

    assert response.status_code == 200
    assert not Liaison.objects.exists()


def test_who_no_longer_guides_no_longer_sees_the_school(liaison, school, appoint):
    end_liaison(Liaison.objects.get(), by=appoint("office"))

    assert not School.objects.visible_to(liaison).exists()
    assert Liaison.objects.count() == 1


def test_an_opinion_is_written_once_and_rewritten_by_its_liaison_only(liaison, school, appoint):
    year = timezone.localdate().year
    give_opinion(school, year=year, by=liaison, text="进步明显")
    give_opinion(school, year=year, by=liaison, text="进步明显，宣传栏仍须更新")

    assert LiaisonOpinion.objects.get().text == "进步明显，宣传栏仍须更新"
    with pytest.raises(Refused):
        give_opinion(school, year=year, by=appoint("office"), text="代写")


def test_the_school_does_not_read_the_opinion(liaison, school, appoint, client):
    give_opinion(school, year=timezone.localdate().year, by=liaison, text="独一无二的意见")
    address = reverse("schools:guidance_school", args=[school.pk])

    client.force_login(appoint("head"))
    to_school = client.get(address).content.decode()
    client.force_login(appoint("county"))

    assert "独一无二的意见" not in to_school
    assert "独一无二的意见" in client.get(address).content.decode()


def test_only_the_writer_or_the_office_voids_a_visit(liaison, school, appoint, client):
    visit = VisitFactory(school=school, by=liaison)
    address = reverse("schools:guidance_void", args=[visit.pk])

    client.force_login(appoint("county"))
    refused = client.post(address, {"reason": "登记错误"}).status_code
    client.force_login(liaison)
    client.post(address, {"reason": "登记错误"})
    visit.refresh_from_db()

    assert refused == 404
    assert (visit.voided_by, visit.void_reason) == (liaison, "登记错误")


@pytest.mark.parametrize(("reason", "sentence"), [("", "请写明作废原因"), ("误" * 201, "200")])
def test_a_visit_is_voided_for_a_reason_which_is_asked_for_where_it_is_written(
    reason, sentence, liaison, school, signed_client
):
    for day in range(1, 26):
        VisitFactory(school=school, by=liaison, on=f"2026-03-{day:02}")
    visit = Visit.objects.get(on="2026-03-01")

    answer = signed_client(liaison).post(
        reverse("schools:guidance_void", args=[visit.pk]), {"reason": reason}
    )

    page = answer.content.decode()
    assert sentence in page and f'href="#void-{visit.pk}"' in page and f'id="void-{visit.pk}"' in page
    assert f'value="{reason}"' in page and "再提交一次" not in page
    visit.refresh_from_db()
    assert not visit.is_voided


def test_a_group_is_named_once_and_offered_for_visits(appoint, school, signed_client, liaison):
    office = appoint("office")
    values = {"name": "第一走访组", "kind": "visiting", "members": [liaison.pk]}

    signed_client(office).post(reverse("schools:guidance_teams"), values)
    again = signed_client(office).post(reverse("schools:guidance_teams"), values).content.decode()

    assert GuidanceTeam.objects.get().members.get() == liaison
    opened = signed_client(office).get(reverse("schools:guidance_team", args=[GuidanceTeam.objects.get().pk]))
    assert f'value="{GuidanceTeam.objects.get().name}"' in opened.content.decode()
    assert "error-summary" not in opened.content.decode()
    assert "同名" in again or "换一个名称" in again
    assert (
        "第一走访组"
        in signed_client(liaison).get(reverse("schools:guidance_visit", args=[school.pk])).content.decode()
    )


def test_the_overview_names_schools_nobody_guides_or_visited(liaison, school, appoint, signed_client):
    lonely = SchoolFactory(city=school.city, county=school.county, short_name="孤山镇委党校")
    record_visit(
        school, by=liaison, on=timezone.localdate(), kind="guidance", checklist={"师资库": "好"}, findings=""
    )
    client = signed_client(appoint("office"))

    for only in ("guide", "visit"):
        page = client.get(reverse("schools:guidance"), {"only": only}).content.decode()
        assert "孤山镇委党校" in page
        assert school.short_name not in page
    assert lonely.pk


@pytest.mark.parametrize("name", ["guidance", "problems"])
def test_lists_ask_the_same_questions_of_many_schools(
    name, appoint, county, school, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    for one in (school, *SchoolFactory.create_batch(12, county=county, city=county.city)):
        LiaisonFactory(school=one)
        Problem.objects.create(visit=VisitFactory(school=one), text="缺桌牌", due="2026-01-01")

    with django_assert_max_num_queries(14):
        assert client.get(reverse(f"schools:{name}")).status_code == 200


def test_a_county_forms_groups_of_its_own_people(appoint, signed_client, city):
    lead, own = appoint("county_lead"), appoint("county")
    stranger = appoint(
        "county", user=UserFactory(name="外县人员"), county=CountyFactory(city=city), city=city
    )

    page = signed_client(lead).get(reverse("schools:guidance_teams")).content.decode()

    assert own.name in page
    assert stranger.name not in page
