"""申报进度 for the office: the list of schools, one school with its moves, extensions and the steps that are
the office's.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import Phase
from ratings.models import Assessment, Scheme
from ratings.sheets.forms import ReturnForm
from ratings.workflow import STEPS, Step, allowed_steps, grant_extension, scheme_spec, take_step
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, role_of
from schools.refusals import refusals_in
from schools.saving import Refused

from .figures import figure_lines, figure_metrics, type_figures
from .forms import ExtensionForm, FigureFilterForm, FiguresForm, StepForm
from .progress import OFFICE_STEPS, counts, lines, overseen

RUNNING = (Phase.OPEN, Phase.SCORING)


@require_GET
@allowed_to("read_progress")
def newest_progress(request: HttpRequest) -> HttpResponse:
    """The running scheme, or the page that says there is none."""
    scheme = Scheme.objects.visible_to(request.user).filter(phase__in=RUNNING).order_by("-year").first()
    if scheme is None:
        return render(request, "ratings/selfassessment/progress_board.html", {"scheme": None})
    return redirect("ratings:progress_board", scheme.pk)


@require_GET
@allowed_to("read_progress")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Every school of a scheme with status, turn and deadline."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).exclude(phase=Phase.DRAFTING), pk=pk)
    status = request.GET.get("status", "")
    found = counts(scheme, request.user)
    chosen = status if status in {code for code, _, _ in found} else ""
    context = {
        "scheme": scheme,
        "lines": lines(scheme, request.user, chosen),
        "counts": found,
        "chosen": chosen,
    }
    context["total"] = sum(number for _, _, number in found)
    return render(request, "ratings/selfassessment/progress_board.html", context)


@require_GET
@allowed_to("read_progress")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what happened so far, until when it has time, and what the office may do."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    return render(
        request,
        "ratings/selfassessment/progress_school.html",
        _school_context(request, assessment, ExtensionForm(scheme=assessment.scheme)),
    )


def _school_context(request: HttpRequest, assessment: Assessment, form: ExtensionForm) -> dict:
    return {
        "assessment": assessment,
        "moves": assessment.moves.select_related("by").order_by("-id"),
        "steps": _office_steps(request, assessment),
        "form": form if may(request.user, "extend") and assessment.scheme.phase in RUNNING else None,
        "labels": STEPS,
    }


def _office_steps(request: HttpRequest, assessment: Assessment) -> list[Step]:
    return [step for step in allowed_steps(request.user, assessment) if step.code in OFFICE_STEPS]


@require_POST
@allowed_to("extend")
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """延期; a refused one comes back with what was typed."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    if assessment.scheme.phase not in RUNNING:
        raise Refused(f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再延期。")
    form = ExtensionForm(request.POST, scheme=assessment.scheme)
    if form.is_valid():
        given = form.cleaned_data
        with refusals_in(form):
            grant_extension(
                assessment, given["stage"], given["due_on"], by=request.user, reason=given["reason"]
            )
            messages.success(request, "已延期。")
            return redirect("ratings:progress_school", assessment.pk)
    return render(
        request, "ratings/selfassessment/progress_school.html", _school_context(request, assessment, form)
    )


@require_http_methods(["GET", "POST"])
@allowed_to("take_office_steps")
def step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the office, confirmed in words; 退回补正 names the items. A refusal says every reason and
    changes nothing.
    """
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    if code not in OFFICE_STEPS:
        raise Http404
    chosen, data = STEPS[code], request.POST if request.method == "POST" else None
    form = (
        ReturnForm(data, spec=scheme_spec(assessment.scheme))
        if code == "return_"
        else StepForm(data, step=chosen)
    )
    if request.method == "POST" and form.is_valid():
        facts = {"items": form.items} if code == "return_" else {}
        with refusals_in(form):
            take_step(
                assessment, code, by=request.user, comment=form.cleaned_data.get("comment", ""), **facts
            )
            messages.success(request, f"已{chosen.label}。")
            return redirect("ratings:progress_school", assessment.pk)
    context = {
        "assessment": assessment,
        "step": chosen,
        "allowed": chosen in _office_steps(request, assessment),
        "form": form,
    }
    return render(
        request, "ratings/selfassessment/progress_step.html", {**context, "returns": code == "return_"}
    )


PAGE_SIZE = 50


@require_GET
@allowed_to("type_figures")
def newest_figures(request: HttpRequest) -> HttpResponse:
    """The newest opened scheme that asks this person for figures, or a page that says there is none."""
    schemes = (
        Scheme.objects.visible_to(request.user)
        .exclude(phase=Phase.DRAFTING)
        .filter(custom_metrics__isnull=False)
        .distinct()
    )
    for scheme in schemes.order_by("-year")[:3]:
        if figure_metrics(scheme, request.user):
            return redirect("ratings:scheme_figures", scheme.pk)
    return render(request, "ratings/selfassessment/custom_figures.html", {"scheme": None})


@require_http_methods(["GET", "POST"])
@allowed_to("type_figures")
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """A table of schools and metrics; a school sees its own row. What could not be stored stays in its field
    with the reason.
    """
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).exclude(phase=Phase.DRAFTING), pk=pk)
    metrics = figure_metrics(scheme, request.user)
    if not metrics:
        return render(request, "ratings/selfassessment/custom_figures.html", {"scheme": None})
    narrowing = FigureFilterForm(request.GET)
    visible = (
        Assessment.objects.visible_to(request.user)
        .filter(scheme=scheme)
        .select_related("scheme", "school__county")
    )
    rows = narrowing.narrow(visible.prefetch_related("extensions")).order_by(
        "school__county__code", "school__code"
    )
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    lines = figure_lines(scheme, metrics, page.object_list, request.user)
    form = FiguresForm(request.POST if request.method == "POST" else None, lines)
    if request.method == "POST" and not form.errors:
        refused = type_figures(scheme, form.typed, by=request.user)
        for one, why, now in refused:
            form.refuse(one, why, now)
        if not refused:
            messages.success(request, "已保存。")
            return HttpResponseRedirect(request.get_full_path())
    own = role_of(request.user) in SCHOOL_ROLES
    context = {
        "scheme": scheme,
        "metrics": metrics,
        "form": form,
        "page": page,
        "narrowing": narrowing,
        "own": own,
    }
    context["assessment"] = page.object_list[0] if own and page.object_list else None
    return render(request, "ratings/selfassessment/custom_figures.html", context)
