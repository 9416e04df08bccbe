"""The pages of the scheme editor: what they show, what they refuse, and that nothing typed is lost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ratings.drafting.rows import change_row
from ratings.models import Item, Scheme, StarBand
from tests.ratings.drafts import draft_year, large_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(city):
    return draft_year(city)


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def desk(signed_client, office):
    return signed_client(office)


def at(name, *args):
    return reverse(f"ratings:{name}", args=args)


def item_post(item, **changes):
    """The form of an item as it was opened, with changes."""
    posted = {
        "version": item.version,
        "seen": "{}",
        "code": item.code,
        "name": item.name,
        "kind": item.kind,
        "category": item.category_id or "",
        "group": item.group,
        "points": str(item.points),
        "standard": item.standard,
        "rule": item.rule,
        "evidence": item.evidence,
        "verified": item.verified,
    }
    return posted | changes


def test_the_draft_shows_sums_beside_100_and_what_the_check_found(desk, draft):
    Item.objects.filter(code="L1").update(points=29)

    page = desk.get(at("scheme_edit", draft.pk)).content.decode()

    assert "合计 99 / 100 分" in page
    assert "应为 100 分" in page
    assert at("scheme_checks", draft.pk) in page
    assert f'id="items-{draft.items.get(code="K1").pk}"' in page


def test_the_chair_reads_without_a_single_button(signed_client, appoint, draft):
    client = signed_client(appoint("chair"))
    item = draft.items.get(code="K1")

    pages = [
        client.get(address).content.decode()
        for address in (
            at("scheme_edit", draft.pk),
            at("scheme_item", draft.pk, item.pk),
            at("scheme_row", draft.pk, "bands", draft.bands.first().pk),
            at("scheme_parameters", draft.pk),
        )
    ]

    assert all("只供查阅" in page or "disabled" in page for page in pages)
    assert not any('name="up"' in page or ">保存" in page or "删除" in page for page in pages)
    assert client.post(at("scheme_item", draft.pk, item.pk), item_post(item, name="改")).status_code == 403
    assert client.get(at("scheme_item_new", draft.pk)).status_code == 403
    item.refresh_from_db()
    assert item.name == "办班总量"


@pytest.mark.parametrize(("items", "year"), [(16, 2031), (228, 2032)])
def test_a_large_table_costs_no_more_queries_than_a_small_one(desk, city, items, year):
    draft = large_draft(city, items=items, year=year)
    first, middle = draft.items.first(), draft.items.all()[items // 2]
    desk.get(at("scheme_edit", draft.pk))

    counts = []
    for address in (at("scheme_edit", draft.pk), at("scheme_item", draft.pk, middle.pk)):
        with CaptureQueriesContext(connection) as captured:
            response = desk.get(address)
        assert response.status_code == 200
        counts.append(len(captured))

    assert max(counts) <= 12, captured.captured_queries
    page = desk.get(at("scheme_edit", draft.pk)).content.decode()
    assert page.count('<tr id="items-') == items
    assert ('<details class="fold" open>' in page) == (items <= 30)
    opened = desk.get(at("scheme_edit", draft.pk), {"section": first.category_id}).content.decode()
    assert '<details class="fold" open>' in opened


def test_items_are_found_by_any_word_of_theirs(desk, city):
    draft = large_draft(city, items=60)

    page = desk.get(at("scheme_edit", draft.pk), {"q": "第17项"}).content.decode()

    assert page.count('<tr id="items-') == 1
    assert "找到 1 项" in page
    assert "没有找到" in desk.get(at("scheme_edit", draft.pk), {"q": "没有这样的"}).content.decode()


def test_a_rule_is_kept_as_the_rule_language_prints_it(desk, draft):
    item = draft.items.get(code="L1")

    response = desk.post(
        at("scheme_item", draft.pk, item.pk),
        item_post(item, rule="档（办班期数：>=10 -> 30；其他->0）", act="next"),
    )

    item.refresh_from_db()
    assert item.rule == "档(办班期数: ≥10→30; 其他→0)"
    assert response.url == at("scheme_item", draft.pk, draft.items.get(code="M1").pk)


def test_an_unreadable_rule_is_refused_with_its_place_and_everything_typed_stays(desk, draft):
    item = draft.items.get(code="L1")

    page = desk.post(
        at("scheme_item", draft.pk, item.pk), item_post(item, name="新名称", rule="档(办班期数: 多多→30")
    ).content.decode()

    item.refresh_from_db()
    assert "第 9 个字处" in page or "个字处：" in page
    assert "档(办班期数: 多多→30" in page
    assert 'value="新名称"' in page
    assert item.name == "听课"


def test_a_new_item_is_offered_the_next_code_and_saved_where_it_was_asked_for(desk, draft):
    category = draft.categories.get(code="K")
    page = desk.get(at("scheme_item_new", draft.pk), {"section": category.pk, "group": "甲组"})

    assert page.context["form"]["code"].value() == "K2"
    assert page.context["form"]["group"].value() == "甲组"
    posted = {
        "code": "K2",
        "name": "新项",
        "category": category.pk,
        "kind": "base",
        "points": "5分",
        "rule": "分(0-5)",
        "group": "甲组",
    }
    response = desk.post(at("scheme_item_new", draft.pk), posted)
    assert response.status_code == 302
    assert draft.items.get(code="K2").rule == "分(0—5)"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "k1"}, "不能作编码"),
        ({"code": "L"}, "已经用过"),
        ({"points": "0"}, "应大于 0"),
        ({"points": "很多"}, "分值"),
        ({"category": ""}, "小项须属于一个大项"),
        ({"rule": ""}, "这个字段是必填项"),
        ({"category": "999999"}, "大项"),
        ({"version": "x", "seen": "[["}, "修改次数"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(desk, draft, changes, sentence):
    item = draft.items.get(code="L1")

    response = desk.post(at("scheme_item", draft.pk, item.pk), item_post(item, **changes))

    assert response.status_code == 200
    assert sentence in response.content.decode() or response.context["form"].errors


def open_page(desk, address):
    """What the form holds when it is opened, as a browser would post it back."""
    form = desk.get(address).context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def test_both_contents_are_shown_and_the_person_chooses_field_by_field(desk, draft, appoint):
    item = draft.items.get(code="L1")
    address = at("scheme_item", draft.pk, item.pk)
    mine = open_page(desk, address) | {"name": "我的名称", "points": "20"}
    change_row(item, {"name": "同事的名称", "standard": "同事写的标准"}, version=0, by=appoint("chair"))

    response = desk.post(address, mine)

    page, conflict = response.content.decode(), response.context["form"].conflict
    assert "chair某" in page
    assert [(one.name, one.theirs, one.mine, one.chosen) for one in conflict.differences] == [
        ("name", "同事的名称", "我的名称", "mine"),
        ("points", "30", "20", "mine"),
        ("standard", "同事写的标准", "（空）", "theirs"),
    ]
    item.refresh_from_db()
    assert (item.name, item.points) == ("同事的名称", 30)

    form = response.context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    choices = {"choice-name": "theirs", "choice-points": "mine", "choice-standard": "theirs"}
    assert desk.post(address, again | choices).status_code == 302

    item.refresh_from_db()
    assert (item.name, item.points, item.standard, item.version) == ("同事的名称", 20, "同事写的标准", 2)


def test_a_third_save_while_choosing_is_shown_again(desk, draft, appoint):
    item = draft.items.get(code="L1")
    address, chair = at("scheme_item", draft.pk, item.pk), appoint("chair")
    mine = open_page(desk, address) | {"name": "我的"}
    change_row(item, {"name": "第一次"}, version=0, by=chair)
    form = desk.post(address, mine).context["form"]
    change_row(item, {"name": "第二次"}, version=1, by=chair)

    posted = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    response = desk.post(address, posted | {"choice-name": "mine"})

    assert response.context["form"].conflict.differences[0].theirs == "第二次"
    assert Item.objects.get(pk=item.pk).name == "第二次"


def test_what_was_typed_into_a_deleted_row_can_be_saved_anew(desk, draft):
    item = draft.items.get(code="L1")
    address, mine = at("scheme_item", draft.pk, item.pk), item_post(item, name="改好的名称")
    item.delete()

    page = desk.post(address, mine).content.decode()

    assert "刚被别人删除" in page
    assert 'value="改好的名称"' in page
    assert f'action="{at("scheme_item_new", draft.pk)}"' in page
    assert desk.post(at("scheme_item_new", draft.pk), mine).status_code == 302
    assert draft.items.get(code="L1").name == "改好的名称"
    assert desk.get(address).status_code == 404


def test_a_star_and_a_restriction_are_written_and_checked(desk, draft):
    address = at("scheme_row_new", draft.pk, "bands")
    assert desk.get(address).context["form"]["star"].value() == 2
    desk.post(address, {"star": 2, "condition": "总分>=60且K1>=10"})
    assert StarBand.objects.get(scheme=draft, star=2).condition == "总分≥60 且 K1≥10"
    assert "已有条件" in desk.post(address, {"star": 2, "condition": "总分≥50"}).content.decode()
    assert "个字处" in desk.post(address, {"star": 1, "condition": "总分很高"}).content.decode()

    address = at("scheme_row_new", draft.pk, "restrictions")
    assert desk.get(address).context["form"]["code"].value() == "Y2"
    posted = {"code": "Y2", "name": "未办班", "trigger": "condition", "condition": "", "effect": "最高三星"}
    assert "请写明触发条件" in desk.post(address, posted).content.decode()
    assert desk.post(address, posted | {"condition": "办班期数<1"}).status_code == 302
    assert "最高三星" in desk.get(at("scheme_edit", draft.pk)).content.decode()


def test_buttons_move_rows_and_come_back_to_them(desk, draft):
    category = draft.categories.get(code="L")

    response = desk.post(at("scheme_move", draft.pk), {"up": f"categories-{category.pk}"})

    assert response.url.endswith(f"#categories-{category.pk}")
    assert list(draft.categories.values_list("code", flat=True)) == ["L", "K", "M"]
    item = draft.items.get(code="L1")
    assert (
        f"section={category.pk}#items-{item.pk}"
        in desk.post(at("scheme_move", draft.pk), {"down": f"items-{item.pk}"}).url
    )
    for wrong in ({"up": "items-x"}, {"up": "people-1"}, {"up": "items-999999"}):
        assert desk.post(at("scheme_move", draft.pk), wrong).status_code == 404


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("scheme_edit", "where"),
        ("scheme_edit", "q"),
        ("scheme_group", "section=bonus&group"),
        ("scheme_item_new", "group"),
    ],
)
def test_nonsense_in_the_address_is_no_breakdown(desk, draft, name, query):
    response = desk.get(f"{at(name, draft.pk)}?{query}=%00%F0%9F%98%80")

    assert response.status_code in (200, 302, 404)


@pytest.mark.parametrize(
    "order", ["bands-{band}", "bands-0", "items-x", "stars-1", "items-99999999999999999"]
)
def test_an_order_that_no_button_gives_is_no_page(desk, draft, order):
    posted = {"up": order.format(band=draft.bands.first().pk)}

    assert desk.post(at("scheme_move", draft.pk), posted).status_code == 404


def test_deleting_is_confirmed_and_says_what_stands_in_the_way(desk, draft, office):
    item, category = draft.items.get(code="L1"), draft.categories.get(code="K")
    StarBand.objects.create(scheme=draft, star=2, condition="L1≥10")

    page = desk.get(at("scheme_delete", draft.pk, "items", item.pk)).content.decode()
    assert "L1≥10" in page
    assert (
        "还有 1 个小项"
        in desk.post(
            at("scheme_delete", draft.pk, "categories", category.pk), {"version": 0}
        ).content.decode()
    )
    change_row(item, {"name": "刚改"}, version=0, by=office)
    assert (
        "刚修改过"
        in desk.post(at("scheme_delete", draft.pk, "items", item.pk), {"version": 0}).content.decode()
    )
    assert desk.post(at("scheme_delete", draft.pk, "items", item.pk), {"version": 1}).status_code == 302
    assert not draft.items.filter(pk=item.pk).exists()


def test_a_group_has_a_page_of_its_own(desk, draft):
    category = draft.categories.get(code="K")
    draft.items.update(group="甲组", category=category)
    address = at("scheme_group", draft.pk)

    assert desk.get(address, {"section": category.pk, "group": "甲组"}).status_code == 200
    posted = {"section": category.pk, "group": "甲组", "act": "rename", "name": "乙组"}
    assert desk.post(address, posted).status_code == 302
    assert set(draft.items.values_list("group", flat=True)) == {"乙组"}
    assert desk.get(address, {"section": category.pk, "group": "甲组"}).status_code == 404
    assert desk.get(address, {"section": "x", "group": "甲组"}).status_code == 404


@pytest.mark.parametrize(
    ("where", "page"),
    [
        ("K1", "scheme_item"),
        ("K", "scheme_row"),
        ("五星", "scheme_row"),
        ("Y1", "scheme_row"),
        ("没有", "scheme_edit"),
    ],
)
def test_a_finding_leads_to_the_row_it_names(desk, draft, where, page):
    response = desk.get(at("scheme_edit", draft.pk), {"where": where}, follow=True)

    assert response.resolver_match.url_name == page


def test_an_opened_scheme_is_not_edited_and_what_was_typed_stays_on_the_screen(desk, draft):
    item = draft.items.get(code="L1")
    Scheme.objects.filter(pk=draft.pk).update(phase="open")
    draft.versions.create(number=1, content={}, digest="d", reason="启动", at="2030-01-01T00:00:00Z")
    forms = {
        at("scheme_parameters", draft.pk): {"name": "改"},
        at("scheme_item", draft.pk, item.pk): item_post(item, name="改"),
        at("scheme_item_new", draft.pk): item_post(item, code="L2", name="改"),
        at("scheme_row_new", draft.pk, "categories"): {"code": "Z", "name": "改"},
        at("scheme_delete", draft.pk, "items", item.pk): {"version": 0},
    }

    for address, posted in forms.items():
        assert desk.get(address).url == at("scheme", draft.pk)
        page = desk.post(address, posted).content.decode()
        assert address == at("scheme_parameters", draft.pk) or "内容已经锁定" in page
        assert 'value="改"' in page or "delete" in address
    assert desk.get(at("scheme_edit", draft.pk)).url == at("scheme", draft.pk)
    desk.post(at("scheme_move", draft.pk), {"up": f"categories-{item.category_id}"})

    item.refresh_from_db()
    draft.refresh_from_db()
    assert (item.name, draft.name) == ("听课", "示例市2030年度星级评定方案")
    assert draft.items.count() == draft.categories.count() == 3
    assert list(draft.categories.values_list("code", flat=True)) == ["K", "L", "M"]
