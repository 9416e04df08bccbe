"""What is typed in a correction: one row's limited fields, the reason and the document it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from ratings.criteria.fields import RESTRICTION, Section
from ratings.criteria.storing import model_of
from ratings.enums import Trigger
from ratings.models import Erratum


class ErratumRowForm(forms.Form):
    """One item, band or restriction of the criteria, as far as it may be corrected."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, section: Section, row: Any, initial: dict, **kwargs) -> None:
        self.section, self.row = section, row
        super().__init__(*args, initial={name: self._text(name) for name in section.correctable} | initial, **kwargs)
        columns = model_of(section)._meta
        for name, field in section.correctable.items():
            conditional = name == "condition_text" and section is RESTRICTION
            if not conditional or row.trigger == Trigger.CONDITION:
                self.fields[name] = field.kind.form_field(columns.get_field(field.column), label=field.asked, help_text="")
                self.fields[name].required |= conditional

    def _text(self, name: str) -> str:
        """What the row says now, as it is typed."""
        return self.section.correctable[name].kind.typed(getattr(self.row, name))

    def differences(self, stored: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Field by field what a colleague stored and what was typed; a field without an edit says what it always said."""
        shown = {name: stored.get(name, self._text(name)) for name in self.values}
        return [(self.fields[name].label, shown[name], typed) for name, typed in self.values.items() if shown[name] != typed]

    def again(self, revision: int, sentence: str) -> ErratumRowForm:
        """What was typed, in a form that knows the newer revision and says why it was not saved."""
        form = ErratumRowForm({**self.data.dict(), "revision": revision}, section=self.section, row=self.row, initial={})
        form.add_error(None, sentence)
        return form

    @property
    def values(self) -> dict[str, str]:
        """What the row shall say, as the edits keep it."""
        kinds = {name: field.kind for name, field in self.section.correctable.items()}
        return {name: kinds[name].typed(kinds[name].load(value)) for name, value in self.cleaned_data.items() if name in kinds}


class ReasonForm(forms.Form):
    """Why the criteria are corrected, and on what."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="更正理由", max_length=180, widget=forms.Textarea(attrs={"rows": 2}), help_text="写明错在哪里，为什么必须在年度中更正。"
    )
    basis = forms.CharField(label="依据", max_length=200, help_text="如：市评委会会议纪要、上级文件的名称和文号。")

    def differences(self, stored: Erratum) -> list[tuple[str, str, str]]:
        """Field by field what a colleague stored and what was typed."""
        shown = [(self.fields[name].label, getattr(stored, name), self.cleaned_data[name]) for name in ("reason", "basis")]
        return [(label, there, typed) for label, there, typed in shown if there != typed]

    def again(self, revision: int, sentence: str) -> ReasonForm:
        """What was typed, in a form that knows the newer revision and says why it was not saved."""
        form = ReasonForm({**self.data.dict(), "revision": revision})
        form.add_error(None, sentence)
        return form
