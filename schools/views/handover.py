"""人员交接: the county's 账号专管员 replaces people of its schools."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from schools.forms.handover import HandoverForm
from schools.handover import HandoverPaper, open_duties, replaceable
from schools.models import Handover
from schools.permissions import allowed_to, may
from schools.printing import can_print, send_pdf
from schools.workbooks import clean_text

PAGE_SIZE = 50
TRAIL = [("人员交接", reverse_lazy("schools:handovers"))]


@require_GET
@allowed_to("hand_over")
def handovers(request: HttpRequest) -> HttpResponse:
    """Who fills in and who answers for each school, and the handovers of late."""
    word = clean_text(request.GET.get("q", ""))[:40]
    held = replaceable(request.user).select_related("school", "user")
    if word:
        held = held.filter(Q(school__name__icontains=word) | Q(school__short_name__icontains=word) | Q(user__name__icontains=word))
    page = Paginator(held.order_by("school__order", "school__code", "role", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    done = Handover.objects.visible_to(request.user).select_related("school", "ended__user", "begun__user")[:10]
    context = {"page": page, "word": word, "done": done, "query": request.GET.urlencode()}
    return render(request, "schools/handover/list.html", context)


@never_cache
@allowed_to("hand_over")
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The form; afterwards the sheet with the one-time password, which is shown this once."""
    appointment = get_object_or_404(replaceable(request.user).select_related("school__county", "user"), pk=pk)
    form = HandoverForm(request.POST or None, appointment=appointment)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        if not form.password:
            messages.success(request, f"{form.outcome.begun.user}已接任{appointment.school}{appointment.get_role_display()}。")
            return redirect("schools:handover", form.outcome.pk)
        # Not redirected: the password is kept nowhere, so it can stand on this answer only.
        return render(request, "schools/handover/done.html", {"handover": form.outcome, "password": form.password, "trail": TRAIL})
    context = {
        "form": form,
        "appointment": appointment,
        "at_once": appointment.start < timezone.localdate(),
        "duties": open_duties(appointment.school),
        "trail": TRAIL,
    }
    return render(request, "schools/handover/form.html", context)


@require_GET
@allowed_to("read_handover")
def sheet(request: HttpRequest, pk: int, *, pdf: bool = False) -> HttpResponse:
    """填报工作交接单, to be read, printed and signed."""
    found = Handover.objects.visible_to(request.user).select_related("school__county", "school__city", "ended__user", "begun__user", "by")
    paper = HandoverPaper(get_object_or_404(found, pk=pk))
    if pdf:
        city, back = paper.handover.school.city, reverse("schools:handover", args=[pk])
        return send_pdf(request, paper, city=city, back=back, subject=f"{paper.title}（PDF）")
    context = {"paper": paper, "can_print": can_print(), "trail": TRAIL if may(request.user, "hand_over") else []}
    return render(request, "schools/handover/sheet.html", context)
