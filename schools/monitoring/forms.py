"""The filter of the monitoring page."""

from __future__ import annotations

from collections import Counter

from django import forms

from schools.models import Region, User
from schools.site.asked import FilterForm

from .anomalies import KINDS


class MonitoringFilterForm(FilterForm):
    """Search by name or code, narrow by county and by what is odd; the year stays when the rest changes."""

    year = forms.ChoiceField(label="年度", required=False)
    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ModelChoiceField(
        Region.objects.none(), label="县（市、区）", required=False, empty_label="全部"
    )
    kind = forms.ChoiceField(label="提示", required=False)

    def __init__(self, *args, user: User, years: list[int], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].queryset = Region.objects.visible_to(user).counties()
        self.fields["year"].choices = [(str(year), f"{year}年") for year in years]
        self.fields["kind"].choices = [("", "全部党校"), ("any", "有提示的"), *KINDS.items()]

    def show_counts(self, counts: Counter[str], flagged: int) -> None:
        """Says beside each choice how many schools it shows."""
        named = [(kind, f"{name}（{counts[kind]}）") for kind, name in KINDS.items()]
        self.fields["kind"].choices = [("", "全部党校"), ("any", f"有提示的（{flagged}）"), *named]
