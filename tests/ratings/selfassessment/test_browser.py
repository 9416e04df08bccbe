"""The self-assessment in Chromium: autosave, what survives trouble, the whole way from the task list to the
receipt.
"""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ratings.enums import Status
from ratings.models import Score
from ratings.sheets.answering import save
from tests.browser import faults, let_pass, too_wide, wait_until_held
from tests.cast import PASSWORD
from tests.factories import CountyFactory, SchoolFactory
from tests.ratings.county_year import county_scheme
from tests.ratings.opened_year import answer_everything

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def open_at(signed_in, live_server, assessment):
    """Opens a page of the assessment as a user: `page = open_at(filler, "item", "M1")`."""

    def go(user, page: str = "", *args):
        tab = signed_in(user)
        tab.goto(address(live_server, assessment, page, *args))
        return tab

    return go


def address(live_server, assessment, page: str = "", *args) -> str:
    name = f"ratings:assessment_{page}" if page else "ratings:assessment"
    return live_server.url + reverse(name, args=[assessment.pk, *args])


def count_field(page, row):
    return page.locator(f"#s{row('M1').pk}-a0")


def remark(page, row):
    return page.locator(f"#s{row('M1').pk}-remark")


def said(page):
    return page.locator(".answer-status")


def test_a_county_ticked_whole_ticks_its_rows_and_is_off_without_one_of_them(
    signed_in, live_server, appoint, city, school, county
):
    near, far = (
        [SchoolFactory(city=city, county=place) for _ in "12"] for place in (county, CountyFactory(city=city))
    )
    scheme = county_scheme(city, [school, *near, *far], year=2026)
    page = signed_in(appoint("office"))
    page.goto(live_server.url + reverse("ratings:progress_board", args=[scheme.pk]))
    whole = page.locator(f"input[name=county][value='{county.pk}']")
    ticked = page.locator("input[name=school]:checked")

    whole.check()
    expect(ticked).to_have_count(3)
    page.get_by_role("checkbox", name=near[0].name, exact=True).uncheck()
    expect(whole).not_to_be_checked()
    expect(ticked).to_have_count(2)
    page.get_by_role("button", name="批准延期").click()
    expect(page.get_by_role("heading", name="将办理 2 所")).to_be_visible()


def test_leaving_a_field_saves_it_and_says_so(open_at, filler, row):
    page = open_at(filler, "item", "M1")

    count_field(page, row).fill("2")
    remark(page, row).fill("市级采纳一项")
    remark(page, row).blur()

    expect(page.locator(".answers[data-pending]")).to_have_count(0)
    expect(said(page)).to_contain_text("已保存")
    expect(said(page)).to_contain_text("填报部分 4.00 分")
    assert row("M1").answers == {"答": {"成果": 2}}
    assert row("M1").remark == "市级采纳一项"


def test_what_is_filled_in_before_the_script_has_come_is_saved(
    open_at, signed_in, filler, row, assessment, live_server
):
    page = signed_in(filler)
    held = []
    page.route("**/autosave*.js", lambda route: held.append(route))
    page.goto(address(live_server, assessment, "item", "M1"), wait_until="commit")
    remark(page, row).fill("网速很慢")
    count_field(page, row).fill("2")
    count_field(page, row).blur()
    wait_until_held(page, held)

    held[0].continue_()

    expect(said(page)).to_contain_text("填报部分 4.00 分")
    expect(page.locator(".answers[data-pending]")).to_have_count(0)
    assert (row("M1").answers, row("M1").remark) == ({"答": {"成果": 2}}, "网速很慢")


def test_coming_back_to_a_saved_page_is_no_conflict_with_oneself(
    open_at, filler, row, assessment, live_server
):
    page = open_at(filler, "item", "M1")
    remark(page, row).fill("先写的")
    remark(page, row).blur()
    expect(said(page)).to_contain_text("已保存")
    page.goto(address(live_server, assessment))

    page.go_back()
    expect(remark(page, row)).to_have_value("先写的")
    remark(page, row).fill("后写的")
    remark(page, row).blur()

    expect(page.locator(".answers[data-pending]")).to_have_count(0)
    expect(page.locator("[data-conflict]")).to_have_count(0)
    expect(said(page)).to_contain_text("已保存")
    assert row("M1").remark == "后写的"


