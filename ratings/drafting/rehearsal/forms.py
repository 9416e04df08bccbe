"""What of a rehearsal is shown: which year's data, which schools."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from ratings.models import Scheme

MOVED, UP, DOWN, ALL = "", "up", "down", "all"
CHANGES = {MOVED: "星级有变动的", UP: "上升的", DOWN: "下降的", ALL: "全部党校"}


class RehearsalForm(forms.Form):
    """A filter by GET: anything it does not know counts as not chosen."""

    base = forms.TypedChoiceField(label="用哪一年的数据", required=False, coerce=int, empty_value=None)
    change = forms.ChoiceField(label="变动", required=False, choices=list(CHANGES.items()))
    q = forms.CharField(label="党校名称", required=False, max_length=60)

    def __init__(self, *args, bases: Sequence[Scheme], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].choices = [
            (str(one.pk), f"{one.year}年度（{one.get_phase_display()}）") for one in bases
        ]
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = kind
        self.bases = {one.pk: one for one in bases}
        self.is_valid()

    @property
    def chosen(self) -> Scheme:
        """The year to rehearse on: the one asked for, else the first offered."""
        return self.bases.get(self.cleaned_data.get("base")) or next(iter(self.bases.values()))

    def narrowed(self, cases: Sequence) -> list:
        """The schools to list."""
        change, word = self.cleaned_data.get("change", MOVED), self.cleaned_data.get("q", "").strip()
        wanted = {
            MOVED: lambda step: step,
            UP: lambda step: step > 0,
            DOWN: lambda step: step < 0,
            ALL: lambda step: True,
        }[change]
        found = [case for case in cases if wanted(case.now.star - case.then.star)]
        return [
            case
            for case in found
            if word in case.assessment.school.name or word in case.assessment.school.short_name
        ]
