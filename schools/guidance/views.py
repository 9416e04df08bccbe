"""联系指导: coverage, one school's guidance, visits."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.models import Correction, GuidanceTeam, Liaison, Problem, Role, School, Visit
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import allowed_to, may, reads_across_counties, require_form
from schools.records.locks import lock_of
from schools.refusals import done, refusals_as_messages, refusals_in
from schools.registry.views import EARLIEST, year_asked

from . import visits
from .forms import (
    AssignForm,
    GuidanceFilterForm,
    OpinionForm,
    ProblemFilterForm,
    ProblemFormSet,
    ReasonForm,
    RecheckForm,
    ReportForm,
    TeamForm,
    VisitForm,
)

SCHOOLS_PAGE = 50
#: On a page of one school.
VISITS = 20
PROBLEMS_PAGE = 50


@require_GET
@allowed_to("read_guidance")
def overview(request: HttpRequest) -> HttpResponse:
    """Schools in administrative order with who guides them and what was done in the year; a school goes to
    its own page.
    """
    if request.user.identity.role in SCHOOL_ROLES:
        return redirect("schools:guidance_school", request.user.identity.school_id)
    today, year = timezone.localdate(), _year(request)
    form = GuidanceFilterForm(request.GET, user=request.user, year=year)
    schools = School.objects.visible_to(request.user).open_on()
    narrowing = visits.narrowing(year)
    shown = form.narrow(schools).select_related("county").in_order()
    page = Paginator(shown, SCHOOLS_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": visits.coverage_of(list(page.object_list), today=today, year=year),
        "year": year,
        **schools.aggregate(
            total=Count("pk"),
            unguided=Count("pk", filter=narrowing["guide"]),
            unvisited=Count("pk", filter=narrowing["visit"]),
        ),
        "in_counties": reads_across_counties(request.user)
        and any(school.county_id for school in page.object_list),
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/guidance/overview.html", context)


@require_form
@allowed_to("read_guidance", post="give_opinion")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: its guides, visits and problems, and the year's opinion of the liaison who looks."""
    guided = _school(request, pk)
    form = OpinionForm(request.POST or None)
    if form.is_valid():
        year = _year(request)
        visits.give_opinion(guided, year=year, by=request.user, text=form.cleaned_data["text"])
        return done(request, f"{year}年度指导意见已保存，评审结束前可以修改。", "schools:guidance_school", pk)
    return _school_page(request, guided, form)


def _year(request: HttpRequest) -> int:
    return year_asked(request, range(EARLIEST, timezone.localdate().year + 1))


def _school_page(
    request: HttpRequest,
    school: School,
    form: OpinionForm,
    void: ReasonForm | None = None,
    voiding: Visit | None = None,
) -> HttpResponse:
    """`void` is what somebody wrote in vain to take back the visit `voiding`; the page with that visit is
    shown.
    """
    today, of_school = timezone.localdate(), request.user.identity.role in SCHOOL_ROLES
    guides = list(school.liaisons.current().select_related("user"))
    is_guide = may(request.user, "give_opinion") and request.user in {link.user for link in guides}
    year = _year(request)
    opinions = [] if of_school else list(visits.opinions_of(school, year))
    form.initial = {"text": next((row.text for row in opinions if row.by_id == request.user.pk), "")}
    made = school.visits.order_by("-on", "-pk")
    page = request.GET.get("page")
    if voiding is not None:
        page = list(made.values_list("pk", flat=True)).index(voiding.pk) // VISITS + 1
    made = made.select_related("by", "team", "voided_by").prefetch_related("problems__reported_by")
    context = {
        "school": school,
        "year": year,
        "guides": guides,
        "visits": Paginator(made, VISITS).get_page(page),
        "opinions": opinions,
        "form": form if is_guide else None,
        "void": void,
        "voiding": voiding,
        "of_school": of_school,
        "today": today,
        "open_problems": Problem.objects.open().filter(visit__school=school).count(),
    }
    return render(request, "schools/guidance/school.html", context)


@require_form
@allowed_to("record_visit")
def new_visit(request: HttpRequest, pk: int) -> HttpResponse:
    """A visit with up to three problems, all of it or nothing."""
    guided = _school(request, pk)
    form = VisitForm(request.POST or None, user=request.user, instance=Visit(school=guided, by=request.user))
    problems = ProblemFormSet(request.POST or None, prefix="problem")
    if form.is_valid() & problems.is_valid():
        rows = [row.cleaned_data for row in problems if row.has_changed()]
        with refusals_in(form):
            outcome = visits.record_visit(guided, by=request.user, problems=rows, **form.values)
            if isinstance(outcome, Correction):
                return _asked(request, outcome)
            return done(request, f"已登记对{guided}的走访。", "schools:guidance_school", pk)
    day = form.cleaned_data.get("on") if form.is_bound else None
    context = {
        "school": guided,
        "form": form,
        "problems": problems,
        "lock": lock_of(guided, day or timezone.localdate()),
    }
    return render(request, "schools/guidance/visit.html", context)


def _asked(request: HttpRequest, correction: Correction) -> HttpResponse:
    sentence = "这一天的数据党校已经提交，已提交数据更正，同意后生效。"
    return done(request, sentence, "schools:correction", correction.pk)


