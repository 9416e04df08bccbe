"""Writing a rule line on the page of an item: the check and the small forms, with script and without."""

from fractions import Fraction
from html import unescape

import pytest
from django.urls import reverse

from ratings.models import Item
from tests.ratings.rule_posts import FORM, PARTIAL

pytestmark = pytest.mark.django_db


def parts(*rows, kind="checklist", **values):
    """The fields of one small form as a browser posts them."""
    fields = {"p-count": "1", "p-line": "", "p0-kind": kind, "p0-rows": str(len(rows)), "p0-subjects": "0"}
    fields |= {f"p0-{key}": value for key, value in values.items()}
    return fields | {
        f"p0-r{place}-{key}": value for place, row in enumerate(rows) for key, value in row.items()
    }


TWO = ({"name": "音响", "points": "1"}, {"name": "桌椅", "points": "2"})


def test_check_tells_meaning_maximum_and_who_is_asked(post_rule):
    said = post_rule("check", rule="清单(音响=1;桌椅=2)", verified="桌椅")

    for words in (
        "可以使用",
        "最高 <strong>3.00</strong> 分",
        "音响得 1 分；桌椅得 2 分",
        "清单(音响=1; 桌椅=2)",
        "其中只由评审方核定：桌椅",
    ):
        assert words in said
    assert 'hx-swap-oob="true"' in said


def test_check_marks_the_place_that_cannot_be_read(post_rule):
    said = post_rule("check", rule="清单(音响=1，桌椅=2)")

    assert "第 8 个字处" in said
    assert "清单(音响=1<mark>，</mark>桌椅=2)" in said
    assert "应为“)”或“；”" in said


@pytest.mark.parametrize("partial", [True, False])
def test_check_measures_the_line_against_the_points_typed(post_rule, partial):
    assert "各部分最高合计 2 分，与分值 3 分不符" in post_rule("check", rule="清单(桌椅=2)", partial=partial)


def test_without_script_the_whole_page_comes_back_with_everything_typed(post_rule, rule_scheme):
    page = post_rule("check", rule="清单(音响=1)", partial=False, code="L<9", group="教学", version="4")

    assert "<html" in page
    assert f'action="{reverse("ratings:scheme_item_new", args=[rule_scheme.pk])}"' in page
    for field in (
        'name="code" value="L<9"',
        'name="group" value="教学"',
        'name="version" value="4"',
        ">清单(音响=1)</textarea>",
    ):
        assert field in page


def test_small_forms_write_the_line(post_rule):
    said = post_rule("write", **parts(*TWO))

    assert ">清单(音响=1; 桌椅=2)</textarea>" in said
    assert "小表单与规则行一致" in said


@pytest.mark.parametrize("partial", [True, False])
def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(post_rule, partial):
    said = post_rule(
        "write",
        **parts({"name": "音响", "points": "一分"}, {"name": "", "points": "2"}),
        rule="",
        partial=partial,
    )

    assert 'id="id_p0-r0-points-error">应写分数，如 2 或 1.5' in said
    assert 'id="id_p0-r1-name-error">还没有填写' in said
    assert 'value="一分"' in said
    assert "规则行暂未更新" in said


def test_rows_and_parts_are_added_without_script(post_rule):
    said = post_rule("add-row:0", partial=False, **parts(*TWO))
    assert 'name="p0-rows" value="3"' in said
    said = post_rule("add-part", partial=False, **parts(*TWO), **{"p-new": "judged"})
    assert 'name="p-count" value="2"' in said
    assert "第 2 部分：分" in said
    assert 'id="id_p1-low-error"></span>' in said  # a fresh form is not scolded


def test_a_line_changed_meanwhile_wins_over_stale_small_forms(post_rule):
    fields = parts(*TWO) | {"p-line": "清单(音响=1; 桌椅=2)", "rule": "清单(投影=3)"}

    said = post_rule("add-row:0", **fields)

    assert 'value="投影"' in said
    assert 'value="音响"' not in said
    assert ">清单(投影=3)</textarea>" in said
    assert "规则行改动过" in said


def test_enter_without_script_keeps_half_filled_small_forms(post_rule):
    said = post_rule(
        "check",
        partial=False,
        rule="清单(投影=3)",
        **parts({"name": "投影", "points": ""}) | {"p-line": "清单(投影=3)"},
    )

    assert 'name="p0-r0-points" value=""' in said
    assert ">清单(投影=3)</textarea>" in said


def test_a_line_that_was_emptied_empties_the_small_forms(post_rule):
    said = post_rule("check", **parts(*TWO) | {"p-line": "清单(音响=1; 桌椅=2)", "rule": ""})

    assert 'name="p-count" value="0"' in said


