"""Deciding a 数据更正, and narrowing the list of them."""

from django import forms
from django.db.models import Q, QuerySet

from schools.models import Correction
from schools.site.filters import FilterForm


class DecisionForm(forms.Form):
    """One remark for either answer; a refusal owes one."""

    remark = forms.CharField(
        label="审核意见",
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="不同意的必须写明原因。",
    )


class CorrectionFilterForm(FilterForm):
    """By status, school and kind of record."""

    status = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), *Correction.Status.choices]
    )
    q = forms.CharField(label="党校或登记项目", required=False, max_length=40)

    def narrow(self, corrections: QuerySet[Correction]) -> QuerySet[Correction]:
        """The requests that fit what was chosen."""
        chosen = self.chosen
        if "status" in chosen:
            corrections = corrections.filter(status=chosen["status"])
        if word := chosen.get("q", "").strip():
            school = Q(school__name__icontains=word) | Q(school__short_name__icontains=word)
            corrections = corrections.filter(school | Q(record__icontains=word) | Q(name__icontains=word))
        return corrections
