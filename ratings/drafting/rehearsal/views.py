"""模拟: what a scheme would have made of an earlier year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ratings.criteria.checking import check_scheme, errors
from ratings.enums import Phase
from ratings.models import Scheme
from schools.audit.exports import export
from schools.permissions import allowed_to

from .running import Case, base_for, origins_of, rehearse, spec_to_rehearse
from .showing import categories_picture, rehearsal_sheets, stars_picture

PAGE_SIZE = 20
#: Which schools are listed, by the stars they gain or lose.
CHANGES = {
    "": ("星级有变动的", lambda change: change),
    "up": ("上升的", lambda change: change > 0),
    "down": ("下降的", lambda change: change < 0),
    "all": ("全部党校", lambda change: True),
}


class RehearsalForm(forms.Form):
    """Which year's data, which schools. A filter by GET: anything it does not know counts as not chosen."""

    base = forms.TypedChoiceField(label="用哪一年的数据", required=False, coerce=int, empty_value=None)
    change = forms.ChoiceField(
        label="变动", required=False, choices=[(key, label) for key, (label, _) in CHANGES.items()]
    )
    q = forms.CharField(label="党校名称", required=False, max_length=60)

    def __init__(self, *args, bases: Sequence[Scheme], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base"].choices = [
            (str(base.pk), f"{base.year}年度（{base.get_phase_display()}）") for base in bases
        ]
        for field in self.fields.values():
            kind = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs["class"] = kind
        self.is_valid()
        wanted = self.cleaned_data.get("base")
        #: The year to rehearse on: the one asked for, else the first offered.
        self.chosen = next((base for base in bases if base.pk == wanted), bases[0])

    def narrowed(self, cases: Sequence[Case]) -> list[Case]:
        """The schools to list, those that move first, from the largest fall to the largest rise."""
        _, is_listed = CHANGES[self.cleaned_data.get("change", "")]
        word = self.cleaned_data.get("q", "").strip()
        listed = [
            case
            for case in cases
            if is_listed(case.change)
            and (word in case.assessment.school.name or word in case.assessment.school.short_name)
        ]
        return sorted(listed, key=lambda case: (not case.change, case.change))


@require_GET
@allowed_to("rehearse")
def rehearsal(request: HttpRequest, pk: int) -> HttpResponse:
    """Stars then and now, who moves and why, which limits bind, what one point in a threshold does."""
    context = _rehearsed(request, pk)
    if found := context.get("found"):
        listed = context["form"].narrowed(found.cases)
        context["page"] = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
        context["pictures"] = {
            "stars": stars_picture(found),
            "categories": categories_picture(found.categories),
        }
    return render(request, "ratings/drafting/rehearsal/page.html", context)


@require_POST
@allowed_to("rehearse")
def rehearsal_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole rehearsal as a workbook."""
    found = _rehearsed(request, pk).get("found")
    if found is None:
        return redirect("ratings:rehearsal", pk)
    name = f"{found.spec.year}年度方案模拟（用{found.base.year}年度数据）"
    return export(name, rehearsal_sheets(found), by=request.user, rows=len(found.cases))


def _rehearsed(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The scheme with its rehearsal, or with what is in its way: no year with data, or errors in
    the draft.
    """
    schemes = list(Scheme.objects.visible_to(request.user).select_related("city"))
    scheme = next((scheme for scheme in schemes if scheme.pk == pk), None)
    if scheme is None:
        raise Http404
    context: dict[str, Any] = {"scheme": scheme}
    bases = base_for(scheme, schemes)
    if not bases:
        return context
    spec = spec_to_rehearse(scheme)
    if scheme.phase == Phase.DRAFTING and (wrong := errors(check_scheme(spec))):
        return context | {"wrong": wrong}
    form = RehearsalForm(request.POST or request.GET, bases=bases)
    base = form.chosen
    found = rehearse(spec, base, origins=origins_of(scheme, base))
    return context | {"form": form, "base": base, "found": found}
