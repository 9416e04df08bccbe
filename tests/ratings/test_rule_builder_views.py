"""Writing a rule line on the page of an item: check, small forms, preview, trial, catalogue, manual."""

from decimal import Decimal
from fractions import Fraction
from html import unescape

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from ratings.models import Item
from schools.models import MetricValue
from tests.rating_factories import spec_for

pytestmark = pytest.mark.django_db

FORM = {"code": "L9", "name": "设施", "points": "3", "kind": "base", "verified": "", "standard": "配齐设施"}
PARTIAL = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def draft(city):
    return create_scheme(spec_for(city, 2026), city=city)


@pytest.fixture
def office(appoint, signed_client):
    return signed_client(appoint("office"))


@pytest.fixture
def post(office, draft):
    """Posts one round of the desk as the office: `said = post("check", rule="分(0—3)")`."""

    def send(do, *, partial=True, **fields):
        response = office.post(reverse("ratings:rule_desk", args=[draft.pk]), FORM | {"do": do} | fields, **(PARTIAL if partial else {}))
        assert response.status_code == 200
        return unescape(response.content.decode())

    return send


def parts(*rows, kind="checklist", **values):
    """The fields of one small form as a browser posts them."""
    fields = {"p-count": "1", "p-line": "", "p0-kind": kind, "p0-rows": str(len(rows)), "p0-subjects": "0"}
    fields |= {f"p0-{key}": value for key, value in values.items()}
    return fields | {f"p0-r{place}-{key}": value for place, row in enumerate(rows) for key, value in row.items()}


TWO = ({"name": "音响", "points": "1"}, {"name": "桌椅", "points": "2"})


def test_check_tells_meaning_maximum_and_who_is_asked(post):
    said = post("check", rule="清单(音响=1;桌椅=2)", verified="桌椅")

    for words in (
        "可以使用",
        "最高 <strong>3.00</strong> 分",
        "音响得 1 分；桌椅得 2 分",
        "清单(音响=1; 桌椅=2)",
        "其中只由评审方核定：桌椅",
    ):
        assert words in said
    assert 'hx-swap-oob="true"' in said


def test_check_marks_the_place_that_cannot_be_read(post):
    said = post("check", rule="清单(音响=1，桌椅=2)")

    assert "第 8 个字处" in said
    assert "清单(音响=1<mark>，</mark>桌椅=2)" in said
    assert "应为“)”或“；”" in said


@pytest.mark.parametrize("partial", [True, False])
def test_check_measures_the_line_against_the_points_typed(post, partial):
    assert "各部分最高合计 2 分，与分值 3 分不符" in post("check", rule="清单(桌椅=2)", partial=partial)


def test_without_script_the_whole_page_comes_back_with_everything_typed(post, draft):
    page = post("check", rule="清单(音响=1)", partial=False, code="L<9", group="教学", version="4")

    assert "<html" in page
    assert f'action="{reverse("ratings:scheme_item_new", args=[draft.pk])}"' in page
    for field in ('name="code" value="L<9"', 'name="group" value="教学"', 'name="version" value="4"', ">清单(音响=1)</textarea>"):
        assert field in page


def test_small_forms_write_the_line(post):
    said = post("write", **parts(*TWO))

    assert ">清单(音响=1; 桌椅=2)</textarea>" in said
    assert "小表单与规则行一致" in said


@pytest.mark.parametrize("partial", [True, False])
def test_mistakes_stand_beside_their_fields_and_nothing_typed_is_lost(post, partial):
    said = post("write", **parts({"name": "音响", "points": "一分"}, {"name": "", "points": "2"}), rule="", partial=partial)

    assert 'id="id_p0-r0-points-error">应写分数，如 2 或 1.5' in said
    assert 'id="id_p0-r1-name-error">还没有填写' in said
    assert 'value="一分"' in said
    assert "规则行暂未更新" in said


def test_rows_and_parts_are_added_without_script(post):
    said = post("add-row:0", partial=False, **parts(*TWO))
    assert 'name="p0-rows" value="3"' in said
    said = post("add-part", partial=False, **parts(*TWO), **{"p-new": "judged"})
    assert 'name="p-count" value="2"' in said
    assert "第 2 部分：分" in said
    assert 'id="id_p1-low-error"></span>' in said  # a fresh form is not scolded


