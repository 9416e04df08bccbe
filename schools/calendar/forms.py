"""The arrangement of a year, pasted as it was published."""

from typing import Any

from django import forms
from django.utils import timezone

from schools.site.asked import TextArea

from .reading import official_number
from .workdays import years_to_enter

#: A notice has about a thousand characters; a whole year typed day by day stays below this, too.
LONGEST = 20_000
SOURCE_LONGEST = 100
EMPTY = "请贴入通知全文，或逐行写出放假和上班的日期。"
NUL = "里有看不见的空字符，请重新从原网页复制；还是不行的，先贴到记事本，再从记事本复制过来。"


class ArrangementForm(forms.Form):
    """What is pasted is kept as it is typed, so that line numbers are those of the page."""

    year = forms.TypedChoiceField(
        label="年度", coerce=int, widget=forms.Select(attrs={"class": "form-select"})
    )
    source = forms.CharField(
        label="来源或文号",
        max_length=SOURCE_LONGEST,
        required=False,
        error_messages={
            "max_length": f"来源或文号不超过 {SOURCE_LONGEST} 字符，现在有 %(show_value)d 字符，请写短一些。",
            "null_characters_not_allowed": f"来源或文号{NUL}",
        },
        widget=forms.TextInput(attrs={"class": "form-control"}),
        help_text="如：国办发明电〔2026〕7号。贴入的文字里有文号的，不填也可以。",
    )
    text = forms.CharField(
        label="通知全文，或逐行写的日期",
        max_length=LONGEST,
        strip=False,
        error_messages={
            "required": EMPTY,
            "max_length": (
                f"贴入的文字不超过 {LONGEST} 字符，现在有 %(show_value)d 字符，请删去通知以外的文字。"
            ),
            "null_characters_not_allowed": f"贴入的文字{NUL}",
        },
        widget=TextArea(attrs={"rows": 12, "spellcheck": "false", "class": "form-control"}),
    )

    def __init__(self, *args, year: str | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        years = (today.year - 1, today.year, today.year + 1)
        labels = [f"{shown_year}年" for shown_year in years]
        field = self.fields["year"]
        field.choices = list(zip(years, labels, strict=True))
        wrong = f"年度只能选{'、'.join(labels)}，请重新选择。"
        field.error_messages |= dict.fromkeys(("required", "invalid_choice", "invalid"), wrong)
        default = next(iter(years_to_enter(today)), today.year + 1)
        field.initial = int(year) if year in map(str, years) else default
        for name in ("source", "text"):
            # A browser would cut what is pasted without a word.
            self.fields[name].widget.attrs.pop("maxlength")

    def clean_text(self) -> str:
        """Blanks alone are nothing."""
        text = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError(EMPTY)
        return text

    def clean(self) -> dict[str, Any]:
        """The number of the document is in the text, or is typed."""
        data = super().clean()
        if not self.errors and not data["source"]:
            data["source"] = official_number(data["text"])
            if not data["source"]:
                self.add_error(
                    "source", "贴入的文字里没有文号，请写明来源或文号，如：国办发明电〔2026〕7号。"
                )
        return data
