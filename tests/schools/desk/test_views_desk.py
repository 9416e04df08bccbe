"""工作台: what each role is told, and nothing that leads nowhere."""

import re
from datetime import date

import pytest
from django.urls import reverse

from schools.models import Problem, School
from tests.factories import BudgetFactory, SchoolFactory, TrainingClassFactory, VisitFactory
from tests.rating_factories import numbered, open_year, published_year, settled_year

pytestmark = pytest.mark.django_db


def desk(client) -> str:
    return client.get(reverse("schools:desk")).content.decode()


def test_school_is_told_its_gaps_its_star_and_its_year(city, school, appoint, signed_client):
    published_year(city, [school])
    TrainingClassFactory(school=school, starts_on=date(2026, 3, 5), attendance=1234, cost=30000)
    BudgetFactory(school=school, year=2026)

    page = desk(signed_client(appoint("filler")))

    assert "学校资料还缺" in page
    assert "2025年度评定结果：五星" in page
    assert "2026年办班" in page
    assert "1,234" in page
    assert "3.00" in page
    assert "到位 5.00 万元" in page


def test_overdue_problem_comes_with_its_day(school, appoint, signed_client):
    visit = VisitFactory(school=school, on=date(2026, 5, 8))
    Problem.objects.create(visit=visit, text="远程教育终端无法开机", due=date(2026, 5, 20))

    page = desk(signed_client(appoint("head")))

    assert "远程教育终端无法开机" in page
    assert re.search(r"走访时提出 · (\d{4}年)?5月20日 24:00 已截止", page)
    assert re.search(r"逾期 \d+ 天|待整改", page)


def test_county_sees_sums_of_its_own_schools_only(city, county, school, appoint, signed_client):
    TrainingClassFactory(school=school, attendance=40)
    TrainingClassFactory(school=SchoolFactory(city=city), attendance=500)

    page = desk(signed_client(appoint("county")))

    assert "参训 40 人次" in page
    assert "1 所党校的基本资料不全" in page


def test_office_is_told_to_draft_and_chair_to_issue(city, school, appoint, signed_client):
    scheme = settled_year(city, [school])
    office = desk(signed_client(appoint("office")))
    numbered(scheme)
    chair = desk(signed_client(appoint("chair")))

    assert "修改2025年度通报文稿" in office
    assert "审核并印发2025年度通报" in chair


def test_readers_hear_nothing_of_a_settled_year(city, school, appoint, signed_client):
    settled_year(city, [school])

    for role in ("filler", "county", "viewer", "liaison", "auditor", "judge"):
        _, page = desk(signed_client(appoint(role))).split("<main")
        assert "2025年度" not in page, role


def test_schools_are_pointed_to_the_criteria_of_the_running_year(city, school, appoint, signed_client):
    open_year(city, [school], year=2026, scored=False)

    assert "2026年度评定方案" in desk(signed_client(appoint("filler")))


def test_administrators_are_told_of_gaps_roles_and_locks(city, school, appoint, signed_client):
    appoint("filler").appointments.update(end=date(2020, 2, 1))
    people = {role: appoint(role) for role in ("sysadmin", "security")}
    for user in people.values():
        user.is_staff = True
        user.save(update_fields=["is_staff"])

    sysadmin, security = (desk(signed_client(user)) for user in people.values())

    assert "1 所党校的基本资料不全" in sysadmin
    assert "没有现任职务" not in sysadmin
    assert "1 个账号没有现任职务" in security
    assert "1 所党校没有填报人" in security
    assert "正在锁定的登录" in security


@pytest.mark.parametrize(
    "role",
    [
        "filler",
        "head",
        "county",
        "county_lead",
        "liaison",
        "judge",
        "office",
        "chair",
        "viewer",
        "sysadmin",
        "security",
        "auditor",
    ],
)
def test_every_link_of_the_desk_leads_to_a_page(role, city, school, appoint, signed_client):
    published_year(city, [school])
    settled_year(city, [school], year=2026)
    Problem.objects.create(visit=VisitFactory(school=school), text="音响损坏")
    user = appoint(role)
    user.is_staff = role in ("sysadmin", "security")
    user.save(update_fields=["is_staff"])
    client = signed_client(user)

    links = set(re.findall(r'href="(/[^"#]*)', desk(client)))

    dead = {
        link: status
        for link in links
        if not link.startswith("/static/") and (status := client.get(link).status_code) not in (200, 302)
    }
    assert dead == {}


def test_desk_costs_few_queries_for_any_number_of_schools(
    city, county, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    published_year(city, SchoolFactory.create_batch(1, county=county))

    for more in (0, 2, 27):
        SchoolFactory.create_batch(more, county=county)
        with django_assert_max_num_queries(26):
            desk(client)


def test_an_empty_city_boasts_of_nothing_and_says_who_begins(city, appoint, signed_client):
    School.objects.all().delete()
    client = signed_client(appoint("office"))

    page, guidance = desk(client), client.get(reverse("schools:guidance")).content.decode()

    assert "均有办班记录" not in page and "名册由系统管理员登记" in page
    assert "党校名册由系统管理员" in guidance and "联系指导人员只看到" not in guidance
