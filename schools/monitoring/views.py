"""监测: schools by months for county and city, what is odd and why, and reminders. Administrative order only,
never a ranking.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.audit import exports
from schools.calendar.checking import caveat
from schools.calendar.workdays import in_working_hours, next_working_moment
from schools.models import Region, School
from schools.permissions import allowed_to, may, reads_across_counties
from schools.refusals import refusals_as_messages
from schools.site.asked import number, way_back
from schools.site.contributions import Tile
from schools.site.years import nearest
from schools.templatetags.ui import day as day_words

from . import overview, reminders, trend
from .briefs import Brief, region_brief, school_brief
from .overview import MonitoringFilterForm
from .standing import View

PAGE_SIZE = 50
YEARS_BACK = 2


@require_GET
@allowed_to("monitor")
def monitoring(request: HttpRequest) -> HttpResponse:
    """Schools × months of a year with the five followed figures."""
    view = _view(request)
    identity = request.user.identity
    visible = set(School.objects.visible_to(request.user).values_list("pk", flat=True))
    seen = overview.city_on(identity.city_id, view, visible)
    form = MonitoringFilterForm(request.GET, user=request.user, years=years_offered(), seen=seen)
    page = Paginator(form.narrowed(), PAGE_SIZE).get_page(request.GET.get("page"))
    county = form.chosen.get("county")
    place = county.pk if county else identity.county_id or identity.city_id
    context = {
        "form": form,
        "filtered": any(name != "year" for name in form.chosen),
        "view": view,
        "page": page,
        "rows": _rows(list(page.object_list), view),
        "marks": [mark for mark in overview.MARKS.values() if mark[0]],
        "tiles": _tiles(seen),
        "trend": trend.of_months(seen, view),
        "in_counties": reads_across_counties(request.user) and any(school.county for school in seen),
        "next": request.get_full_path(),
        "brief": reverse("schools:brief_region", args=[place]),
        "caveat": caveat(view.today.year, "应报日期"),
    }
    return render(request, "schools/monitoring/grid.html", context)


@require_GET
@allowed_to("monitor")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what is odd, who reminded when, the words to send by messenger, two years of months."""
    found, view = _school(request, pk), _view(request)
    rows, now = _rows(overview.city_on(found.city_id, view, {pk}), view), timezone.now()
    context = {
        "school": found,
        "trail": [("监测", f"{reverse('schools:monitoring')}?year={view.year}")],
        "view": view,
        "years": years_offered(),
        "row": rows[0] if rows else None,
        "words": reminders.words(found, rows[0]["school"].matters if rows else [], by=request.user),
        "opening": None if in_working_hours(now) else next_working_moment(now),
        "trend": trend.of_school(found, view),
    }
    return render(request, "schools/monitoring/school.html", context)


