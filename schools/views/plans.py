"""Plans: the school's own table, copied, filed; and the plan a city or county issues."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.asked import number
from schools.forms.plans import IssueYearForm, PlanFormSet, PlanReasonForm
from schools.models import IssuedPlan
from schools.permissions import allowed_to, keeps_records, may, readable_schools
from schools.refusals import refusals_as_messages, refusals_in
from schools.teaching import issuing, plans
from schools.views.teaching import FIRST_YEAR


def _sensible(year: int) -> int:
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    return year


@require_GET
@allowed_to("read_records")
def read(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """A school's plan by month, with what was held of it."""
    school = get_object_or_404(readable_schools(request.user), pk=pk)
    plan = plans.plan_of(school, _sensible(year))
    context = {
        "school": school,
        "year": year,
        "plan": plan,
        "rows": plans.planned_rows(plan),
        "progress": plans.progress(school, year),
        "due": plans.due_of(year),
        "late": plan is None or plans.is_late(plan),
        "own": keeps_records(request.user, school),
    }
    return render(request, "schools/teaching/plan.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def edit(request: HttpRequest, year: int) -> HttpResponse:
    """The table of the own school's planned classes."""
    school = request.user.identity.school
    rows = [row for row, _ in plans.planned_rows(plans.plan_of(school, _sensible(year)))]
    initial = [{"pk": row.pk, "month": row.month, "name": row.name, "kind": row.kind} for row in rows]
    table = PlanFormSet(request.POST or None, prefix="row", initial=initial)
    lock = plans.signed_part(school, year)
    why = PlanReasonForm(request.POST or None)
    if request.method == "POST" and table.is_valid() & why.is_valid():
        seen, reason = request.POST.get("seen", ""), why.cleaned_data["reason"]
        with refusals_in(table):
            asked = plans.save_rows(school, year, table.rows(), by=request.user, reason=reason, seen=seen)
            messages.success(request, f"已保存{year}年培训计划。")
            if asked:
                messages.success(request, f"锁定月份的 {len(asked)} 处改动已提交数据更正，同意后生效。")
            return redirect("schools:plan_edit", year) if "more" in request.POST else redirect("schools:plan", school.pk, year)
    plan = plans.plan_of(school, year)
    found = plans.planned_rows(plan)
    known = {str(row.pk): (row, held) for row, held in found}
    context = {
        "school": school,
        "year": year,
        "plan": plan,
        "table": table,
        "lines": [(form, *known.get(str(form["pk"].value()), (None, []))) for form in table],
        "seen": plans.digest_of(row for row, _ in found),
        "problem": next((error for errors in why.errors.values() for error in errors), None),
        "lock": lock,
        "why": why,
        "waiting": plans.waiting(school) if lock else 0,
        "can_copy": not rows and plans.own_rows(school, year - 1).exists(),
    }
    return render(request, "schools/teaching/plan_form.html", context)


@require_POST
@allowed_to("record_teaching")
def copy(request: HttpRequest, year: int) -> HttpResponse:
    """Last year's own rows."""
    school = request.user.identity.school
    with refusals_as_messages(request):
        added = plans.copy_last_year(school, _sensible(year), by=request.user)
        text = f"已从{year - 1}年计划复制 {added} 个班次，请核对后保存。" if added else f"{year - 1}年计划中没有可以复制的班次。"
        (messages.success if added else messages.warning)(request, text)
    return redirect("schools:plan_edit", year)


@require_POST
@allowed_to("record_teaching")
def file(request: HttpRequest, year: int) -> HttpResponse:
    """备案: the button says what it does; it happens once."""
    school = request.user.identity.school
    with refusals_as_messages(request):
        plan = plans.file_plan(school, _sensible(year), by=request.user)
        late = "（已过3月31日，标为逾期备案）" if plans.is_late(plan) else ""
        messages.success(request, f"{year}年培训计划已备案{late}。")
    return redirect("schools:plan", school.pk, year)


# --- Issuing ---


@require_http_methods(["GET", "POST"])
@allowed_to("look_up", post="issue_plan")
def issued_list(request: HttpRequest) -> HttpResponse:
    """The plans this person issued or may read; a year is opened by asking for it."""
    form = IssueYearForm(request.POST or None, initial={"year": timezone.localdate().year})
    if request.method == "POST" and form.is_valid():
        city, county = issuing.scope_of(request.user)
        found, _ = IssuedPlan.objects.get_or_create(city=city, county=county, year=form.cleaned_data["year"])
        return redirect("schools:issued", found.pk)
    found = IssuedPlan.objects.visible_to(request.user).select_related("city", "county", "issued_by")
    if not may(request.user, "issue_plan"):
        found = found.filter(issued_at__isnull=False)
    context = {"form": form, "plans": found}
    return render(request, "schools/teaching/issued_list.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("read_records", post="issue_plan")
def issued(request: HttpRequest, pk: int) -> HttpResponse:
    """The table of an issued plan; the issuer's to change, everybody else's to read."""
    found = get_object_or_404(IssuedPlan.objects.visible_to(request.user).select_related("city", "county", "issued_by"), pk=pk)
    own = may(request.user, "issue_plan") and issuing.scope_of(request.user) == (found.city, found.county)
    if not own and (request.method == "POST" or found.issued_at is None):
        raise Http404
    table = PlanFormSet(request.POST or None, prefix="row")
    if request.method == "POST" and table.is_valid():
        withdrawn = [pk for text in request.POST.getlist("withdraw") if (pk := number(text))]
        with refusals_in(table):
            issuing.save_issued(found, table.rows(), withdrawn)
            if "issue" in request.POST:
                reached, added = issuing.issue(found, by=request.user)
                messages.success(request, f"已下发：{reached} 所党校新增 {added} 个计划班次，已发消息告知填报人和负责人。")
            else:
                messages.success(request, "已保存，还没有下发。")
            return redirect("schools:issued", pk)
    rows = issuing.issuers_rows(found)
    context = {
        "plan": found,
        "own": own,
        "table": table,
        "rows": rows,
        "schools": issuing.schools_of(found).count(),
        "news": sum(1 for row, _, _ in rows if found.issued_at is None or row.added_at > found.issued_at),
    }
    return render(request, "schools/teaching/issued.html", context)
