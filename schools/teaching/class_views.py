"""Classes: registered, read, changed, voided, joined."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from schools.audit.exports import XLSX, export
from schools.importing import pending
from schools.importing.exchange import Report, export_sheets, import_workbook, template_sheets
from schools.importing.teaching_sheets import LessonResource, TrainingClassResource
from schools.models import (
    Correction,
    JointPartner,
    PlannedClass,
    RecordChange,
    School,
    TrainingClass,
    TrialLesson,
)
from schools.permissions import allowed_to, keeps_records, require_form
from schools.records.changes import note_change, snapshot
from schools.records.corrections import request_void
from schools.records.locks import lock_of
from schools.refusals import done, refusals_as_messages, refusals_in, turned_away
from schools.registry.views import school_of
from schools.saving import hold_one
from schools.site.asked import number
from schools.workbooks import WorkbookError, clean_text, read_workbook, write_workbook

from . import classes
from .backfill import BackfillResource
from .class_forms import ClassForm, JoinForm, TrialForm, VoidForm
from .views import classes_of, year_asked

PARTNERS_LEFT_OUT = "申请中不含参加联合办班的党校，请告知对方，由对方自行登记或申请数据更正。"


def _own_class(request: HttpRequest, pk: int) -> TrainingClass:
    """A class this person may change; one of another school does not exist for them."""
    own = TrainingClass.objects.visible_to(request.user).select_related("school__city", "school__county")
    return get_object_or_404(own, pk=pk)


@require_form
@allowed_to("record_teaching")
def new(request: HttpRequest) -> HttpResponse:
    """One short form; from a planned class (`planned`) or an earlier one (`copy`) if the address names it."""
    school = request.user.identity.school
    planned = PlannedClass.objects.filter(plan__school=school).select_related("plan")
    source = {
        "copy_of": _named(school.classes, request, "copy"),
        "planned": _named(planned, request, "planned"),
    }
    form = ClassForm(request.POST or None, school=school, **source)
    lock = None
    if form.is_valid():
        lock = lock_of(school, form.cleaned_data["starts_on"])
        with refusals_in(form):
            if lock:
                asked = classes.ask_add(school, form.values(), form.lesson_rows(), **_asking(request, form))
                response = _asked(request, asked)
                if form.partner_schools():
                    messages.warning(request, PARTNERS_LEFT_OUT)
                return response
            record = classes.register(
                school, form.values(), form.lesson_rows(), form.partner_schools(), by=request.user
            )
            if excess := form.excess():
                messages.warning(request, excess)
            return _registered(request, record)
    hosted = school.classes.kept().filter(part=TrainingClass.Part.HOST)
    recent = hosted.order_by("-starts_on", "-pk")[:5]
    context = {"form": form, "school": school, "lock": lock, "recent": recent, **source}
    return render(request, "schools/teaching/class_form.html", context)


def _asking(request: HttpRequest, form: forms.Form) -> dict[str, Any]:
    """In a locked period the same form, with its reason, becomes a request for 数据更正."""
    return {"by": request.user, "reason": form.cleaned_data["reason"]}


def _asked(request: HttpRequest, correction: Correction) -> HttpResponse:
    return done(request, "数据更正已提交，同意后生效。", "schools:correction", correction.pk)


def _registered(request: HttpRequest, record: TrainingClass) -> HttpResponse:
    late = "，开班已超过15天，自动标为补录" if record.is_late else ""
    messages.success(
        request,
        f"已登记：{record.starts_on.month}月{record.starts_on.day}日 {record.name}，"
        f"{record.attendance} 人次{late}。",
    )
    if "another" in request.POST:
        return redirect(f"{reverse('schools:class_new')}?copy={record.pk}")
    return _to_year_of(record)


def _to_year_of(record: TrainingClass) -> HttpResponse:
    page = reverse("schools:teaching_school", args=[record.school_id])
    return redirect(f"{page}?year={record.starts_on.year}")


def _named(own: QuerySet, request: HttpRequest, name: str) -> Any:
    """The record the address names, if it is one of the school's own."""
    return own.filter(pk=number(request.GET.get(name, ""))).first()


