"""核定、退回补正: what county and city alike write beside the answers."""

from __future__ import annotations

from fractions import Fraction

from django import forms

from ratings.criteria.spec import SchemeSpec
from ratings.rounding import show

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
