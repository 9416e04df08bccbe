"""培训: the year of one school on one page, and the list of schools for those who read several."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.calendar.workdays import is_workday
from schools.models import AnnualPlan, IssuedPlan, MonthlyReport, ReportCorrection, School, TrainingClass
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, keeps_records, may, readable_schools, reads_across_counties
from schools.refusals import refusals_as_messages, refusals_in
from schools.registry.forms import SchoolFilterForm
from schools.registry.overview import lecturers
from schools.site.asked import number, way_back

from . import joint, months, plans
from .class_forms import ClassFilterForm
from .forms import CorrectionForm, IssueYearForm, PlanFormSet, PlanReasonForm

PAGE_SIZE = 20
SCHOOLS_PAGE_SIZE = 50
FIRST_YEAR = 2000
PLANNING_MONTH = 10


def year_asked(request: HttpRequest) -> int:
    """The year of the address, this one when it is missing or absurd."""
    asked, today = number(request.GET.get("year", "")), timezone.localdate()
    return asked if asked and FIRST_YEAR <= asked <= today.year + 1 else today.year


@require_GET
@allowed_to("look_up")
def start(request: HttpRequest) -> HttpResponse:
    """One's own school, or the schools in scope with how far they have come."""
    identity = request.user.identity
    if identity and identity.role in SCHOOL_ROLES:
        return redirect("schools:teaching_school", identity.school_id)
    year = year_asked(request)
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(readable_schools(request.user)).open_on().select_related("county").in_order()
    plan = AnnualPlan.objects.filter(school=OuterRef("pk"), year=year).values("filed_on")[:1]
    reports = (
        MonthlyReport.objects.filter(school=OuterRef("pk"), year=year, confirmed_at__isnull=False)
        .order_by()
        .values("school")
    )
    schools = schools.annotate(
        filed_on=Subquery(plan), reports=Subquery(reports.annotate(n=Count("pk")).values("n"))
    )
    page = Paginator(schools, SCHOOLS_PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "year": year,
        "years": _years(year),
        "page": page,
        "rows": _rows(page, year),
        "in_counties": reads_across_counties(request.user)
        and any(school.county_id for school in page.object_list),
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/teaching/schools.html", context)


def _rows(schools: Page, year: int) -> list[dict]:
    progress = plans.progress_of(School.objects.filter(pk__in=[school.pk for school in schools]), year)
    empty, today = plans.Progress(0, 0, 0, 0), timezone.localdate()
    return [
        {
            "school": school,
            "progress": progress.get(school.pk, empty),
            "late": (school.filed_on or today) > plans.due_of(year),
            "reports": school.reports or 0,
        }
        for school in schools
    ]


def _years(year: int) -> list[int]:
    """This year and the last; from autumn on the next one as well, when its plan is made."""
    today = timezone.localdate()
    coming = {today.year + 1} if today.month >= PLANNING_MONTH else set()
    return sorted({today.year, today.year - 1, year} | coming, reverse=True)


@require_GET
@allowed_to("read_records")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan, months and classes of one school's year."""
    found = get_object_or_404(readable_schools(request.user).select_related("city", "county"), pk=pk)
    year = year_asked(request)
    plan = plans.plan_of(found, year)
    classes = classes_of(found, year)
    form = ClassFilterForm(request.GET)
    shown = form.narrow(classes).prefetch_related("lessons__teacher", "joined_as__host_class__school")
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "school": found,
        "year": year,
        "years": _years(year),
        "own": keeps_records(request.user, found),
        "plan": plan,
        "plan_late": plan is None or plans.is_late(plan),
        "plan_due": plans.due_of(year),
        "progress": plans.progress(found, year),
        "totals": classes.aggregate(
            attendance=Sum("attendance"),
            cost=Sum("cost"),
            hours=Sum("hours", filter=Q(part=TrainingClass.Part.HOST)),
            hosted=Count("pk", filter=Q(part=TrainingClass.Part.HOST)),
        ),
        "months": months.year_of(found, year),
        "joint": joint.waiting_for(found) if keeps_records(request.user, found) else [],
        "form": form,
        "page": page,
        "rows": [(one, lecturers(list(one.lessons.all()))) for one in page],
        "query": {name for name in ("q", "month", "category") if request.GET.get(name)},
    }
    return render(request, "schools/teaching/school.html", context)


