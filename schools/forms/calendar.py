"""The arrangement of a year, pasted as it was published."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from schools.arrangement.reading import official_number
from schools.workdays import years_to_enter

#: A notice has about a thousand characters; a whole year typed day by day stays below this, too.
LONGEST = 20_000


class ArrangementForm(forms.Form):
    """What is pasted is kept as it is typed, so that line numbers are those of the page."""

    year = forms.TypedChoiceField(label="年度", coerce=int)
    source = forms.CharField(
        label="来源或文号",
        max_length=100,
        required=False,
        help_text="如：国办发明电〔2026〕7号。贴入的文字里有文号的，不填也可以。",
    )
    text = forms.CharField(
        label="通知全文，或逐行写的日期",
        max_length=LONGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
    )

    def __init__(self, *args, year: str | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        years = (today.year - 1, today.year, today.year + 1)
        self.fields["year"].choices = [(one, f"{one}年") for one in years]
        missing = years_to_enter(today)
        default = missing[0] if missing else today.year + 1
        self.fields["year"].initial = next((one for one in years if str(one) == year), default)
        for name, field in self.fields.items():
            field.widget.attrs["class"] = "form-select" if name == "year" else "form-control"

    def clean_text(self) -> str:
        """Blanks alone are nothing."""
        text = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError("请贴入通知全文，或逐行写出放假和上班的日期。")
        return text

    def clean(self) -> dict[str, Any]:
        """The number of the document is in the text, or is typed."""
        data = super().clean()
        if not self.errors and not data["source"]:
            data["source"] = official_number(data["text"])
            if not data["source"]:
                self.add_error("source", "贴入的文字里没有文号，请写明来源或文号，如：国办发明电〔2026〕7号。")
        return data
