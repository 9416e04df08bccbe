"""Deciding a 数据更正, and narrowing the list of them."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db import models
from django.db.models import Q, QuerySet

from schools.models import Correction
from schools.refusals import RecheckedForm
from schools.site.asked import FilterForm, TextArea

from .changes import plain, worded


class DecisionForm(forms.Form):
    """One remark for either answer; a refusal owes one."""

    remark = forms.CharField(
        label="审核意见",
        max_length=200,
        required=False,
        widget=TextArea(attrs={"rows": 2}),
        help_text="不同意的必须写明原因。",
    )


class CorrectionFilterForm(FilterForm):
    """By status, school and kind of record."""

    status = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), *Correction.Status.choices]
    )
    q = forms.CharField(label="党校或登记项目", required=False, max_length=40)
    lookups = {"status": "status"}

    def narrow(self, corrections: QuerySet[Correction]) -> QuerySet[Correction]:
        """The requests that fit what was chosen."""
        corrections = super().narrow(corrections)
        if word := self.chosen.get("q"):
            school = Q(school__name__icontains=word) | Q(school__short_name__icontains=word)
            corrections = corrections.filter(school | Q(record__icontains=word) | Q(name__icontains=word))
        return corrections


class VersionedForm(RecheckedForm, forms.ModelForm):
    """`version` is the number of saves this form was opened with: a save in between is a conflict, and
    nothing is lost.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def values(self) -> dict[str, Any]:
        """What is to be stored."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def contents(self, current: models.Model) -> tuple[dict[str, str], dict[str, str]]:
        """The row as stored, and as typed."""
        stored = {name: getattr(current, name) for name in self._meta.fields}
        return self._in_words(stored), self._in_words(self.values)

    def fresh(self, current: models.Model) -> dict[str, int]:
        """Its version."""
        return {"version": current.version}

    def _in_words(self, values: dict[str, Any]) -> dict[str, str]:
        return worded(self._meta.model, {name: plain(value) for name, value in values.items()})
