"""台账 on screen, as PDF, as a workbook, with the place of the paper file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from schools.audit import exports
from schools.audit.exports import export
from schools.models import Binder, School
from schools.permissions import allowed_to, keeps_records
from schools.site.asked import number

from .yearfile import ledger_of, sheets, years_of
from .yearfile_forms import BinderForm


@require_http_methods(["GET", "POST"])
@allowed_to("read_records", post="keep_binder")
def ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """The file of a year, and for the school the binder's number, keeper and place."""
    school = _school(request, pk)
    years = years_of(school)
    year = _year(request, years)
    writes = keeps_records(request.user, school)
    binder = Binder.objects.filter(school=school, year=year).first() or Binder(school=school, year=year)
    form = BinderForm(request.POST or None, instance=binder)
    if request.method == "POST" and form.is_valid():
        Binder.objects.update_or_create(school=school, year=year, defaults=form.cleaned_data)
        messages.success(request, "案卷号、保管人和存放位置已保存。")
        return redirect(f"{reverse('schools:ledger', args=[pk])}?year={year}")
    context = {
        "school": school,
        "paper": ledger_of(school, year),
        "year": year,
        "years": years,
        "form": form if writes else None,
        "can_print": exports.can_print(),
        "trail": [(str(school), reverse("schools:school", args=[pk]))],
    }
    return render(request, "schools/registry/yearfile.html", context)


@require_POST
@allowed_to("read_records")
def ledger_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as PDF; leaving the house is recorded."""
    school = _school(request, pk)
    paper = ledger_of(school, _year(request, years_of(school)))
    back = f"{reverse('schools:ledger', args=[pk])}?year={paper.year}"
    return exports.send_pdf(request, paper, city=school.city, back=back, detail={"格式": "PDF"})


@require_POST
@allowed_to("read_records")
def ledger_sheets(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as a workbook, a sheet for each part."""
    school = _school(request, pk)
    paper = ledger_of(school, _year(request, years_of(school)))
    return export(
        paper.title, sheets(paper), by=request.user, rows=sum(section.count for section in paper.sections)
    )


def _school(request: HttpRequest, pk: int) -> School:
    return get_object_or_404(School.objects.visible_to(request.user).select_related("city", "county"), pk=pk)


def _year(request: HttpRequest, years) -> int:
    asked = number(request.GET.get("year", ""))
    return asked if asked in years else timezone.localdate().year
