"""A year's days off entered by hand and eye: from the workbench to the last press, on a desk and
on a phone.
"""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from schools.models import CalendarYear
from tests.browser import faults, too_wide
from tests.clock import at

from .test_arrangement import OF_2027

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def november():
    """Late in 2026, when the next year is asked for."""
    with at(date(2026, 11, 25)):
        yield


@pytest.fixture
def page(appoint, signed_in):
    user = appoint("sysadmin")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    return signed_in(user)


def check_page(page) -> None:
    """Accessible, and within a phone's width."""
    assert faults(page) + too_wide(page) == []


def test_a_year_is_entered_from_the_workbench(page, live_server):
    page.goto(live_server.url)
    page.get_by_role("link", name="录入2027年的节假日安排").click()
    expect(page.get_by_label("年度")).to_have_value("2027")
    text = page.get_by_label("通知全文，或逐行写的日期")

    text.fill(OF_2027.replace("共5天", "共6天"))
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator("#problems")).to_contain_text("写的是6天，按日期是5天")
    expect(text).to_have_value(re.compile("共6天"))
    check_page(page)

    text.fill(OF_2027)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator("#days tbody tr")).to_have_count(33)
    check_page(page)
    page.get_by_role("button", name="确认录入2027年的安排").click()

    expect(page.get_by_text("已录入2027年节假日安排，共 33 天")).to_be_visible()
    assert CalendarYear.objects.get().days.count() == 33
    page.goto(live_server.url)
    expect(page.get_by_role("heading", name="今天要办")).to_be_visible()
    expect(page.get_by_text("节假日安排")).to_have_count(0)


def test_what_a_second_list_replaces_is_read_before_it_is_confirmed(page, live_server):
    def check(text: str) -> None:
        page.goto(f"{live_server.url}/calendar/?year=2027")
        page.get_by_label("通知全文，或逐行写的日期").fill(text)
        page.get_by_role("button", name="核对", exact=True).click()
        page.locator("#days tbody tr").first.wait_for()

    check(OF_2027)
    page.get_by_role("button", name="确认录入2027年的安排").click()
    expect(page.get_by_text("已录入2027年节假日安排")).to_be_visible()
    check(OF_2027)

    expect(page.get_by_text("确认后整份替换")).to_be_visible()
    check_page(page)