@require_GET
@allowed_to("read_records")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One class with its lessons, partners and changes."""
    shown = ("school", "planned__plan", "teaching_point", "recorded_by", "voided_by")
    readable = TrainingClass.objects.visible_to(request.user).select_related(*shown)
    record = get_object_or_404(readable, pk=pk)
    context = {
        "record": record,
        "lessons": record.lessons.select_related("teacher").order_by("pk"),
        "partners": record.partners.select_related("school", "record"),
        "joined": JointPartner.objects.filter(record=record).select_related("host_class__school").first(),
        "changes": RecordChange.objects.of(record).select_related("by"),
        "own": keeps_records(request.user, record.school) and not record.is_voided,
        "lock": lock_of(record.school, record.starts_on),
    }
    return render(request, "schools/teaching/class.html", context)


@require_form
@allowed_to("record_teaching")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The same form with what was recorded; old values stay in the list of changes."""
    record = _own_class(request, pk)
    if record.is_voided:
        return turned_away(request, "这一班次已作废，不能再修改。", "schools:class", pk)
    lock = lock_of(record.school, record.starts_on)
    form = ClassForm(request.POST or None, school=record.school, bound_to=record)
    if lock:
        form.fields["reason"].label = "更正理由"
    if form.is_valid():
        data = form.cleaned_data
        lock = lock or lock_of(record.school, data["starts_on"])
        with refusals_in(form):
            content = (record, form.values(), form.lesson_rows())
            if lock:
                return _asked(request, classes.ask_change(*content, **_asking(request, form)))
            classes.change(*content, by=request.user, seen=data["seen"], reason=data["reason"])
            if excess := form.excess():
                messages.warning(request, excess)
            return done(request, "已保存修改，原来的内容留在修改记录里。", "schools:class", pk)
    context = {"form": form, "school": record.school, "record": record, "lock": lock}
    return render(request, "schools/teaching/class_form.html", context)


@require_form
@allowed_to("record_teaching")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the reason, and says what follows."""
    record = _own_class(request, pk)
    if record.is_voided:
        return turned_away(request, "这一班次已作废，不必再办。", "schools:class", pk)
    form = VoidForm(request.POST or None)
    lock = lock_of(record.school, record.starts_on)
    if form.is_valid():
        with refusals_in(form):
            if lock:
                return _asked(request, request_void(record, **_asking(request, form)))
            classes.void(record, **_asking(request, form))
            messages.success(request, f"已作废：{record}。")
            return _to_year_of(record)
    return render(request, "schools/teaching/class_void.html", {"form": form, "record": record, "lock": lock})


@require_form
@allowed_to("record_teaching")
def joint_class(request: HttpRequest, pk: int) -> HttpResponse:
    """The host's class, and one number: how many of this school took part."""
    invited = JointPartner.objects.visible_to(request.user)
    partner = get_object_or_404(invited.select_related("host_class__school", "school", "record"), pk=pk)
    lock = lock_of(partner.school, partner.host_class.starts_on)
    declines = "decline" in request.POST
    answered = request.method == "POST" and not declines
    form = JoinForm(request.POST if answered else None, locked=lock is not None)
    if declines:
        with refusals_as_messages(request):
            classes.decline(partner)
            return done(request, f"已答复：本校没有参加“{partner.host_class.name}”。", "schools:teaching")
    elif form.is_valid():
        attendance = form.cleaned_data["attendance"]
        with refusals_in(form):
            if lock:
                return _asked(request, classes.ask_join(partner, attendance, **_asking(request, form)))
            record = classes.join(partner, attendance, by=request.user)
            return done(
                request, f"已登记参加：{record.name}，本校 {record.attendance} 人次。", "schools:teaching"
            )
    asked = classes.joining_asked(partner) if lock else None
    context = {"form": form, "partner": partner, "lock": lock, "asked": asked}
    return render(request, "schools/teaching/joint.html", context)


@require_POST
@allowed_to("read_records")
def export_classes(request: HttpRequest, pk: int) -> HttpResponse:
    """The classes of a year as the workbook an import takes."""
    school = school_of(request.user, pk)
    year = year_asked(request)
    rows = classes_of(school, year)
    with refusals_as_messages(request):
        sheets = export_sheets((TrainingClassResource, LessonResource), rows)
        return export(f"{school}{year}年开班登记", sheets, by=request.user, rows=rows.count())
    return redirect("schools:teaching_school", pk)


SESSION_KEY = "pending_classes"
SHEETS = (BackfillResource,)
#: So many lines of a report are shown on the page; the number of all is always said.
SHOWN = 500


class WorkbookForm(forms.Form):
    """One workbook; what it holds is checked by reading it."""

    workbook = forms.FileField(
        label="工作簿",
        help_text="只接收 .xlsx，不超过 10 MB。",
        widget=forms.FileInput(attrs={"accept": ".xlsx", "class": "form-control"}),
    )


