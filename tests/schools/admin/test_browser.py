"""The back office in a real browser: Django's own scripts must work under the content security policy."""

import re

import pytest
from playwright.sync_api import expect

from schools.models import Role, Teacher
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(signed_in):
    """The back office of a system administrator; whatever the policy blocks is collected in
    `page.blocked`.
    """
    school = make.SchoolFactory(short_name="东溪镇委党校")
    keeper = make.AppointmentFactory(
        role=Role.SYSADMIN, city=school.city, user__is_staff=True, user__city=school.city
    ).user
    make.TeacherFactory(school=school, name="张某")
    page = signed_in(keeper)
    page.blocked = []
    page.on(
        "console",
        lambda message: (
            page.blocked.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    page.on("response", lambda response: page.blocked.append(response.url) if is_missing(response) else None)
    return page


def is_missing(response) -> bool:
    """A file that the page asked for in vain."""
    return "/static/" in response.url and response.status >= 400


def test_form_with_search_box_saves_without_anything_blocked(page, live_server):
    page.goto(f"{live_server.url}/admin/schools/teacher/add/")
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill("东溪")
    page.get_by_role("option", name="东溪镇委党校").click()
    page.get_by_label("姓名").fill("李某")
    page.get_by_label("类型").select_option("榜样型")
    page.get_by_label("入库日期").fill("2026-03-05")
    page.get_by_role("button", name="保存", exact=True).click()

    expect(page).to_have_url(re.compile(r"/teacher/$"))
    assert Teacher.objects.get(name="李某").kind == Teacher.Kind.MODEL
    assert page.blocked == []


def test_import_page_reads_in_chinese(page, live_server):
    page.goto(f"{live_server.url}/admin/schools/trainingclass/")
    page.get_by_role("link", name="导入", exact=True).click()

    expect(page.get_by_role("heading", name="导入开班登记")).to_be_visible()
    expect(page.get_by_role("table", name="工作表“课次”的列")).to_contain_text("授课人 *")
    assert page.blocked == []
