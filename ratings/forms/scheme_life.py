"""What is typed in the life of a scheme: a copy for the next year, the days of its opening, the words that confirm it."""

from __future__ import annotations

from django import forms

from ratings.criteria.copying import FIRST_YEAR, LAST_YEAR
from ratings.models import Scheme
from ratings.workflow.checks import due_columns

CONFIRMATION = "确认启动"


class CopyForm(forms.Form):
    """Year and name of the copy, both filled in."""

    year = forms.IntegerField(label="新方案的年度", min_value=FIRST_YEAR, max_value=LAST_YEAR)
    name = forms.CharField(label="方案名称", max_length=120)


class DeadlinesForm(forms.Form):
    """The days by which each stage is due."""

    def __init__(self, *args, scheme: Scheme, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for column, label in due_columns(scheme):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[column] = forms.DateField(label=label, widget=widget, initial=getattr(scheme, column))
        self.fields["self_due"].help_text = "当天 24:00 截止；遇休息日顺延到下一个工作日。"


class OpeningForm(forms.Form):
    """The second person says in words what happens."""

    words = forms.CharField(label=f"请输入“{CONFIRMATION}”四个字", max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def clean_words(self) -> str:
        """The very words."""
        words = self.cleaned_data["words"].strip().strip('“”"')
        if words != CONFIRMATION:
            raise forms.ValidationError(f"没有启动：请输入“{CONFIRMATION}”四个字，现为“{words}”。")
        return words
