"""The form of one item of a draft."""

from __future__ import annotations

import re

from django import forms

from ratings.criteria.spec import EVERYTHING
from ratings.editing import group_names
from ratings.enums import ItemKind
from ratings.models import Category, Item
from ratings.rules import parse_rule
from ratings.rules.parsing import MAX_LENGTH

from .scheme_fields import AmountField
from .scheme_rows import CODE_HINT, CodedForm, canonical

_SEPARATORS = re.compile(r"[、，,；;\n]+")
STANDARD_LIMIT = 1000


class ItemForm(CodedForm):
    """Everything of one line of the rating table; the rule is kept as the rule language prints it."""

    points = AmountField(label="分值", lowest=0, help_text="本小项的满分，最多两位小数。")
    standard = forms.CharField(label="标准", required=False, max_length=STANDARD_LIMIT, widget=forms.Textarea(attrs={"rows": 3}))
    rule = forms.CharField(label="计分规则", max_length=MAX_LENGTH, widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}))

    class Meta:
        model = Item
        fields = (
            "code",
            "name",
            "category",
            "group",
            "kind",
            "points",
            "standard",
            "rule",
            "evidence",
            "verified",
            "onsite",
            "may_be_na",
        )
        labels = {"code": "编码", "name": "名称", "group": "分组", "may_be_na": "可不适用", "onsite": "现场"}
        help_texts = {
            "code": CODE_HINT,
            "group": "同一大项里要归在一起的小项写同样的分组，不分组就空着。",
            "kind": "加分项不计入 100 分，可以不选大项。",
            "evidence": "要学校附什么，如：开班通知、签到册。系统里已有的记录不必再交。",
            "verified": "只由初评、评审核定、不问学校的要素，用顿号分隔；全部都由评审方核定的写“全部”。",
            "onsite": "须到现场查看；市级没有走访的学校沿用初评得分。",
            "may_be_na": "学校确无此项工作时可以填“不适用”，本大项按其余小项折算。",
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.filter(scheme=self.scheme)
        self.fields["category"].empty_label = "请选择"
        self.fields["group"].widget.attrs |= {"list": "groups", "autocomplete": "off"}
        self.groups = group_names(self.scheme)

    def clean_points(self):
        """Zero points would be no item."""
        points = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError("分值应大于 0。")
        return points

    def clean_rule(self) -> str:
        return canonical(self.cleaned_data["rule"], parse_rule)

    def clean_verified(self) -> str:
        """Names apart by 顿号, without quotation marks."""
        names = [name.strip().strip("“”\"'") for name in _SEPARATORS.split(self.cleaned_data["verified"])]
        return EVERYTHING if EVERYTHING in names else "、".join(name for name in names if name)

    def clean(self) -> dict:
        """A base item stands in a category."""
        data = super().clean()
        if data.get("kind") == ItemKind.BASE and "category" in data and data["category"] is None:
            self.add_error("category", "小项须属于一个大项；加分项可以不选。")
        return data
