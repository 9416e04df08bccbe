"""培训: the year of one school on one page, and the list of schools for those who read several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.calendar.workdays import is_workday
from schools.models import AnnualPlan, IssuedPlan, MonthlyReport, School, TrainingClass, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import (
    allowed_to,
    keeps_records,
    may,
    readable_schools,
    reads_across_counties,
    require_form,
)
from schools.refusals import done, refusals_as_messages, refusals_in
from schools.registry.forms import SchoolFilterForm
from schools.registry.overview import lecturers
from schools.registry.views import school_of
from schools.site.asked import number, way_back
from schools.site.years import nearest

from . import months, plans
from .class_forms import ClassFilterForm
from .classes import waiting_for
from .forms import BasePlanFormSet, CorrectionForm, IssueYearForm, PlanFormSet, PlanReasonForm

PAGE_SIZE = 20
SCHOOLS_PAGE_SIZE = 50
FIRST_YEAR = 2000
PLANNING_MONTH = 10


def year_asked(request: HttpRequest) -> int:
    """The year of the address, the current one when it is missing or absurd."""
    asked, years = number(request.GET.get("year", "")), range(FIRST_YEAR, timezone.localdate().year + 2)
    return asked if asked in years else nearest(request.user, years)


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
    confirmed = MonthlyReport.objects.filter(school=OuterRef("pk"), year=year, confirmed_at__isnull=False)
    reports = confirmed.order_by().values("school").annotate(number=Count("pk")).values("number")
    schools = schools.annotate(filed_on=Subquery(plan), reports=Coalesce(Subquery(reports), 0))
    page = Paginator(schools, SCHOOLS_PAGE_SIZE).get_page(request.GET.get("page"))
    shown = School.objects.filter(pk__in=[school.pk for school in page])
    progress, today = plans.progress_of(shown, year), timezone.localdate()
    context = {
        "form": form,
        "year": year,
        "years": _years(year),
        "page": page,
        "rows": [
            {
                "school": school,
                "progress": progress.get(school.pk, plans.NO_PROGRESS),
                "late": (school.filed_on or today) > plans.due_of(year),
            }
            for school in page
        ],
        "in_counties": reads_across_counties(request.user) and any(school.county_id for school in page),
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/teaching/schools.html", context)


def _years(year: int) -> list[int]:
    """This year and the last; from autumn on the next one as well, when its plan is made."""
    today = timezone.localdate()
    coming = {today.year + 1} if today.month >= PLANNING_MONTH else set()
    return sorted({today.year, today.year - 1, year} | coming, reverse=True)


@require_GET
@allowed_to("read_records")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """Plan, months and classes of one school's year."""
    school = school_of(request.user, pk)
    year = year_asked(request)
    classes = classes_of(school, year)
    form = ClassFilterForm(request.GET)
    shown = form.narrow(classes).prefetch_related("lessons__teacher", "joined_as__host_class__school")
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    own = keeps_records(request.user, school)
    context = {
        **_plan_context(school, year, plans.plan_of(school, year), own),
        "years": _years(year),
        "totals": classes.aggregate(
            attendance=Sum("attendance"),
            cost=Sum("cost"),
            hours=Sum("hours", filter=Q(part=TrainingClass.Part.HOST)),
            hosted=Count("pk", filter=Q(part=TrainingClass.Part.HOST)),
        ),
        "months": months.year_of(school, year),
        "joint": waiting_for(school) if own else [],
        "form": form,
        "page": page,
        "rows": _with_lecturers(page),
        "query": {name for name in ("q", "month", "category") if request.GET.get(name)},
    }
    return render(request, "schools/teaching/school.html", context)


def _plan_context(school: School, year: int, plan: AnnualPlan | None, own: bool) -> dict[str, Any]:
    """How far the plan of a school's year has come, and whether it is late."""
    return {
        "school": school,
        "year": year,
        "own": own,
        "plan": plan,
        "late": plans.is_late(year, plan),
        "due": plans.due_of(year),
        "progress": plans.progress(school, year),
    }


def _with_lecturers(classes: Iterable[TrainingClass]) -> list[tuple[TrainingClass, str]]:
    return [(record, lecturers(list(record.lessons.all()))) for record in classes]


def classes_of(school: School, year: int) -> QuerySet[TrainingClass]:
    """The kept classes of a year, the latest first."""
    return school.classes.kept().held_in(year).order_by("-starts_on", "-pk")


