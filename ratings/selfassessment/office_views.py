"""申报进度 for the office: where every school of a scheme stands, whose turn it is, until when; one school
with its moves, extensions and the steps that are the office's. 自定义指标, for whoever types them.
"""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import RUNNING, Phase, Status
from ratings.models import Assessment, Move, Scheme
from ratings.sheets.forms import ReturnForm
from ratings.workflow import (
    STAGE_OF,
    STEPS,
    TURN_OF,
    allowed_steps,
    due,
    grant_extension,
    scheme_spec,
    shown_deadlines,
)
from ratings.workflow.deadlines import extension_refusal
from ratings.workflow.stages import admissible, admit_school
from schools.models import Role, School, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, role_of
from schools.refusals import refusals_in, seen_again
from schools.saving import SEEN

from .figures import FiguresForm, figure_metrics
from .forms import AdmissionForm, ExtensionForm, FigureFilterForm, StepForm
from .views import step_context, take_if_posted

#: Steps that an office takes on a page of its own; settling and reopening belong to the committee's pages.
OFFICE_STEPS = ("return_", "recall", "send_back", "lapse", "decline", "take_out")
PAGE_SIZE = 50


def overseen(user: User) -> QuerySet[Assessment]:
    """Assessments in reach with what a line of the list shows."""
    rows = Assessment.objects.visible_to(user).select_related("school__county", "scheme__city")
    return rows.prefetch_related("extensions").in_order()


def opened_schemes(user: User) -> QuerySet[Scheme]:
    """Schemes in reach that schools work by, or have worked by."""
    return Scheme.objects.visible_to(user).exclude(phase=Phase.DRAFTING)


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
    """Every school of a scheme with status, turn and deadline, or those of one status."""
    scheme = get_object_or_404(opened_schemes(request.user), pk=pk)
    asked = Move.objects.filter(
        assessment=OuterRef("pk"), step="ask_decline", assessment__status=Status.DRAFT
    )
    rows = list(overseen(request.user).filter(scheme=scheme).annotate(asked_to_decline=Exists(asked)))
    numbers = Counter(row.status for row in rows)
    status = request.GET.get("status", "")
    chosen = status if status in numbers else ""
    context = {
        "scheme": scheme,
        "lines": [_line(row) for row in rows if chosen in ("", row.status)],
        "counts": [(one.value, one.label, numbers[one]) for one in Status if numbers[one]],
        "chosen": chosen,
        "total": len(rows),
        "admits": may(request.user, "take_office_steps"),
        "absent": admissible(scheme).select_related("county").in_order(),
    }
    return render(request, "ratings/selfassessment/progress_board.html", context)


def _line(assessment: Assessment) -> dict[str, Any]:
    stage = STAGE_OF.get(assessment.status)
    return {
        "assessment": assessment,
        "turn": "、".join(Role(role).label for role in TURN_OF[assessment.status]),
        "due": due(assessment, stage) if stage else None,
    }


@require_http_methods(["GET", "POST"])
@allowed_to("take_office_steps")
def admit(request: HttpRequest, pk: int, school: int) -> HttpResponse:
    """补列参评: a school that was founded or registered after the opening."""
    scheme = get_object_or_404(opened_schemes(request.user), pk=pk)
    absent = get_object_or_404(School.objects.visible_to(request.user).filter(city=scheme.city_id), pk=school)
    form = AdmissionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusals_in(form):
            assessment = admit_school(scheme, absent, by=request.user, **form.cleaned_data)
            messages.success(request, "已补列参评。")
            return redirect("ratings:progress_school", assessment.pk)
    context = {"scheme": scheme, "school": absent, "form": form}
    return render(request, "ratings/selfassessment/progress_admit.html", context)


@require_GET
@allowed_to("read_progress")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what happened so far, until when it has time, and what the office may do."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    return _school(request, assessment, ExtensionForm(scheme=assessment.scheme))


def _school(request: HttpRequest, assessment: Assessment, form: ExtensionForm) -> HttpResponse:
    extends = may(request.user, "extend") and not extension_refusal(assessment)
    context = {
        "assessment": assessment,
        "moves": assessment.moves.select_related("by").order_by("-id"),
        "steps": [step for step in allowed_steps(request.user, assessment) if step.code in OFFICE_STEPS],
        "form": form if extends else None,
        "seen": seen_again(request, shown_deadlines(assessment), form),
    }
    return render(request, "ratings/selfassessment/progress_school.html", context)


@require_POST
@allowed_to("extend")
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """延期; a refused one comes back with what was typed."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    form = ExtensionForm(request.POST, scheme=assessment.scheme)
    if form.is_valid():
        with refusals_in(form):
            seen = request.POST.get(SEEN, "")
            grant_extension(assessment, **form.cleaned_data, by=request.user, seen=seen)
            messages.success(request, "已延期。")
            return redirect("ratings:progress_school", assessment.pk)
    return _school(request, assessment, form)


@require_http_methods(["GET", "POST"])
@allowed_to("take_office_steps")
def step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the office, confirmed in words; 退回补正 names the items. A refusal says every reason and
    changes nothing.
    """
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    if code not in OFFICE_STEPS:
        raise Http404
    data = request.POST if request.method == "POST" else None
    if code == "return_":
        form = ReturnForm(data, spec=scheme_spec(assessment.scheme))
    else:
        form = StepForm(data, step=STEPS[code])
    if take_if_posted(request, assessment, STEPS[code], form):
        return redirect("ratings:progress_school", assessment.pk)
    context = step_context(request, assessment, STEPS[code], form) | {"returns": code == "return_"}
    return render(request, "ratings/selfassessment/progress_step.html", context)


@require_GET
@allowed_to("type_figures")
def newest_figures(request: HttpRequest) -> HttpResponse:
    """The newest opened scheme that asks this person for figures, or a page that says there is none."""
    schemes = opened_schemes(request.user).filter(custom_metrics__isnull=False).distinct()
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
    scheme = get_object_or_404(opened_schemes(request.user), pk=pk)
    metrics = figure_metrics(scheme, request.user)
    if not metrics:
        return render(request, "ratings/selfassessment/custom_figures.html", {"scheme": None})
    narrowing = FigureFilterForm(request.GET)
    visible = Assessment.objects.visible_to(request.user).filter(scheme=scheme)
    rows = narrowing.narrow(visible.select_related("scheme", "school__county").prefetch_related("extensions"))
    page = Paginator(rows.order_by("school__county__code", "school__code"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    data = request.POST if request.method == "POST" else None
    form = FiguresForm(data, scheme, metrics, page.object_list, user=request.user)
    if data is not None:
        form.save()
        if not form.errors:
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
        "assessment": page.object_list[0] if own and page.object_list else None,
    }
    return render(request, "ratings/selfassessment/custom_figures.html", context)