@require_POST
@allowed_to("record_visit")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own visit back; the office may take back anybody's."""
    voidable = Visit.objects.visible_to(request.user)
    if request.user.identity.role != Role.OFFICE:
        voidable = voidable.filter(by=request.user)
    visit = get_object_or_404(voidable, pk=pk)
    form = ReasonForm(request.POST, visit=visit)
    if form.is_valid():
        with refusals_in(form, "reason"):
            correction = visits.void_visit(visit, by=request.user, reason=form.cleaned_data["reason"])
            if correction:
                return _asked(request, correction)
            return done(
                request, "该次走访已作废，不再计入走访次数。", "schools:guidance_school", visit.school_id
            )
    return _school_page(request, _school(request, visit.school_id), OpinionForm(), form, visit)


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)


@require_form
@allowed_to("assign_guides")
def assignment(request: HttpRequest) -> HttpResponse:
    """One person for many schools at once; those without anybody come first and are ticked on request."""
    schools = School.objects.visible_to(request.user).open_on().select_related("county").in_order()
    unguided = schools.filter(visits.narrowing(timezone.localdate().year)["guide"])
    initial = {"schools": [request.GET.get("school", "")]}
    form = AssignForm(request.POST or None, user=request.user, schools=schools, initial=initial)
    if form.is_valid():
        chosen = form.cleaned_data
        with refusals_in(form, "user"):
            added = visits.assign(
                chosen["user"], list(chosen["schools"]), by=request.user, since=chosen["since"]
            )
            return done(
                request, f"{chosen['user'].name}新增联系 {added} 所党校，原已联系的不变。", "schools:guidance"
            )
    ticked = {str(value) for value in form["schools"].value() or []}
    context = {
        "form": form,
        "schools": schools,
        "unguided": set(unguided.values_list("pk", flat=True)),
        "ticked": ticked,
    }
    return render(request, "schools/guidance/assign.html", context)


@require_POST
@allowed_to("assign_guides")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The person no longer guides this school."""
    liaison = get_object_or_404(
        Liaison.objects.visible_to(request.user).select_related("user", "school"), pk=pk
    )
    with refusals_as_messages(request):
        visits.end_liaison(liaison, by=request.user)
        messages.success(request, f"{liaison.user.name}不再联系{liaison.school}。")
    return redirect("schools:guidance_school", liaison.school_id)


@require_form
@allowed_to("assign_guides")
def teams(request: HttpRequest) -> HttpResponse:
    """All groups, and a new one."""
    identity = request.user.identity
    new = GuidanceTeam(city=identity.city, county=identity.county)
    form = TeamForm(request.POST or None, user=request.user, instance=new)
    if form.is_valid() and _saved(request, form):
        return redirect("schools:guidance_teams")
    current = GuidanceTeam.objects.visible_to(request.user).current()
    context = {
        "form": form,
        "teams": current.select_related("county").prefetch_related("members"),
        "county": identity.county_id,
    }
    return render(request, "schools/guidance/teams.html", context)


@require_form
@allowed_to("assign_guides")
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Members of a group, or its end. A county changes its own groups only."""
    current = GuidanceTeam.objects.visible_to(request.user).current()
    own = get_object_or_404(current, pk=pk, county=request.user.identity.county_id)
    if request.POST.get("act") == "dissolve":
        visits.dissolve(own, by=request.user)
        return done(request, f"{own}已撤销，以往走访记录不变。", "schools:guidance_teams")
    form = TeamForm(request.POST or None, user=request.user, instance=own)
    if form.is_valid() and _saved(request, form):
        return redirect("schools:guidance_teams")
    return render(request, "schools/guidance/team.html", {"form": form, "team": own})


def _saved(request: HttpRequest, form: TeamForm) -> bool:
    with refusals_in(form, "name"):
        visits.save_team(form.save(commit=False), form.cleaned_data["members"], by=request.user)
        messages.success(request, f"{form.instance.name}已保存。")
    return not form.errors


@require_GET
@allowed_to("read_guidance")
def problems(request: HttpRequest) -> HttpResponse:
    """Problems in scope, the first due first."""
    form = ProblemFilterForm(request.GET)
    rows = form.narrow(Problem.objects.visible_to(request.user))
    rows = rows.select_related("visit__school", "visit__by").order_by("due", "pk")
    page = Paginator(rows, PROBLEMS_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "today": timezone.localdate(),
        "query": request.GET.urlencode(),
        "of_school": request.user.identity.role in SCHOOL_ROLES,
    }
    return render(request, "schools/guidance/problems.html", context)


@require_form
@allowed_to("report_problem")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """The school says what it did."""
    form, words = ReportForm(request.POST or None), {"title": "上报整改", "press": "上报"}
    return _act(request, pk, form, visits.report_problem, "整改情况已上报，等待复查。", words)


@require_form
@allowed_to("recheck_problem")
def recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever guides looks again."""
    form = RecheckForm(request.POST or None, initial={"passed": "yes"})
    words = {"title": "复查", "press": "保存"}
    return _act(request, pk, form, visits.recheck_problem, "复查结果已保存。", words)


def _act(
    request: HttpRequest,
    pk: int,
    form: forms.Form,
    act: Callable[..., None],
    sentence: str,
    words: dict[str, str],
) -> HttpResponse:
    """Shows the problem with a form, whose fields are what `act` takes."""
    problem = get_object_or_404(
        Problem.objects.visible_to(request.user).select_related("visit__school", "visit__by", "reported_by"),
        pk=pk,
    )
    if form.is_valid():
        with refusals_in(form):
            act(problem, by=request.user, **form.cleaned_data)
            return done(request, sentence, "schools:guidance_school", problem.visit.school_id)
    return render(request, "schools/guidance/problem.html", {"problem": problem, "form": form, **words})
