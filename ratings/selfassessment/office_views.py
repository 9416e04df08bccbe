"""申报进度 for the office: where every school of a scheme stands, whose turn it is, until when; one school
with its moves, extensions and the steps that are the office's. 自定义指标, for whoever types them.
"""

from collections import Counter
from operator import attrgetter
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Scheme
from ratings.sheets.forms import ReturnForm
from ratings.workflow import (
    STEPS,
    TURN_OF,
    allowed_steps,
    due_now,
    grant_extension,
    scheme_spec,
    shown_deadlines,
)
from ratings.workflow.blocking import standing_against
from ratings.workflow.deadlines import extension_refusal, until_words
from ratings.workflow.membership import ENTERS, absent_from, admission_refusal, admit, shown_admission
from ratings.workflow.requests import open_request, requests_of, with_requests
from schools.models import Role, School, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, require, role_of
from schools.refusals import refusals_in, seen_again, turned_away
from schools.saving import SEEN
from schools.site.asked import number
from schools.site.years import nearest, nearest_first

from .figures import FiguresForm, figure_metrics
from .forms import AdmissionForm, ExtensionForm, FigureFilterForm, StepForm, stages_of
from .many import ACTS, Act, Line, stage_of_most
from .reminding import reminders_of
from .views import step_context, take_if_posted

#: Steps that an office takes on a page of its own; settling and reopening belong to the committee's pages.
OFFICE_STEPS = ("return_", "recall", "send_back", "lapse", "decline", "refuse_decline", "take_out")
#: Of the list: the schools whose request waits for an answer.
ASKING = "asking"
PAGE_SIZE = 50
#: What the list of moves calls each: the steps of one school, and what moved all at once.
MOVES = {code: step.label for code, step in STEPS.items()} | {
    "open": "启动",
    "admit": ENTERS,
    "settle": "审定",
    "erratum": "方案勘误",
    "run_year": "由工作簿完成",
}


def overseen(user: User) -> QuerySet[Assessment]:
    """Assessments in reach with what a line of the list shows."""
    rows = Assessment.objects.visible_to(user).select_related(
        "school__county", "school__merged_into", "scheme__city"
    )
    return with_requests(rows.prefetch_related("extensions")).in_order()


def opened_schemes(user: User) -> QuerySet[Scheme]:
    """Schemes in reach that schools work by, or have worked by."""
    return Scheme.objects.visible_to(user).exclude(phase=Phase.DRAFTING)


@require_GET
@allowed_to("follow_progress")
def progress_of_the_year(request: HttpRequest) -> HttpResponse:
    """The progress of the current year, or the page that says that no year was opened."""
    scheme = nearest(request.user, opened_schemes(request.user), attrgetter("year"))
    if scheme is None:
        return render(request, "ratings/selfassessment/progress_board.html", {"scheme": None})
    return redirect("ratings:progress_board", scheme.pk)


