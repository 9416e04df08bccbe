"""Results: own, of the scope, explained; and what must never be read there."""

import re

import pytest
from django.urls import reverse

from ratings.committee.comparing import LEAST_SCHOOLS
from ratings.models import Result
from tests.factories import CountyFactory, SchoolFactory
from tests.rating_factories import DECISION_REASON, SECRETS, open_year, published_year, settled_year

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def schools(county, school):
    """Enough schools of one county for an average."""
    return [school, *SchoolFactory.create_batch(LEAST_SCHOOLS - 1, county=county)]


def page_of(client, result) -> str:
    return text(client.get(reverse("ratings:result", args=[result.pk])))


def test_school_lists_its_years_newest_first(city, school, appoint, signed_client):
    published_year(city, [school], year=2024)
    published_year(city, [school], year=2025)

    page = text(signed_client(appoint("filler")).get(reverse("ratings:results")))

    assert page.index("2025年度评定结果") < page.index("2024年度评定结果")


def test_school_is_told_when_nothing_is_public(city, school, appoint, signed_client):
    settled_year(city, [school])

    assert "还没有公布的评定结果" in text(signed_client(appoint("filler")).get(reverse("ratings:results")))


def test_page_explains_the_star_step_by_step(city, schools, appoint, signed_client):
    scheme = published_year(city, schools)
    page = page_of(signed_client(appoint("head")), schools[0].results.get(scheme=scheme))

    steps = [
        re.sub(r"<[^>]+>", "", step)
        for step in re.findall(r"<li>(.*?)</li>", page.split('class="steps"')[1].split("</ol>")[0])
    ]
    words = ["有效", "满分 40.00", "基础分合计", "总分", "达到五星标准", "无限制性情形", "评委会审定：五星"]
    places = [next(place for place, step in enumerate(steps) if word in step) for word in words]
    assert places == sorted(places)
    assert "K1 办班总量" in page
    assert "办班期数" in page


def test_page_shows_the_way_to_the_next_star_and_the_restriction(city, schools, appoint, signed_client):
    scheme = published_year(city, schools)
    client = signed_client(appoint("county"))

    restricted = page_of(client, schools[1].results.get(scheme=scheme))

    assert "离四星还差什么" in restricted
    assert "发生责任事故" in restricted
    assert "最高三星" in restricted


def test_averages_are_withheld_from_groups_too_small_to_hide_their_members(
    city, county, school, appoint, signed_client
):
    few = [school, *SchoolFactory.create_batch(LEAST_SCHOOLS - 2, county=county)]
    scheme = published_year(city, few)
    page = page_of(signed_client(appoint("head")), school.results.get(scheme=scheme))

    assert "legend-city" not in page
    assert "legend-county" not in page


def test_averages_stand_beside_the_own_figures_where_they_tell_nobody(city, schools, appoint, signed_client):
    others = SchoolFactory.create_batch(LEAST_SCHOOLS, county=CountyFactory(city=city))
    scheme = published_year(city, [*schools, *others])
    page = page_of(signed_client(appoint("head")), schools[0].results.get(scheme=scheme))

    assert 'class="chart-line chart-county"' in page
    assert 'class="chart-line chart-city"' in page
    assert "甲区平均" in page


def test_the_average_of_a_county_is_withheld_where_it_would_uncover_the_rest_of_the_city(
    city, schools, appoint, signed_client
):
    scheme = published_year(city, [*schools, SchoolFactory(county=CountyFactory(city=city))])
    page = page_of(signed_client(appoint("head")), schools[0].results.get(scheme=scheme))

    assert "legend-city" in page
    assert "legend-county" not in page


def test_lapsed_school_gets_an_honest_page(city, school, appoint, signed_client):
    scheme = published_year(city, [school])
    Result.objects.filter(scheme=scheme).update(
        base=None,
        bonus=None,
        total=None,
        star=0,
        lapsed=True,
        figures={},
        trace={"items": [], "totals": [], "star": ["未提交自评"]},
    )

    page = page_of(signed_client(appoint("head")), school.results.get())

    assert "2025年度评定结果：未申报" in page
    assert "各大项得分率" not in page


def test_trend_shows_the_years_the_reader_may_see(city, school, appoint, signed_client):
    older, newer = published_year(city, [school], year=2024), published_year(city, [school], year=2025)
    settled_year(city, [school], year=2026)

    page = page_of(signed_client(appoint("head")), school.results.get(scheme=newer))

    assert reverse("ratings:result", args=[school.results.get(scheme=older).pk]) in page
    assert "历年总分：2024年" in page
    assert "2026年" not in page.split("<main")[1]  # the header names the year that is under way

    Result.objects.filter(scheme=older).update(base=None, bonus=None, total=None, star=0, lapsed=True)
    page = page_of(signed_client(appoint("filler")), school.results.get(scheme=newer))
    assert "2024年度" in page and "历年总分：" not in page  # one year of points is no trend


