"""Fields that several rooms ask in the same way: a day, a few sentences, records to tick; and what is
wanted only in some cases.
"""

from django import forms
from django.core.exceptions import ValidationError


def day_input() -> forms.DateInput:
    """The browser's own calendar, in the one format it takes."""
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def long_text(label: str, *, rows: int = 2, longest: int = 200, **options) -> forms.CharField:
    """A few sentences."""
    return forms.CharField(
        label=label, max_length=longest, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


def owe(form: forms.Form, **sentences: str) -> None:
    """These fields are wanted after all; one that could not be read has its own error."""
    for name, sentence in sentences.items():
        if not form.cleaned_data.get(name) and name not in form.errors:
            form.add_error(name, sentence)


class SeveralField(forms.ModelMultipleChoiceField):
    """An id no database can hold, which SQLite answers with an exception, is a choice that does not exist."""

    def _check_values(self, value):
        try:
            return super()._check_values(value)
        except OverflowError as error:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "…"}
            ) from error
