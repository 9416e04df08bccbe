"""What an address or a hidden field asks for: written by pages of this system, and by anybody who edits what
they wrote.
"""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.http import url_has_allowed_host_and_scheme

#: Room for every id and every year; a longer run of digits names nothing.
MOST_DIGITS = 15


def number(text: str) -> int | None:
    """The whole number in plain digits; None for anything else, such as ² or a thousand nines, which `int`
    refuses.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None


def way_back(wanted: str, otherwise: str) -> str:
    """The page a form was sent from, where it is a path of this system; a bare word is none, though Django
    takes it for a view.
    """
    return (
        wanted
        if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
        else otherwise
    )


class FilterForm(forms.Form):
    """A form of GET parameters; a choice it does not know is left out."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="filter-%s", **kwargs)
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            if isinstance(field.widget, forms.CheckboxInput):
                kind = "form-check-input"
            field.widget.attrs["class"] = kind

    @property
    def chosen(self) -> dict:
        """The values that could be read, without the empty ones."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class SeveralField(forms.ModelMultipleChoiceField):
    """An id no database can hold, which SQLite answers with an exception, is a choice that does not exist."""

    def _check_values(self, value):
        try:
            return super()._check_values(value)
        except OverflowError as error:
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": "…"}
            ) from error
