"""培训: the year of one school on one page, and the list of schools for those who read several."""

from __future__ import annotations

from datetime import date

from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from schools.asked import number
from schools.forms.class_acts import ClassFilterForm
from schools.forms.school_list import SchoolFilterForm
from schools.models import AnnualPlan, MonthlyReport, School, TrainingClass
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, keeps_records, readable_schools, reads_across_counties
from schools.profile import lecturers
from schools.teaching import joint, months, plans

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
    reports = MonthlyReport.objects.filter(school=OuterRef("pk"), year=year, confirmed_at__isnull=False).order_by().values("school")
    schools = schools.annotate(filed_on=Subquery(plan), reports=Subquery(reports.annotate(n=Count("pk")).values("n")))
    page = Paginator(schools, SCHOOLS_PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "year": year,
        "years": _years(year),
        "page": page,
        "rows": _rows(page, year),
        "in_counties": reads_across_counties(request.user) and any(school.county_id for school in page.object_list),
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
    held = TrainingClass.objects.filter(school=school).kept().held_between(date(year, 1, 1), date(year, 12, 31))
    return held.order_by("-starts_on", "-pk")
