"""What is typed in a correction: one row's limited fields, the reason and the document it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from ratings.enums import Star, Trigger
from ratings.errata.preparing import EDITABLE, text_of
from ratings.models import Erratum
from ratings.rules import RuleError

TITLES = {"item": "小项", "band": "星级标准", "restriction": "限制性情形"}
_LABELS = {
    "name": "名称",
    "points": "分值",
    "rule_text": "计分规则",
    "standard": "标准",
    "evidence": "佐证要求",
    "condition_text": "条件",
    "effect_text": "后果",
    "basis": "依据",
}
_LENGTHS = {"name": 60, "evidence": 200, "condition_text": 300, "effect_text": 20, "basis": 200, "rule_text": 2000, "standard": 4000}
_LONG = ("rule_text", "standard")
#: Written anew by the rule language, which sets blanks of its own.
_CANONICAL = ("condition_text", "effect_text", "rule_text")
_MAY_BE_EMPTY = ("standard", "evidence", "basis")


class ErratumRowForm(forms.Form):
    """One item, band or restriction of the criteria, as far as it may be corrected."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, section: str, row: Any, initial: dict, **kwargs) -> None:
        start = {name: text_of(row, name) for name in EDITABLE[section]}
        super().__init__(*args, initial={**start, **initial}, **kwargs)
        self.section, self.row = section, row
        for name in EDITABLE[section]:
            if name == "condition_text" and section == "restriction" and row.trigger != Trigger.CONDITION:
                continue
            self.fields[name] = self._field(section, name)

    def _field(self, section: str, name: str) -> forms.Field:
        label = "情形" if (section, name) == ("restriction", "name") else _LABELS[name]
        if name == "points":
            return forms.DecimalField(label=label, min_value=0.01, max_value=1000, decimal_places=2)
        widget = forms.Textarea(attrs={"rows": 3}) if name in _LONG else forms.TextInput()
        longest = 200 if (section, name) == ("restriction", "name") else _LENGTHS[name]
        return forms.CharField(label=label, max_length=longest, required=name not in _MAY_BE_EMPTY, widget=widget)

    def clean(self) -> dict:
        """Rules and conditions in their one spelling; an error names the position."""
        data = super().clean()
        for name in EDITABLE[self.section]:
            if data.get(name) in (None, ""):
                continue
            try:
                data[name] = EDITABLE[self.section][name](str(data[name]))
            except RuleError as error:
                self.add_error(name, str(error))
                continue
            longest = self.fields[name].max_length if name in _CANONICAL else None
            if longest and len(data[name]) > longest:
                self.add_error(name, f"规范写法共 {len(data[name])} 字，最多 {longest} 字，请写短一些。")
        return data

    def differences(self, stored: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Field by field what a colleague stored and what was typed; a field without an edit says what it always said."""
        shown = {name: stored.get(name, text_of(self.row, name)) for name in self.values}
        return [(self.fields[name].label, shown[name], typed) for name, typed in self.values.items() if shown[name] != typed]

    def again(self, revision: int, sentence: str) -> ErratumRowForm:
        """What was typed, in a form that knows the newer revision and says why it was not saved."""
        form = ErratumRowForm({**self.data.dict(), "revision": revision}, section=self.section, row=self.row, initial={})
        form.add_error(None, sentence)
        return form

    @property
    def values(self) -> dict[str, str]:
        """What the row shall say, without the bookkeeping."""
        return {name: text for name, text in self.cleaned_data.items() if name != "revision"}


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


def row_title(section: str, row: Any) -> str:
    """How a row is called in lists and headings."""
    return Star(row.star).label if section == "band" else f"{row.code} {row.name}"
