"""One round of writing a rule line as a browser sends it."""

from html import unescape

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from tests.rating_factories import spec_for

FORM = {"code": "L9", "name": "设施", "points": "3", "kind": "base", "verified": "", "standard": "配齐设施"}
PARTIAL = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def rule_scheme(city):
    return create_scheme(spec_for(city, 2026), city=city)


@pytest.fixture
def rule_office(appoint, signed_client):
    return signed_client(appoint("office"))


@pytest.fixture
def post_rule(rule_office, rule_scheme):
    """Posts one round of the desk as the office: `said = post_rule("check", rule="分(0—3)")`."""

    def send(do, *, partial=True, **fields):
        response = rule_office.post(
            reverse("ratings:rule_desk", args=[rule_scheme.pk]),
            FORM | {"do": do} | fields,
            **(PARTIAL if partial else {}),
        )
        assert response.status_code == 200
        return unescape(response.content.decode())

    return send
