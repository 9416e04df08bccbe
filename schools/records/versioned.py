"""The form of a row that counts its saves: what several people may have open, stored by `save_versioned`."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db import models

from schools.refusals import RecheckedForm

from .changes import plain, worded


class VersionedForm(RecheckedForm, forms.ModelForm):
    """`version` is the number of saves this form was opened with: a save in between is a conflict, and
    nothing is lost.
    """

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.helper = FormHelper()
        self.helper.form_tag = False

    @property
    def values(self) -> dict[str, Any]:
        """What is to be stored."""
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def contents(self, current: models.Model) -> tuple[dict[str, str], dict[str, str]]:
        """The row as stored, and as typed."""
        stored = {name: getattr(current, name) for name in self._meta.fields}
        return self._in_words(stored), self._in_words(self.values)

    def fresh(self, current: models.Model) -> dict[str, int]:
        """Its version."""
        return {"version": current.version}

    def _in_words(self, values: dict[str, Any]) -> dict[str, str]:
        return worded(self._meta.model, {name: plain(value) for name, value in values.items()})