def _sensible(year: int, month: int = 1) -> int:
    if not (FIRST_YEAR <= year <= timezone.localdate().year + 1 and 1 <= month <= 12):
        raise Http404
    return year


@require_GET
@allowed_to("read_records")
def read(request: HttpRequest, pk: int, year: int) -> HttpResponse:
    """A school's plan by month, with what was held of it."""
    school = school_of(request.user, pk)
    plan = plans.plan_of(school, _sensible(year))
    context = _plan_context(school, year, plan, keeps_records(request.user, school))
    return render(request, "schools/teaching/plan.html", {**context, "rows": plans.planned_rows(plan)})


@require_form
@allowed_to("record_teaching")
def edit(request: HttpRequest, year: int) -> HttpResponse:
    """The table of the own school's planned classes; copying fills it in, and only saving saves."""
    school, typed, copies = request.user.identity.school, request.POST or None, "copy" in request.POST
    rows = plans.planned_rows(plans.plan_of(school, _sensible(year)))
    initial = [{"pk": row.pk, "month": row.month, "name": row.name, "kind": row.kind} for row in rows]
    if copies:
        typed, added = plans.with_last_year(request.POST, "row", school, year)
        messages.info(request, _copied(year, added))
    table = PlanFormSet(typed, prefix="row", initial=initial)
    why = PlanReasonForm(request.POST or None)
    if not copies and table.is_valid() & why.is_valid():
        seen, reason = request.POST.get("seen", ""), why.cleaned_data["reason"]
        with refusals_in(table):
            asked = plans.save_rows(school, year, table.rows(), by=request.user, reason=reason, seen=seen)
            return _plan_saved(request, school, year, len(asked))
    plan, lock = plans.plan_of(school, year), plans.signed_part(school, year)
    current = {str(row.pk): row for row in plans.planned_rows(plan)}
    context = {
        "school": school,
        "year": year,
        "plan": plan,
        "table": table,
        "lines": [(form, current.get(str(form["pk"].value()))) for form in table],
        # A copy has saved nothing: what somebody else saves meanwhile is still told.
        "seen": request.POST.get("seen", "") if copies else plans.digest_of(current.values()),
        "problem": next(iter(why["reason"].errors), None),
        "lock": lock,
        "why": why,
        "waiting": plans.waiting(school) if lock else 0,
        "can_copy": plans.own_rows(school, year - 1).exists(),
    }
    return render(request, "schools/teaching/plan_form.html", context)


def _copied(year: int, added: int) -> str:
    if not added:
        return f"{year - 1}年计划中的班次，表中都已经有了。"
    return f"已把{year - 1}年计划的 {added} 个班次填入下表，还没有保存；请核对、删改后点“保存”。"


def _plan_saved(request: HttpRequest, school: School, year: int, asked: int) -> HttpResponse:
    messages.success(request, f"已保存{year}年培训计划。")
    if asked:
        messages.success(request, f"锁定月份的 {asked} 处改动已提交数据更正，同意后生效。")
    if "more" in request.POST:
        return redirect("schools:plan_edit", year)
    return redirect("schools:plan", school.pk, year)


@require_POST
@allowed_to("record_teaching")
def file(request: HttpRequest, year: int) -> HttpResponse:
    """备案: the button says what it does; it happens once."""
    school = request.user.identity.school
    with refusals_as_messages(request):
        plan = plans.file_plan(school, _sensible(year), by=request.user)
        late = "（已过3月31日，标为逾期备案）" if plans.is_late(year, plan) else ""
        messages.success(request, f"{year}年培训计划已备案{late}。")
    return redirect("schools:plan", school.pk, year)


# --- Issuing ---


@require_form
@allowed_to("look_up", post="issue_plan")
def issued_list(request: HttpRequest) -> HttpResponse:
    """The plans this person issued or may read; a year is opened by asking for it."""
    form = IssueYearForm(request.POST or None, initial={"year": timezone.localdate().year})
    if form.is_valid():
        issuer = {"city": request.user.identity.city, "county": request.user.identity.county}
        plan, _ = IssuedPlan.objects.get_or_create(**issuer, **form.cleaned_data)
        return redirect("schools:issued", plan.pk)
    readable = IssuedPlan.objects.visible_to(request.user).select_related("city", "county", "issued_by")
    if not may(request.user, "issue_plan"):
        readable = readable.filter(issued_at__isnull=False)
    return render(request, "schools/teaching/issued_list.html", {"form": form, "plans": readable})


