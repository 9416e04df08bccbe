"""How the audit trail is narrowed."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet

from schools.models.audit import AuditEntry
from schools.site.asked import FilterForm

from . import ACTIONS


class AuditFilterForm(FilterForm):
    """Narrow the audit trail by day, person, act and object."""

    since = forms.DateField(label="从", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="到", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    who = forms.CharField(label="操作人", required=False, max_length=40)
    action = forms.ChoiceField(label="操作", required=False, choices=[("", "全部"), *ACTIONS.items()])
    about = forms.CharField(label="对象", required=False, max_length=40)

    def narrow(self, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        """The entries that fit what was chosen; both days are included."""
        chosen = self.chosen
        if "since" in chosen:
            entries = entries.filter(at__date__gte=chosen["since"])
        if "until" in chosen:
            entries = entries.filter(at__date__lte=chosen["until"])
        if "action" in chosen:
            entries = entries.filter(action=chosen["action"])
        if word := chosen.get("who", "").strip():
            entries = entries.filter(user_label__icontains=word)
        if word := chosen.get("about", "").strip():
            entries = entries.filter(subject__icontains=word)
        return entries
