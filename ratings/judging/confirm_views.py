"""合议确认: a member's click, and the page that all have signed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from ratings.models import JudgeSheet
from schools.permissions import allowed_to, may, require_form
from schools.refusals import refusals_as_messages, refusals_in

from .confirming import confirm_agreed, may_sign, sign_agreed, standings
from .forms import SignaturesForm
from .seats import of_panels
from .visits import visitable


@require_POST
@allowed_to("judge")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Own confirmation of the agreed sheet as it was on the page."""
    sheet = get_object_or_404(JudgeSheet, judge=None, assessment__in=of_panels(request.user).filter(pk=pk))
    with refusals_as_messages(request):
        confirm_agreed(sheet, by=request.user, seen=request.POST.get("seen", ""))
        messages.success(request, "已确认合议结果。")
    return redirect("ratings:judging_school", pk)


@require_form
@allowed_to("sign_agreed")
def signatures(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has still to confirm, and the page with their signatures."""
    beside = ("assessment__school", "assessment__panel__leader")
    rows = JudgeSheet.objects.filter(judge=None, assessment__in=visitable(request.user))
    sheet = get_object_or_404(rows.select_related(*beside), pk=pk)
    if not may_sign(request.user, sheet):
        raise Http404
    form = SignaturesForm(request.POST or None, request.FILES or None)
    back = "ratings:sheets" if may(request.user, "manage_sheets") else "ratings:judging_school"
    if form.is_valid():
        with refusals_in(form):
            names, upload = form.cleaned_data["names"], form.cleaned_data["scan"]
            done = sign_agreed(sheet, names=names, upload=upload, by=request.user)
            messages.success(request, f"签字页已上传，{done} 人的确认已登记。")
            return redirect(back, sheet.assessment_id)
    context = {
        "sheet": sheet,
        "form": form,
        "members": standings([sheet])[sheet.assessment_id],
        "back": redirect(back, sheet.assessment_id).url,
    }
    return render(request, "ratings/judging/panels/signatures.html", context)
