"""How the list of schools is searched and narrowed."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet

from schools.models import Region, School, User
from schools.site.asked import FilterForm

from .overview import INCOMPLETE


class SchoolFilterForm(FilterForm):
    """Search by name or code, narrow by county and kind."""

    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ModelChoiceField(
        Region.objects.none(), label="县（市、区）", required=False, empty_label="全部"
    )
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *School.Kind.choices])
    gaps = forms.BooleanField(label="只看资料不全的", required=False)

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Region.objects.visible_to(user).counties()

    def narrow(self, schools: QuerySet[School]) -> QuerySet[School]:
        """The schools that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            schools = schools.filter(
                Q(name__icontains=word) | Q(short_name__icontains=word) | Q(code__icontains=word)
            )
        if "county" in chosen:
            schools = schools.filter(county=chosen["county"])
        if "kind" in chosen:
            schools = schools.filter(kind=chosen["kind"])
        return schools.filter(INCOMPLETE) if chosen.get("gaps") else schools
