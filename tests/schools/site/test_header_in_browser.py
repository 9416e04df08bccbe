"""The header of the busiest role stays one line high on the common office screen."""

import pytest

from schools.messages.inbox import notify

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
MANY = 12


def test_unread_messages_push_no_entry_of_the_bar_into_a_second_line(appoint, signed_in, live_server):
    office = appoint("office")
    for number in range(MANY):
        notify([office], "请核对", key=f"occasion-{number}")
    page = signed_in(office)
    page.goto(live_server.url)

    links = page.locator(".header-wide .main-nav a")
    lines = {round(links.nth(number).bounding_box()["y"]) for number in range(links.count())}

    assert page.locator(".header-wide .count").inner_text().split()[1] == str(MANY)
    assert len(lines) == 1
