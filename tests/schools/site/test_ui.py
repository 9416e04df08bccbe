"""The small pieces of pages, as text."""

from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from hypothesis import given
from hypothesis import strategies as st

from schools.templatetags import ui
from tests import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def rendered(source: str, **context) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("count", "words"), [(5, 'aria-label="五星"'), (1, 'aria-label="一星"'), (0, "不授星"), (None, "—")]
)
def test_stars_are_read_as_a_word(count, words):
    assert words in rendered("{% stars count %}", count=count)


def test_stars_with_their_name_are_read_once():
    text = rendered("{% stars 4 name=True %}")

    assert text.endswith("四星")
    assert "aria-label" not in text


def test_a_tag_escapes_its_text_and_refuses_unknown_kinds():
    assert rendered("{% tag text 'warn' %}", text="<b>") == '<span class="tag tag-warn">&lt;b&gt;</span>'
    with pytest.raises(TemplateSyntaxError):
        rendered("{% tag '填写中' 'yellow' %}")


@pytest.mark.parametrize(
    ("done", "whole", "percent"),
    [
        (11, 12, 91),
        (0, 12, 0),
        (15, 12, 100),
        (-1, 12, 0),
        (3, 0, 0),
        (None, 5, 0),
        (Decimal("3.9"), Decimal("5"), 78),
        (Fraction(1, 3), 1, 33),
    ],
)
def test_progress_stays_within_its_bar_and_never_rounds_up_to_done(done, whole, percent):
    assert f'value="{percent}"' in str(ui.progress(done, whole, "今年办班"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 200), "0.01"),
        (Decimal("89.345"), "89.35"),
        (Fraction(893449, 10000), "89.34"),
        (8, "8.00"),
        (-Fraction(1, 2), "-0.50"),
    ],
)
def test_points_have_two_decimals_half_up(value, text):
    assert ui.points(value) == text


def test_a_missing_figure_is_a_dash_and_not_zero():
    assert ui.points(None) == "—"
    assert ui.points(0) == "0.00"


@given(st.fractions(min_value=0, max_value=200))
def test_points_lie_within_half_a_hundredth(value):
    assert abs(Fraction(ui.points(value)) - value) <= Fraction(1, 200)


def test_day_names_the_weekday_in_local_time():
    assert ui.day(date(2026, 11, 9)) == "2026年11月9日（星期一）"
    assert ui.day(datetime(2026, 11, 8, 18, 0, tzinfo=ZoneInfo("UTC"))) == "2026年11月9日（星期一）"
    assert ui.day(None) == "—"


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (datetime(2026, 11, 15, 17, 30, tzinfo=SHANGHAI), "11月15日 17:30 截止，还有 6 天"),
        (date(2026, 11, 9), "11月9日 24:00 截止，就是今天"),
        (datetime(2026, 11, 9, 9, 0, tzinfo=SHANGHAI), "11月9日 09:00 已截止"),
        (date(2027, 1, 1), "2027年1月1日 24:00 截止，还有 53 天"),
        (None, "未设截止时间"),
    ],
)
def test_a_deadline_is_absolute_and_says_what_is_left(when, text):
    with clock.at(date(2026, 11, 9)):
        assert ui.deadline(when) == text


def test_a_moment_says_its_year_where_the_page_or_today_is_of_another():
    at = datetime(2026, 12, 1, 21, 35, tzinfo=SHANGHAI)
    with clock.at(date(2026, 12, 1)):
        assert [ui.moment(at, year) for year in ("", 2026)] == ["12月1日 21:35"] * 2
        assert ui.moment(at, 2025) == "2026年12月1日 21:35"
    with clock.at(date(2027, 1, 3)):
        assert ui.moment(at) == "2026年12月1日 21:35"


def test_the_error_summary_links_to_the_fields_and_lists_the_whole_form_first():
    class Form(forms.Form):
        hours = forms.IntegerField(label="学时")

        def clean(self):
            raise forms.ValidationError("起止日期不对。")

    text = rendered("{% error_summary form %}", form=Form({"hours": ""}))

    assert text.index("起止日期不对。") < text.index('<a href="#id_hours">学时：请填写此项。</a>')
    assert rendered("{% error_summary form %}", form=Form()).strip() == ""
    assert rendered("{% error_summary form %}", form=None).strip() == ""


def test_pagination_keeps_the_search_and_is_silent_about_a_single_page(rf):
    template = Template("{% load ui %}{% pagination page unit='所' %}")

    many = template.render(
        RequestContext(rf.get("/", {"q": "东", "page": "2"}), {"page": Paginator(range(49), 20).page(2)})
    )
    one = template.render(RequestContext(rf.get("/"), {"page": Paginator(range(3), 20).page(1)}))

    assert "共 49 所，第 2 / 3 页" in many
    assert "q=%E4%B8%9C&amp;page=3" in many
    assert "共 3 所" in one
    assert "<ul>" not in one
