"""The words of a reminder reach the clipboard; without script they stand there to be copied by hand."""

import pytest
from django.urls import reverse
from django.utils import timezone

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_one_press_copies_the_words_of_a_reminder(school, appoint, signed_in, live_server):
    page = signed_in(appoint("county"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    address = reverse("schools:monitoring_school", args=[school.pk])
    page.goto(f"{live_server.url}{address}?year={timezone.localdate().year - 1}")

    page.get_by_role("button", name="复制提醒文字").click()
    page.get_by_text("已复制。").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")

    assert copied == page.locator("#words").input_value()
    assert copied.startswith("东溪镇委党校：")
    assert "月报未确认" in copied
