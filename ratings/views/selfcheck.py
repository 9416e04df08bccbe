"""对标自查: the school's own page, for its own people only."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.forms.selfcheck import GoalForm
from ratings.ladders import ladders_of
from ratings.models import Assessment, Goal
from ratings.selfcheck import is_open, self_check, set_goal, standing_of
from schools.permissions import allowed_to
from schools.refusals import refusals_in


@require_GET
@allowed_to("self_check")
def overview(request: HttpRequest, scheme: int) -> HttpResponse:
    """Where the school stands today, item by item and towards each star."""
    assessment = _own(request, scheme)
    found = {"assessment": assessment, "check": self_check(assessment, request.user), "open": is_open(assessment)}
    return render(request, "ratings/selfcheck/page.html", found)


@require_http_methods(["GET", "POST"])
@allowed_to("self_check")
def item(request: HttpRequest, scheme: int, code: str) -> HttpResponse:
    """One item with its ladder, and the goal the school sets itself."""
    assessment = _own(request, scheme)
    sheet, standing = standing_of(assessment, code, request.user)
    if standing is None:
        raise Http404
    row = assessment.scheme.items.get(code=code)
    stored = Goal.objects.visible_to(request.user).filter(assessment=assessment, item=row).first() or Goal()
    form = GoalForm(request.POST or None, instance=stored) if is_open(assessment) or request.method == "POST" else None
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            set_goal(assessment, row, form.values, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"{code} 的目标已保存。")
            return redirect(f"{reverse('ratings:self_checks', args=[scheme])}#item-{code}")
    context = {"assessment": assessment, "standing": standing, "line": standing.line, "form": form}
    return render(request, "ratings/selfcheck/item.html", {**context, "ladders": ladders_of(standing.line, sheet)})


def _own(request: HttpRequest, scheme: int) -> Assessment:
    visible = Assessment.objects.visible_to(request.user).filter(scheme__imported=False).select_related("scheme__city", "school")
    return get_object_or_404(visible, scheme__pk=scheme)
