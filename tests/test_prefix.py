"""Below a prefix, where one web server carries several systems: no page, redirect or message leads
out of it.
"""

import re

import pytest
from django.test import Client
from django.urls import clear_script_prefix, reverse, set_script_prefix

from config.settings import STATIC_URL
from schools.models import IssuedClass, Notice
from schools.records.corrections import refuse, request_change
from schools.teaching import classes, plans
from tests.factories import SchoolFactory, TrainingClassFactory
from tests.teaching_records import issued
from tests.test_role_table import TABLE, arguments, world  # noqa: F401

pytestmark = pytest.mark.django_db
PREFIX = "/xingji"
#: Whatever an attribute holds that begins like an address of this server.
ADDRESS = re.compile(r"""=["'](/[^"'/][^"']*|/)["']""")


@pytest.fixture(autouse=True)
def prefix(settings):
    settings.FORCE_SCRIPT_NAME = PREFIX
    set_script_prefix(PREFIX)
    # Read once a process, and perhaps by an earlier test; Django puts the prefix before what is relative.
    assert STATIC_URL == "static/"
    settings.STATIC_URL = f"{PREFIX}/{STATIC_URL}"
    yield
    clear_script_prefix()


def strays(response) -> set[str]:
    """Addresses of an answer that lie outside of the prefix."""
    found = [response.url] if response.status_code == 302 else []
    if "html" in response.headers.get("Content-Type", ""):
        found += ADDRESS.findall(response.content.decode())
    return {one for one in found if not one.startswith((f"{PREFIX}/", "?", "#"))}


#: Between them these open nearly every page; the deep run takes the others as well.
FIRST, OTHERS = ("filler", "county_lead", "office", "sysadmin"), ("head", "judge", "auditor")


@pytest.mark.parametrize("role", [*FIRST, *(pytest.param(role, marks=pytest.mark.deep) for role in OTHERS)])
def test_no_page_leads_out_of_the_prefix(role, world, appoint):  # noqa: F811
    user = appoint(role)
    user.is_staff = role == "sysadmin"
    user.save(update_fields=["is_staff"])
    if role == "judge":
        world["panel"][0].judges.update(user=user)
    client, found, opened = Client(), {}, 0
    client.force_login(user)

    for name, case in TABLE.items():
        if case.method == "get":
            address = reverse(name, args=arguments(world[case.kind][0] if case.kind else None))
            response = client.get(address.removeprefix(PREFIX))
            opened += response.status_code == 200
            if stray := strays(response):
                found[name] = stray

    assert found == {}
    assert opened > 10


def test_no_message_leads_out_of_the_prefix(city, county, school, appoint):
    filler, office = appoint("filler"), appoint("office")
    held = TrainingClassFactory(school=SchoolFactory(city=city, county=county))
    plan = issued(city)
    IssuedClass.objects.create(issued_plan=plan, month=5, name="支部书记示范班")

    classes.invite(held, [school])
    plans.issue(plan, by=office)
    refuse(
        request_change(TrainingClassFactory(school=school), {"attendance": 7}, by=filler, reason="误登"),
        by=appoint("county_lead"),
        remark="与签到册不符",
    )

    told = set(Notice.objects.values_list("url", flat=True))
    assert len(told) == 3
    assert [address for address in told if not address.startswith(f"{PREFIX}/")] == []


@pytest.mark.parametrize(
    ("address", "leads"),
    [
        ("/accounts/identity/", "/"),
        ("/text-size/", "/"),
        ("/admin/login/", f"/accounts/login/?next={PREFIX}/admin/"),
    ],
)
def test_what_leads_to_the_front_page_or_to_sign_in_keeps_the_prefix(address, leads, client, appoint):
    held = appoint("filler").appointments.get()
    if "identity" in address:
        client.force_login(held.user)

    response = client.get(address) if "admin" in address else client.post(address, {"appointment": held.pk})

    assert response.url == f"{PREFIX}{leads}"


@pytest.mark.urls("tests.config.urls")
def test_a_refusal_leads_to_the_front_page_below_the_prefix(signed_client, appoint):
    refused = signed_client(appoint("filler")).post("/refused-save/", {"remark": "说明"})

    assert refused.status_code == 409
    assert strays(refused) == set()


def test_the_front_page_is_marked_in_the_navigation_for_itself_alone(signed_client, appoint):
    client = signed_client(appoint("filler"))

    assert 'aria-current="page"' in client.get("/").content.decode()
    assert 'aria-current="page"' not in client.get("/help/").content.decode()
