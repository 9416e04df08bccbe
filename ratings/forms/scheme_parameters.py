"""The 方案 page of a draft: every parameter of the year with a plain explanation, and the form of a new scheme."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from ratings.enums import Aggregation, Confirmation
from ratings.models import Scheme

from .scheme_fields import AmountField, CapsField, DayField, PercentField, show_rate_exactly
from .scheme_rows import EditForm

WITH, WITHOUT = "True", "False"
#: Shown only where a county stage exists.
COUNTY_ONLY = ("county_weight", "county_due")
DAYS = ("period_start", "period_end", "self_due", "county_due", "city_due")
#: The headings of the page.
PARTS = (
    ("名称和年度", ("name", "year", "organiser")),
    ("程序", ("has_county_stage", "confirmation", "return_limit")),
    ("日期", DAYS),
    ("计分", ("county_weight", "city_weight", "aggregation")),
    ("加分和五星比例", ("bonus_cap", "bonus_floor", "bonus_group_caps", "five_star_share")),
)


class ParametersForm(EditForm):
    """Every column of the scheme that says how the year runs."""

    has_county_stage = forms.TypedChoiceField(
        label="县级初评",
        choices=[(WITH, "有"), (WITHOUT, "无")],
        coerce=lambda value: value == WITH,
        help_text="有：学校提交后先由县（区）初评，再报市评审。无：学校提交后直接由市评审。",
    )
    county_weight = PercentField(
        label="县初评权重", required=False, help_text="县初评在小项得分中占的比重。以市评审为准、县初评只作参考的，填 0%。"
    )
    city_weight = PercentField(label="评审权重", required=False, help_text="市评审占的比重。两个权重合计 100%，填一个，另一个自动补足。")
    bonus_cap = AmountField(label="加分上限", required=False, lowest=0, help_text="全部加分合计最多算几分，不填就不另设上限。")
    bonus_floor = AmountField(label="加分起算分", required=False, lowest=0, help_text="基础分达到几分才计加分。不填或填 0，就不设门槛。")
    bonus_group_caps = CapsField(
        label="分组加分上限", required=False, help_text="某一组加分项合计最多算几分，写成 分组=分值，多组用分号隔开，如：示范课=3；课题=2。"
    )
    five_star_share = PercentField(
        label="五星比例上限", required=False, help_text="五星最多占参评党校的比例，如 30%。超出的只作提示，由评委会决定；不填就不限。"
    )
    period_start = DayField(label="统计起始日", help_text="从这一天起的办班、走访等记录计入本年度。可以写 2026-1-1、2026.1.1、1月1日。")
    period_end = DayField(label="统计截止日", help_text="到这一天为止的记录计入本年度。学校提交后，统计期内的记录即锁定。")
    self_due = DayField(label="自评截止日", required=False, help_text="学校提交自评的最后一天，到当天 24 时，遇休息日顺延。")
    county_due = DayField(label="初评截止日", required=False, help_text="县（区）报送初评的最后一天。")
    city_due = DayField(label="评审截止日", required=False, help_text="市评审交齐评分表的最后一天。")

    return_limit = forms.IntegerField(
        label="退回次数", min_value=0, max_value=9, help_text="初评、评审各自最多可以把一所学校退回补正几次。"
    )

    class Meta:
        model = Scheme
        fields = tuple(name for _, names in PARTS for name in names)
        labels = {"name": "名称", "year": "年度"}
        help_texts = {
            "name": "写在通知、通报和各种表格上的方案名称。",
            "year": "评定哪一年的工作；一市一年只有一个方案。",
            "organiser": "通知和通报里的主办单位，如：中共示例市委组织部、中共示例市委党校。",
            "confirmation": "系统确认：负责人在网上点提交。签字盖章页：打印一页申报确认页，签字盖章后扫描上传。",
            "aggregation": "一所学校有多位评委打分时，每个小项怎样合成一个分。"
            "去一高一低平均：5 人以上去掉一个最高分和一个最低分；3 至 4 人直接平均。合议：评委组商定，由组长填一份。",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        year = self.data.get("year", "") if self.is_bound else ""
        for name in DAYS:
            self.fields[name].year = int(year) if year.isdecimal() and len(year) == 4 else self.scheme.year
            self.fields[name].widget.attrs |= {"inputmode": "numeric", "placeholder": "如 2026-11-15"}
        self.fields["aggregation"].choices = Aggregation.choices
        self.fields["confirmation"].choices = Confirmation.choices

    @property
    def parts(self) -> list[tuple[str, list]]:
        """The fields under their headings."""
        return [(heading, [self[name] for name in names]) for heading, names in PARTS]

    @property
    def has_county(self) -> bool:
        """What the page shows before any script runs."""
        return str(self["has_county_stage"].value()) == WITH

    def clean(self) -> dict[str, Any]:
        """Weights make 100 %, days follow each other; what a scheme without county stage does not have is dropped."""
        data = super().clean()
        if data.get("has_county_stage") is False:
            data |= {"county_weight": Decimal(0), "city_weight": Decimal(1), "county_due": None}
            for name in COUNTY_ONLY:
                self._errors.pop(name, None)
            self._errors.pop("city_weight", None)
        elif not {"county_weight", "city_weight"} & self._errors.keys():
            self._weights(data)
        data["bonus_floor"] = data.get("bonus_floor") or Decimal(0)
        self._days(data)
        return data

    def _weights(self, data: dict[str, Any]) -> None:
        county, city = data.get("county_weight"), data.get("city_weight")
        if county is None and city is None:
            county = Decimal(0)
        county = 1 - city if county is None else county
        city = 1 - county if city is None else city
        if county + city != 1:
            self.add_error("city_weight", f"县初评权重与评审权重之和应为 100%，现为 {show_rate_exactly(county + city)}。")
        data["county_weight"], data["city_weight"] = county, city

    def _days(self, data: dict[str, Any]) -> None:
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and start > end:
            self.add_error("period_end", "统计截止日早于统计起始日。")
        earlier = None
        for name in ("self_due", "county_due", "city_due"):
            day = data.get(name)
            if day and earlier and day < earlier[1]:
                self.add_error(name, f"早于{earlier[0]}。")
            earlier = (self.fields[name].label, day) if day else earlier


class NewSchemeForm(forms.Form):
    """The three things a new scheme needs; everything else has a usual value."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100, help_text="评定哪一年的工作。")
    name = forms.CharField(label="名称", max_length=120, help_text="写在通知、通报和各种表格上的方案名称。")
    organiser = forms.CharField(label="主办单位", max_length=120)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