def test_what_the_forms_cannot_show_is_kept(post_rule):
    line = "扣(满分 3; 参训率<85% 且 执行率<60% 1; 下限 0)"

    said = post_rule("check", rule=line)

    assert "按原文保留" in said
    assert f">{line}</textarea>" in said


def test_a_line_that_cannot_be_read_can_be_cleared(post_rule):
    assert "清空规则行，从头写" in post_rule("read", rule="清单(")
    cleared = post_rule("clear", rule="清单(")
    assert '<textarea class="form-control" id="id_rule"' in cleared
    assert ">清单(</textarea>" not in cleared


def test_live_answers_bring_line_and_errors_up_to_date(post_rule):
    said = post_rule("live", **parts(*TWO))
    assert 'id="rule-line" hx-swap-oob="true"' in said
    assert ">清单(音响=1; 桌椅=2)</textarea>" in said

    unfinished = post_rule("live", **parts({"name": "音响", "points": ""}), rule="")
    assert 'id="rule-line"' not in unfinished
    assert "还没有填写" not in unfinished


@pytest.mark.parametrize(
    "fields",
    [
        {"p-count": "99999", "p0-kind": "checklist", "p0-rows": "9999"},
        {
            "p-count": "12",
            "p0-kind": "graded",
            "p0-subjects": "99",
            "p0-rows": "40",
            "p0-s0-lname99999999999": "学时",
        },
        {"p-count": "-1"},
        {"p-count": "²", "p-item": "²", "t-year": "²", "t-school": "²"},
        {"p-count": "1", "p0-kind": "text", "p0-line": "清单(" * 3000},
        {"p-count": "1", "p0-kind": "compose", "p0-line": "\x00\ud83d"},
        {"rule": "清单(" * 3000, "points": "1e9", "verified": "全部" * 900},
        {"points": "9" * 400, "kind": ["x", "y"]},
        {"p-new": "__class__", "p-item": "99999999999999999999"},
    ],
)
@pytest.mark.parametrize(
    "do",
    [
        "check",
        "write",
        "live",
        "trial",
        "preview",
        "add-part",
        "drop-subject:0:0",
        "add-row:999",
        "\x00",
        "x" * 500,
    ],
)
def test_no_tampered_form_breaks_the_page(post_rule, school, fields, do):
    post_rule(
        do,
        **{
            key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
            for key, value in fields.items()
        },
    )


def test_check_asks_the_database_the_same_however_long_the_table(
    rule_office, rule_scheme, django_assert_max_num_queries
):
    Item.objects.bulk_create(
        Item(
            scheme=rule_scheme,
            code=f"Z{number}",
            name="小项",
            kind="bonus",
            points=1,
            rule="分(0—1)",
            order=number,
        )
        for number in range(50)
    )
    with django_assert_max_num_queries(10):
        rule_office.post(
            reverse("ratings:rule_desk", args=[rule_scheme.pk]),
            FORM | {"do": "check", "rule": "清单(音响=3)"},
            **PARTIAL,
        )


def test_item_page_holds_the_desk_with_the_line_taken_apart(rule_office, rule_scheme):
    item = rule_scheme.items.get(code="K1")

    page = unescape(
        rule_office.get(reverse("ratings:scheme_item", args=[rule_scheme.pk, item.pk])).content.decode()
    )

    assert "达到 10 期得 40 分" in page
    assert 'name="p0-s0-metric" value="办班期数"' in page


def test_saving_the_item_takes_the_line_and_leaves_the_small_forms_alone(rule_office, rule_scheme):
    item = rule_scheme.items.get(code="L1")
    address = reverse("ratings:scheme_item", args=[rule_scheme.pk, item.pk])
    fields = FORM | {
        "code": "L1",
        "category": item.category_id,
        "points": "30",
        "version": item.version,
    }

    rule_office.post(address, fields | {"rule": "分( 0-30;步长0.5 )", "act": "back"} | parts(*TWO))

    item.refresh_from_db()
    assert (item.rule, Fraction(item.points)) == ("分(0—30; 步长 0.5)", 30)


def test_parameters_of_an_opened_scheme_are_not_offered_for_saving(rule_office, rule_scheme):
    type(rule_scheme).objects.filter(pk=rule_scheme.pk).update(phase="open")

    page = rule_office.post(
        reverse("ratings:rule_desk", args=[rule_scheme.pk]), FORM | {"do": "check", "rule": "分(0—3)"}
    ).content.decode()

    assert "可以使用" in page
    assert "保存小项，回到小项页" not in page
