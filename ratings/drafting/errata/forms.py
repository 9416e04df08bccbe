"""What is typed in a correction: one row's limited fields, the reason and the document it rests on."""

from __future__ import annotations

from typing import Any

from django import forms

from ratings.criteria.fields import CORRECTABLE, RESTRICTION
from ratings.criteria.storing import model_of
from ratings.enums import Trigger
from ratings.models import Erratum
from schools.refusals import RecheckedForm
from schools.site.asked import TextArea


class ErratumForm(RecheckedForm, forms.Form):
    """A part of a correction; `revision` counts the saves of the whole."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, erratum: Erratum, **kwargs) -> None:
        super().__init__(*args, initial=self.standing(erratum) | self.fresh(erratum), **kwargs)

    def standing(self, erratum: Erratum) -> dict[str, str]:
        """What the correction says, as it is typed."""
        raise NotImplementedError

    @property
    def values(self) -> dict[str, str]:
        """What it shall say."""
        return {name: text for name, text in self.cleaned_data.items() if name != "revision"}

    def fresh(self, current: Erratum) -> dict[str, int]:
        """Its revision."""
        return {"revision": current.revision}

    def contents(self, current: Erratum) -> tuple[dict[str, str], dict[str, str]]:
        """What a colleague stored, and what was typed."""
        typed, standing = self.values, self.standing(current)
        labels = {name: self.fields[name].label for name in typed}
        return (
            {label: standing[name] for name, label in labels.items()},
            {label: typed[name] for name, label in labels.items()},
        )


class ErratumRowForm(ErratumForm):
    """One item, band or restriction of the criteria, as far as it may be corrected; `key` and `code` name it
    in the edits.
    """

    def __init__(self, *args, key: str, code: str, row: Any, **kwargs) -> None:
        self.key, self.code, self.row, self.section = key, code, row, CORRECTABLE[key]
        super().__init__(*args, **kwargs)
        columns = model_of(self.section)._meta
        for name, field in self.section.correctable.items():
            conditional = name == "condition_text" and self.section is RESTRICTION
            if not conditional or row.trigger == Trigger.CONDITION:
                column = columns.get_field(field.column)
                self.fields[name] = field.kind.form_field(column, label=field.asked, help_text="")
                self.fields[name].required |= conditional

    def standing(self, erratum: Erratum) -> dict[str, str]:
        """A field without an edit says what it always said."""
        fields = self.section.correctable.items()
        always = {name: field.kind.typed(getattr(self.row, name)) for name, field in fields}
        return always | erratum.edits.get(self.key, {}).get(self.code, {})

    @property
    def values(self) -> dict[str, str]:
        """As the edits keep it."""
        kinds = {name: field.kind for name, field in self.section.correctable.items()}
        return {name: kinds[name].typed(kinds[name].load(value)) for name, value in super().values.items()}


class ReasonForm(ErratumForm):
    """Why the criteria are corrected, and on what."""

    reason = forms.CharField(
        label="更正理由",
        max_length=180,
        widget=TextArea(attrs={"rows": 2}),
        help_text="写明错在哪里，为什么必须在年度中更正。",
    )
    basis = forms.CharField(
        label="依据", max_length=200, help_text="如：市评委会会议纪要、上级文件的名称和文号。"
    )

    def standing(self, erratum: Erratum) -> dict[str, str]:
        return {"reason": erratum.reason, "basis": erratum.basis}
