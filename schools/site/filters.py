"""What people search and filter lists by. A filter that cannot be read shows everything rather than an error
page.
"""

from __future__ import annotations

from django import forms


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
