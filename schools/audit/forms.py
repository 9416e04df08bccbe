"""How the audit trail is narrowed."""

from django import forms

from schools.site.asked import FilterForm
from schools.site.typed import DayField

from . import ACTIONS


class AuditFilterForm(FilterForm):
    """Narrow the audit trail by day, person, act and object."""

    since = DayField(label="从", required=False)
    until = DayField(label="到", required=False)
    who = forms.CharField(label="操作人", required=False, max_length=40)
    action = forms.ChoiceField(label="操作", required=False, choices=[("", "全部"), *ACTIONS.items()])
    about = forms.CharField(label="对象", required=False, max_length=40)

    #: Both days are included.
    lookups = {
        "since": "at__date__gte",
        "until": "at__date__lte",
        "who": "user_label__icontains",
        "action": "action",
        "about": "subject__icontains",
    }