def classes_of(school, year: int):
    """The kept classes of a year, the latest first."""
    held = (
        TrainingClass.objects.filter(school=school).kept().held_between(date(year, 1, 1), date(year, 12, 31))
    )
    return held.order_by("-starts_on", "-pk")


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
            return (
                redirect("schools:plan_edit", year)
                if "more" in request.POST
                else redirect("schools:plan", school.pk, year)
            )
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
        text = (
            f"已从{year - 1}年计划复制 {added} 个班次，请核对后保存。"
            if added
            else f"{year - 1}年计划中没有可以复制的班次。"
        )
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
        city, county = plans.scope_of(request.user)
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
    found = get_object_or_404(
        IssuedPlan.objects.visible_to(request.user).select_related("city", "county", "issued_by"), pk=pk
    )
    own = may(request.user, "issue_plan") and plans.scope_of(request.user) == (found.city, found.county)
    if not own and (request.method == "POST" or found.issued_at is None):
        raise Http404
    table = PlanFormSet(request.POST or None, prefix="row")
    if request.method == "POST" and table.is_valid():
        withdrawn = [pk for text in request.POST.getlist("withdraw") if (pk := number(text))]
        with refusals_in(table):
            plans.save_issued(found, table.rows(), withdrawn)
            if "issue" in request.POST:
                reached, added = plans.issue(found, by=request.user)
                messages.success(
                    request, f"已下发：{reached} 所党校新增 {added} 个计划班次，已发消息告知填报人和负责人。"
                )
            else:
                messages.success(request, "已保存，还没有下发。")
            return redirect("schools:issued", pk)
    rows = plans.issuers_rows(found)
    context = {
        "plan": found,
        "own": own,
        "table": table,
        "rows": rows,
        "schools": plans.schools_of(found).count(),
        "news": sum(1 for row, _, _ in rows if found.issued_at is None or row.added_at > found.issued_at),
    }
    return render(request, "schools/teaching/issued.html", context)


def _checked(year: int, month: int) -> None:
    if not (FIRST_YEAR <= year <= timezone.localdate().year + 1 and 1 <= month <= 12):
        raise Http404


@require_GET
@allowed_to("read_records")
def month(request: HttpRequest, pk: int, year: int, month: int) -> HttpResponse:
    """One month of one school."""
    school = get_object_or_404(readable_schools(request.user), pk=pk)
    _checked(year, month)
    return _page(request, school, year, month, CorrectionForm())


def _page(request: HttpRequest, school: School, year: int, number: int, form: CorrectionForm) -> HttpResponse:
    year_months = months.year_of(school, year)
    found = year_months[number - 1]
    held = TrainingClass.objects.filter(school=school).kept().held_between(found.first, found.last)
    classes = list(held.order_by("starts_on", "pk").prefetch_related("lessons__teacher"))
    by_day: dict = {}
    for one in classes:
        by_day.setdefault(one.starts_on, []).append(one)
    weeks = [
        [(day, by_day.get(day, []), day is not None and is_workday(day)) for day in week]
        for week in months.calendar_weeks(year, number)
    ]
    context = {
        "school": school,
        "year": year,
        "month": found,
        "months": year_months,
        "weeks": weeks,
        "rows": [(one, lecturers(list(one.lessons.all()))) for one in classes],
        "lines": months.rows(found.figures),
        "corrections": [
            (one, months.differences(one.before, one.after))
            for one in ReportCorrection.objects.filter(report=found.report).select_related("by")
        ]
        if found.report
        else [],
        "own": keeps_records(request.user, school),
        "form": form,
        "before": (year, number - 1) if number > 1 else (year - 1, 12),
        "after": (year, number + 1) if number < 12 else (year + 1, 1),
        "today": timezone.localdate(),
    }
    return render(request, "schools/teaching/month.html", context)


@require_POST
@allowed_to("record_teaching")
def confirm(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The one press; back to where it was made. A report confirmed before asks why it changes."""
    school = request.user.identity.school
    _checked(year, month)
    form = CorrectionForm(request.POST if "reason" in request.POST else None)
    if form.is_bound and not form.is_valid():
        return _page(request, school, year, month, form)
    reason = form.cleaned_data["reason"] if form.is_bound else ""
    with refusals_in(form) if form.is_bound else refusals_as_messages(request):
        done = months.confirm(school, year, month, by=request.user, reason=reason)
        word = "零报告" if done.is_zero else "月报"
        messages.success(request, f"已确认{year}年{month}月{word}：{done.sentence}。")
        return HttpResponseRedirect(
            way_back(request.POST.get("next", ""), reverse("schools:month", args=[school.pk, year, month]))
        )
    return (
        _page(request, school, year, month, form)
        if form.is_bound
        else redirect("schools:month", school.pk, year, month)
    )
