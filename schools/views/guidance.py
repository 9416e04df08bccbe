"""联系指导: coverage, one school's guidance, visits."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.forms.guidance import GuidanceFilterForm, OpinionForm, ProblemFormSet, ReasonForm, VisitForm
from schools.guidance import coverage_of, give_opinion, opinions_of, record_visit, void_visit
from schools.guidance.coverage import totals_of, with_open_problems, without_guide, without_visit
from schools.locks import lock_of
from schools.models import Correction, Liaison, Problem, Role, School, Visit
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, reads_across_counties
from schools.refusals import refusals_in

PAGE_SIZE = 50
#: On a page of one school.
VISITS = 20
NARROWING = {
    "guide": lambda rows, year: without_guide(rows),
    "visit": without_visit,
    "problem": lambda rows, year: with_open_problems(rows),
}


@require_GET
@allowed_to("read_guidance")
def overview(request: HttpRequest) -> HttpResponse:
    """Schools in administrative order with who guides them and what was done this year; a school goes to its own page."""
    if request.user.identity.role in SCHOOL_ROLES:
        return redirect("schools:guidance_school", request.user.identity.school_id)
    today = timezone.localdate()
    form = GuidanceFilterForm(request.GET, user=request.user)
    everything = School.objects.visible_to(request.user).open_on()
    schools, chosen = everything, form.chosen
    if word := chosen.get("q", "").strip():
        schools = schools.filter(Q(name__icontains=word) | Q(short_name__icontains=word) | Q(code__icontains=word))
    if "county" in chosen:
        schools = schools.filter(county=chosen["county"])
    if "only" in chosen:
        schools = NARROWING[chosen["only"]](schools, today.year)
    page = Paginator(schools.select_related("county").in_order(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": coverage_of(list(page.object_list), year=today.year, today=today),
        "year": today.year,
        **totals_of(everything, today.year),
        "in_counties": reads_across_counties(request.user) and any(school.county_id for school in page.object_list),
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/guidance/overview.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("read_guidance", post="give_opinion")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: its guides, visits and problems, and the year's opinion of the liaison who looks."""
    one = _school(request, pk)
    form = OpinionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        year = timezone.localdate().year
        give_opinion(one, year=year, by=request.user, text=form.cleaned_data["text"])
        messages.success(request, f"{year}年度指导意见已保存，评审结束前可以修改。")
        return redirect("schools:guidance_school", pk)
    return _school_page(request, one, form)


def _school_page(request: HttpRequest, one: School, form: OpinionForm, *, void: ReasonForm | None = None, voiding: Visit | None = None):
    """`void` is what somebody wrote in vain to take back the visit `voiding`; the page with that visit is shown."""
    year = timezone.localdate().year
    guides = list(Liaison.objects.filter(school=one).current().select_related("user"))
    mine = any(link.user_id == request.user.pk for link in guides) and may(request.user, "give_opinion")
    opinions = list(opinions_of(one, year)) if request.user.identity.role not in SCHOOL_ROLES else []
    own = next((row.text for row in opinions if row.by_id == request.user.pk), "")
    form.initial = {"text": own}
    visits = Visit.objects.filter(school=one).order_by("-on", "-pk")
    page = request.GET.get("page")
    if voiding is not None:
        page = list(visits.values_list("pk", flat=True)).index(voiding.pk) // VISITS + 1
    visits = visits.select_related("by", "team", "voided_by").prefetch_related("problems__reported_by")
    context = {
        "school": one,
        "year": year,
        "guides": guides,
        "visits": Paginator(visits, VISITS).get_page(page),
        "opinions": opinions,
        "form": form if mine else None,
        "void": void,
        "voiding": voiding,
        "of_school": request.user.identity.role in SCHOOL_ROLES,
        "today": timezone.localdate(),
        "open_problems": Problem.objects.open().filter(visit__school=one, visit__voided_at__isnull=True).count(),
    }
    return render(request, "schools/guidance/school.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("record_visit")
def new_visit(request: HttpRequest, pk: int) -> HttpResponse:
    """A visit with up to three problems, all of it or nothing."""
    one = _school(request, pk)
    form = VisitForm(request.POST or None, user=request.user, instance=Visit(school=one, by=request.user))
    problems = ProblemFormSet(request.POST or None, prefix="problem")
    if request.method == "POST" and form.is_valid() & problems.is_valid():
        chosen = form.cleaned_data
        with refusals_in(form):
            outcome = record_visit(
                one,
                by=request.user,
                on=chosen["on"],
                kind=chosen["kind"],
                team=chosen.get("team"),
                checklist=form.checklist,
                findings=chosen["findings"],
                problems=[row.cleaned_data for row in problems if row.has_changed()],
                reason=chosen["reason"],
            )
            if isinstance(outcome, Correction):
                return _asked(request, outcome)
            messages.success(request, f"已登记对{one}的走访。")
            return redirect("schools:guidance_school", pk)
    day = form.cleaned_data.get("on") if form.is_bound else None
    context = {"school": one, "form": form, "problems": problems, "lock": lock_of(one, day or timezone.localdate())}
    return render(request, "schools/guidance/visit.html", context)


def _asked(request: HttpRequest, correction: Correction) -> HttpResponse:
    messages.success(request, "这一天的数据党校已经提交，已提交数据更正，同意后生效。")
    return redirect("schools:correction", correction.pk)


@require_POST
@allowed_to("record_visit")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own visit back; the office may take back anybody's."""
    visits = Visit.objects.visible_to(request.user)
    visit = get_object_or_404(visits if request.user.identity.role == Role.OFFICE else visits.filter(by=request.user), pk=pk)
    form = ReasonForm(request.POST, visit=visit)
    if form.is_valid():
        with refusals_in(form, "reason"):
            outcome = void_visit(visit, by=request.user, reason=form.cleaned_data["reason"])
            if isinstance(outcome, Correction):
                return _asked(request, outcome)
            messages.success(request, "该次走访已作废，不再计入走访次数。")
            return redirect("schools:guidance_school", visit.school_id)
    return _school_page(request, _school(request, visit.school_id), OpinionForm(), void=form, voiding=visit)


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)
