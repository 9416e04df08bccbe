"""What an address asks for may have been written by anybody."""

import pytest
from django.urls import reverse

from schools.site.asked import number, way_back

pytestmark = pytest.mark.django_db

#: What `int` refuses or a database cannot hold, although it looks like digits.
DIGITS_ALIKE = ["²", "９", "9" * 30, "9" * 5000, "-1", "1_0", ""]


@pytest.mark.parametrize("text", DIGITS_ALIKE)
def test_what_only_looks_like_a_number_is_none(text):
    assert number(text) is None


def test_a_number_is_read():
    assert (number("2026"), number("007"), number("9" * 15)) == (2026, 7, int("9" * 15))


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("/monitoring/?year=2026", True),
        ("", False),
        ("abc", False),
        ("//evil.example/", False),
        ("https://evil.example/", False),
    ],
)
def test_the_way_back_stays_inside(wanted, there):
    assert way_back(wanted, "/else/") == (wanted if there else "/else/")


@pytest.mark.parametrize("text", DIGITS_ALIKE)
@pytest.mark.parametrize(
    ("name", "role", "field"),
    [
        ("school", "filler", "year"),
        ("teaching_school", "filler", "year"),
        ("ledger", "filler", "year"),
        ("registry_budget", "filler", "year"),
        ("class_new", "filler", "copy"),
        ("guidance_assign", "office", "school"),
    ],
)
def test_a_page_reads_nonsense_as_nothing_asked(name, role, field, text, school, appoint, signed_client):
    address = reverse(f"schools:{name}", args=[] if name in ("class_new", "guidance_assign") else [school.pk])

    assert signed_client(appoint(role)).get(address, {field: text}).status_code == 200


@pytest.mark.parametrize("year", DIGITS_ALIKE)
def test_a_figure_of_a_nonsense_year_is_that_of_this_year(year, school, appoint, signed_client):
    address = reverse("schools:explanation", args=[school.pk])

    assert (
        signed_client(appoint("filler")).get(address, {"figure": "办班期数", "year": year}).status_code == 200
    )
