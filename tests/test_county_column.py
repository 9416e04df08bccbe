"""A column that says the same in every row: people of one county read lists without the county, the city
reads them with it.
"""

import pytest
from django.urls import reverse

from schools.workbooks import read_workbook
from tests.factories import AppointmentFactory, CountyFactory, SchoolFactory
from tests.rating_factories import published_year

pytestmark = pytest.mark.django_db

COLUMN = "县（市、区）</th>"
FILTER = '<label for="filter-county">'
LISTS = ("schools:schools", "schools:teaching", "schools:monitoring", "schools:guidance", "ratings:results")


@pytest.fixture
def schools(city, county):
    return [
        *SchoolFactory.create_batch(2, county=county),
        SchoolFactory(county=CountyFactory(city=city, order=2, name="乙区")),
    ]


@pytest.fixture
def pages(city, schools, appoint, signed_client):
    """The lists as one role reads them: `pages("county")`."""
    published_year(city, schools)

    def read(role: str, **scope) -> dict[str, str]:
        client = signed_client(
            AppointmentFactory(role=role, city=city, **scope).user if scope else appoint(role)
        )
        return {name: client.get(reverse(name)).content.decode() for name in LISTS}

    return read


@pytest.mark.parametrize("role", ["county", "county_lead"])
def test_people_of_one_county_read_no_column_and_no_filter_of_counties(role, pages):
    shown = pages(role)

    assert [
        name
        for name, page in shown.items()
        if COLUMN in page or FILTER in page or '<span class="hint">甲区' in page
    ] == []


def test_a_leader_of_one_county_reads_no_such_column_either(pages, county):
    shown = pages("viewer", county=county)

    assert [name for name, page in shown.items() if COLUMN in page or FILTER in page] == []


def test_the_city_narrows_every_list_by_county(pages):
    shown = pages("office")

    assert [name for name, page in shown.items() if FILTER not in page] == []
    assert {name for name, page in shown.items() if COLUMN in page} == {
        "schools:schools",
        "schools:teaching",
        "ratings:results",
    }


def test_the_workbook_of_a_county_still_names_it(schools, appoint, signed_client, county):
    response = signed_client(appoint("county")).post(reverse("schools:export"))

    table = read_workbook(b"".join(response.streaming_content), name="x.xlsx").first_sheet.table(
        ["县（市、区）"]
    )
    assert {row.text("县（市、区）") for row in table.rows} == {county.name}