@require_POST
@allowed_to("remind")
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: everything that may be reminded of today, back to the page it was clicked on."""
    found = _school(request, pk)
    matters = [
        matter for one in overview.city_on(found.city_id, _view(request), {pk}) for matter in one.matters
    ]
    with refusals_as_messages(request):
        _say(request, found, reminders.remind(found, matters, by=request.user))
    return HttpResponseRedirect(
        way_back(request.POST.get("next", ""), reverse("schools:monitoring_school", args=[pk]))
    )


def _say(request: HttpRequest, school: School, outcome: reminders.Outcome) -> None:
    if outcome.sent:
        messages.success(request, f"已提醒{school}：{reminders.summary(outcome.sent)}。")
    if outcome.waiting:
        opening = timezone.localtime(next_working_moment(timezone.now()))
        when = f"{day_words(opening)} {opening:%H:%M} 以后"
        messages.success(
            request, f"现在不是工作时间，将于{when}提醒{school}：{reminders.summary(outcome.waiting)}。"
        )
    if not outcome.sent and not outcome.waiting:
        messages.info(request, f"{school}没有现在可以催办的事项：{outcome.why_not}。")


def _view(request: HttpRequest) -> View:
    """The year asked for as seen today; the current one where it is missing or not offered."""
    asked = number((request.POST if request.method == "POST" else request.GET).get("year", ""))
    year = asked if asked in years_offered() else nearest(request.user, years_offered())
    return View(year, timezone.localdate())


def years_offered() -> list[int]:
    """This year and those before that can be looked at."""
    today = timezone.localdate()
    return [today.year - back for back in range(YEARS_BACK + 1)]


def _rows(seen: Sequence[overview.Seen], view: View) -> list[dict]:
    cells, lecturers = overview.cells_of(seen, view), overview.lecturers_of(seen, view)
    states = reminders.states_of([school.pk for school in seen])
    return [
        {
            "school": school,
            "cells": cells[school.pk],
            "lecturers": lecturers[school.pk],
            "attendance": f"{school.total.attendance:,}",
            "cost": f"{school.total.cost:,.0f}",
            "arrived": "未登记" if school.arrived is None else f"{school.arrived:,.0f}",
            "records": f"{reverse('schools:teaching_school', args=[school.pk])}?year={view.year}",
            "plan": reverse("schools:plan", args=[school.pk, view.year]),
            "months": reverse("schools:month", args=[school.pk, view.year, 1]).removesuffix("1/"),
            **_reminded(school, states.get(school.pk, {}), view),
        }
        for school in seen
    ]


def _reminded(school: overview.Seen, states: dict[str, reminders.State], view: View) -> dict:
    """What is open with its next reminder, what has been settled since one, and the last that was made."""
    asked = {key: (title, states.get(key, reminders.State())) for key, title in school.matters}
    matters = [(title, state, state.next_step(view.today)) for title, state in asked.values()]
    made = [reminder for _, state in asked.values() for reminder in state.made]
    return {
        "matters": matters,
        "settled": [state for key, state in states.items() if key not in asked and state.first],
        "remindable": sum(step is not None for _, _, step in matters),
        "last": max(made, key=lambda reminder: reminder.at, default=None),
    }


def _tiles(seen: Sequence[overview.Seen]) -> list[Tile]:
    """The followed figures of the scope, added up."""
    sums = overview.total(seen)
    money, arrived = "到位经费均未登记", None
    if sums.registered:
        arrived = sums.arrived
        money = f"到位 {overview.in_units(arrived)} 万元（{sums.registered} 所已登记）"
    plan, schools = f"计划共 {sums.planned:,} 期", f"{len(seen)} 所党校，{sums.flagged} 所有提示"
    spent = overview.in_units(sums.cost)
    return [
        Tile("教学计划", f"{sums.done:,}", "期已完成", plan, done=sums.done, whole=sums.planned),
        Tile("培训场次", f"{sums.classes:,}", "期", schools),
        Tile("参训人数", f"{sums.attendance:,}", "人次", "主办和参加的班次合计"),
        Tile("资金使用", spent, "万元", money, done=sums.cost, whole=arrived),
    ]


@require_GET
@allowed_to("read_brief")
def brief_of_school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school's sheet."""
    return _school_brief(request, pk)


@require_POST
@allowed_to("read_brief")
def school_brief_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    return _school_brief(request, pk)


@require_GET
@allowed_to("monitor")
def brief_of_region(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a county or of the city."""
    return _region_brief(request, pk)


@require_POST
@allowed_to("monitor")
def region_brief_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    return _region_brief(request, pk)


def _school_brief(request: HttpRequest, pk: int) -> HttpResponse:
    found, view = _school(request, pk), _view(request)
    paper = school_brief(found, request.user, view)
    if paper is None:
        raise Http404
    trail = [(str(found), reverse("schools:school", args=[pk]))]
    if may(request.user, "monitor"):
        trail = [
            ("监测", reverse("schools:monitoring")),
            (str(found), reverse("schools:monitoring_school", args=[pk])),
        ]
    return _brief(request, paper, view, "brief_school", pk, city=found.city, trail=trail)


def _region_brief(request: HttpRequest, pk: int) -> HttpResponse:
    """People of one county read its sheet; the city's names schools they may not see."""
    regions = Region.objects.visible_to(request.user).select_related("city")
    region = get_object_or_404(regions.counties() if request.user.identity.county_id else regions, pk=pk)
    view = _view(request)
    paper = region_brief(region, request.user, view)
    trail = [("监测", f"{reverse('schools:monitoring')}?year={view.year}")]
    return _brief(request, paper, view, "brief_region", pk, city=region.city or region, trail=trail)


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)


def _brief(
    request: HttpRequest, paper: Brief, view: View, address: str, pk: int, *, city: Region, trail: list
) -> HttpResponse:
    """The sheet as a page at `address`, or as the file that a button on it asks for."""
    if request.method == "POST":
        back = f"{reverse(f'schools:{address}', args=[pk])}?year={view.year}"
        return exports.send_pdf(request, paper, city=city, back=back, detail={"格式": "PDF"})
    context = {
        "paper": paper,
        "view": view,
        "years": years_offered(),
        "download": reverse(f"schools:{address}_pdf", args=[pk]),
        "can_print": exports.can_print(),
        "trail": trail,
    }
    return render(request, "schools/monitoring/brief.html", context)
