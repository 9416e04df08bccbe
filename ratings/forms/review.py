"""What the county writes beside the answers: 核定, 退回补正, 初评分工, 集体确认."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from django import forms

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.models import Category
from ratings.rounding import show
from ratings.workflow.blocking import OPINION_LIMIT
from schools.models import User

COMMENT_LIMIT = 300


class AdjustmentForm(forms.Form):
    """核定 of a system part; the bounds are those of the computed parts."""

    points = forms.DecimalField(label="核定得分", max_digits=6, decimal_places=2, min_value=0)
    reason = forms.CharField(label="理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args, full: Fraction, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.full = full
        self.fields["points"].help_text = f"系统取数部分，0—{show(full)} 分。"
        self.fields["points"].widget.attrs["inputmode"] = "decimal"
        self.fields["reason"].help_text = "写明系统数据哪里不符、依据什么；随评分表存档。"

    def clean_points(self):
        """Within what the computed parts can give."""
        points = self.cleaned_data["points"]
        if Fraction(points) > self.full:
            raise forms.ValidationError(f"系统取数部分最多 {show(self.full)} 分。")
        return points


class ReturnForm(forms.Form):
    """An item is named by writing what it lacks; at least one has to be."""

    def __init__(self, *args, spec: SchemeSpec, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.fields["comment"] = forms.CharField(label="退回说明", max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
        for code, bound in spec.bound.items():
            label = f"{code} {bound.item.name}"
            widget = forms.Textarea(attrs={"rows": 1})
            self.fields[f"item-{code}"] = forms.CharField(label=label, required=False, max_length=COMMENT_LIMIT, widget=widget)

    @property
    def items(self) -> dict[str, str]:
        """What was asked for, by item code."""
        written = {code: self.cleaned_data.get(f"item-{code}", "").strip() for code in self.spec.bound}
        return {code: text for code, text in written.items() if text}

    def clean(self) -> dict:
        """Unlocking nothing would send the school away for nothing."""
        if not self.errors and not self.items:
            raise forms.ValidationError("请至少在一个小项里写明要补正什么。")
        return self.cleaned_data


class DivisionForm(forms.Form):
    """One reviewer for each category, or everybody."""

    def __init__(self, *args, categories: Iterable[Category], reviewers: Iterable[User], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.categories, self.reviewers = list(categories), {str(user.pk): user for user in reviewers}
        choices = [("", "不分工，各初评人都可评"), *((key, f"{user.name}（{user.username}）") for key, user in self.reviewers.items())]
        for category in self.categories:
            self.fields[f"category-{category.pk}"] = forms.ChoiceField(label=str(category), required=False, choices=choices)

    @property
    def chosen(self) -> dict[Category, User | None]:
        """The reviewer of each category."""
        return {one: self.reviewers.get(self.cleaned_data[f"category-{one.pk}"]) for one in self.categories}


class ConfirmForm(forms.Form):
    """集体确认: the star the county suggests, and its opinion as it will stand before the committee."""

    star = forms.TypedChoiceField(label="建议星级", coerce=int, widget=forms.RadioSelect)
    opinion = forms.CharField(label="初评意见", max_length=OPINION_LIMIT, widget=forms.Textarea(attrs={"rows": 5}))

    def __init__(self, *args, spec: SchemeSpec, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        stars = [*(band.star for band in spec.bands), Star.NONE.value]
        self.fields["star"].choices = [(star, Star(star).label) for star in stars]
        self.fields["opinion"].help_text = f"经集体研究的意见，最多 {OPINION_LIMIT} 字。"
