"""首讲试讲 of a school, with its teachers."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from schools.changes import note_change, snapshot
from schools.forms.class_acts import VoidForm
from schools.forms.trials import TrialForm
from schools.models import TrialLesson
from schools.permissions import allowed_to, keeps_records, readable_schools
from schools.refusals import refusals_in
from schools.workbooks import clean_text

PAGE_SIZE = 20
TWICE = "这位教师当天已登记同题试讲。"


@require_GET
@allowed_to("read_records")
def trials(request: HttpRequest, pk: int) -> HttpResponse:
    """What was recorded, the latest first."""
    school = get_object_or_404(readable_schools(request.user), pk=pk)
    word = clean_text(request.GET.get("q", ""))[:40]
    found = TrialLesson.objects.filter(school=school).kept().select_related("teacher").order_by("-on", "-pk")
    if word:
        found = found.filter(teacher__name__icontains=word)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"school": school, "page": page, "q": word, "own": keeps_records(request.user, school)}
    return render(request, "schools/teaching/trials.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def new(request: HttpRequest) -> HttpResponse:
    """Records one."""
    school = request.user.identity.school
    form = TrialForm(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid():
        form.instance.recorded_by = request.user
        try:
            with transaction.atomic():
                trial = form.save()
        except IntegrityError:
            form.add_error(None, TWICE)
        else:
            messages.success(request, f"已登记 {trial.teacher} 的首讲试讲。")
            return redirect("schools:trials", school.pk)
    return render(request, "schools/teaching/trial_form.html", {"form": form, "school": school})


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes one out, with the reason."""
    trial = get_object_or_404(TrialLesson.objects.visible_to(request.user).select_related("school", "teacher"), pk=pk)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            with transaction.atomic():
                locked = TrialLesson.objects.select_for_update().get(pk=pk)
                before = snapshot(locked)
                locked.void(by=request.user, reason=form.cleaned_data["reason"])
                note_change(locked, school=trial.school, action="void", before=before, after={}, by=request.user, reason=locked.void_reason)
            messages.success(request, "已作废这条首讲试讲记录。")
            return redirect("schools:trials", trial.school_id)
    return render(request, "schools/teaching/trial_void.html", {"form": form, "trial": trial})
