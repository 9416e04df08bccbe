"""The scheme editor in Chromium: by keyboard, on a phone, and the page on which two people's
contents meet.
"""

import pytest
from django.urls import reverse

from ratings.drafting.rows import change_row
from tests.browser import PHONE, faults, too_wide
from tests.ratings.drafts import draft_year

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def problems(page) -> list[str]:
    """What axe finds, and whether the page is wider than the phone."""
    return faults(page) + too_wide(page)


def test_the_office_edits_a_draft_on_a_phone_and_by_keyboard(city, appoint, signed_in, live_server):
    draft, chair, page = (
        draft_year(city, has_county_stage=True),
        appoint("chair"),
        signed_in(appoint("office")),
    )
    page.set_viewport_size(PHONE)
    item = draft.items.get(code="L1")

    page.goto(live_server.url + reverse("ratings:scheme_edit", args=[draft.pk]))
    page.get_by_role("button", name="下移大项 K").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit/#categories-*")
    moved = list(draft.categories.values_list("code", flat=True))

    page.goto(live_server.url + reverse("ratings:scheme_item", args=[draft.pk, item.pk]))
    change_row(item, {"name": "主任的名称", "standard": "主任写的标准"}, version=0, by=chair)
    page.get_by_label("名称", exact=False).first.fill("我的名称")
    page.get_by_label("名称", exact=False).first.press("Enter")
    page.get_by_role("alert").get_by_text("刚修改过这里").wait_for()
    wrong = problems(page)
    page.get_by_role("row", name="名称").get_by_label("用已保存的").check()
    page.get_by_role("button", name="保存，回到方案").click()
    page.wait_for_url("**/edit/?section=*")
    item.refresh_from_db()

    page.goto(live_server.url + reverse("ratings:scheme_parameters", args=[draft.pk]))
    weight = page.get_by_label("县初评权重")
    shown = weight.is_visible()
    page.get_by_label("县级初评").select_option(label="无")
    wrong += problems(page)

    assert moved == ["L", "K", "M"]
    assert (item.name, item.standard) == ("主任的名称", "主任写的标准")
    assert (shown, weight.is_visible()) == (True, False)
    assert wrong == []
