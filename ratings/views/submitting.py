"""交自评: checking the answers, signing, the steps of a school, the receipt."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.forms.answers import answers_in_words
from ratings.forms.progress import StepForm
from ratings.models import Move
from ratings.sheets import SchoolSheet, own_sheet
from ratings.submission import (
    HANDED_IN,
    OWN_STEPS,
    confirmation_code,
    due_of,
    missing_of,
    needs_signature,
    next_step,
    receipt_move,
    sign,
    valid_signature,
)
from ratings.views.assessments import own_assessment
from ratings.workflow import STEPS, allowed_steps, take_step
from ratings.workflow.deadlines import last_day
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in
from schools.saving import Refused
from schools.uploads import check_upload


@require_GET
@allowed_to("self_assess")
def check_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every answer before it is handed on, what is missing by name, and the one button that hands it on."""
    assessment = own_assessment(request, pk)
    sheet = own_sheet(assessment)
    return render(request, "ratings/assessment/check.html", _check_context(request, sheet))


def _check_context(request: HttpRequest, sheet: SchoolSheet) -> dict:
    assessment = sheet.assessment
    step = next_step(assessment, request.user)
    signing = needs_signature(assessment) and step is not None
    signature = valid_signature(sheet) if signing else None
    missing = missing_of(sheet) if step else []
    groups = [
        (group, [(line, answers_in_words(line.own, line.bound) if line.own else []) for line in group.lines]) for group in sheet.groups
    ]
    return {
        "assessment": assessment,
        "sheet": sheet,
        "groups": groups,
        "due": due_of(assessment),
        "step": step,
        "missing": missing,
        "signing": signing,
        "signature": signature,
        "unsigned": signing and step.code in HANDED_IN and signature is None,
    }


@require_http_methods(["GET", "POST"])
@allowed_to("self_assess")
def step_page(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """A step of the school, confirmed in words. A refusal says every reason and changes nothing."""
    assessment = own_assessment(request, pk)
    step = STEPS.get(code)
    if step is None or code not in OWN_STEPS:
        raise Http404
    form = StepForm(request.POST if request.method == "POST" else None, step=step)
    if request.method == "POST" and form.is_valid():
        if needs_signature(assessment) and code in HANDED_IN:
            valid_signature(own_sheet(assessment))
        with refusals_in(form):
            move = take_step(assessment, code, by=request.user, comment=form.cleaned_data.get("comment", ""))
            messages.success(request, f"已{step.label}。")
            return redirect(_after(move), assessment.pk)
    context = {"assessment": assessment, "step": step, "allowed": step in allowed_steps(request.user, assessment), "form": form}
    return render(request, "ratings/assessment/step.html", context)


def _after(move: Move) -> str:
    return "ratings:assessment_receipt" if move.step in HANDED_IN else "ratings:assessment"


@require_POST
@allowed_to("self_assess")
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """The scan of the signed and stamped page."""
    assessment = own_assessment(request, pk)
    upload = request.FILES.get("scan")
    with refusals_as_messages(request):
        if upload is None:
            raise Refused("请选择扫描件文件。")
        sign(own_sheet(assessment), check_upload(upload), by=request.user)
        messages.success(request, "签字盖章页已上传。此后内容如有改动，须重新打印签字。")
    return redirect("ratings:assessment_check", assessment.pk)


@require_GET
@allowed_to("self_assess")
def confirmation(request: HttpRequest, pk: int) -> HttpResponse:
    """申报确认页: totals and 校验码 on one sheet of paper, to be signed and stamped."""
    assessment = own_assessment(request, pk)
    if not needs_signature(assessment):
        raise Http404
    sheet = own_sheet(assessment)
    code = confirmation_code(sheet)
    context = {"assessment": assessment, "sheet": sheet, "code": code, "missing": missing_of(sheet)}
    return render(request, "ratings/assessment/confirmation.html", context)


@require_GET
@allowed_to("self_assess")
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """What was handed in, when, by whom, under which digest, and what happens next; to be kept and opened again."""
    assessment = own_assessment(request, pk)
    move = receipt_move(assessment)
    if move is None:
        raise Http404
    sheet = own_sheet(assessment)
    days = {"county_due": last_day(assessment.scheme.county_due), "city_due": last_day(assessment.scheme.city_due)}
    context = {"assessment": assessment, "move": move, "sheet": sheet, "may_withdraw": _may_withdraw(request, assessment)}
    return render(request, "ratings/assessment/receipt.html", context | days)


def _may_withdraw(request: HttpRequest, assessment) -> bool:
    return any(step.code == "withdraw" for step in allowed_steps(request.user, assessment))
