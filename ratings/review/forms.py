"""What the county writes of its own: 初评分工, 集体确认."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.models import Category
from ratings.workflow.blocking import OPINION_LIMIT
from schools.models import User


class DivisionForm(forms.Form):
    """One reviewer for each category, or everybody."""

    def __init__(self, *args, categories: Iterable[Category], reviewers: Iterable[User], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.categories, self.reviewers = list(categories), {str(user.pk): user for user in reviewers}
        choices = [
            ("", "不分工，各初评人都可评"),
            *((key, f"{user.name}（{user.username}）") for key, user in self.reviewers.items()),
        ]
        for category in self.categories:
            self.fields[f"category-{category.pk}"] = forms.ChoiceField(
                label=str(category), required=False, choices=choices
            )

    @property
    def chosen(self) -> dict[Category, User | None]:
        """The reviewer of each category."""
        return {one: self.reviewers.get(self.cleaned_data[f"category-{one.pk}"]) for one in self.categories}


class ConfirmForm(forms.Form):
    """集体确认: the star the county suggests, and its opinion as it will stand before the committee."""

    star = forms.TypedChoiceField(label="建议星级", coerce=int, widget=forms.RadioSelect)
    opinion = forms.CharField(
        label="初评意见", max_length=OPINION_LIMIT, widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, *args, spec: SchemeSpec, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        stars = [*(band.star for band in spec.bands), Star.NONE.value]
        self.fields["star"].choices = [(star, Star(star).label) for star in stars]
        self.fields["opinion"].help_text = f"经集体研究的意见，最多 {OPINION_LIMIT} 字。"