def test_a_line_changed_meanwhile_wins_over_stale_small_forms(post):
    fields = parts(*TWO) | {"p-line": "清单(音响=1; 桌椅=2)", "rule": "清单(投影=3)"}

    said = post("add-row:0", **fields)

    assert 'value="投影"' in said
    assert 'value="音响"' not in said
    assert ">清单(投影=3)</textarea>" in said
    assert "规则行改动过" in said


def test_enter_without_script_keeps_half_filled_small_forms(post):
    said = post("check", partial=False, rule="清单(投影=3)", **parts({"name": "投影", "points": ""}) | {"p-line": "清单(投影=3)"})

    assert 'name="p0-r0-points" value=""' in said
    assert ">清单(投影=3)</textarea>" in said


def test_a_line_that_was_emptied_empties_the_small_forms(post):
    said = post("check", **parts(*TWO) | {"p-line": "清单(音响=1; 桌椅=2)", "rule": ""})

    assert 'name="p-count" value="0"' in said


def test_what_the_forms_cannot_show_is_kept(post):
    line = "扣(满分 3; 参训率<85% 且 执行率<60% 1; 下限 0)"

    said = post("check", rule=line)

    assert "按原文保留" in said
    assert f">{line}</textarea>" in said


def test_a_line_that_cannot_be_read_can_be_cleared(post):
    assert "清空规则行，从头写" in post("read", rule="清单(")
    cleared = post("clear", rule="清单(")
    assert '<textarea class="form-control" id="id_rule"' in cleared
    assert ">清单(</textarea>" not in cleared


def test_live_answers_bring_line_and_errors_up_to_date(post):
    said = post("live", **parts(*TWO))
    assert 'id="rule-line" hx-swap-oob="true"' in said
    assert ">清单(音响=1; 桌椅=2)</textarea>" in said

    unfinished = post("live", **parts({"name": "音响", "points": ""}), rule="")
    assert 'id="rule-line"' not in unfinished
    assert "还没有填写" not in unfinished


def test_preview_shows_both_sides_and_stores_nothing(post):
    before = Item.objects.count()

    said = post("preview", rule="档(办班期数: ≥10→2; 其他→0) + 评(听课: A=1; B=0)", verified="听课")

    for words in ("学校自评时", "评审时", "办班期数", "6 期", "A（1 分）", "听课由评审核定，学校不用填写"):
        assert words in said
    assert Item.objects.count() == before


def test_trial_counts_last_years_figures_and_typed_answers(post, school, django_assert_num_queries):
    MetricValue.objects.create(school=school, year=2025, reference="办班期数", value=Decimal(10))
    line = "档(办班期数: ≥10→2; 其他→0) + 评(听课: A=1; B=0)"

    first = post("trial", rule=line)
    for words in ("2025年", "10 期", "达到 ≥10 → 2 分", "“听课”没有评定等次"):
        assert words in first

    answered = post("trial", rule=line, **{"t-school": school.pk, "t-year": "2025", "s0-answer-听课": "A"})
    assert "听课：A → 1 分" in answered
    assert '<td class="num">3.00</td><td class="num">3.00</td>' in answered


def test_trial_keeps_a_wrong_answer_beside_its_field(post, school):
    said = post("trial", rule="档(问 图书: ≥5→3; 其他→0)", **{"s0-answer-图书": "许多"})

    assert "应写数字，不能写“许多”" in said
    assert 'value="许多"' in said


def test_trial_of_another_citys_school_falls_back_to_the_own(post, school, draft):
    from tests.factories import CityFactory, CountyFactory, SchoolFactory

    foreign = SchoolFactory(county=CountyFactory(city=CityFactory()), short_name="外市党校")

    said = post("trial", rule="分(0—3)", **{"t-school": foreign.pk})

    assert school.short_name in said
    assert "外市党校" not in said


@pytest.mark.parametrize("do", ["preview", "trial"])
def test_nothing_is_shown_for_a_line_with_errors(post, school, do):
    assert "规则行还没有写好" in post(do, rule="档(没有的指标: ≥1→3; 其他→0)")


