"""The judge's desk and the panel pages in a real browser: accessible, within a phone's width, clicked
through.
"""

import re

import pytest
from django.urls import reverse

from ratings.judging.sheets import start_entry
from ratings.models import JudgeSheet
from tests.browser import faults, too_wide

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

MOST_CLICKS = 6


def faults_of(page, live_server, addresses: list[str]) -> list[str]:
    """What axe finds on each page, and pages wider than a phone."""
    wrong = []
    for address in addresses:
        assert page.goto(live_server.url + address).status == 200, address
        wrong += faults(page) + too_wide(page)
    return wrong


def test_the_judges_pages_are_accessible_and_fit_a_phone(judged, signed_in, live_server):
    judge = judged.judges[0]
    first, second = judged.assessments
    judged.hand_in(judge, assessment=second)
    pages = [
        reverse("schools:desk"),
        reverse("ratings:judging"),
        reverse("ratings:judging") + "?show=all",
        reverse("ratings:judging_grid"),
    ]
    pages += [reverse("ratings:judging_item", args=[first.pk, code]) for code in ("K2", "L3")]
    for assessment in judged.assessments:
        pages += [
            reverse(f"ratings:judging_{name}", args=[assessment.pk]) for name in ("school", "submit", "panel")
        ]

    assert faults_of(signed_in(judge), live_server, pages) == []


def test_the_offices_panel_pages_are_accessible_and_fit_a_phone(judged, signed_in, live_server):
    start_entry(judged.sheet(judged.judges[0]), by=judged.office)
    judged.hand_in(judged.judges[1])
    entered, closed = judged.sheet(judged.judges[0]), judged.sheet(judged.judges[1])
    pages = [
        reverse("ratings:panel_board", args=[judged.scheme.pk]),
        reverse("ratings:panel", args=[judged.panel.pk]),
        reverse("ratings:sheets", args=[judged.assessment.pk]),
        reverse("ratings:sheet_reopen", args=[closed.pk]),
        reverse("ratings:paper", args=[entered.pk]),
        reverse("ratings:paper_check", args=[entered.pk]),
    ]

    assert faults_of(signed_in(judged.office), live_server, pages) == []


def test_a_judge_who_agrees_clicks_four_times_for_a_school(judged, signed_in, live_server):
    judge = judged.judges[0]
    page, clicks = signed_in(judge), 0
    page.goto(live_server.url + reverse("ratings:judging"))

    for name in ("开始评审", "同意初评", "核对并提交评分表", "提交评分表，锁定评分"):
        page.locator("main a.btn, main button.btn").filter(has_text=name).first.click()
        clicks += 1

    page.wait_for_url(re.compile(r"/judging/(\?|$)"))
    assert "评分表已提交" in page.locator("#messages").inner_text()
    assert JudgeSheet.objects.filter(judge__user=judge, submitted_at__isnull=False).count() == 1
    assert clicks <= MOST_CLICKS


def test_a_value_of_an_item_is_saved_by_keyboard_and_leads_on(judged, signed_in, live_server):
    judge = judged.judges[0]
    page = signed_in(judge)
    page.goto(live_server.url + reverse("ratings:judging_item", args=[judged.assessment.pk, "L1"]))

    page.get_by_label("B（6 分）").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="保存并下一项").focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/items/L2/")
    assert judged.row(judge, "L1").answers == {"答": {"听课": "B"}}
