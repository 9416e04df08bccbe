"""数据更正: the list for both sides, one request, the decision."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from schools.models import Correction
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import ACTS, allowed_to
from schools.refusals import refusals_as_messages, refusals_in
from schools.site.asked import page_asked

from . import corrections, locks
from .forms import CorrectionFilterForm, DecisionForm


@require_GET
@allowed_to("read_corrections")
def corrections_list(request: HttpRequest) -> HttpResponse:
    """Requests in scope, those waiting first; for each, whether this person decides it."""
    form = CorrectionFilterForm(request.GET)
    waiting_first = Case(When(status=Correction.Status.PENDING, then=Value(0)), default=Value(1))
    rows = form.narrow(_visible(request)).order_by(waiting_first, "-asked_at", "-pk")
    page = page_asked(request, rows)
    signed = locks.periods({asked.school_id for asked in page})
    lines = [{"one": asked, **_turn(request, asked, signed[asked.school_id])} for asked in page]
    context = {"form": form, "page": page, "lines": lines, "query": request.GET.urlencode()}
    return render(request, "schools/records/list.html", context)


@allowed_to("read_corrections")
def correction(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: old and new side by side; the decision for whoever has the turn, on POST."""
    found = get_object_or_404(_visible(request), pk=pk)
    turn = _turn(request, found, locks.signed_by(found.school))
    form = DecisionForm(request.POST or None)
    if request.method == "POST":
        if not turn["mine"] and Correction.objects.pending().filter(pk=pk).exists():
            raise PermissionDenied("这份数据更正现在不由您审核。")
        if form.is_valid() and _decided(request, found, form):
            return redirect("schools:corrections")
    context = {
        "one": found,
        "form": form if turn["mine"] or form.is_bound else None,
        **turn,
        "may_withdraw": corrections.may_withdraw(request.user, found),
        "trail": [("数据更正", reverse("schools:corrections"))],
    }
    return render(request, "schools/records/page.html", context)


@require_POST
@allowed_to("ask_correction")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever asked takes the request back."""
    identity = request.user.identity
    of_school = identity is not None and identity.role in SCHOOL_ROLES
    if not of_school and not Correction.objects.filter(pk=pk, asked_by=request.user).exists():
        raise PermissionDenied(ACTS["ask_correction"].refusal)
    found = get_object_or_404(_visible(request), pk=pk)
    if found.status == Correction.Status.PENDING and not corrections.may_withdraw(request.user, found):
        raise PermissionDenied("走访的更正申请由申请人撤回。")
    with refusals_as_messages(request):
        corrections.withdraw(found, by=request.user)
        messages.success(request, "已撤回，登记保持原样。")
    return redirect("schools:correction", pk)


def _decided(request: HttpRequest, found: Correction, form: DecisionForm) -> bool:
    remark = form.cleaned_data["remark"]
    with refusals_in(form):
        if request.POST.get("decision") == "approve":
            corrections.approve(found, by=request.user, remark=remark)
            messages.success(request, f"已同意，{found.school}的登记已更正。")
        elif request.POST.get("decision") == "refuse":
            corrections.refuse(found, by=request.user, remark=remark)
            messages.success(request, "已退回学校，登记保持原样。")
        else:
            form.add_error(None, "请点“同意更正”或“不同意”。")
    return not form.errors


def _turn(request: HttpRequest, asked: Correction, signed: list[locks.Lock]) -> dict[str, Any]:
    """Whether this person decides it now, and who does."""
    is_pending = asked.status == Correction.Status.PENDING
    approver = locks.APPROVER_NAMES[corrections.approver_of(asked, signed)] if is_pending else ""
    return {"mine": corrections.may_decide(request.user, asked, signed), "approver": approver}


def _visible(request: HttpRequest):
    return Correction.objects.visible_to(request.user).select_related(
        "school__county", "school__city", "asked_by", "decided_by"
    )
