"""评审核定: the system parts of one school, for the office and the panel's leader."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.forms.review import AdjustmentForm
from ratings.judging.adjusting import adjust, adjustable, locked_sentence, withdraw
from ratings.judging.system_parts import system_lines
from ratings.models import Assessment
from ratings.review.adjusting import system_full
from ratings.workflow import scheme_spec
from schools.permissions import allowed_to, may

from .panels import attempt, say


@require_GET
@allowed_to("adjust_figures")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """Every computed part of one school, as counted and as adjusted."""
    assessment = get_object_or_404(adjustable(request.user), pk=pk)
    lines = system_lines(assessment, scheme_spec(assessment.scheme))
    context = {
        "assessment": assessment,
        "lines": lines,
        "back": _back(request, assessment),
        "locked": locked_sentence(assessment, request.user),
    }
    return render(request, "ratings/judging/adjustments.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("adjust_figures")
def item(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """核定 of one item's system part, beside the figures it would replace."""
    assessment = get_object_or_404(adjustable(request.user), pk=pk)
    spec = scheme_spec(assessment.scheme)
    bound = spec.bound.get(code)
    if bound is None or not bound.system_parts:
        raise Http404
    (line,) = system_lines(assessment, spec, only=code)
    start = {"points": line.city.points, "reason": line.city.reason} if line.city else {}
    form = AdjustmentForm(request.POST or None, full=system_full(bound), initial=start)
    back = redirect("ratings:city_adjustments", pk)
    if "withdraw" in request.POST:
        say(request, lambda: withdraw(assessment, code, by=request.user), f"{code} 的评审核定已撤销。")
        return back
    valid = request.method == "POST" and form.is_valid()
    if valid and attempt(form, lambda: adjust(assessment, code, **form.cleaned_data, by=request.user)):
        messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
        return back
    context = {"assessment": assessment, "line": line, "form": form, "words": spec.words[code]}
    return render(request, "ratings/judging/adjust.html", {**context, "locked": locked_sentence(assessment, request.user)})


def _back(request: HttpRequest, assessment: Assessment) -> str:
    return reverse("ratings:sheets" if may(request.user, "arrange_panels") else "ratings:judging_school", args=[assessment.pk])
