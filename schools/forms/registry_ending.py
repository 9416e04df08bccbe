"""Ending and voiding records, and the succession of leaders: a day, a reason, one click."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.utils import timezone

from schools.forms.registry import DayInput
from schools.models import Leader, User
from schools.refusals import refusals_in
from schools.registry import saving


class EndForm(forms.Form):
    """Last day and reason. Without `field` the record has no period and is voided."""

    on = forms.DateField(label="最后一天", widget=DayInput)
    why = forms.CharField(label="原因", max_length=200)

    def __init__(self, *args: Any, record: models.Model, field: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record, self.field = record, field
        if field:
            self.fields["on"].initial = timezone.localdate()
            self.fields["on"].label = record._meta.get_field(field).verbose_name
        else:
            del self.fields["on"]

    def store(self, *, by: User) -> bool:
        """Ends or voids; False with the error in the form."""
        why = self.cleaned_data["why"]
        with refusals_in(self):
            if self.field:
                self.outcome = saving.end(self.record, self.cleaned_data["on"], field=self.field, by=by, reason=why)
            else:
                self.outcome = saving.void(self.record, by=by, reason=why)
        return not self.errors


class SuccessionForm(forms.Form):
    """接任: the leader who goes and the one who comes, in one form."""

    ends = forms.DateField(label="原任任职结束", widget=DayInput)
    name = forms.CharField(label="接任人姓名", max_length=30)
    party_post = forms.CharField(label="接任人党内职务", max_length=50, required=False, help_text="如党委书记、党委副书记、组织委员。")
    start = forms.DateField(label="接任人任职开始", widget=DayInput)

    def __init__(self, *args: Any, outgoing: Leader, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.outgoing = outgoing
        today = timezone.localdate()
        self.fields["ends"].initial = self.fields["start"].initial = today
        self.fields["party_post"].initial = outgoing.party_post

    def clean(self) -> dict[str, Any]:
        """The next cannot begin before the last has ended."""
        ends, start = self.cleaned_data.get("ends"), self.cleaned_data.get("start")
        if ends and start and start < ends:
            self.add_error("start", "接任人任职开始不能早于原任任职结束。")
        return self.cleaned_data

    def store(self, *, by: User) -> bool:
        """Both or none."""
        values = {"post": self.outgoing.post, **{name: self.cleaned_data[name] for name in ("name", "party_post", "start")}}
        with refusals_in(self):
            self.outcome = saving.succeed(self.outgoing, self.cleaned_data["ends"], values, by=by)
        return not self.errors
