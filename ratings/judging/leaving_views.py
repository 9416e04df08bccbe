"""评委变动: voiding or handing over a sheet, replacing a judge, and what is on record of it."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from ratings.criteria.versions import current_spec
from ratings.enums import Stage
from ratings.models import Assessment, Item, JudgeSheet, Panel, Scheme, Score, SeatChange, VoidedSheet
from ratings.sheets.forms import answers_in_words
from ratings.workflow import conflicts
from schools.permissions import allowed_to, require_form
from schools.refusals import refusals_in, seen_again
from schools.saving import SEEN

from . import leaving
from .forms import LeavingForm
from .sheets import label_of


@require_form
@allowed_to("manage_sheets")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """作废 or 移交 one sheet."""
    rows = JudgeSheet.objects.filter(assessment__in=Assessment.objects.visible_to(request.user))
    rows = rows.select_related("assessment__school", "assessment__scheme", "assessment__panel", "judge__user")
    sheet = get_object_or_404(rows, pk=pk)
    school, label = sheet.assessment.school, label_of(sheet.judge)
    assessment = sheet.assessment
    offered = leaving.successors(assessment.panel, assessment, sheet.judge) if sheet.judge else ()
    form = LeavingForm(
        request.POST or None, scheme=assessment.scheme, offered=offered, joint=sheet.judge is None
    )
    if form.is_valid():
        with refusals_in(form):
            given = form.cleaned_data
            change = leaving.void_sheet(sheet, **given, by=request.user, seen=request.POST.get(SEEN, ""))
            follows = f"，由{change.successor.label}接替" if change.successor else ""
            messages.success(request, f"{label}对{school.name}的评分表已作废{follows}。")
            return redirect("ratings:sheets", sheet.assessment_id)
    context = {
        "title": "作废或移交评分表",
        "lead": f"{school.name} {label}",
        "sheets": [(sheet, True, leaving.is_blank(sheet))],
        "tied": conflicts([sheet.judge], [school]) if sheet.judge else [],
        "joint": sheet.judge is None,
        "press": "作废或移交评分表" if sheet.judge else "作废评分表",
    }
    shown, back = leaving.shown_leaving([sheet]), ("ratings:sheets", sheet.assessment_id)
    return _asked(request, form, sheet.assessment.panel, shown, context, *back)


@require_form
@allowed_to("arrange_panels")
def replace(request: HttpRequest, pk: int, judge: int) -> HttpResponse:
    """更换: a judge leaves the panel, whatever was begun."""
    panels = Panel.objects.filter(scheme__in=Scheme.objects.visible_to(request.user))
    panel = get_object_or_404(panels.select_related("scheme"), pk=pk)
    judge = get_object_or_404(panel.judges.select_related("user"), pk=judge)
    offered = leaving.successors(panel, leaving=judge)
    form = LeavingForm(request.POST or None, scheme=panel.scheme, offered=offered)
    if form.is_valid():
        with refusals_in(form):
            given = form.cleaned_data
            change = leaving.replace(panel, judge, **given, by=request.user, seen=request.POST.get(SEEN, ""))
            follows = f"，由{change.successor.label}接替" if change.successor else ""
            messages.success(request, f"{judge.label}已离开{panel.name}{follows}。")
            return redirect("ratings:panel", pk)
    sheets = leaving.sheets_of(panel, judge)
    context = {
        "title": "更换评委",
        "lead": f"{panel.name} {judge.label}",
        "sheets": [(sheet, leaving.is_voided_by_leaving(sheet), leaving.is_blank(sheet)) for sheet in sheets],
        "press": "更换评委",
    }
    return _asked(request, form, panel, leaving.shown_replacing(panel, sheets), context, "ratings:panel", pk)


@require_form
@allowed_to("manage_sheets")
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Who takes over a sheet that was voided without a successor."""
    rows = SeatChange.objects.filter(assessment__in=Assessment.objects.visible_to(request.user))
    change = get_object_or_404(rows.select_related("assessment__school", "panel__scheme", "judge"), pk=pk)
    offered = leaving.successors(change.panel, change.assessment)
    form = LeavingForm(request.POST or None, scheme=change.panel.scheme, offered=offered)
    del form.fields["reason"]
    if form.is_valid():
        with refusals_in(form):
            judge = leaving.follow(change, **form.cleaned_data, by=request.user)
            messages.success(request, f"{judge.label}接替评审{change.assessment.school.name}。")
            return redirect("ratings:sheets", change.assessment_id)
    context = {
        "title": "安排接替的评委",
        "lead": f"{change.assessment.school.name} {label_of(change.judge)}的评分表已作废",
        "press": "移交",
    }
    return _asked(request, form, change.panel, None, context, "ratings:sheets", change.assessment_id)


def _asked(
    request: HttpRequest, form: LeavingForm, panel: Panel, shown: Any, context: dict, *back: Any
) -> HttpResponse:
    """The form, beside what becomes of each sheet."""
    context |= {"form": form, "panel": panel, "back": reverse(back[0], args=back[1:])}
    if shown is not None:
        context["seen"] = seen_again(request, shown, form)
    return render(request, "ratings/judging/panels/leaving.html", context)


@require_GET
@allowed_to("read_voided")
def changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Every change of one year's judges, with its reason and the sheets it voided."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user), pk=pk)
    rows = SeatChange.objects.filter(panel__scheme=scheme).prefetch_related("voided__assessment__school")
    beside = ("panel", "assessment__school", "judge", "successor", "by")
    context = {"scheme": scheme, "changes": rows.select_related(*beside)}
    return render(request, "ratings/judging/panels/changes.html", context)


@require_GET
@allowed_to("read_voided")
def voided(request: HttpRequest, pk: int) -> HttpResponse:
    """One voided sheet: why, by whom; what it said as soon as this person may know it."""
    rows = VoidedSheet.objects.filter(assessment__scheme__in=Scheme.objects.visible_to(request.user))
    beside = [f"change__{name}" for name in ("judge", "successor", "by", "panel")]
    beside += ["submitted_by", "entered_by", "assessment__school", "assessment__scheme"]
    one = get_object_or_404(rows.select_related(*beside), pk=pk)
    context = {"one": one, "label": label_of(one.change.judge)}
    if leaving.readable(request.user, one):
        spec = current_spec(one.assessment.scheme)
        items = {item.code: item for item in Item.objects.filter(scheme=one.assessment.scheme)}
        said = [
            Score(
                item=items[code],
                stage=Stage.CITY,
                answers=said,
                points=points and Decimal(points),
                remark=text,
            )
            for code, said, points, text in one.rows
        ]
        context["rows"] = [(row, answers_in_words(row, spec.bound[row.item.code])) for row in said]
    return render(request, "ratings/judging/panels/voided.html", context)
