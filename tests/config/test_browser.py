"""Pages as people see them: accessible, within a phone's width, light on slow lines."""

import gzip
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import faults

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.usefixtures("test_pages")]

OPEN = ["/accounts/login/", "/help/"]
CLOSED = ["/gallery/", "/gallery/?errors=1", "/accounts/password/", "/nowhere/", "/refused/"]


@pytest.mark.parametrize("path", OPEN)
def test_open_pages_have_no_accessibility_violation(page, live_server, path):
    page.goto(live_server.url + path)

    assert faults(page, whole=True) == []


def test_closed_pages_have_no_accessibility_violation_and_nothing_is_blocked(signed_in, appoint, live_server):
    user = appoint("filler")
    appoint("county", user=user)
    page = signed_in(user)
    said = []
    page.on("console", lambda message: said.append(message.text))

    for path in CLOSED:
        page.goto(live_server.url + path)
        assert faults(page, whole=True) == [], path
    assert [
        text for text in said if "Content Security Policy" in text or "Content-Security-Policy" in text
    ] == []


@pytest.mark.parametrize("large", [False, True])
def test_pages_fit_a_phone(signed_in, appoint, live_server, large):
    page = signed_in(appoint("filler"))
    page.set_viewport_size({"width": 360, "height": 740})
    if large:
        page.context.add_cookies([{"name": "text_size", "value": "large", "url": live_server.url}])

    for path in [*CLOSED, "/help/"]:
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_a_refused_part_says_its_sentence(signed_in, appoint, live_server):
    page = signed_in(appoint("filler"))
    page.goto(live_server.url + "/gallery/")

    page.evaluate("htmx.ajax('GET', '/refused-save/', {target: 'main'})")

    expect(page.locator("#messages")).to_contain_text("请先退回评分表。")


def test_sign_in_works_by_keyboard_alone_and_without_script(browser, appoint, live_server):
    appoint("filler")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(live_server.url + "/accounts/login/?next=/gallery/")
    page.locator("#id_username:focus").wait_for()
    page.keyboard.type("filler")
    page.keyboard.press("Tab")
    page.keyboard.type("Ceshi-2026")
    page.keyboard.press("Enter")
    page.wait_for_url(live_server.url + "/gallery/")

    assert "东溪镇委党校 · 填报人 filler某" in page.locator(".header-wide .who").inner_text()
    context.close()


def test_the_menu_of_a_phone_opens_without_script(browser, client, appoint, live_server):
    client.force_login(appoint("filler"))
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(live_server.url + "/gallery/")

    link = page.locator(".header-narrow .main-nav a").first
    assert not link.is_visible()
    page.locator(".header-narrow > summary").click()

    assert link.is_visible()
    context.close()


def test_the_first_page_is_light_and_later_ones_lighter(signed_in, appoint, live_server):
    page = signed_in(appoint("filler"))
    bodies = {}
    page.on("response", lambda response: bodies.setdefault(response.url, response))

    page.goto(live_server.url + "/gallery/", wait_until="load")

    weights = {
        Path(urlsplit(url).path).name: len(gzip.compress(response.body()))
        for url, response in list(bodies.items())
    }
    assert all(url.startswith(live_server.url) for url in bodies)
    assert sum(weights.values()) <= 200 * 1024, weights
    assert weights["gallery"] <= 60 * 1024, weights
