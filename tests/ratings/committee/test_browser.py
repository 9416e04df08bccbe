"""The committee's pages in a real browser: accessible, within a phone's width, by keyboard,
without script.
"""

import pytest
from django.test import Client
from django.urls import reverse

from ratings.committee.motions import propose_star, send_back
from ratings.committee.settling import accept_all, settle_scheme
from ratings.models import JudgeSheet, Result
from tests.browser import faults, too_wide
from tests.cast import PASSWORD
from tests.factories import SchoolFactory
from tests.ratings.committee_year import VOTES, committee_year, deviate, found_by_meeting, recorder, set_city

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def scheme(city, county, chair):
    """Schools of every kind: divided judges, near a line, restricted, decided otherwise, with an
    open sheet.
    """
    long = SchoolFactory(county=county, name="中共名称特别长的街道工作委员会党校（功能区管理委员会分校）")
    scheme = committee_year(city, [long, *SchoolFactory.create_batch(4, county=county)], by=chair)
    rows = list(scheme.assessments.order_by("school__code"))
    set_city(rows[0], "L1", 0, 10, 25)
    set_city(rows[1], "L1", 21, 21, 21)
    found_by_meeting(rows[2], scheme.restrictions.get(code="Y1"), by=chair, basis="事故认定书")
    deviate(rows[3], 4, by=chair, reason="现场核查不符")
    motion = propose_star(rows[1], 4, by=recorder(scheme), reason="补正后查实", ballot=VOTES)
    send_back(motion, by=chair, reason="票数与纪要不符")
    propose_star(rows[0], 3, by=recorder(scheme), reason="签到表不实", ballot=VOTES)
    JudgeSheet.objects.filter(assessment=rows[4]).update(submitted_at=None, submitted_by=None)
    return scheme


def faults_at(page, url: str) -> list[str]:
    """What axe finds, unfolded, and what is wider than a phone."""
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(url)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    return faults(page) + too_wide(page)


def test_pages_before_settling_are_accessible_and_fit_a_phone(scheme, county, chair, signed_in, live_server):
    page = signed_in(chair)
    addresses = [
        reverse(f"ratings:{name}", args=[scheme.pk])
        for name in ("board", "accept_all", "settle", "projector", "materials", "meetings")
    ]
    addresses += [reverse("ratings:decide", args=[scheme.pk, row.pk]) for row in scheme.assessments.all()]
    addresses += [reverse("ratings:form_self", args=[scheme.assessments.first().pk])]
    addresses += [reverse("ratings:form_county", args=[scheme.pk, county.pk])]

    assert [fault for address in addresses for fault in faults_at(page, live_server.url + address)] == []


def test_pages_around_settling_are_accessible_and_fit_a_phone(city, county, chair, signed_in, live_server):
    scheme = committee_year(city, SchoolFactory.create_batch(2, county=county), by=chair)
    accept_all(scheme, by=chair)
    page = signed_in(chair)

    wrong = faults_at(page, live_server.url + reverse("ratings:settle", args=[scheme.pk]))
    settle_scheme(scheme, by=chair)
    wrong += faults_at(page, live_server.url + reverse("ratings:reopen", args=[scheme.pk]))
    wrong += faults_at(
        page, live_server.url + reverse("ratings:form_result", args=[Result.objects.first().pk])
    )

    assert wrong == []


def test_arrow_keys_turn_the_wall(scheme, chair, signed_in, live_server):
    page = signed_in(chair)
    page.goto(live_server.url + reverse("ratings:projector", args=[scheme.pk]))

    page.keyboard.press("ArrowRight")
    page.wait_for_url("**?place=2")
    page.keyboard.press("PageDown")
    page.wait_for_url("**?place=3")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**?place=2")
    page.keyboard.press("Escape")
    page.wait_for_url("**" + reverse("ratings:board", args=[scheme.pk]))


@pytest.fixture
def without_script(browser, live_server):
    """Turns a user into an open page of a browser of their own that runs no script."""
    contexts = []

    def open_page(user):
        client = Client()
        client.force_login(user)
        contexts.append(browser.new_context(java_script_enabled=False))
        contexts[-1].add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )
        return contexts[-1].new_page()

    yield open_page
    for context in contexts:
        context.close()


def test_a_year_is_decided_and_settled_without_script(
    city, county, chair, appoint, without_script, live_server
):
    scheme = committee_year(city, SchoolFactory.create_batch(3, county=county), by=chair)
    page, office = without_script(chair), without_script(appoint("office"))

    for desk in (office, page):
        desk.goto(live_server.url + reverse("ratings:board", args=[scheme.pk]))
        desk.locator("table.board tbody a").first.click()
        if desk == office:
            desk.locator("summary", has_text="登记与计算不同的审定").click()
            desk.get_by_label("审定星级").select_option(label="四星")
            desk.get_by_label("理由").fill("实地核查与材料不符")
            desk.locator("form[action$='/propose/'] [name=votes_for]").fill("7票")
            desk.get_by_role("button", name="登记，交主任确认").click()
            desk.get_by_text("评委会主任确认以后生效").wait_for()
    page.get_by_role("button", name="确认审定为四星").click()
    page.get_by_text("已确认：审定为四星").wait_for()
    page.goto(live_server.url + reverse("ratings:board", args=[scheme.pk]))
    page.get_by_role("link", name="按计算结果审定").click()
    page.get_by_label("评委会已集体审议").check()
    page.get_by_role("button", name="全部按计算结果审定").click()
    page.get_by_role("link", name="办理审定").click()
    page.get_by_label("请再次输入您的登录密码").fill(PASSWORD)
    page.get_by_role("button", name="审定2026年度评定结果").click()

    page.get_by_text("评定结果已审定").wait_for()
    assert sorted(Result.objects.values_list("star", flat=True)) == [4, 5, 5]