def test_nothing_is_sent_while_words_are_being_composed(open_at, filler, row):
    page = open_at(filler, "item", "M1")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))

    page.clock.install()
    field = remark(page, row)
    field.focus()
    field.dispatch_event("compositionstart")
    page.evaluate(
        "field => { field.value = 'shi ji'; field.dispatchEvent(new Event('change', {bubbles: true})); }",
        field.element_handle(),
    )
    let_pass(page, 300)
    assert sent == []
    field.dispatch_event("compositionend")
    field.fill("市级")
    field.blur()

    expect(said(page)).to_contain_text("已保存")
    assert row("M1").remark == "市级"


def test_a_wrong_answer_is_told_beside_its_field_and_kept(open_at, filler, row):
    page = open_at(filler, "item", "M1")

    count_field(page, row).fill("两项")
    count_field(page, row).blur()

    expect(page.locator(f"#s{row('M1').pk}-a0-error")).to_contain_text("应写次数")
    expect(count_field(page, row)).to_have_value("两项")
    count_field(page, row).fill("2")
    count_field(page, row).blur()
    expect(said(page)).to_contain_text("已保存")
    expect(page.locator(f"#s{row('M1').pk}-a0-error")).to_be_empty()


def test_text_survives_a_lost_network_and_is_saved_when_it_is_back(open_at, filler, row):
    page = open_at(filler, "item", "M1")
    page.context.set_offline(True)

    remark(page, row).fill("断网时写的")
    remark(page, row).blur()
    expect(said(page)).to_contain_text("网络不通")
    expect(remark(page, row)).to_have_value("断网时写的")
    page.context.set_offline(False)

    expect(said(page)).to_contain_text("已保存", timeout=15_000)
    assert row("M1").remark == "断网时写的"


def test_two_people_on_one_item_see_both_values_and_choose(open_at, filler, head, row):
    page = open_at(filler, "item", "M1")
    save(row("M1").pk, by=head, version=0, posted={"成果": "3"}, remark="校长写的")

    remark(page, row).fill("填报人写的")
    remark(page, row).blur()

    trouble = page.locator("[data-conflict]")
    expect(trouble).to_contain_text("校长写的")
    expect(trouble).to_contain_text("填报人写的")
    assert row("M1").remark == "校长写的"
    trouble.get_by_role("button", name="以我填的为准").click()
    expect(said(page)).to_contain_text("已保存")
    assert row("M1").remark == "填报人写的"


def test_the_other_value_of_a_conflict_can_be_taken(open_at, filler, head, row):
    page = open_at(filler, "item", "M1")
    save(row("M1").pk, by=head, version=0, posted={"成果": "3"}, remark="校长写的")
    count_field(page, row).fill("1")
    count_field(page, row).blur()

    page.get_by_role("button", name="采用已保存的").click()

    expect(count_field(page, row)).to_have_value("3")
    expect(remark(page, row)).to_have_value("校长写的")


def test_saving_the_page_waits_for_the_answer_under_way_and_meets_no_conflict_with_oneself(
    open_at, filler, row
):
    page = open_at(filler, "item", "M1")
    held = []

    def hold(route):
        if "hx-request" in route.request.headers and not held:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/*", hold)
    page.clock.install()
    count_field(page, row).fill("2")
    with page.expect_request(lambda request: request.method == "POST"):
        count_field(page, row).blur()
    remark(page, row).fill("写在保存途中")
    wait_until_held(page, held)
    here = page.url

    page.get_by_role("button", name="保存并").click()
    let_pass(page, 300)
    expect(page).to_have_url(here)
    expect(said(page)).to_contain_text("正在保存")
    route, answer = held[0]
    route.fulfill(response=answer)

    expect(page).not_to_have_url(here)
    assert row("M1").answers == {"答": {"成果": 2}}
    assert row("M1").remark == "写在保存途中"


def test_nothing_moves_under_the_mouse_while_its_button_is_down(open_at, filler, row):
    page = open_at(filler, "item", "M1")
    here = page.url
    count_field(page, row).fill("2")
    onward = page.locator("main .actions button.btn-primary")
    onward.scroll_into_view_if_needed()
    box = onward.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)

    with page.expect_response("**/scores/**"):
        page.mouse.down()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.mouse.up()

    expect(page).not_to_have_url(here)
    assert row("M1").answers == {"答": {"成果": 2}}


def test_a_form_that_waited_stays_on_the_page_when_the_network_is_lost(open_at, filler, row):
    page = open_at(filler, "item", "M1")
    held = []
    page.route(
        "**/*",
        lambda route: (
            held.append(route) if route.request.method == "POST" and not held else route.continue_()
        ),
    )
    with page.expect_request(lambda request: request.method == "POST"):
        remark(page, row).fill("断网时写的")
        remark(page, row).blur()
    wait_until_held(page, held)
    here = page.url

    page.get_by_role("button", name="保存并").click()
    held[0].abort()

    expect(said(page)).to_contain_text("网络不通")
    expect(page).to_have_url(here)
    expect(said(page)).to_contain_text("已保存", timeout=15_000)
    assert row("M1").remark == "断网时写的"


