"""What the county writes of its own: 初评分工, 集体确认; and 核定, which the city writes as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django import forms
from django.forms.models import model_to_dict
from django.http import HttpRequest

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.models import Adjustment, Category
from ratings.sheets import Line
from ratings.sheets.forms import AdjustmentForm
from ratings.workflow.blocking import OPINION_LIMIT
from schools.models import User
from schools.site.asked import TextArea


def adjustment_form(request: HttpRequest, line: Line, current: Adjustment | None) -> AdjustmentForm:
    """核定 of an item's system part, beginning with what counts at this stage now."""
    start = model_to_dict(current, ["points", "reason"]) if current else {}
    return AdjustmentForm(request.POST or None, full=line.system_full, initial=start)


class DivisionForm(forms.Form):
    """One reviewer for each category, or everybody; `held` is who has which now, by their numbers."""

    def __init__(
        self,
        *args,
        categories: Iterable[Category],
        reviewers: Iterable[User],
        held: Mapping[int, int],
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.reviewers = {str(user.pk): user for user in reviewers}
        self.categories = {f"category-{category.pk}": category for category in categories}
        people = [(key, user.in_full) for key, user in self.reviewers.items()]
        for name, category in self.categories.items():
            self.fields[name] = forms.ChoiceField(
                label=str(category),
                required=False,
                choices=[("", "不分工，各初评人都可评"), *people],
                initial=held.get(category.pk),
            )

    @property
    def chosen(self) -> dict[Category, User | None]:
        """The reviewer of each category."""
        return {
            category: self.reviewers.get(self.cleaned_data[name])
            for name, category in self.categories.items()
        }


class ConfirmForm(forms.Form):
    """集体确认: the star the county suggests, and its opinion as it will stand before the committee."""

    star = forms.TypedChoiceField(label="建议星级", coerce=int, widget=forms.RadioSelect)
    opinion = forms.CharField(
        label="初评意见",
        max_length=OPINION_LIMIT,
        widget=TextArea(attrs={"rows": 5}),
        help_text=f"经集体研究的意见，最多 {OPINION_LIMIT} 字。",
    )

    def __init__(self, *args, spec: SchemeSpec, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        stars = [*(band.star for band in spec.bands), Star.NONE.value]
        self.fields["star"].choices = [(star, Star(star).label) for star in stars]
