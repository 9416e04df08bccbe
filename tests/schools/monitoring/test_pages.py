"""The monitoring pages: filters, links to the records, scope, and a cost that does not grow with the city."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from schools.models import AnnualPlan, MonthlyReport
from tests.factories import (
    CountyFactory,
    LessonFactory,
    SchoolFactory,
    TrainingClassFactory,
    UserFactory,
    moment,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def year() -> int:
    """The last year that is over, so that all its months have ended whenever the tests run."""
    return timezone.localdate().year - 1


def grid(client, **query) -> str:
    return client.get(reverse("schools:monitoring"), query).content.decode()


def faultless(school, year: int) -> None:
    """A class every month, every report, the plan: nothing to tell."""
    by = UserFactory()
    AnnualPlan.objects.create(school=school, year=year, filed_on=date(year, 3, 1))
    for month in range(1, 13):
        TrainingClassFactory(school=school, starts_on=date(year, month, 3), cost=100)
        MonthlyReport.objects.create(
            school=school, year=year, month=month, confirmed_at=moment(date(year, month, 28)), confirmed_by=by
        )


def test_a_year_whose_days_off_are_not_entered_is_told(school, appoint, signed_client, monkeypatch):
    client, year = signed_client(appoint("office")), timezone.localdate().year
    monkeypatch.setattr("schools.calendar.checking.calendar_known", lambda asked: asked != year)

    assert f"{year}年的节假日安排还没有录入，应报日期只按周末和法定节日推算" in grid(client)
    monkeypatch.setattr("schools.calendar.checking.calendar_known", lambda asked: True)
    assert "节假日安排" not in grid(client)


def test_every_number_leads_to_its_records(school, year, appoint, signed_client):
    faultless(school, year)
    LessonFactory(training_class=school.classes.first(), lecturer_kind="secretary")
    client = signed_client(appoint("county"))

    page = grid(client, year=year)
    links = {
        f"/teaching/schools/{school.pk}/months/{year}/3/",
        f"/teaching/schools/{school.pk}/?year={year}",
        f"/teaching/schools/{school.pk}/plan/{year}/",
        f"/monitoring/{school.pk}/?year={year}",
    }

    assert all(f'href="{link}"' in page for link in links)
    assert {client.get(link).status_code for link in links} == {200}
    assert "书记 1" in page
    assert "催办 " not in page


def test_order_is_administrative_whatever_the_figures(city, county, school, year, appoint, signed_client):
    last = SchoolFactory(county=CountyFactory(city=city, order=9))
    TrainingClassFactory.create_batch(3, school=last, starts_on=date(year, 5, 5))

    page = grid(signed_client(appoint("office")), year=year)

    assert page.index("东溪镇委党校</a>") < page.index(f"{last.short_name}</a>")
    assert "名次" not in page
    assert "不排名" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "any"}, 1),
        ({"kind": "report"}, 1),
        ({"kind": "crowd"}, 0),
        ({"q": "东溪"}, 1),
        ({"q": "西溪"}, 0),
    ],
)
def test_filters_narrow_by_word_and_oddity(query, found, city, county, school, year, appoint, signed_client):
    faultless(SchoolFactory(county=county), year)

    page = grid(signed_client(appoint("office")), year=year, **query)

    assert page.count("东溪镇委党校</a>") == found
    assert ("没有符合条件的党校" in page) is not bool(found)


def test_filter_by_county_and_the_counts_beside_each_oddity(
    city, county, school, year, appoint, signed_client
):
    other = SchoolFactory(county=CountyFactory(city=city))

    page = grid(signed_client(appoint("office")), year=year, county=other.county_id)

    assert "东溪镇委党校</a>" not in page
    assert f"{other.short_name}</a>" in page
    assert "月报逾期未确认（2）" in page


@pytest.mark.parametrize(
    "query",
    [{"year": "abc"}, {"year": "1"}, {"county": "x"}, {"kind": "unknown"}, {"page": "999"}, {"q": "\x00%"}],
)
def test_nonsense_in_the_address_shows_the_page(query, school, appoint, signed_client):
    assert "监测" in grid(signed_client(appoint("viewer")), **query)


def test_a_county_sees_its_own_schools_beside_the_middle_of_the_city(
    city, county, school, year, appoint, signed_client
):
    others = SchoolFactory.create_batch(9, county=CountyFactory(city=city))
    for number, one in enumerate(others):
        TrainingClassFactory.create_batch(
            3 + number % 3, school=one, starts_on=date(year, 5, 5), attendance=50
        )
    TrainingClassFactory.create_batch(20, school=school, starts_on=date(year, 5, 5), attendance=50)

    page = grid(signed_client(appoint("county")), year=year)

    assert "同市 10 所的中位数是" in page
    assert not any(one.short_name in page for one in others)


def test_an_empty_city_says_what_to_do(school, appoint, signed_client):
    type(school).objects.update(closed_on=date(2019, 1, 1))

    assert "范围内还没有党校" in grid(signed_client(appoint("office")))


def test_a_school_closed_before_the_year_says_so(school, year, appoint, signed_client):
    type(school).objects.filter(pk=school.pk).update(closed_on=date(year - 1, 6, 1))

    response = signed_client(appoint("office")).get(
        reverse("schools:monitoring_school", args=[school.pk]), {"year": year}
    )

    assert "该年度没有启用" in response.content.decode()


def test_the_grid_costs_the_same_for_few_and_many(city, county, year, appoint, signed_client):
    client, costs = signed_client(appoint("office")), []
    grid(client)  # the first request of a session writes when it was seen
    for more in (2, 60):
        for one in SchoolFactory.create_batch(more, county=county):
            LessonFactory(training_class=TrainingClassFactory(school=one, starts_on=date(year, 4, 4)))
            MonthlyReport.objects.create(school=one, year=year, month=4)
        with CaptureQueriesContext(connection) as queries:
            page = grid(client, year=year)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 14
    assert page.count('class="why-row"') == 50
    assert "共 63 所" in page


def test_the_desk_tells_county_and_office_how_many_owe(city, county, school, appoint, signed_client):
    SchoolFactory(county=CountyFactory(city=city))
    today = timezone.localdate()
    SchoolFactory(county=county, opened_on=today.replace(day=1))

    county_desk, office_desk, head_desk = (
        signed_client(appoint(role)).get("/").content.decode() for role in ("county", "office", "head")
    )

    assert "1 所党校" in county_desk
    assert "2 所党校" in office_desk
    assert "月月报逾期未确认" in county_desk
    assert "月月报逾期未确认" not in head_desk
