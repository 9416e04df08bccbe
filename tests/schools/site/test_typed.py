"""What people type into number, day and text fields, and what is understood."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms

from schools.site.asked import TextArea
from schools.site.typed import DayField, NumberField, WholeField
from schools.teaching.class_forms import ClassForm

MONEY = NumberField(unit="元", max_digits=12, decimal_places=2, min_value=0)
PEOPLE = WholeField(unit=("人次", "人"), max_value=100_000)


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (MONEY, "1。5", Decimal("1.5")),
        (MONEY, "50,000", Decimal(50_000)),
        (MONEY, "５万", Decimal(50_000)),
        (MONEY, "1.2万元", Decimal(12_000)),
        (MONEY, " 1200元 ", Decimal(1200)),
        (MONEY, "0.10", Decimal("0.1")),
        (PEOPLE, "51人", 51),
        (PEOPLE, "１２０", 120),
        (PEOPLE, "8.00", 8),
        (DayField(), "2026.3.5", date(2026, 3, 5)),
        (DayField(), "2026年3月5日", date(2026, 3, 5)),
        (DayField(), "20260305", date(2026, 3, 5)),
        (DayField(), "2026-03-05", date(2026, 3, 5)),
        (DayField(), "1900-01-01", date(1900, 1, 1)),
        (DayField(), "2100-12-31", date(2100, 12, 31)),
    ],
)
def test_a_field_understands_what_people_type(field, typed, value):
    assert field.clean(typed) == value


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        (MONEY, "1，5", "不是数字"),
        (MONEY, "85%", "不写百分号"),
        (MONEY, "12345678901234", "数字太大"),
        (MONEY, "1.234", "最多 2 位小数"),
        (MONEY, "-1", "不能小于 0"),
        (PEOPLE, "51户", "单位只能写 人次、人"),
        (PEOPLE, "8.5", "请填写整数"),
        (PEOPLE, "五十", "应填数字"),
        (DayField(), "3月5日", "缺年份"),
        (DayField(), "2026-02-30", "不是有效日期"),
        (DayField(), "明天", "不是日期"),
        (DayField(), "9999-12-31", "年份应在 1900 至 2100 之间"),
        (DayField(), "0206-03-05", "现为 206 年"),
        (PEOPLE, "51①", "不是数字"),
    ],
)
def test_what_is_not_understood_is_refused_in_words_of_our_own(field, typed, said):
    with pytest.raises(forms.ValidationError) as refused:
        field.clean(typed)

    assert said in refused.value.messages[0]


def test_no_number_is_left_to_the_browser():
    drawn = "".join(
        str(ClassForm.base_fields[name].widget.render(name, 1)) for name in ("hours", "attendance")
    )

    assert 'type="number"' not in drawn
    assert 'inputmode="numeric"' in drawn


def test_a_line_break_counts_once():
    class Remarks(forms.Form):
        text = forms.CharField(max_length=5, widget=TextArea)

    assert Remarks({"text": "一\r\n二\r\n三"}).is_valid()
    refused = Remarks({"text": "一\r\n二\r\n三四"})
    assert refused.errors == {"text": ["最多 5 字，现在 6 字，请删减。"]}
