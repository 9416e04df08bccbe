"""模拟: what a scheme would have made of an earlier year."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from ratings.criteria.checking import check_scheme, errors
from ratings.enums import Phase
from ratings.models import Scheme
from schools.audit.exports import export
from schools.permissions import allowed_to

from .forms import RehearsalForm
from .running import Rehearsal, base_for, origins_of, rehearse, spec_to_rehearse
from .showing import categories_picture, rehearsal_sheets, stars_picture

PAGE_SIZE = 20


@require_GET
@allowed_to("rehearse")
def rehearsal(request: HttpRequest, pk: int) -> HttpResponse:
    """Stars then and now, who moves and why, which limits bind, what one point in a threshold does."""
    context = _rehearsed(request, pk)
    found: Rehearsal | None = context.get("found")
    if found is not None:
        form: RehearsalForm = context["form"]
        listed = sorted(
            form.narrowed(found.cases), key=lambda case: (not case.moved, case.now.star - case.then.star)
        )
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
    context = _rehearsed(request, pk)
    found: Rehearsal | None = context.get("found")
    if found is None:
        return redirect("ratings:rehearsal", pk)
    name = f"{found.spec.year}年度方案模拟（用{found.base.year}年度数据）"
    return export(name, rehearsal_sheets(found), by=request.user, rows=len(found.cases))


def _rehearsed(request: HttpRequest, pk: int) -> dict[str, Any]:
    """The scheme with its rehearsal, or with what is in its way: no year with data, or errors in
    the draft.
    """
    schemes = list(Scheme.objects.visible_to(request.user).select_related("city"))
    scheme = next((one for one in schemes if one.pk == pk), None)
    if scheme is None:
        raise Http404
    context: dict[str, Any] = {"scheme": scheme}
    bases = base_for(scheme, schemes)
    if not bases:
        return context
    spec = spec_to_rehearse(scheme)
    wrong = errors(check_scheme(spec)) if scheme.phase == Phase.DRAFTING else []
    if wrong:
        return {**context, "wrong": wrong}
    form = RehearsalForm(request.POST or request.GET, bases=bases)
    found = rehearse(spec, form.chosen, origins=origins_of(scheme, form.chosen))
    return {**context, "form": form, "base": form.chosen, "found": found}