def test_an_ended_session_leads_to_sign_in_and_back_with_the_text(open_at, filler, row):
    page = open_at(filler, "item", "M1")
    here = page.url
    page.context.clear_cookies(name="sessionid")

    remark(page, row).fill("过期前写的")
    remark(page, row).blur()
    page.wait_for_url("**/accounts/login/**")
    page.get_by_label("用户名").fill(filler.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(here)

    expect(said(page)).to_contain_text("已保存")
    expect(remark(page, row)).to_have_value("过期前写的")
    assert row("M1").remark == "过期前写的"


def test_text_left_behind_is_not_shown_to_the_next_person(
    open_at, filler, head, signed_in, client, live_server, row
):
    page = open_at(filler, "item", "M1")
    page.route("**/scores/**", lambda route: route.abort())
    remark(page, row).fill("只是填报人的话")
    remark(page, row).blur()
    expect(said(page)).to_contain_text("网络不通")

    client.force_login(head)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()

    expect(remark(page, row)).to_have_value("")


def test_a_closed_assessment_keeps_what_was_typed_on_the_screen(open_at, filler, row, assessment):
    page = open_at(filler, "item", "M1")
    type(assessment).objects.filter(pk=assessment.pk).update(status=Status.COUNTY)

    remark(page, row).fill("晚了一步")
    remark(page, row).blur()

    expect(page.locator("[data-part=trouble]")).to_contain_text("不能再填写")
    expect(remark(page, row)).to_have_value("晚了一步")
    assert row("M1").remark == ""


def test_a_refusal_stops_the_row_with_its_sentence(open_at, filler, row):
    page, sent = open_at(filler, "item", "M1"), []

    def refuse(route):
        sent.append(route.request.url)
        route.fulfill(
            status=409,
            content_type="text/plain; charset=utf-8",
            body="这一条刚被别人删除，您的内容没有保存。",
        )

    page.route("**/scores/**", refuse)
    remark(page, row).fill("晚了一步")
    remark(page, row).blur()

    expect(page.locator(".answers[data-pending]")).to_contain_text("这一条刚被别人删除，您的内容没有保存。")
    remark(page, row).fill("再试一次")
    remark(page, row).blur()
    expect(remark(page, row)).to_have_value("再试一次")
    assert len(sent) == 1


def test_filler_fills_in_and_head_submits_by_keyboard(
    open_at, signed_in, filler, head, row, assessment, live_server
):
    page = open_at(filler)
    page.get_by_role("link", name="在一页上填写").press("Enter")
    page.get_by_label("音响").press("Space")
    page.get_by_label("桌椅").press("Space")
    page.locator(f"#s{row('L2').pk}-declared").press("Space")
    page.get_by_label("A（5 分）").press("Space")
    page.get_by_label("调研次数").press_sequentially("2")
    page.get_by_label("成果").press_sequentially("1")
    page.get_by_label("成果").press("Tab")
    expect(page.locator("h1")).to_contain_text("已填 4 / 4 项")
    page.get_by_role("link", name="核对作答").press("Enter")
    page.get_by_role("button", name="确认交负责人确认").press("Enter")
    expect(page.locator("main")).to_contain_text("已交负责人确认")

    page = signed_in(head)
    page.goto(live_server.url + "/")
    page.get_by_role("link", name="确认并提交").press("Enter")
    page.get_by_role("button", name="确认提交自评").press("Enter")

    page.wait_for_url("**/receipt/")
    expect(page.locator("main")).to_contain_text("自评已提交")
    assessment.refresh_from_db()
    assert assessment.status == Status.COUNTY
    assert not Score.objects.filter(assessment=assessment, stage="self", answers__isnull=True).exists()


def test_pages_are_accessible_and_fit_a_phone(browser, client, head, assessment, live_server):
    answer_everything(assessment)
    client.force_login(head)
    context = browser.new_context(viewport={"width": 360, "height": 740})
    context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = context.new_page()
    wrong = []

    for name, *args in [
        ("",),
        ("sheet",),
        ("check",),
        ("item", "K1"),
        ("item", "L3"),
        ("item", "L1"),
        ("step", "submit"),
    ]:
        page.goto(address(live_server, assessment, name, *args))
        wrong += faults(page) + too_wide(page)
    context.close()

    assert wrong == []
