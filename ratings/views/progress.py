"""申报进度 for the office: the list of schools, one school with its moves, extensions and the steps that are the office's."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import Phase
from ratings.forms.acts import ReturnForm
from ratings.forms.progress import ExtensionForm, StepForm
from ratings.models import Assessment, Scheme
from ratings.progress import OFFICE_STEPS, counts, lines, overseen
from ratings.workflow import STEPS, Step, allowed_steps, grant_extension, scheme_spec, take_step
from schools.permissions import allowed_to, may
from schools.refusals import refusals_in
from schools.saving import Refused

RUNNING = (Phase.OPEN, Phase.SCORING)


@require_GET
@allowed_to("read_progress")
def newest(request: HttpRequest) -> HttpResponse:
    """The running scheme, or the page that says there is none."""
    scheme = Scheme.objects.visible_to(request.user).filter(phase__in=RUNNING).order_by("-year").first()
    if scheme is None:
        return render(request, "ratings/progress/board.html", {"scheme": None})
    return redirect("ratings:progress_board", scheme.pk)


@require_GET
@allowed_to("read_progress")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Every school of a scheme with status, turn and deadline."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user).exclude(phase=Phase.DRAFTING), pk=pk)
    status = request.GET.get("status", "")
    found = counts(scheme, request.user)
    chosen = status if status in {code for code, _, _ in found} else ""
    context = {"scheme": scheme, "lines": lines(scheme, request.user, chosen), "counts": found, "chosen": chosen}
    context["total"] = sum(number for _, _, number in found)
    return render(request, "ratings/progress/board.html", context)


@require_GET
@allowed_to("read_progress")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what happened so far, until when it has time, and what the office may do."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    return render(request, "ratings/progress/school.html", _school_context(request, assessment, ExtensionForm(scheme=assessment.scheme)))


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
            grant_extension(assessment, given["stage"], given["due_on"], by=request.user, reason=given["reason"])
            messages.success(request, "已延期。")
            return redirect("ratings:progress_school", assessment.pk)
    return render(request, "ratings/progress/school.html", _school_context(request, assessment, form))


@require_http_methods(["GET", "POST"])
@allowed_to("take_office_steps")
def step(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the office, confirmed in words; 退回补正 names the items. A refusal says every reason and changes nothing."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    if code not in OFFICE_STEPS:
        raise Http404
    chosen, data = STEPS[code], request.POST if request.method == "POST" else None
    form = ReturnForm(data, spec=scheme_spec(assessment.scheme)) if code == "return_" else StepForm(data, step=chosen)
    if request.method == "POST" and form.is_valid():
        facts = {"items": form.items} if code == "return_" else {}
        with refusals_in(form):
            take_step(assessment, code, by=request.user, comment=form.cleaned_data.get("comment", ""), **facts)
            messages.success(request, f"已{chosen.label}。")
            return redirect("ratings:progress_school", assessment.pk)
    context = {"assessment": assessment, "step": chosen, "allowed": chosen in _office_steps(request, assessment), "form": form}
    return render(request, "ratings/progress/step.html", {**context, "returns": code == "return_"})
