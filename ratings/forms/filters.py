"""How the committee's board and the list of results are narrowed."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.db.models import Q, QuerySet

from ratings import deliberation
from ratings.board import Filters
from ratings.enums import Star
from ratings.models import Result
from ratings.results import GapKind
from schools.forms.filters import FilterForm

STAR_CHOICES = [("", "全部"), *((str(star.value), star.label) for star in sorted(Star, reverse=True))]


class BoardFilterForm(FilterForm):
    """County, star, order; the order by total exists on this page only."""

    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(label="星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None)
    order = forms.ChoiceField(label="排列", required=False, choices=[("", "行政区划顺序"), ("total", "按总分")])
    flagged = forms.BooleanField(label="只看有提示的", required=False)

    def __init__(self, *args, counties: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]

    @property
    def filters(self) -> Filters:
        """What was chosen, as the board reads it."""
        chosen = self.chosen
        return Filters(
            county=chosen.get("county", ""),
            star=chosen.get("star"),
            flagged=bool(chosen.get("flagged")),
            by_total=chosen.get("order") == "total",
        )


class DeliberationFilterForm(FilterForm):
    """County, computed star, what deserves a second look, order."""

    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(label="计算星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None)
    view = forms.ChoiceField(label="只看", required=False)
    order = forms.ChoiceField(label="排列", required=False, choices=[("", "行政区划顺序"), ("total", "按总分")])

    def __init__(self, *args, counties: Iterable[str], views: Iterable[tuple[str, str]], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]
        self.fields["view"].choices = list(views)

    @property
    def narrowing(self) -> deliberation.Filters:
        """What was chosen, as the list reads it."""
        chosen = self.chosen
        return deliberation.Filters(
            county=chosen.get("county", ""),
            star=chosen.get("star"),
            view=chosen.get("view", ""),
            by_total=chosen.get("order") == "total",
        )


class MissingFilterForm(FilterForm):
    """One kind of what is missing, which the page offers as links, in one county."""

    kind = forms.ChoiceField(required=False, choices=[("", ""), *GapKind.choices], widget=forms.HiddenInput)
    county = forms.ChoiceField(label="县（市、区）", required=False)

    def __init__(self, *args, counties: Iterable[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]


class ResultFilterForm(FilterForm):
    """Year, name, county and star of results."""

    year = forms.TypedChoiceField(label="年度", required=False, coerce=int, empty_value=None)
    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    county = forms.ChoiceField(label="县（市、区）", required=False)
    star = forms.TypedChoiceField(label="星级", required=False, choices=STAR_CHOICES, coerce=int, empty_value=None)

    def __init__(self, *args, years: list[int], counties: list[str], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(str(year), f"{year}年度") for year in years]
        self.fields["county"].choices = [("", "全部"), *((name, name) for name in counties)]

    def narrow(self, results: QuerySet[Result]) -> QuerySet[Result]:
        """The results that fit what was chosen, the year apart."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            results = results.filter(Q(school_name__icontains=word) | Q(school_code__icontains=word))
        if "county" in chosen:
            results = results.filter(county_name=chosen["county"])
        if "star" in chosen:
            results = results.filter(star=chosen["star"], lapsed=False)
        return results
