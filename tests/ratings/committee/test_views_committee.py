"""评委会审定总表: figures, flags, filters, order, workbook, and what is missing before settling."""

from dataclasses import replace

import pytest
from django.urls import reverse

from ratings.committee.board import near
from ratings.criteria.spec import BandSpec
from ratings.criteria.versions import current_spec, freeze
from ratings.models import Scheme
from schools.models.audit import AuditEntry
from schools.workbooks import read_workbook
from tests.factories import CountyFactory, SchoolFactory
from tests.rating_factories import SECRETS, open_year, published_year, settled_year
from tests.ratings.drafts import draft_year

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def schools(city, county):
    """Three of the first county, two of a second one."""
    second = CountyFactory(city=city, name="乙区", order=2)
    return [*SchoolFactory.create_batch(3, county=county), *SchoolFactory.create_batch(2, county=second)]


def test_board_shows_every_school_with_totals_stars_and_averages(city, schools, appoint, signed_client):
    scheme = settled_year(city, schools)

    page = text(signed_client(appoint("chair")).get(reverse("ratings:board", args=[scheme.pk])))

    assert all(school.name in page for school in schools)
    assert "办班<br>40" in page
    assert "全市平均" in page
    assert "限制性情形 Y1" in page
    assert "与计算不同" in page


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        ("91.01", ()),
        ("91", ("五星线 +1.00",)),
        ("90", ("五星线 +0.00",)),
        ("89.99", ("五星线 −0.01",)),
        ("89", ("五星线 −1.00",)),
        ("88.99", ()),
    ],
)
def test_totals_within_one_point_of_a_threshold_are_near(total, expected):
    from fractions import Fraction

    assert near(Fraction(total), {Fraction(90): 5}) == expected


def test_board_keeps_administrative_order_unless_asked_for_totals(city, schools, appoint, signed_client):
    client, scheme = signed_client(appoint("office")), settled_year(city, schools)
    address = reverse("ratings:board", args=[scheme.pk])

    default, by_total = client.get(address), client.get(address, {"order": "total"})

    assert [result.school_id for result in default.context["page"]] == [school.pk for school in schools]
    totals = [result.total for result in by_total.context["page"]]
    assert totals == sorted(totals, reverse=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [("county=乙区", 2), ("star=3", 4), ("flagged=on", 2), ("star=1", 0), ("county=无", 5)],
)
def test_board_narrows_and_still_counts_everybody(query, count, city, schools, appoint, signed_client):
    scheme = settled_year(city, schools)

    response = signed_client(appoint("office")).get(reverse("ratings:board", args=[scheme.pk]) + f"?{query}")

    assert response.context["page"].paginator.count == count
    assert len(response.context["board"].rows) == 5


def test_board_says_what_is_missing_before_settling(city, schools, appoint, signed_client):
    scheme = open_year(city, schools, scored=False)

    page = text(signed_client(appoint("chair")).get(reverse("ratings:board", args=[scheme.pk])))

    assert "已审定 0 / 5" in page
    assert "尚不能计算 5" in page
    assert "评分表" in page
    assert schools[0].short_name in page


def test_navigation_leads_to_the_newest_board(city, schools, appoint, signed_client):
    client = signed_client(appoint("chair"))
    empty = text(client.get(reverse("ratings:committee")))
    published_year(city, schools, year=2024)
    newest = settled_year(city, schools, year=2025)

    assert "还没有评定方案" in empty
    assert client.get(reverse("ratings:committee")).url == reverse("ratings:board", args=[newest.pk])


def test_workbook_holds_every_item_and_enters_the_audit_trail(city, schools, appoint, signed_client):
    scheme = settled_year(city, schools)

    response = signed_client(appoint("office")).post(reverse("ratings:board_export", args=[scheme.pk]))

    table = read_workbook(b"".join(response.streaming_content), name="x.xlsx").first_sheet.table(
        ["学校编码", "K1", "总分", "星级"]
    )
    assert [row.text("学校编码") for row in table.rows] == [school.code for school in schools]
    assert table.rows[0].text("星级") == "五星"
    assert AuditEntry.objects.filter(action="export", subject="2025年度审定总表").exists()


@pytest.mark.parametrize("year", [draft_year, lambda city: open_year(city, [])])
def test_before_settling_there_is_no_workbook(city, appoint, signed_client, year):
    scheme = year(city)

    response = signed_client(appoint("office")).post(reverse("ratings:board_export", args=[scheme.pk]))

    assert response.url == reverse("ratings:board", args=[scheme.pk])
    assert not AuditEntry.objects.filter(action="export").exists()


def test_a_school_without_a_figure_of_the_stars_is_named_and_breaks_nothing(
    city, schools, appoint, signed_client
):
    scheme = open_year(city, schools)
    spec = current_spec(scheme)
    freeze(
        scheme,
        reason="更正",
        spec=replace(spec, bands=(BandSpec(5, "总分≥90 且 主教室座位≥60"), *spec.bands[1:])),
    )
    client = signed_client(appoint("chair"))

    board = client.get(reverse("ratings:board", args=[scheme.pk]))
    settling = client.get(reverse("ratings:settle", args=[scheme.pk]))

    assert board.status_code == 200
    assert "星级标准要用的“主教室座位”没有数据" in text(settling)


def test_board_names_no_judge(city, schools, appoint, signed_client):
    scheme = settled_year(city, schools)

    page = text(signed_client(appoint("chair")).get(reverse("ratings:board", args=[scheme.pk])))

    assert [secret for secret in SECRETS if secret in page] == []


def test_board_costs_the_same_queries_for_any_number(
    city, county, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("chair"))
    for year, count in ((2023, 1), (2024, 3), (2025, 30)):
        scheme = settled_year(city, SchoolFactory.create_batch(count, county=county), year=year)
        with django_assert_max_num_queries(12):
            client.get(reverse("ratings:board", args=[scheme.pk]))


def test_asking_for_the_board_changes_nothing(city, schools, appoint, signed_client):
    scheme = open_year(city, schools)

    signed_client(appoint("chair")).get(reverse("ratings:board", args=[scheme.pk]))

    assert Scheme.objects.get(pk=scheme.pk).phase == "scoring"
    assert not scheme.results.exists()
