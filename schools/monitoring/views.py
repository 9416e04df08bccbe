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
from schools.site.asked import way_back
from schools.site.contributions import Tile
from schools.templatetags.ui import day as day_words

from . import overview, reminders, trend
from .briefs import Brief, region_brief, school_brief
from .forms import MonitoringFilterForm
from .standing import View

PAGE_SIZE = 50
YEARS_BACK = 2


@require_GET
@allowed_to("monitor")
def monitoring(request: HttpRequest) -> HttpResponse:
    """Schools × months of a year with the five followed figures."""
    view = view_asked(request.GET.get("year"))
    city = overview.city_on(request.user.identity.city_id, view)
    seen = city.within(set(School.objects.visible_to(request.user).values_list("pk", flat=True)))
    form = MonitoringFilterForm(request.GET, user=request.user, years=years_offered())
    chosen = form.chosen
    form.show_counts(overview.counts_by_kind(seen), sum(bool(one.anomalies) for one in seen))
    county = chosen.get("county")
    found = overview.narrowed(
        seen, word=chosen.get("q", ""), county=county and county.pk, kind=chosen.get("kind", "")
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "filtered": any(name != "year" for name in chosen),
        "view": view,
        "page": page,
        "rows": _rows(list(page.object_list), view),
        "marks": [mark for mark in overview.MARKS.values() if mark[0]],
        "tiles": _tiles(seen),
        "trend": trend.of_months(seen, view),
        "in_counties": reads_across_counties(request.user) and any(one.standing.county for one in seen),
        "next": request.get_full_path(),
        "brief": reverse("schools:brief_region", args=[_place(request, county)]),
        "caveat": caveat(view.today.year, "应报日期"),
    }
    return render(request, "schools/monitoring/grid.html", context)


@require_GET
@allowed_to("monitor")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: what is odd, who reminded when, the words to send by messenger, two years of months."""
    found = get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)
    view = view_asked(request.GET.get("year"))
    seen = overview.city_on(found.city_id, view).within({found.pk})
    states = reminders.states_of([found.pk]).get(found.pk, {})
    matters = [
        (matter, states.get(matter[0], reminders.State()))
        for one in seen
        for anomaly in one.anomalies
        for matter in anomaly.matters
    ]
    context = {
        "school": found,
        "trail": [("监测", f"{reverse('schools:monitoring')}?year={view.year}")],
        "view": view,
        "years": years_offered(),
        "seen": seen[0] if seen else None,
        "row": next(iter(_rows(seen, view)), None),
        "matters": [(title, state, state.next_step(view.today)) for (_, title), state in matters],
        "settled": [
            state
            for key, state in states.items()
            if key not in {matter[0] for matter, _ in matters} and state.first
        ],
        "remindable": sum(state.next_step(view.today) is not None for _, state in matters),
        "words": reminders.words(found, [matter for matter, _ in matters], by=request.user),
        "opening": None if in_working_hours(timezone.now()) else next_working_moment(timezone.now()),
        "trend": trend.of_school(found, view),
    }
    return render(request, "schools/monitoring/school.html", context)


@require_POST
@allowed_to("remind")
def remind(request: HttpRequest, pk: int) -> HttpResponse:
    """One click: everything that may be reminded of today, back to the page it was clicked on."""
    found = get_object_or_404(School.objects.visible_to(request.user), pk=pk)
    view = view_asked(request.POST.get("year"))
    seen = overview.city_on(found.city_id, view).within({found.pk})
    matters = [matter for one in seen for anomaly in one.anomalies for matter in anomaly.matters]
    with refusals_as_messages(request):
        _say(request, found, reminders.remind(found, matters, by=request.user))
    return HttpResponseRedirect(
        way_back(request.POST.get("next", ""), reverse("schools:monitoring_school", args=[pk]))
    )


def _place(request: HttpRequest, county: Region | None) -> int:
    """The region the page is about: the chosen county, else one's own county or city."""
    identity = request.user.identity
    return county.pk if county else identity.county_id or identity.city_id


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
        messages.info(request, f"{school}没有现在可以催办的事项：{_why_not(outcome)}。")


def _why_not(outcome: reminders.Outcome) -> str:
    days = [day for _, day in outcome.too_soon if day]
    if days:
        return f"已提醒填报人，{day_words(min(days))}起可再提醒负责人和县（区）"
    if outcome.too_soon:
        return "提醒已排队，等到上班时间送达"
    return "同一事项最多提醒两次，均已提醒" if outcome.twice else "事项已经办结"


def view_asked(asked: str | None) -> View:
    """The year of the address as seen today; this year where it is missing or not offered."""
    today = timezone.localdate()
    return View(int(asked) if asked in {str(year) for year in years_offered()} else today.year, today)


def years_offered() -> list[int]:
    """This year and those before that can be looked at."""
    today = timezone.localdate()
    return [today.year - back for back in range(YEARS_BACK + 1)]