@pytest.mark.parametrize(
    "fields",
    [
        {"p-count": "99999", "p0-kind": "checklist", "p0-rows": "9999"},
        {"p-count": "12", "p0-kind": "graded", "p0-subjects": "99", "p0-rows": "40", "p0-s0-lname99999999999": "学时"},
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
    "do", ["check", "write", "live", "trial", "preview", "add-part", "drop-subject:0:0", "add-row:999", "\x00", "x" * 500]
)
def test_no_tampered_form_breaks_the_page(post, school, fields, do):
    post(do, **{key: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value for key, value in fields.items()})


def test_catalogue_finds_metrics_of_the_registry_and_of_the_scheme(office, draft):
    draft.custom_metrics.create(name="讲堂场次", unit="场")
    address = reverse("ratings:metric_list", args=[draft.pk])

    everything, found = office.get(address).content.decode(), office.get(address, {"q": "讲堂"}, **PARTIAL).content.decode()

    assert "办班期数" in everything and "人次≥…、学时≥…" in everything
    assert "讲堂场次" in found and "办班期数" not in found and "<html" not in found


def test_check_asks_the_database_the_same_however_long_the_table(office, draft, django_assert_max_num_queries):
    Item.objects.bulk_create(
        Item(scheme=draft, code=f"Z{number}", name="小项", kind="bonus", points=1, rule="分(0—1)", order=number) for number in range(50)
    )
    with django_assert_max_num_queries(10):
        office.post(reverse("ratings:rule_desk", args=[draft.pk]), FORM | {"do": "check", "rule": "清单(音响=3)"}, **PARTIAL)


def test_manual_is_open_to_everybody_signed_in(appoint, signed_client):
    page = signed_client(appoint("filler")).get(reverse("ratings:rules_manual")).content.decode()

    for words in ("七种计分方式", "<code>清单(书记任校长=2; 副职齐备=1; 挂牌且明确承办机构=1)</code>", "提示和改法"):
        assert words in page


def test_item_page_holds_the_desk_with_the_line_taken_apart(office, draft):
    item = draft.items.get(code="K1")

    page = unescape(office.get(reverse("ratings:scheme_item", args=[draft.pk, item.pk])).content.decode())

    assert "达到 10 期得 40 分" in page
    assert 'name="p0-s0-metric" value="办班期数"' in page


def test_saving_the_item_takes_the_line_and_leaves_the_small_forms_alone(office, draft):
    item = draft.items.get(code="L1")
    address = reverse("ratings:scheme_item", args=[draft.pk, item.pk])
    fields = FORM | {
        "code": "L1",
        "category": item.category_id,
        "points": "30",
        "version": item.version,
    }

    office.post(address, fields | {"rule": "分( 0-30;步长0.5 )", "act": "back"} | parts(*TWO))

    item.refresh_from_db()
    assert (item.rule, Fraction(item.points)) == ("分(0—30; 步长 0.5)", 30)


def test_the_chair_reads_previews_and_tries_but_writes_nothing(appoint, signed_client, draft, school):
    client = signed_client(appoint("chair"))
    item = draft.items.get(code="L1")

    page = unescape(client.get(reverse("ratings:scheme_item", args=[draft.pk, item.pk])).content.decode())
    tried = client.post(reverse("ratings:rule_desk", args=[draft.pk]), FORM | {"do": "trial", "rule": "分(0—3)"}).content.decode()

    assert "readonly" in page and "显示预览" in page
    assert "加一部分" not in page
    assert "保存小项" not in tried and school.short_name in tried


def test_everything_verified_is_asked_of_reviewers_alone(post):
    said = post("preview", rule="清单(音响=1; 桌椅=2)", verified="全部")

    assert "音响、桌椅由评审核定，学校不用填写" in said


def test_parameters_of_an_opened_scheme_are_not_offered_for_saving(office, draft):
    type(draft).objects.filter(pk=draft.pk).update(phase="open")

    page = office.post(reverse("ratings:rule_desk", args=[draft.pk]), FORM | {"do": "check", "rule": "分(0—3)"}).content.decode()

    assert "可以使用" in page
    assert "保存小项，回到小项页" not in page