@require_GET
@allowed_to("record_teaching")
def template(request: HttpRequest) -> FileResponse:
    """An empty workbook to fill in, with a sheet that explains every column."""
    buffer = BytesIO()
    write_workbook(buffer, template_sheets(SHEETS))
    buffer.seek(0)
    return FileResponse(buffer, as_attachment=True, filename="开班登记补录模板.xlsx", content_type=XLSX)


@require_form
@allowed_to("record_teaching")
def class_import(request: HttpRequest) -> HttpResponse:
    """Upload and check; then, by a second press, the same workbook for good."""
    school = request.user.identity.school
    if "confirm" in request.POST:
        return _confirmed(request, school)
    form = WorkbookForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        upload = form.cleaned_data["workbook"]
        context |= _checked(request, school, upload.read(), upload.name)
    return _page(request, school, context)


def _checked(request: HttpRequest, school: School, content: bytes, name: str) -> dict[str, Any]:
    _forget(request)
    try:
        report = _run(request, school, content, name, dry_run=True)
    except WorkbookError as error:
        return {"problems": error.problems, "hints": error.hints, "name": name}
    if report.created:
        token = pending.keep(content)
        request.session[SESSION_KEY] = {"token": token, "name": name, "school": school.pk}
        return {"report": report, "name": name, "seen": token}
    return {"report": report, "name": name}


def _confirmed(request: HttpRequest, school: School) -> HttpResponse:
    kept = request.session.get(SESSION_KEY) or {}
    content = pending.shown_on(request, kept) if kept.get("school") == school.pk else None
    if content is None:
        messages.error(request, pending.GONE)
        return redirect("schools:class_import")
    try:
        report = _run(request, school, content, kept["name"], dry_run=False)
    except WorkbookError as error:
        _forget(request)
        problems = {"problems": error.problems, "hints": error.hints, "name": kept["name"]}
        return _page(request, school, {"form": WorkbookForm(), **problems})
    _forget(request)
    return done(
        request, f"已写入 {report.created} 个班次，其中开班超过15天的自动标为补录。", "schools:teaching"
    )


def _run(request: HttpRequest, school: School, content: bytes, name: str, *, dry_run: bool) -> Report:
    book = read_workbook(content, name=name)
    schools = School.objects.filter(pk=school.pk)
    (report,) = import_workbook(
        SHEETS, book, schools=schools, city=school.city, by=request.user, dry_run=dry_run
    )
    return report


def _forget(request: HttpRequest) -> None:
    if kept := request.session.pop(SESSION_KEY, None):
        pending.discard(kept["token"])


def _page(request: HttpRequest, school: School, context: dict[str, Any]) -> HttpResponse:
    known = {"school": school, "shown": SHOWN, "columns": BackfillResource.columns()}
    return render(request, "schools/teaching/import.html", {**known, **context})


PAGE_SIZE = 20
TWICE = "这位教师当天已登记同题试讲。"


@require_GET
@allowed_to("read_records")
def trials(request: HttpRequest, pk: int) -> HttpResponse:
    """What was recorded, the latest first."""
    school = school_of(request.user, pk)
    word = clean_text(request.GET.get("q", ""))[:40]
    given = school.trial_lessons.kept().filter(teacher__name__icontains=word)
    given = given.select_related("teacher").order_by("-on", "-pk")
    page = Paginator(given, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"school": school, "page": page, "q": word, "own": keeps_records(request.user, school)}
    return render(request, "schools/teaching/trials.html", context)


@require_form
@allowed_to("record_teaching")
def new_trial(request: HttpRequest) -> HttpResponse:
    """Records one."""
    school = request.user.identity.school
    form = TrialForm(request.POST or None, school=school)
    if form.is_valid():
        form.instance.recorded_by = request.user
        try:
            with transaction.atomic():
                trial = form.save()
        except IntegrityError:
            form.add_error(None, TWICE)
        else:
            return done(request, f"已登记 {trial.teacher} 的首讲试讲。", "schools:trials", school.pk)
    return render(request, "schools/teaching/trial_form.html", {"form": form, "school": school})


@require_form
@allowed_to("record_teaching")
def void_trial(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes one out, with the reason."""
    visible = TrialLesson.objects.visible_to(request.user).select_related("school", "teacher")
    trial = get_object_or_404(visible, pk=pk)
    form = VoidForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            with transaction.atomic():
                locked = hold_one(TrialLesson.objects.all(), pk)
                before, who = snapshot(locked), _asking(request, form)
                locked.void(**who)
                note_change(locked, school=trial.school, action="void", before=before, after={}, **who)
            return done(request, "已作废这条首讲试讲记录。", "schools:trials", trial.school_id)
    return render(request, "schools/teaching/trial_void.html", {"form": form, "trial": trial})