def _issues(user: User, plan: IssuedPlan) -> bool:
    """Whether the plan is this person's to change."""
    return may(user, "issue_plan") and plan.issuer == (user.identity.county or user.identity.city)


@require_form
@allowed_to("read_records", post="issue_plan")
def issued(request: HttpRequest, pk: int) -> HttpResponse:
    """The table of an issued plan; the issuer's to change, everybody else's to read."""
    readable = IssuedPlan.objects.visible_to(request.user).select_related("city", "county", "issued_by")
    plan = get_object_or_404(readable, pk=pk)
    own = _issues(request.user, plan)
    if not own and (request.method == "POST" or plan.issued_at is None):
        raise Http404
    table = PlanFormSet(request.POST or None, prefix="row")
    if table.is_valid():
        with refusals_in(table):
            return _issued_saved(request, plan, table)
    rows = plans.issuers_rows(plan)
    context = {
        "plan": plan,
        "own": own,
        "table": table,
        "rows": rows,
        "schools": plans.schools_of(plan).count(),
        "news": sum(plan.issued_at is None or row.added_at > plan.issued_at for row in rows),
    }
    return render(request, "schools/teaching/issued.html", context)


def _issued_saved(request: HttpRequest, plan: IssuedPlan, table: BasePlanFormSet) -> HttpResponse:
    withdrawn = [key for text in request.POST.getlist("withdraw") if (key := number(text))]
    plans.save_issued(plan, table.rows(), withdrawn)
    sentence = "已保存，还没有下发。"
    if "issue" in request.POST:
        reached, added = plans.issue(plan, by=request.user)
        sentence = f"已下发：{reached} 所党校新增 {added} 个计划班次，已发消息告知填报人和负责人。"
    return done(request, sentence, "schools:issued", plan.pk)


@require_GET
@allowed_to("read_records")
def month(request: HttpRequest, pk: int, year: int, month: int) -> HttpResponse:
    """One month of one school."""
    school = school_of(request.user, pk)
    _sensible(year, month)
    return _page(request, school, year, month, CorrectionForm())


def _page(request: HttpRequest, school: School, year: int, number: int, form: CorrectionForm) -> HttpResponse:
    year_months = months.year_of(school, year)
    shown = year_months[number - 1]
    held = school.classes.kept().held_between(shown.first, shown.last)
    classes = list(held.order_by("starts_on", "pk").prefetch_related("lessons__teacher"))
    weeks = [
        [
            (day, [record for record in classes if record.starts_on == day], day and is_workday(day))
            for day in week
        ]
        for week in months.calendar_weeks(year, number)
    ]
    corrected = shown.report.corrections.select_related("by") if shown.report else []
    context = {
        "school": school,
        "year": year,
        "month": shown,
        "months": year_months,
        "weeks": weeks,
        "rows": _with_lecturers(classes),
        "lines": months.rows(shown.figures),
        "corrections": [(row, months.differences(row.before, row.after)) for row in corrected],
        "own": keeps_records(request.user, school),
        "form": form,
        "before": shown.first - timedelta(days=1),
        "after": shown.last + timedelta(days=1),
        "today": timezone.localdate(),
    }
    return render(request, "schools/teaching/month.html", context)


@require_POST
@allowed_to("record_teaching")
def confirm(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The one press; back to where it was made. A report confirmed before asks why it changes."""
    school = request.user.identity.school
    _sensible(year, month)
    if "reason" not in request.POST:
        with refusals_as_messages(request):
            return _confirmed(request, school, months.confirm(school, year, month, by=request.user))
        return redirect("schools:month", school.pk, year, month)
    form = CorrectionForm(request.POST)
    if form.is_valid():
        with refusals_in(form):
            corrected = months.confirm(school, year, month, by=request.user, **form.cleaned_data)
            return _confirmed(request, school, corrected)
    return _page(request, school, year, month, form)


def _confirmed(request: HttpRequest, school: School, month: months.Month) -> HttpResponse:
    word = "零报告" if month.is_zero else "月报"
    messages.success(request, f"已确认{month.year}年{month.month}月{word}：{month.sentence}。")
    page = reverse("schools:month", args=[school.pk, month.year, month.month])
    return HttpResponseRedirect(way_back(request.POST.get("next", ""), page))