def test_list_of_a_county_holds_its_schools_in_administrative_order(city, county, appoint, signed_client):
    second, first = SchoolFactory(county=county, order=2), SchoolFactory(county=county, order=1)
    foreign = SchoolFactory(county=CountyFactory(city=city))
    published_year(city, [second, first, foreign])

    page = text(signed_client(appoint("county")).get(reverse("ratings:results")))

    assert page.index(first.name) < page.index(second.name)
    assert foreign.name not in page


@pytest.mark.parametrize("order", ["?order=total", "?sort=total", "?ordering=-total", "?o=3"])
def test_list_never_sorts_by_points(order, city, county, appoint, signed_client):
    schools = SchoolFactory.create_batch(5, county=county)
    published_year(city, schools)

    page = text(signed_client(appoint("viewer")).get(reverse("ratings:results") + order))

    places = [page.index(one.name) for one in sorted(schools, key=lambda one: one.code)]
    assert places == sorted(places)


def test_list_narrows_by_year_name_and_star(city, county, appoint, signed_client):
    schools = SchoolFactory.create_batch(4, county=county)
    published_year(city, schools[:1], year=2024)
    published_year(city, schools, year=2025)
    client, address = signed_client(appoint("viewer")), reverse("ratings:results")

    earlier, one, three = (
        text(client.get(address, query)) for query in ({"year": 2024}, {"q": schools[3].name}, {"star": 3})
    )

    assert schools[0].name in earlier and schools[1].name not in earlier
    assert schools[3].name in one and schools[0].name not in one
    assert schools[1].name in three and schools[0].name not in three


def test_committee_sees_settled_results_before_the_bulletin(city, school, appoint, signed_client):
    scheme = settled_year(city, [school])

    assert "尚未通报，只供评委会查阅" in page_of(
        signed_client(appoint("chair")), school.results.get(scheme=scheme)
    )


def test_list_and_page_cost_the_same_queries_for_any_number(
    city, county, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("viewer"))
    for year, count in ((2023, 1), (2024, 3), (2025, 30)):
        scheme = published_year(city, SchoolFactory.create_batch(count, county=county), year=year)
        with django_assert_max_num_queries(12):
            client.get(reverse("ratings:results"), {"year": year})
        with django_assert_max_num_queries(12):
            page_of(client, scheme.results.first())


@pytest.mark.parametrize(
    ("role", "reads"),
    [("head", True), ("county_lead", True), ("viewer", True), ("auditor", True), ("judge", False)],
)
def test_why_the_committee_deviated_is_read_once_it_is_public(
    role, reads, city, schools, appoint, signed_client
):
    public, settled = published_year(city, schools), settled_year(city, schools, year=2026)
    client = signed_client(appoint(role, school=schools[2]) if role == "head" else appoint(role))

    def read(name: str, scheme) -> str:
        key = scheme.results.get(school=schools[2]).pk
        return text(client.get(reverse(f"ratings:{name}", args=[key])))

    shown, paper = (read(name, public) for name in ("result", "form_result"))
    listed = text(client.get(reverse("ratings:results"), {"year": 2025}))

    assert (DECISION_REASON in shown) is (DECISION_REASON in paper) is reads
    assert ("2025年1月1日评委会会议审定" in shown) is reads
    assert ("与计算不同" in listed) is reads
    assert DECISION_REASON not in read("result", settled)
    assert "示评纪" not in shown  # minutes and votes stay with the committee


#: Of each kind one; those who see no more than one of these are left to the deep run.
SEE_MOST, OTHERS = (
    ("head", "county_lead", "judge", "viewer", "auditor"),
    ("filler", "county", "liaison", "sysadmin", "security"),
)


@pytest.mark.parametrize(
    "role", [*SEE_MOST, *(pytest.param(role, marks=pytest.mark.deep) for role in OTHERS)]
)
def test_what_judges_wrote_is_read_nowhere(role, city, schools, appoint, signed_client):
    public, settled = published_year(city, schools), settled_year(city, schools, year=2026)
    open_year(city, schools, year=2027)
    client = signed_client(appoint(role))
    addresses = [
        reverse(name)
        for name in (
            "schools:desk",
            "schools:schools",
            "ratings:schemes",
            "ratings:results",
            "ratings:bulletins",
            "schools:audit",
        )
    ]
    for scheme in (public, settled):
        addresses += [
            reverse("ratings:scheme", args=[scheme.pk]),
            reverse("ratings:bulletin", args=[scheme.bulletin.pk]),
        ]
        addresses += [reverse("ratings:result", args=[result.pk]) for result in scheme.results.all()]
    addresses += [reverse("schools:school", args=[one.pk]) for one in schools]

    read = {address: text(client.get(address)) for address in addresses}
    leaks = {(address, secret) for address in addresses for secret in SECRETS[:3] if secret in read[address]}

    assert leaks == set()
