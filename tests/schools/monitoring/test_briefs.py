"""一页简况: exactly one page however much there is to say, and nothing of other counties."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, Leader, Problem
from tests import clock
from tests.documents import lines, text
from tests.factories import (
    BudgetFactory,
    CountyFactory,
    LessonFactory,
    SchoolFactory,
    TrainingClassFactory,
    VisitFactory,
)
from tests.rating_factories import published_year, settled_year

pytestmark = pytest.mark.django_db

LONG = "名称特别长的街道工作委员会党校（功能区管理委员会分校）"


@pytest.fixture
def year() -> int:
    return timezone.localdate().year - 1


def crowded(school, year: int) -> None:
    """Every oddity, more problems and visits than the sheet has room for, each as long as it may be."""
    type(school).objects.filter(pk=school.pk).update(seats=1, name=f"中共{LONG}", short_name=LONG)
    for post in ("president", "executive", "vice"):
        Leader.objects.create(school=school, post=post, name="欧阳某某某")
    for number in range(9):
        held = TrainingClassFactory(
            school=school, starts_on=date(year, 5, 1) + timedelta(days=number), attendance=99999, cost=0
        )
        for kind in ("secretary", "leader", "linked_leader", "model", "expert", "lecturer", "other"):
            LessonFactory(training_class=held, lecturer_kind=kind)
    TrainingClassFactory.create_batch(
        5, school=school, starts_on=date(year - 1, 5, 1), attendance=100, cost=Decimal(9999)
    )
    BudgetFactory(school=school, year=year, arrived=Decimal("9999999999.99"))
    for number in range(6):
        visit = VisitFactory(school=school, on=date(year, 6, 1) + timedelta(days=number), findings="情" * 200)
        Problem.objects.create(visit=visit, text="题" * 200, owner="责任人", due=date(year, 7, 1))


def test_a_school_with_everything_to_say_stays_on_one_page(school, year, appoint, signed_client):
    crowded(school, year)

    response = signed_client(appoint("head")).post(
        reverse("schools:brief_school_pdf", args=[school.pk]), {"year": year}
    )
    content = b"".join(response.streaming_content)

    assert {line.page for line in lines(content)} == {1}
    assert "另有3个未销号的问题" in text(content)
    assert AuditEntry.objects.filter(action="export", subject=f"{LONG}{year}年工作简况").count() == 1


def test_a_city_with_every_county_and_oddity_stays_on_one_page(
    city, county, school, year, appoint, signed_client
):
    for number in range(14):
        for one in SchoolFactory.create_batch(
            2, county=CountyFactory(city=city, name=f"第{number}个名称很长的开发试验区")
        ):
            TrainingClassFactory.create_batch(
                3 + number % 4, school=one, starts_on=date(year, 5, 5), attendance=50 + number
            )
    crowded(school, year)

    response = signed_client(appoint("chair")).post(
        reverse("schools:brief_region_pdf", args=[city.pk]), {"year": year}
    )

    assert {line.page for line in lines(b"".join(response.streaming_content))} == {1}


@clock.at(date(2026, 11, 25))
def test_a_school_reads_its_figures_months_and_stars(city, school, appoint, signed_client):
    published_year(city, [school])
    TrainingClassFactory(school=school, starts_on=date(2025, 3, 5), attendance=1234, cost=30000)

    page = (
        signed_client(appoint("filler"))
        .get(reverse("schools:brief_school", args=[school.pk]), {"year": 2025})
        .content.decode()
    )

    assert "1,234 人次" in page
    assert "支出 3.00 万元" in page
    assert "2025年度五星" in page
    assert "1月、2月连续 2 个月没有培训记录" in page


def test_a_county_sheet_holds_its_own_schools_and_the_city_sheet_is_the_citys(
    city, county, school, year, appoint, signed_client
):
    other = SchoolFactory(county=CountyFactory(city=city))
    TrainingClassFactory(school=school, starts_on=date(year, 3, 5), attendance=40)
    TrainingClassFactory(school=other, starts_on=date(year, 3, 5), attendance=500)
    clerk, office = appoint("county"), appoint("office")

    own = (
        signed_client(clerk)
        .get(reverse("schools:brief_region", args=[county.pk]), {"year": year})
        .content.decode()
    )
    refused = signed_client(clerk).get(reverse("schools:brief_region", args=[city.pk])).status_code
    whole = (
        signed_client(office)
        .get(reverse("schools:brief_region", args=[city.pk]), {"year": year})
        .content.decode()
    )

    assert "40 人次" in own
    assert other.short_name not in own
    assert refused == 404
    assert "540 人次" in whole
    assert "东溪镇委党校" in whole


def test_stars_of_a_year_not_yet_published_stay_off_the_sheet(city, school, appoint, signed_client):
    settled_year(city, [school], year=2025)

    page = (
        signed_client(appoint("office"))
        .get(reverse("schools:brief_school", args=[school.pk]), {"year": 2025})
        .content.decode()
    )

    assert "还没有评定结果" in page


def test_without_a_renderer_the_browser_prints(school, appoint, signed_client, monkeypatch):
    monkeypatch.setattr("ratings.desk.CONTRIBUTIONS.renderers", [])
    client = signed_client(appoint("office"))

    page = client.get(reverse("schools:brief_school", args=[school.pk])).content.decode()
    answer = client.post(reverse("schools:brief_school_pdf", args=[school.pk]), follow=True).content.decode()

    assert "下载 PDF" not in page
    assert "data-print" in page
    assert "请用浏览器打印" in answer


def test_a_sheet_costs_the_same_for_few_and_many(
    city, county, year, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("office"))
    for more in (1, 40):
        SchoolFactory.create_batch(more, county=county)
        with django_assert_max_num_queries(20):
            client.get(reverse("schools:brief_region", args=[city.pk]), {"year": year})
