"""一页简况: one sheet about a school, a county or a city, on screen, on paper and as PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from schools import printing
from schools.models import Region, School
from schools.monitoring.briefs import Brief, region_brief, school_brief
from schools.monitoring.standing import View
from schools.permissions import allowed_to, may
from schools.views.monitoring import view_asked, years_offered


@require_GET
@allowed_to("read_brief")
def school(request: HttpRequest, pk: int) -> HttpResponse:
    """One school's sheet."""
    found, view = _school(request, pk), view_asked(request.GET.get("year"))
    trail = [("监测", reverse("schools:monitoring")), (str(found), reverse("schools:monitoring_school", args=[pk]))]
    trail = trail if may(request.user, "monitor") else [(str(found), reverse("schools:school", args=[pk]))]
    return _page(request, _of_school(request, found, view), view, reverse("schools:brief_school_pdf", args=[pk]), trail)


@require_POST
@allowed_to("read_brief")
def school_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The same as a file."""
    found, view = _school(request, pk), view_asked(request.POST.get("year"))
    back = f"{reverse('schools:brief_school', args=[pk])}?year={view.year}"
    return _file(request, _of_school(request, found, view), found.city, back)


@require_GET
@allowed_to("monitor")
def region(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet of a county or of the city."""
    found, view = _region(request, pk), view_asked(request.GET.get("year"))
    trail = [("监测", f"{reverse('schools:monitoring')}?year={view.year}")]
    return _page(request, region_brief(found, request.user, view), view, reverse("schools:brief_region_pdf", args=[pk]), trail)


@require_POST
@allowed_to("monitor")
def region_pdf(request: HttpRequest, pk: int) -> HttpResponse:
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


def _page(request: HttpRequest, paper: Brief, view: View, download: str, trail: list[tuple[str, str]]) -> HttpResponse:
    context = {
        "paper": paper,
        "view": view,
        "years": years_offered(),
        "download": download,
        "can_print": printing.can_print(),
        "trail": trail,
    }
    return render(request, "schools/briefs/page.html", context)


def _file(request: HttpRequest, paper: Brief, city: Region, back: str) -> HttpResponse:
    return printing.send_pdf(request, paper, city=city, back=back, detail={"格式": "PDF"})
