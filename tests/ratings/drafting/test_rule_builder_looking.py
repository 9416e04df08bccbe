"""What may be looked at while a rule line is written: preview, trial, catalogue of metrics, manual."""

from decimal import Decimal
from html import unescape

import pytest
from django.urls import reverse

from ratings.models import Item
from schools.models import MetricValue
from tests.factories import CityFactory, CountyFactory, SchoolFactory
from tests.ratings.rule_posts import FORM, PARTIAL

pytestmark = pytest.mark.django_db


def test_preview_shows_both_sides_and_stores_nothing(post_rule):
    before = Item.objects.count()

    said = post_rule("preview", rule="档(办班期数: ≥10→2; 其他→0) + 评(听课: A=1; B=0)", verified="听课")

    for words in ("学校自评时", "评审时", "办班期数", "6 期", "A（1 分）", "听课由评审核定，学校不用填写"):
        assert words in said
    assert Item.objects.count() == before


def test_trial_counts_last_years_figures_and_typed_answers(post_rule, school):
    MetricValue.objects.create(school=school, year=2025, reference="办班期数", value=Decimal(10))
    line = "档(办班期数: ≥10→2; 其他→0) + 评(听课: A=1; B=0)"

    first = post_rule("trial", rule=line)
    for words in ("2025年", "10 期", "达到 ≥10 → 2 分", "“听课”没有评定等次"):
        assert words in first

    answered = post_rule(
        "trial", rule=line, **{"t-school": school.pk, "t-year": "2025", "s0-answer-听课": "A"}
    )
    assert "听课：A → 1 分" in answered
    assert '<td class="num">3.00</td><td class="num">3.00</td>' in answered


def test_trial_keeps_a_wrong_answer_beside_its_field(post_rule, school):
    said = post_rule("trial", rule="档(问 图书: ≥5→3; 其他→0)", **{"s0-answer-图书": "许多"})

    assert "应写数字，不能写“许多”" in said
    assert 'value="许多"' in said


def test_trial_of_another_citys_school_falls_back_to_the_own(post_rule, school, rule_scheme):
    foreign = SchoolFactory(county=CountyFactory(city=CityFactory()), short_name="外市党校")

    said = post_rule("trial", rule="分(0—3)", **{"t-school": foreign.pk})

    assert school.short_name in said
    assert "外市党校" not in said


@pytest.mark.parametrize("do", ["preview", "trial"])
def test_nothing_is_shown_for_a_line_with_errors(post_rule, school, do):
    assert "规则行还没有写好" in post_rule(do, rule="档(没有的指标: ≥1→3; 其他→0)")


def test_catalogue_finds_metrics_of_the_registry_and_of_the_scheme(rule_office, rule_scheme):
    rule_scheme.custom_metrics.create(name="讲堂场次", unit="场")
    address = reverse("ratings:metric_list", args=[rule_scheme.pk])

    everything, found = (
        rule_office.get(address).content.decode(),
        rule_office.get(address, {"q": "讲堂"}, **PARTIAL).content.decode(),
    )

    assert "办班期数" in everything and "人次≥…、学时≥…" in everything
    assert "讲堂场次" in found and "办班期数" not in found and "<html" not in found


def test_manual_is_open_to_everybody_signed_in(appoint, signed_client):
    page = signed_client(appoint("filler")).get(reverse("ratings:rules_manual")).content.decode()

    for words in (
        "七种计分方式",
        "<code>清单(书记任校长=2; 副职齐备=1; 挂牌且明确承办机构=1)</code>",
        "提示和改法",
    ):
        assert words in page


def test_the_chair_reads_previews_and_tries_but_writes_nothing(appoint, signed_client, rule_scheme, school):
    client = signed_client(appoint("chair"))
    item = rule_scheme.items.get(code="L1")

    page = unescape(
        client.get(reverse("ratings:scheme_item", args=[rule_scheme.pk, item.pk])).content.decode()
    )
    tried = client.post(
        reverse("ratings:rule_desk", args=[rule_scheme.pk]), FORM | {"do": "trial", "rule": "分(0—3)"}
    ).content.decode()

    assert "readonly" in page and "显示预览" in page
    assert "加一部分" not in page
    assert "保存小项" not in tried and school.short_name in tried


def test_everything_verified_is_asked_of_reviewers_alone(post_rule):
    said = post_rule("preview", rule="清单(音响=1; 桌椅=2)", verified="全部")

    assert "音响、桌椅由评审核定，学校不用填写" in said
