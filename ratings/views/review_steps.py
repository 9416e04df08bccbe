"""县级初评: 核定, 退回补正, 收回, 初评分工, 集体确认."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from ratings.enums import Status
from ratings.forms.acts import AdjustmentForm, ReturnForm
from ratings.forms.review import ConfirmForm, DivisionForm
from ratings.models import Category, Division
from ratings.review.adjusting import adjust as set_adjustment
from ratings.review.adjusting import withdraw_adjustment
from ratings.review.confirming import confirmation_of
from ratings.review.dividing import reviewers, set_division
from ratings.review.schools import current_scheme, reviewable
from ratings.views.review import locked_sentence, open_sheet
from ratings.workflow import take_step
from ratings.workflow.deadlines import return_deadline
from schools.arrangement.wording import caveat
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in, turned_away


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def adjust(request: HttpRequest, pk: int, code: str) -> HttpResponse:
    """核定 of one item's system part, beside the figures it would replace."""
    sheet = open_sheet(request, pk)
    bound = sheet.spec.bound.get(code)
    if bound is None or not bound.system_parts or not sheet.submitted:
        raise Http404
    line = sheet.line(code)
    found = line.adjustment
    start = {"points": found.points, "reason": found.reason} if found else {}
    form = AdjustmentForm(request.POST or None, full=line.system_full, initial=start)
    locked = locked_sentence(sheet.assessment, request.user)
    if request.method == "POST" and (form.is_valid() or "withdraw" in request.POST):
        with refusals_in(form):
            if "withdraw" in request.POST:
                withdraw_adjustment(pk, code, by=request.user)
                messages.success(request, f"{code} 已恢复系统取数。")
            else:
                set_adjustment(pk, code, points=form.cleaned_data["points"], reason=form.cleaned_data["reason"], by=request.user)
                messages.success(request, f"{code} 系统取数部分已核定为 {form.cleaned_data['points']} 分。")
            return redirect("ratings:review_school", pk)
    context = {"assessment": sheet.assessment, "line": line, "form": form, "locked": locked}
    return render(request, "ratings/review/adjust.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def return_school(request: HttpRequest, pk: int) -> HttpResponse:
    """退回补正 of named items; the page says until when the school may correct them."""
    sheet = open_sheet(request, pk)
    assessment = sheet.assessment
    if assessment.status != Status.COUNTY:
        return turned_away(request, f"本校处于“{assessment.get_status_display()}”，不能退回。", "ratings:review_school", pk)
    form = ReturnForm(request.POST or None, spec=sheet.spec)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            take_step(assessment, "return_", by=request.user, comment=form.cleaned_data["comment"], items=form.items)
            messages.success(request, f"已退回{assessment.school.short_name or assessment.school.name}补正 {len(form.items)} 个小项。")
            return redirect("ratings:review")
    day = return_deadline(timezone.localdate())
    context = {"assessment": assessment, "form": form, "day": day, "caveat": caveat(day.year, "补正期限")}
    return render(request, "ratings/review/return.html", {**context, "left": assessment.scheme.return_limit - assessment.returns})


@require_POST
@allowed_to("review")
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """收回: the school let its time for corrections pass, the review goes on with what there is."""
    assessment = get_object_or_404(reviewable(request.user), pk=pk)
    with refusals_as_messages(request):
        take_step(assessment, "recall", by=request.user)
        messages.success(request, "已收回，按现有内容继续初评。")
    return redirect("ratings:review_school", pk)


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def division(request: HttpRequest) -> HttpResponse:
    """Which reviewer scores which category."""
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    county = request.user.identity.county
    categories = Category.objects.filter(scheme=scheme, items__isnull=False).distinct()
    held = Division.objects.filter(category__scheme=scheme, county=county).values_list("category_id", "user_id")
    start = {f"category-{category}": str(user) for category, user in held}
    form = DivisionForm(request.POST or None, categories=categories, reviewers=reviewers(county), initial=start)
    if request.method == "POST" and form.is_valid():
        set_division(scheme, county, form.chosen)
        messages.success(request, "初评分工已保存。")
        return redirect("ratings:review")
    return render(request, "ratings/review/division.html", {"scheme": scheme, "form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("confirm_review")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """集体确认: totals, differences and what still stands against it, then 建议星级 and 初评意见."""
    sheet = open_sheet(request, pk)
    assessment = sheet.assessment
    if assessment.status != Status.COUNTY:
        return turned_away(request, f"本校处于“{assessment.get_status_display()}”，不在初评中。", "ratings:review_school", pk)
    found = confirmation_of(sheet)
    suggested = found.star if assessment.suggested_star is None else assessment.suggested_star
    form = ConfirmForm(request.POST or None, spec=sheet.spec, initial={"star": suggested, "opinion": assessment.county_opinion})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            take_step(assessment, "recommend", by=request.user, **form.cleaned_data)
            messages.success(request, f"{assessment.school.short_name or assessment.school.name}已报送市评审。")
            return redirect("ratings:review")
    context = {"sheet": sheet, "assessment": assessment, "found": found, "form": form}
    return render(request, "ratings/review/confirm.html", context)
