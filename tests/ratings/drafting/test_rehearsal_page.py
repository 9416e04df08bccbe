"""The page of a rehearsal and its workbook."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from ratings.criteria.storing import create_scheme
from ratings.models import Item, Score
from schools.models import AuditEntry
from tests.factories import SchoolFactory
from tests.rating_factories import open_year, published_year, spec_for

pytestmark = pytest.mark.django_db
MOST_QUERIES = 20


@pytest.fixture
def draft(city, county, school):
    """Next year's draft, copied from a published year of four schools, with a stricter first item and a new
    figure.
    """
    base = published_year(city, [school, *SchoolFactory.create_batch(3, county=county)])
    draft = create_scheme(spec_for(city, 2026), city=city)
    for item in draft.items.all():
        item.origin = base.items.get(code=item.code)
        item.save()
    Item.objects.filter(scheme=draft, code="K1").update(rule="档(办班期数: ≥10→40; ≥9→20; 其他→0)")
    Item.objects.filter(scheme=draft, code="M1").update(rule="档(师资人数: ≥10→30; 其他→0)")
    return draft


@pytest.fixture
def office(appoint, signed_client):
    return signed_client(appoint("office"))


def text(response) -> str:
    return response.content.decode()


def test_page_shows_stars_movers_limits_thresholds_categories_and_assumptions(draft, office):
    page = text(office.get(reverse("ratings:rehearsal", args=[draft.pk])))

    for words in (
        "用2025年度的数据，按2026年度方案试算 4 所党校",
        "当年没有“师资人数”的数据",
        "K1 办班总量 38.00 → 20.00 分",
        "本方案五星：总分",
        "Y1",
        "总分≥89",
        "上升",
        "五星：当年 1 所，模拟 0 所",
        "虚线为2025年度的得分率",
    ):
        assert words in page, words
    assert page.count("<svg") >= 2


def test_filters_show_all_schools_or_one_by_name(draft, office, school):
    address = reverse("ratings:rehearsal", args=[draft.pk])

    assert "没有符合条件的党校" in text(office.get(address, {"change": "up"}))
    assert text(office.get(address, {"change": "all", "q": school.short_name})).count("星级不变") <= 1
    assert office.get(address, {"change": "nonsense", "base": "x"}).status_code == 200


def test_workbook_holds_every_school_and_is_recorded(draft, office):
    response = office.post(reverse("ratings:rehearsal_export", args=[draft.pk]))

    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert book.sheetnames == ["星级分布", "星级变动", "逐校", "限制", "门槛加减1分", "大项平均", "假设"]
    assert book["逐校"].max_row == 5
    assert AuditEntry.objects.filter(action="export", subject__contains="模拟").exists()


def test_queries_do_not_grow_with_schools(draft, city, county, school, office, django_assert_max_num_queries):
    address = reverse("ratings:rehearsal", args=[draft.pk])
    office.get(address)
    with django_assert_max_num_queries(MOST_QUERIES):
        office.get(address)
    published_year(city, SchoolFactory.create_batch(40, county=county), year=2024)
    with django_assert_max_num_queries(MOST_QUERIES):
        office.get(address, {"base": city.schemes.get(year=2024).pk})


def test_draft_with_errors_names_them_instead(draft, office):
    Item.objects.filter(scheme=draft, code="L1").update(points=20)

    assert "处错误，改正后才能模拟" in text(office.get(reverse("ratings:rehearsal", args=[draft.pk])))


def test_city_without_a_rated_year_gets_a_sentence(city, office):
    draft = create_scheme(spec_for(city, 2026), city=city)

    assert "没有可用的数据" in text(office.get(reverse("ratings:rehearsal", args=[draft.pk])))
    assert office.post(reverse("ratings:rehearsal_export", args=[draft.pk])).status_code == 302


def test_schools_not_yet_scored_are_left_out_by_name(city, school, county, office):
    base = open_year(city, [school, SchoolFactory(county=county)], year=2025)
    Score.objects.filter(assessment__school=school).delete()

    page = text(office.get(reverse("ratings:rehearsal", args=[base.pk])))

    assert "1 所党校2025年度还没有评完" in page
    assert school.short_name in page


@pytest.mark.parametrize("role", ["filler", "head", "county", "county_lead", "judge", "viewer", "auditor"])
def test_nobody_else_sees_a_rehearsal(role, draft, appoint, signed_client):
    client = signed_client(appoint(role))

    assert client.get(reverse("ratings:rehearsal", args=[draft.pk])).status_code == 403
    assert client.post(reverse("ratings:rehearsal_export", args=[draft.pk])).status_code == 403
