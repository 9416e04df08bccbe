"""Small forms around a class: voiding it, joining it, finding it."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet

from schools.forms.filters import FilterForm
from schools.models import TrainingClass
from schools.models.teaching import ClassCategory


class VoidForm(forms.Form):
    """Why a record no longer counts."""

    reason = forms.CharField(label="作废原因", max_length=200, help_text="如：重复登记、登记在错误的学校。会留在记录上。")


class JoinForm(forms.Form):
    """How many of this school took part; of a signed day also why that is said now."""

    attendance = forms.IntegerField(label="本校参加人次", min_value=1, max_value=100_000)
    reason = forms.CharField(
        label="更正理由", max_length=200, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="写明为什么现在才登记。"
    )

    def __init__(self, *args, locked: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not locked:
            del self.fields["reason"]


class ClassFilterForm(FilterForm):
    """Search by name, narrow by month and category."""

    q = forms.CharField(label="班名", required=False, max_length=40)
    month = forms.TypedChoiceField(
        label="月份", required=False, coerce=int, empty_value=None, choices=[("", "全年"), *((n, f"{n}月") for n in range(1, 13))]
    )
    category = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *ClassCategory.choices])

    def narrow(self, classes: QuerySet[TrainingClass]) -> QuerySet[TrainingClass]:
        """The classes that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            classes = classes.filter(name__icontains=word)
        if "month" in chosen:
            classes = classes.filter(starts_on__month=chosen["month"])
        return classes.filter(category=chosen["category"]) if "category" in chosen else classes
