"""A month: calendar, classes, the figures of its report; confirmed by one press."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.asked import way_back
from schools.forms.months import CorrectionForm
from schools.models import ReportCorrection, School, TrainingClass
from schools.permissions import allowed_to, keeps_records, readable_schools
from schools.profile import lecturers
from schools.refusals import refusals_as_messages, refusals_in
from schools.teaching import figures, months
from schools.views.teaching import FIRST_YEAR
from schools.workdays import is_workday


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
        [(day, by_day.get(day, []), day is not None and is_workday(day)) for day in week] for week in months.calendar_weeks(year, number)
    ]
    context = {
        "school": school,
        "year": year,
        "month": found,
        "months": year_months,
        "weeks": weeks,
        "rows": [(one, lecturers(list(one.lessons.all()))) for one in classes],
        "lines": figures.rows(found.figures),
        "corrections": [
            (one, figures.differences(one.before, one.after))
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
        return HttpResponseRedirect(way_back(request.POST.get("next", ""), reverse("schools:month", args=[school.pk, year, month])))
    return _page(request, school, year, month, form) if form.is_bound else redirect("schools:month", school.pk, year, month)
