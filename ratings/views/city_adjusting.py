"""评审核定: the system parts of one school, for the office and the panel's leader."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.forms.acts import AdjustmentForm
from ratings.judging.adjusting import adjust, adjustable, locked_sentence, withdraw
from ratings.judging.system_parts import system_lines
from ratings.models import Assessment
from ratings.workflow import must_recuse, scheme_spec
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in


@require_GET
@allowed_to("adjust_figures")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """Every computed part of one school, as counted and as adjusted."""
    assessment, _ = _adjusted(request, pk)
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
    assessment, recused = _adjusted(request, pk)
    spec = scheme_spec(assessment.scheme)
    bound = spec.bound.get(code)
    if bound is None or not bound.system_parts:
        raise Http404
    (line,) = system_lines(assessment, spec, only=code)
    start = {"points": found.points, "reason": found.reason} if (found := line.city_adjustment) else {}
    form = AdjustmentForm(request.POST or None, full=line.system_full, initial=start)
    back = redirect("ratings:city_adjustments", pk)
    if "withdraw" in request.POST:
        with refusals_as_messages(request):
            withdraw(assessment, code, by=request.user)
            messages.success(request, f"{code} 的评审核定已撤销。")
        return back
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            adjust(assessment, code, **form.cleaned_data, by=request.user)
            messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
            return back
    shown = {} if recused else {"line": line, "locked": locked_sentence(assessment, request.user)}
    context = {"assessment": assessment, "item": bound.item, "form": form, "may_withdraw": line.city_adjustment and not recused}
    return render(request, "ratings/judging/adjust.html", {**context, **shown})


def _adjusted(request: HttpRequest, pk: int) -> tuple[Assessment, str]:
    """The school, and why this person must recuse there: nothing of it is then shown but what was typed."""
    assessment = get_object_or_404(adjustable(request.user), pk=pk)
    sentence = must_recuse(request.user, assessment.school)
    if sentence and request.method != "POST":
        raise PermissionDenied(sentence)
    return assessment, sentence


def _back(request: HttpRequest, assessment: Assessment) -> str:
    return reverse("ratings:sheets" if may(request.user, "arrange_panels") else "ratings:judging_school", args=[assessment.pk])
