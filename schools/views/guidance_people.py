"""Who guides whom, and groups that guide together."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from schools.forms.guidance import AssignForm, TeamForm
from schools.guidance import assign, dissolve, end_liaison, save_team
from schools.guidance.coverage import without_guide
from schools.models import GuidanceTeam, Liaison, School
from schools.permissions import allowed_to
from schools.refusals import refusals_as_messages, refusals_in


@require_http_methods(["GET", "POST"])
@allowed_to("assign_guides")
def assignment(request: HttpRequest) -> HttpResponse:
    """One person for many schools at once; those without anybody come first and are ticked on request."""
    schools = School.objects.visible_to(request.user).open_on().select_related("county").in_order()
    unguided = list(without_guide(schools).values_list("pk", flat=True))
    initial = {"schools": [request.GET.get("school", "")]}
    form = AssignForm(request.POST or None, user=request.user, schools=schools, initial=initial)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        with refusals_in(form, "user"):
            added = assign(chosen["user"], list(chosen["schools"]), by=request.user, since=chosen["since"])
            messages.success(request, f"{chosen['user'].name}新增联系 {added} 所党校，原已联系的不变。")
            return redirect("schools:guidance")
    ticked = {str(value) for value in form["schools"].value() or []}
    context = {"form": form, "schools": schools, "unguided": set(unguided), "ticked": ticked}
    return render(request, "schools/guidance/assign.html", context)


@require_POST
@allowed_to("assign_guides")
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """The person no longer guides this school."""
    liaison = get_object_or_404(Liaison.objects.visible_to(request.user).select_related("user", "school"), pk=pk)
    with refusals_as_messages(request):
        end_liaison(liaison, by=request.user, today=timezone.localdate())
        messages.success(request, f"{liaison.user.name}不再联系{liaison.school}。")
    return redirect("schools:guidance_school", liaison.school_id)


@require_http_methods(["GET", "POST"])
@allowed_to("assign_guides")
def teams(request: HttpRequest) -> HttpResponse:
    """All groups, and a new one."""
    identity = request.user.identity
    form = TeamForm(request.POST or None, user=request.user, instance=GuidanceTeam(city=identity.city, county=identity.county))
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        return redirect("schools:guidance_teams")
    found = GuidanceTeam.objects.visible_to(request.user).current().select_related("county").prefetch_related("members")
    return render(request, "schools/guidance/teams.html", {"form": form, "teams": found, "county": identity.county_id})


@require_http_methods(["GET", "POST"])
@allowed_to("assign_guides")
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Members of a group, or its end. A county changes its own groups only."""
    mine = GuidanceTeam.objects.visible_to(request.user).current().filter(county=request.user.identity.county_id)
    one = get_object_or_404(mine, pk=pk)
    form = TeamForm(request.POST if request.POST.get("act") != "dissolve" else None, user=request.user, instance=one)
    if request.method == "POST":
        if request.POST.get("act") == "dissolve":
            dissolve(one, by=request.user, today=timezone.localdate())
            messages.success(request, f"{one}已撤销，以往走访记录不变。")
            return redirect("schools:guidance_teams")
        if form.is_valid() and _saved(request, form):
            return redirect("schools:guidance_teams")
    return render(request, "schools/guidance/team.html", {"form": form, "team": one})


def _saved(request: HttpRequest, form: TeamForm) -> bool:
    with refusals_in(form, "name"):
        save_team(form.save(commit=False), form.cleaned_data["members"], by=request.user)
        messages.success(request, f"{form.instance.name}已保存。")
    return not form.errors
