"""The criteria as people read them."""

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from ratings.models import Item
from tests.rating_factories import published_year, spec_for

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def test_page_shows_parameters_items_rules_bands_restrictions_and_digest(
    city, school, appoint, signed_client
):
    scheme = published_year(city, [school])
    client = signed_client(appoint("filler"))

    listed, page = (
        text(client.get(reverse("ratings:schemes"))),
        text(client.get(reverse("ratings:scheme", args=[scheme.pk]))),
    )

    assert scheme.name in listed
    expected = [
        "合议",
        "全年办班不少于10期",
        "档(办班期数: ≥10→40; ≥5→30; 其他→0)",
        "达到 10 期得 40 分",
        "总分≥90",
        "发生责任事故",
        "最高三星",
    ]
    assert [word for word in expected if word not in page] == []
    assert scheme.versions.get().digest in page


def test_page_shows_the_frozen_version_not_the_rows(city, school, appoint, signed_client):
    scheme = published_year(city, [school])
    Item.objects.filter(scheme=scheme, code="K1").update(name="后来改的名字")

    page = text(signed_client(appoint("filler")).get(reverse("ratings:scheme", args=[scheme.pk])))

    assert "后来改的名字" not in page


def test_a_draft_is_shown_to_those_who_write_it_only(city, school, appoint, signed_client):
    scheme = create_scheme(spec_for(city, 2027), city=city)
    address = reverse("ratings:scheme", args=[scheme.pk])

    assert "尚未冻结版本" in text(signed_client(appoint("office")).get(address))
    assert signed_client(appoint("county")).get(address).status_code == 404


def test_list_says_when_there_is_no_scheme(school, appoint, signed_client):
    assert "还没有评定方案" in text(signed_client(appoint("filler")).get(reverse("ratings:schemes")))


def test_list_costs_the_same_queries_for_any_number(
    city, school, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("filler"))
    for first, last in ((2001, 2001), (2002, 2003), (2004, 2030)):
        for year in range(first, last + 1):
            published_year(city, [school], year=year)
        with django_assert_max_num_queries(12):
            client.get(reverse("ratings:schemes"))
