"""Addresses somebody edited: a number no database holds, a character no text has, filters that say nothing.
Never an error page.
"""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.rating_factories import published_year

pytestmark = pytest.mark.django_db

#: As long as an address may be written, and what stands for each kind of part.
PARTS = {"int": "9" * 40, "str": "x%00", "slug": "x"}
OTHERS = ("judge", "chair", "auditor")
ASKED = (
    "year",
    "page",
    "q",
    "show",
    "part",
    "place",
    "where",
    "section",
    "row",
    "record",
    "school",
    "copy",
    "with",
    "do",
    "view",
    "county",
)


def addresses(patterns=None, before: str = "/") -> list[str]:
    """Every address of the two apps, each part of it nonsense."""
    found = []
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(entry, URLResolver) and entry.namespace != "admin":
            found += addresses(entry.url_patterns, before + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            route = str(entry.pattern)
            for kind, nonsense in PARTS.items():
                for name, converter in entry.pattern.converters.items():
                    if type(converter).__name__.lower().startswith(kind if kind != "str" else "string"):
                        route = route.replace(f"<{kind}:{name}>", nonsense)
            found.append(before + route)
    return found


@pytest.mark.parametrize(
    "role",
    ["filler", "county_lead", "office", *(pytest.param(one, marks=pytest.mark.deep) for one in OTHERS)],
)
def test_no_address_ends_in_an_error_page(role, city, school, appoint, signed_client):
    published_year(city, [school])
    client = signed_client(appoint(role))

    answers = {address: client.get(address).status_code for address in addresses()}

    assert {address for address, status in answers.items() if status >= 500} == set()
    assert any("9999" in address for address in answers)


@pytest.mark.parametrize("nonsense", ["²", "9" * 5000, "items:b/c"])
@pytest.mark.parametrize("role", ["filler", "office"])
def test_no_filter_ends_in_an_error_page(role, nonsense, city, school, appoint, signed_client):
    published_year(city, [school])
    client = signed_client(appoint(role))

    for address in addresses():
        if "9999" not in address:
            assert client.get(address, dict.fromkeys(ASKED, nonsense)).status_code < 500, address


def test_a_character_no_text_has_names_no_page(appoint, signed_client):
    assert signed_client(appoint("filler")).get("/metrics/%00/").status_code == 404