@require_GET
@allowed_to("follow_progress")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """Every school of a scheme with status, turn and deadline, or those of one status; what may be done at
    several of them at once.
    """
    scheme = get_object_or_404(opened_schemes(request.user), pk=pk)
    rows = list(overseen(request.user).filter(scheme=scheme))
    counts = _counts(rows)
    status = request.GET.get("status", "")
    chosen = status if status in {code for code, *_ in counts} else ""
    shown = [row for row in rows if _is_chosen(row, chosen)]
    context = {
        "scheme": scheme,
        "lines": [_line(row) for row in shown],
        "counts": counts,
        "chosen": chosen,
        "total": len(rows),
        "acts": _possible(request.user, shown),
        "absent": absent_from(scheme, School.objects.visible_to(request.user)),
    }
    return render(request, "ratings/selfassessment/progress_board.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("take_office_steps")
def admission(request: HttpRequest, pk: int, school: int) -> HttpResponse:
    """补列参评: a school that was founded or registered after the opening."""
    scheme = get_object_or_404(opened_schemes(request.user), pk=pk)
    absent = get_object_or_404(School.objects.visible_to(request.user).filter(city=scheme.city_id), pk=school)
    form = AdmissionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusals_in(form):
            made = admit(
                scheme, absent, by=request.user, seen=request.POST.get(SEEN, ""), **form.cleaned_data
            )
            messages.success(request, f"{absent.name}已列入本年度。")
            return redirect("ratings:progress_school", made.pk)
    context = {
        "scheme": scheme,
        "school": absent,
        "form": form,
        "against": admission_refusal(scheme, absent),
        "seen": seen_again(request, shown_admission(scheme, absent), form),
    }
    return render(request, "ratings/selfassessment/progress_admit.html", context)


def _counts(rows: list[Assessment]) -> list[tuple[str, str, int]]:
    """What the list may be narrowed to, and how many schools that leaves."""
    numbers = Counter(row.status for row in rows)
    counts = [(one.value, one.label, numbers[one]) for one in Status if numbers[one]]
    asking = sum(open_request(row) is not None for row in rows)
    return [*counts, (ASKING, "申请不参评待答复", asking)] if asking else counts


def _is_chosen(row: Assessment, chosen: str) -> bool:
    return chosen in ("", row.status) or (chosen == ASKING and open_request(row) is not None)


def _possible(user: User, rows: list[Assessment]) -> list[tuple[str, Act, int]]:
    """The acts of this person that can be done at any of these schools now, and at how many."""
    own = [(code, act) for code, act in ACTS.items() if may(user, act.act)]
    found = [(code, act, sum(not line.refusal for line in act.lines(rows, ""))) for code, act in own]
    return [(code, act, count) for code, act, count in found if count]


@require_http_methods(["GET", "POST"])
@allowed_to("remind")
def many(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """One act at the schools ticked on the list: first the page that names them, with what will be done and
    where it cannot be; what is done is what that page said.
    """
    act = ACTS.get(code)
    if act is None:
        raise Http404
    require(request.user, act.act)
    scheme = get_object_or_404(opened_schemes(request.user).select_related("city"), pk=pk)
    posting = request.method == "POST"
    rows = _ticked(request, scheme)
    if not rows:
        return turned_away(request, "请先勾选党校。", "ratings:progress_board", scheme.pk)
    stages = stages_of(scheme) if act.asks_stage else []
    stage = _stage(request, stages, rows) if stages else ""
    lines, form = act.lines(rows, stage), act.form(request.POST if posting else None, scheme, stage)
    told = None
    if posting and form.is_valid():
        told = act.carry_out(lines, request.POST, form.cleaned_data, by=request.user)
        if told.done:
            for sentence in told.successes:
                messages.success(request, sentence)
            for sentence in told.sentences:
                messages.warning(request, sentence)
            return redirect("ratings:progress_board", scheme.pk)
        form.add_error(None, told.sentences)
        lines = act.lines(_ticked(request, scheme), stage)
    context = {
        "scheme": scheme,
        "code": code,
        "act": act,
        "ticked": rows,
        "stages": stages,
        "stage": stage and Stage(stage),
        "form": form,
        "possible": [(line, _seen(request, line, told)) for line in lines if not line.refusal],
        "refused": [line for line in lines if line.refusal],
        "described": any(line.words for line in lines),
    }
    return render(request, "ratings/selfassessment/progress_many.html", context)


def _stage(request: HttpRequest, stages: list[Stage], rows: list[Assessment]) -> str:
    """Of the stages there are to choose from, the one asked for, else the one most of the schools are in."""
    wanted = (request.POST if request.method == "POST" else request.GET).get("stage", "")
    return wanted if wanted in stages else stage_of_most(rows)


def _seen(request: HttpRequest, line: Line, told: object) -> str:
    """As `seen_again`, for one of the schools."""
    return line.seen if told else request.POST.get(f"seen-{line.assessment.pk}", line.seen)


def _ticked(request: HttpRequest, scheme: Scheme) -> list[Assessment]:
    """The schools ticked one by one, and all of the counties ticked that the list showed."""
    data = request.POST if request.method == "POST" else request.GET
    ticked, counties = ({number(one) for one in data.getlist(name)} for name in ("school", "county"))
    rows = overseen(request.user).filter(scheme=scheme)
    return [
        row
        for row in rows
        if row.pk in ticked
        or ((row.school.county_id or 0) in counties and _is_chosen(row, data.get("status", "")))
    ]


def _line(assessment: Assessment) -> dict[str, Any]:
    return {
        "assessment": assessment,
        "asked": open_request(assessment),
        "turn": "、".join(Role(role).label for role in TURN_OF[assessment.status]),
        "due": due_now(assessment),
    }


@require_GET
@allowed_to("read_progress")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what happened so far, until when it has time, and what the office may do."""
    assessment = get_object_or_404(overseen(request.user), pk=pk)
    return _school(request, assessment, ExtensionForm(scheme=assessment.scheme))


def _school(request: HttpRequest, assessment: Assessment, form: ExtensionForm) -> HttpResponse:
    extends = may(request.user, "extend") and not extension_refusal(assessment)
    moves = assessment.moves.select_related("by").defer("sheet").order_by("-id")
    context = {
        "assessment": assessment,
        "moves": [(move, MOVES.get(move.step, "")) for move in moves],
        "requests": requests_of(assessment),
        "reminders": reminders_of(assessment),
        "extensions": [(one, until_words(one.due_on)) for one in assessment.extensions.all()],
        "steps": [
            step
            for step in allowed_steps(request.user, assessment)
            if step.code in OFFICE_STEPS and not standing_against(assessment, step.code)
        ],
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
            messages.success(request, f"已延至{until_words(form.cleaned_data['due_on'])}。")
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
    context = step_context(request, assessment, STEPS[code], form) | {
        "returns": code == "return_",
        "asked": open_request(assessment) if STEPS[code].answers else None,
    }
    return render(request, "ratings/selfassessment/progress_step.html", context)


@require_GET
@allowed_to("type_figures")
def figures_of_the_year(request: HttpRequest) -> HttpResponse:
    """The opened scheme next to the current year that asks this person for figures, or a page that says
    there is none.
    """
    schemes = opened_schemes(request.user).filter(custom_metrics__isnull=False).distinct()
    for scheme in nearest_first(request.user, schemes, attrgetter("year"))[:3]:
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
