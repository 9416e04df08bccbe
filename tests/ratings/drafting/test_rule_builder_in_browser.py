"""Who has never seen the rule language builds real items of the sample scheme in Chromium, by the small forms
alone.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ratings.criteria.storing import create_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.models import Item
from tests.browser import faults, let_pass, wait_until_held

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

WORKBOOK = Path(__file__).parents[3] / "fixtures" / "shili-shi" / "scheme.xlsx"
#: A checklist, two tables of bands with conditions on records, and four parts of two kinds.
BUILT = ORGANISATION, CLASSES, FUNDS = "班子与机构", "办班总量与均衡", "经费保障"
CHECKLIST, BANDS = "清单：具备一样，得一样的分", "档：按数字分档给分"


@pytest.fixture
def spec():
    return read_scheme_workbook(WORKBOOK).spec


@pytest.fixture
def draft(spec, city):
    """The sample scheme of another year, without the three items."""
    others = tuple(item for item in spec.items if item.name not in BUILT)
    return create_scheme(replace(spec, items=others), city=city)


class Hand:
    """The mouse and the keyboard of an administrator on the page of a new item; the rule line is
    only read.
    """

    def __init__(self, page, address):
        self.page = page
        page.goto(address)

    @property
    def parts(self):
        return self.page.locator(".rule-part")

    def part(self, kind):
        """Adds a part; what follows is filled into it."""
        count = self.parts.count()
        self.page.get_by_label("给分").or_(self.page.get_by_label("再加一部分")).select_option(label=kind)
        self.add(self.page.get_by_role("button", name="加一部分"), self.parts, count + 1)
        return self.parts.nth(count)

    def add(self, button, things, count):
        button.click()
        expect(things).to_have_count(count)

    def lines(self, part, *lines):
        """Texts line by line; comparisons that are preselected stay, others are given as (sign, …)."""
        rows = part.locator("tbody tr")
        for place, texts in enumerate(lines):
            if rows.count() == place:
                self.add(part.get_by_role("button", name="加一行"), rows, place + 1)
            row = rows.nth(place)
            if texts[0] in "≥>=":
                row.locator("select").select_option(label=texts[0])
                row.get_by_label("数", exact=True).fill(texts[1])
            else:
                row.locator("input").first.fill(texts[0])
            row.get_by_label("得几分").fill(texts[-1])

    def checklist(self, *lines):
        self.lines(self.part(CHECKLIST), *lines)

    def bands(self, metric, *lines, limits=()):
        part = self.part(BANDS)
        part.get_by_label("指标", exact=True).fill(metric)
        if limits:
            part.get_by_text("口径：").click()
            for place, (name, value) in enumerate(limits):
                part.get_by_label("只计", exact=True).nth(place).fill(name)
                part.locator(".rule-limits").get_by_label("数", exact=True).nth(place).fill(value)
        self.lines(part, *lines)

    def save(self, item):
        """Fills in the rest, waits until the line stands and saves."""
        self.page.get_by_label("其他情况得几分").last.press("Tab") if self.page.get_by_label(
            "其他情况得几分"
        ).count() else None
        self.page.locator("#id_code").fill(item.code)
        self.page.locator("#id_name").fill(item.name)
        self.page.locator("#id_points").fill(str(item.points))
        self.page.locator("#id_points").blur()
        expect(self.page.locator("#id_rule")).to_have_value(item.rule_text)
        expect(self.page.locator("#rule-check")).to_contain_text("可以使用")
        self.page.get_by_role("button", name="保存", exact=True).click()
        expect(self.page.locator("#messages")).to_contain_text("已保存")


def test_three_items_of_the_sample_scheme_are_built_by_the_small_forms_alone(
    spec, draft, appoint, signed_in, live_server
):
    page = signed_in(appoint("office"))
    said = []
    page.on(
        "console", lambda message: "Content Security Policy" in message.text and said.append(message.text)
    )
    page.on("pageerror", lambda error: said.append(str(error)))
    wanted = {item.name: item for item in spec.items}

    def new_item(name):
        section = draft.categories.get(code=wanted[name].category).pk
        return Hand(
            page, f"{live_server.url}{reverse('ratings:scheme_item_new', args=[draft.pk])}?section={section}"
        )

    hand = new_item(ORGANISATION)
    hand.checklist(("书记任校长", "2"), ("副职齐备", "1"), ("挂牌且明确承办机构", "1"))
    hand.save(wanted[ORGANISATION])

    hand = new_item(CLASSES)
    counted = (("学时", "2"), ("人次", "15"))
    hand.bands(
        "办班期数",
        ("≥", "12", "5"),
        ("≥", "10", "4.5"),
        ("≥", "8", "3.5"),
        ("≥", "6", "2.5"),
        ("≥", "3", "1"),
        limits=counted,
    )
    hand.bands("有培训的双月数", ("=", "6", "3"), ("=", "5", "2.5"), ("=", "4", "2"), ("=", "3", "1"))
    hand.save(wanted[CLASSES])

    hand = new_item(FUNDS)
    hand.bands("到位经费", ("≥", "5", "4"), ("≥", "3", "3"), ("≥", "2", "2"), (">", "0", "1"))
    hand.checklist(("列入镇街预算", "1"))
    hand.bands("执行率", ("≥", "60%", "2"), ("≥", "40%", "1"))
    hand.checklist(("无违规使用", "1"))
    violations = faults(page)
    hand.save(wanted[FUNDS])

    for name in BUILT:
        assert Item.objects.get(scheme=draft, name=name).rule == wanted[name].rule_text
    assert violations == []
    assert said == []


def test_a_check_that_arrives_during_a_press_does_not_move_the_button_away(
    draft, appoint, signed_in, live_server
):
    page = signed_in(appoint("office"))
    address = reverse("ratings:scheme_item_new", args=[draft.pk])
    hand = Hand(page, f"{live_server.url}{address}?section={draft.categories.first().pk}")
    part = hand.part(CHECKLIST)
    rows, held = part.locator("tbody tr").count(), []
    page.set_viewport_size({"width": 1366, "height": 2000})
    page.route("**/*do=live", lambda route: held.append((route, route.fetch())))
    first = part.locator("tbody tr").first
    first.locator("input").first.fill("书记任校长")
    with page.expect_request(lambda request: "do=live" in request.url):
        first.get_by_label("得几分").fill("2")
        first.get_by_label("得几分").blur()
    wait_until_held(page, held)
    button = part.get_by_role("button", name="加一行")
    button.scroll_into_view_if_needed()
    place = button.bounding_box()

    page.clock.install()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    for route, answer in held:  # a slow finger: the answer comes before the button is let go
        route.fulfill(response=answer)
    let_pass(page, 500)
    page.mouse.up()

    expect(part.locator("tbody tr")).to_have_count(rows + 1)
    expect(page.locator("#id_rule")).to_have_value("清单(书记任校长=2)")


def test_a_button_let_go_elsewhere_leaves_what_was_typed_checked(draft, appoint, signed_in, live_server):
    page = signed_in(appoint("office"))
    address = reverse("ratings:scheme_item_new", args=[draft.pk])
    hand = Hand(page, f"{live_server.url}{address}?section={draft.categories.first().pk}")
    part = hand.part(CHECKLIST)
    rows, first = part.locator("tbody tr").count(), part.locator("tbody tr").first
    first.locator("input").first.fill("书记任校长")
    first.get_by_label("得几分").fill("2")

    page.clock.install()
    part.get_by_role("button", name="加一行").hover()
    page.mouse.down()
    let_pass(page, 200)  # longer than a change is waited for
    page.mouse.move(5, 5)
    page.mouse.up()

    expect(page.locator("#id_rule")).to_have_value("清单(书记任校长=2)")
    expect(part.locator("tbody tr")).to_have_count(rows)


def test_typing_is_checked_names_are_offered_and_composing_is_left_alone(
    draft, appoint, signed_in, live_server
):
    page = signed_in(appoint("office"))
    item = draft.items.get(name="工作人员")
    page.goto(live_server.url + reverse("ratings:scheme_item", args=[draft.pk, item.pk]))
    line, sent = page.locator("#id_rule"), []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))

    page.clock.install()
    line.dispatch_event("compositionstart")
    line.fill("档(zhujiao")
    let_pass(page, 900)  # longer than typing is waited for
    assert sent == []
    line.fill("档(工作")
    line.dispatch_event("compositionend")
    expect(page.locator("#rule-check")).to_contain_text("没有写完")

    page.get_by_role("button", name="工作人员数", exact=True).click()
    expect(line).to_have_value("档(工作人员数")
    line.press_sequentially(": ≥1→4; 其他→0)")
    expect(page.locator("#rule-check")).to_contain_text("达到 1 人得 4 分")
    page.locator("#rule-fold > summary").click()
    expect(page.locator("#id_p0-s0-metric")).to_have_value("工作人员数")
