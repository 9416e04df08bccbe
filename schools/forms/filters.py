"""What people search and filter lists by. A filter that cannot be read shows everything rather than an error page."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet

from schools.audit import ACTIONS
from schools.gaps import INCOMPLETE
from schools.models import Region, School, User
from schools.models.audit import AuditEntry


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


class SchoolFilterForm(FilterForm):
    """Search by name or code, narrow by county and kind."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ModelChoiceField(Region.objects.none(), label="县（市、区）", required=False, empty_label="全部")
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *School.Kind.choices])
    gaps = forms.BooleanField(label="只看资料不全的", required=False)

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Region.objects.visible_to(user).counties()

    def narrow(self, schools: QuerySet[School]) -> QuerySet[School]:
        """The schools that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            schools = schools.filter(Q(name__icontains=word) | Q(short_name__icontains=word) | Q(code__icontains=word))
        if "county" in chosen:
            schools = schools.filter(county=chosen["county"])
        if "kind" in chosen:
            schools = schools.filter(kind=chosen["kind"])
        return schools.filter(INCOMPLETE) if chosen.get("gaps") else schools


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
