"""What is typed into any form is still there after the session, the network, the size of type, the page or
the tab is lost; for its owner alone, until it is saved or seven days old.
"""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from schools.models import TrainingClass
from tests.browser import comes_true
from tests.cast import PASSWORD
from tests.factories import AnnualPlanFactory, PlannedClassFactory, TeacherFactory
from tests.xlsx import book

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

NAME = "党员春训第一期"


@pytest.fixture
def form(school, appoint, signed_in, live_server):
    """The empty form of a class, as the filler of the school opens it."""
    TeacherFactory(school=school, name="陈小明", kind="lecturer")
    page = signed_in(appoint("filler"))
    page.goto(live_server.url + reverse("schools:class_new") + f"?school={school.pk}")
    return page


def fill(page) -> None:
    page.locator("[name=name]").fill(NAME)
    page.locator("[name=category]").select_option(index=1)
    page.locator("[name=hours]").fill("6")
    page.locator("[name=attendance]").fill("51")
    page.locator("[name=lecturer]").fill("陈小明")
    page.locator("[name=first_lesson]").check()


def expect_filled(page) -> None:
    expect(page.locator("[name=name]")).to_have_value(NAME)
    expect(page.locator("[name=attendance]")).to_have_value("51")
    expect(page.locator("[name=first_lesson]")).to_be_checked()


def notice(page):
    return page.locator(".typed-words")


def register(page) -> None:
    page.get_by_role("button", name="登记", exact=True).click()


def kept(page) -> int:
    """How many forms this browser keeps words of."""
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('typed:')).length")


def wait_until_kept(page, text: str) -> None:
    """Until the last of what was typed is in the store; it is written a moment after the last key."""
    kept = "text => Object.values(localStorage).some(one => one.includes(text))"
    assert comes_true(page, lambda: page.evaluate(kept, text)), f"{text} was never kept"


def test_words_outlive_the_session_and_go_once_they_are_saved(form):
    fill(form)
    Session.objects.all().delete()
    register(form)
    expect(form.locator("[data-typed-words]")).to_contain_text("登录以后自动填回")
    form.get_by_label("用户名").fill("filler")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("[name=password]").press("Enter")

    expect(notice(form)).to_contain_text("已填回您")
    expect_filled(form)
    address = form.url
    register(form)

    form.wait_for_url("**/teaching/schools/**")
    assert TrainingClass.objects.get().name == NAME
    form.goto(address)
    expect(form.locator("[name=name]")).to_have_value("")
    expect(notice(form)).to_have_count(0)
    assert kept(form) == 0


def test_words_outlive_the_network_the_size_of_type_and_a_reload(form):
    form.evaluate("window.opened = 'once'")
    fill(form)
    form.get_by_role("button", name="大字").first.click()
    expect(form.locator("html.large-text")).to_have_count(1)
    assert form.evaluate("window.opened") == "once"
    expect_filled(form)

    form.context.set_offline(True)
    register(form)
    expect(notice(form)).to_contain_text("现在没有网络")
    expect_filled(form)
    form.context.set_offline(False)

    form.reload()
    expect(form.locator("html.large-text")).to_have_count(1)
    expect_filled(form)
    form.get_by_role("button", name="不要这些内容").click()
    expect(form.locator("[name=name]")).to_have_value("")
    form.reload()
    expect(notice(form)).to_have_count(0)


def test_a_refused_form_keeps_its_words_when_it_is_left_and_opened_again(form):
    fill(form)
    form.locator("[name=hours]").fill("0")
    address = form.url
    register(form)
    expect(form.locator(".error-summary")).to_be_visible()
    expect(notice(form)).to_have_count(0)
    expect_filled(form)

    form.goto(address)

    expect_filled(form)
    expect(notice(form)).to_contain_text("还没有保存")


def test_what_a_form_is_answered_with_is_what_stands_there(form, school, live_server):
    last = timezone.localdate().year - 1
    PlannedClassFactory(plan=AnnualPlanFactory(school=school, year=last), name="去年的班")
    form.goto(live_server.url + reverse("schools:plan_edit", args=[last + 1]))
    form.locator("[name$=-name]").first.fill(NAME)
    form.get_by_role("button", name="从上一年复制").click()

    expect(form.get_by_text("只把上一年")).to_be_visible()
    expect(form.locator("[name$=-name][value=去年的班]")).to_have_count(1)
    expect(form.locator(f"[name$=-name][value={NAME}]")).to_have_count(1)
    expect(notice(form)).to_have_count(0)

    form.goto(live_server.url + reverse("schools:class_import"))
    sheet = book(["开始日期", "班名", "类别", "学时", "人次"], ["2025-03-05", NAME, "集中培训", 4, 60])
    chosen = {"name": "w4b.xlsx", "mimeType": "application/octet-stream", "buffer": sheet}
    form.locator("[type=file]").set_input_files(chosen)
    form.get_by_role("button", name="上传并核对").click()

    expect(form.get_by_role("button", name="确认写入")).to_be_visible()
    expect(notice(form)).to_have_count(0)


def test_another_tab_offers_the_words_and_another_person_sees_none_of_them(
    form, appoint, client, live_server
):
    fill(form)
    wait_until_kept(form, NAME)
    other = form.context.new_page()
    other.goto(form.url)

    expect(other.locator("[name=name]")).to_have_value("")
    other.get_by_role("button", name="填回来").click()
    expect_filled(other)

    head = appoint("head")
    client.force_login(head)
    other.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    other.goto(form.url)
    expect(other.locator("[name=name]")).to_have_value("")
    expect(notice(other)).to_have_count(0)


def test_nothing_moves_from_under_the_mouse_no_number_turns_and_no_text_is_cut(form):
    fill(form)
    form.locator("[name=attendance]").focus()
    form.mouse.wheel(0, -200)
    expect(form.locator("[name=attendance]")).to_have_value("51")
    place = form.locator("[name=place]")
    place.focus()
    place.fill("长" * 120)
    expect(place).to_have_value("长" * 120)
    expect(form.get_by_text("请删去 20 字")).to_be_visible()
    place.fill("老祠堂")
    form.locator("[name=lecturer]").fill("王小二")

    register(form)

    expect(form.locator(".error-summary")).to_contain_text("王小二")
    expect_filled(form)


def test_words_are_kept_for_seven_days(form):
    aged = """days => Object.keys(localStorage).filter(key => key.startsWith('typed:')).forEach(key => {
        const kept = JSON.parse(localStorage.getItem(key));
        kept.at -= days * 86400000;
        localStorage.setItem(key, JSON.stringify(kept));
    })"""
    address = form.url
    desk = address.split("/teaching/")[0]
    fill(form)
    for days, left in ((6.9, NAME), (7.1, "")):
        form.goto(desk)
        form.evaluate(aged, days)

        form.goto(address)

        expect(form.locator("[name=name]")).to_have_value(left)


def test_after_signing_out_back_shows_no_page_of_the_one_who_left(form):
    address = form.url
    fill(form)
    form.get_by_role("button", name="退出").first.click()
    form.wait_for_url("**/login/**")

    form.go_back()

    expect(form.get_by_role("button", name="登录")).to_be_visible()
    assert form.url != address
