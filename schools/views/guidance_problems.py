"""Problems from the visit that found them to the day they are closed."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from schools.forms.guidance import ProblemFilterForm, RecheckForm, ReportForm
from schools.guidance import recheck_problem, report_problem
from schools.models import Problem
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to
from schools.refusals import refusals_in

PAGE_SIZE = 50


@require_GET
@allowed_to("read_guidance")
def problems(request: HttpRequest) -> HttpResponse:
    """Problems in scope, the first due first."""
    form, today = ProblemFilterForm(request.GET), timezone.localdate()
    rows = Problem.objects.visible_to(request.user).filter(visit__voided_at__isnull=True)
    chosen = form.chosen
    state = chosen.get("state", "")
    if state == "closed":
        rows = rows.filter(closed_at__isnull=False)
    elif state != "all":
        rows = rows.open()
    if state == "late":
        rows = rows.filter(due__lt=today, reported_at__isnull=True)
    if state == "reported":
        rows = rows.filter(reported_at__isnull=False)
    if word := chosen.get("q", "").strip():
        rows = rows.filter(Q(text__icontains=word) | Q(visit__school__name__icontains=word))
    rows = rows.select_related("visit__school", "visit__by").order_by("due", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "today": today,
        "query": request.GET.urlencode(),
        "of_school": request.user.identity.role in SCHOOL_ROLES,
    }
    return render(request, "schools/guidance/problems.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("report_problem")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The school says what it did."""
    context = {"title": "上报整改", "press": "上报"}
    return _act(request, pk, ReportForm(request.POST or None), report_problem, "整改情况已上报，等待复查。", context)


@require_http_methods(["GET", "POST"])
@allowed_to("recheck_problem")
def recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever guides looks again."""
    context = {"title": "复查", "press": "保存"}
    return _act(request, pk, RecheckForm(request.POST or None, initial={"passed": "yes"}), recheck_problem, "复查结果已保存。", context)


def _act(request: HttpRequest, pk: int, form: forms.Form, act: Callable[..., None], done: str, context: dict[str, str]) -> HttpResponse:
    """Shows the problem with a form, whose fields are what `act` takes."""
    problem = get_object_or_404(Problem.objects.visible_to(request.user).select_related("visit__school", "visit__by", "reported_by"), pk=pk)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            act(problem, by=request.user, **form.cleaned_data)
            messages.success(request, done)
            return redirect("schools:guidance_school", problem.visit.school_id)
    return render(request, "schools/guidance/problem.html", {"problem": problem, "form": form, **context})