def _rows(seen: Sequence[overview.Seen], view: View) -> list[dict]:
    more = overview.details(seen, view)
    states = reminders.states_of([one.standing.pk for one in seen])
    return [_row(one, more, states.get(one.standing.pk, {}), view) for one in seen]


def _row(one: overview.Seen, more: overview.Details, states: dict[str, reminders.State], view: View) -> dict:
    pk = one.standing.pk
    held = [states.get(key, reminders.State()) for anomaly in one.anomalies for key, _ in anomaly.matters]
    said = [reminder for state in held for reminder in (state.first, state.second) if reminder]
    return {
        "school": one.standing,
        "anomalies": one.anomalies,
        "cells": more.cells[pk],
        "attendance": f"{one.standing.total.attendance:,}",
        "cost": f"{one.standing.total.cost:,.0f}",
        "arrived": "未登记" if one.standing.arrived is None else f"{one.standing.arrived:,.0f}",
        "lecturers": more.lecturers.get(pk, []),
        "records": f"{reverse('schools:teaching_school', args=[pk])}?year={view.year}",
        "plan": reverse("schools:plan", args=[pk, view.year]),
        "months": reverse("schools:month", args=[pk, view.year, 1]).removesuffix("1/"),
        "remindable": sum(state.next_step(view.today) is not None for state in held),
        "last": max(said, key=lambda reminder: reminder.at, default=None),
    }


def _tiles(seen: Sequence[overview.Seen]) -> list[Tile]:
    """The followed figures of the scope, added up."""
    standings = [one.standing for one in seen]
    total, planned = overview.total(seen), sum(one.planned for one in standings)
    arrived = [one.arrived for one in standings if one.arrived is not None]
    flagged = sum(bool(one.anomalies) for one in seen)
    done = sum(one.done for one in standings)
    money = (
        f"到位 {overview.in_units(sum(arrived))} 万元（{len(arrived)} 所已登记）"
        if arrived
        else "到位经费均未登记"
    )
    return [
        Tile("教学计划", f"{done:,}", "期已完成", f"计划共 {planned:,} 期", done=done, whole=planned),
        Tile("培训场次", f"{total.classes:,}", "期", f"{len(seen)} 所党校，{flagged} 所有提示"),
        Tile("参训人数", f"{total.attendance:,}", "人次", "主办和参加的班次合计"),
        Tile(
            "资金使用",
            overview.in_units(total.cost),
            "万元",
            money,
            done=total.cost,
            whole=sum(arrived) if arrived else None,
        ),
    ]


@require_GET
@allowed_to("read_brief")
def brief_of_school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school's sheet."""
    found, view = _school(request, pk), view_asked(request.GET.get("year"))
    trail = [
        ("监测", reverse("schools:monitoring")),
        (str(found), reverse("schools:monitoring_school", args=[pk])),
    ]
    trail = trail if may(request.user, "monitor") else [(str(found), reverse("schools:school", args=[pk]))]
    return _page(
        request, _of_school(request, found, view), view, reverse("schools:brief_school_pdf", args=[pk]), trail
    )


@require_POST
@allowed_to("read_brief")
def school_brief_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    found, view = _school(request, pk), view_asked(request.POST.get("year"))
    back = f"{reverse('schools:brief_school', args=[pk])}?year={view.year}"
    return _file(request, _of_school(request, found, view), found.city, back)


@require_GET
@allowed_to("monitor")
def brief_of_region(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a county or of the city."""
    found, view = _region(request, pk), view_asked(request.GET.get("year"))
    trail = [("监测", f"{reverse('schools:monitoring')}?year={view.year}")]
    return _page(
        request,
        region_brief(found, request.user, view),
        view,
        reverse("schools:brief_region_pdf", args=[pk]),
        trail,
    )


@require_POST
@allowed_to("monitor")
def region_brief_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    found, view = _region(request, pk), view_asked(request.POST.get("year"))
    back = f"{reverse('schools:brief_region', args=[pk])}?year={view.year}"
    return _file(request, region_brief(found, request.user, view), found.city or found, back)


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)


def _of_school(request: HttpRequest, found: School, view: View) -> Brief:
    brief = school_brief(found, request.user, view)
    if brief is None:
        raise Http404
    return brief


def _region(request: HttpRequest, pk: int) -> Region:
    """People of one county read its sheet; the city's names schools they may not see."""
    regions = Region.objects.visible_to(request.user)
    return get_object_or_404(regions.counties() if request.user.identity.county_id else regions, pk=pk)


def _page(
    request: HttpRequest, paper: Brief, view: View, download: str, trail: list[tuple[str, str]]
) -> HttpResponse:
    context = {
        "paper": paper,
        "view": view,
        "years": years_offered(),
        "download": download,
        "can_print": exports.can_print(),
        "trail": trail,
    }
    return render(request, "schools/monitoring/brief.html", context)


def _file(request: HttpRequest, paper: Brief, city: Region, back: str) -> HttpResponse:
    return exports.send_pdf(request, paper, city=city, back=back, detail={"格式": "PDF"})
