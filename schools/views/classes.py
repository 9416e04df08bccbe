"""Classes: registered, read, changed, voided, joined."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.asked import number
from schools.downloads import export
from schools.forms.class_acts import JoinForm, VoidForm
from schools.forms.classes import ClassForm
from schools.importing.class_sheets import LessonResource, TrainingClassResource
from schools.importing.exchange import export_sheets
from schools.locks import lock_of
from schools.models import JointPartner, PlannedClass, RecordChange, School, TrainingClass
from schools.permissions import allowed_to, keeps_records, readable_schools
from schools.refusals import refusals_as_messages, refusals_in, turned_away
from schools.teaching import classes, corrected, joint
from schools.views.teaching import classes_of, year_asked

PARTNERS_LEFT_OUT = "申请中不含参加联合办班的党校，请告知对方，由对方自行登记或申请数据更正。"


def own_class(request: HttpRequest, pk: int) -> TrainingClass:
    """A class this person may change; one of another school does not exist for them."""
    return get_object_or_404(TrainingClass.objects.visible_to(request.user).select_related("school__city", "school__county"), pk=pk)


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def new(request: HttpRequest) -> HttpResponse:
    """One short form; from a planned class (`planned`) or an earlier one (`copy`) if the address names it."""
    school = request.user.identity.school
    source = {"copy_of": _asked(TrainingClass.objects.filter(school=school), request, "copy")}
    source["planned"] = _asked(PlannedClass.objects.filter(plan__school=school).select_related("plan"), request, "planned")
    form = ClassForm(request.POST or None, school=school, **source)
    lock = None
    if request.method == "POST" and form.is_valid():
        lock = lock_of(school, form.cleaned_data["starts_on"])
        with refusals_in(form):
            if lock:
                asked = _asked_for(request, form, lambda reason: corrected.ask_add(school, form.values(), form.lesson_rows(), **reason))
                if form.partner_schools():
                    messages.warning(request, PARTNERS_LEFT_OUT)
                return asked
            record = classes.register(school, form.values(), form.lesson_rows(), form.partner_schools(), by=request.user)
            return _registered(request, record)
    context = {"form": form, "school": school, "lock": lock, "recent": _recent(school), **source}
    return render(request, "schools/teaching/class_form.html", context)


def _asked_for(request: HttpRequest, form: ClassForm, ask) -> HttpResponse:
    """A locked period: the same form, with its reason, becomes a request for 数据更正."""
    correction = ask({"by": request.user, "reason": form.cleaned_data["reason"]})
    messages.success(request, "数据更正已提交，同意后生效。")
    return redirect("schools:correction", correction.pk)


def _registered(request: HttpRequest, record: TrainingClass) -> HttpResponse:
    late = "，开班已超过15天，自动标为补录" if record.is_late else ""
    messages.success(request, f"已登记：{record.starts_on.month}月{record.starts_on.day}日 {record.name}，{record.attendance} 人次{late}。")
    if "another" in request.POST:
        return redirect(f"{reverse('schools:class_new')}?copy={record.pk}")
    return redirect(f"{reverse('schools:teaching_school', args=[record.school_id])}?year={record.starts_on.year}")


def _asked(queryset, request: HttpRequest, name: str):
    """The record the address names, if it is one of the school's own."""
    return queryset.filter(pk=number(request.GET.get(name, ""))).first()


def _recent(school: School):
    """What one may copy."""
    return TrainingClass.objects.filter(school=school, part=TrainingClass.Part.HOST).kept().order_by("-starts_on", "-pk")[:5]


@require_GET
@allowed_to("read_records")
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """One class with its lessons, partners and changes."""
    readable = TrainingClass.objects.visible_to(request.user)
    record = get_object_or_404(readable.select_related("school", "planned__plan", "teaching_point", "recorded_by", "voided_by"), pk=pk)
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


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The same form with what was recorded; old values stay in the list of changes."""
    record = own_class(request, pk)
    if record.is_voided:
        return turned_away(request, "这一班次已作废，不能再修改。", "schools:class", pk)
    lock = lock_of(record.school, record.starts_on)
    form = ClassForm(request.POST or None, school=record.school, bound_to=record, initial={"seen": classes.digest_of(record)})
    if lock:
        form.fields["reason"].label = "更正理由"
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        lock = lock or lock_of(record.school, data["starts_on"])
        with refusals_in(form):
            if lock:
                return _asked_for(request, form, lambda reason: corrected.ask_change(record, form.values(), form.lesson_rows(), **reason))
            classes.change(record, form.values(), form.lesson_rows(), by=request.user, seen=data["seen"], reason=data["reason"])
            messages.success(request, "已保存修改，原来的内容留在修改记录里。")
            return redirect("schools:class", pk)
    context = {"form": form, "school": record.school, "record": record, "lock": lock}
    return render(request, "schools/teaching/class_form.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the reason, and says what follows."""
    record = own_class(request, pk)
    if record.is_voided:
        return turned_away(request, "这一班次已作废，不必再办。", "schools:class", pk)
    form = VoidForm(request.POST or None)
    lock = lock_of(record.school, record.starts_on)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            if lock:
                return _asked_for(request, form, lambda reason: corrected.ask_void(record, **reason))
            classes.void(record, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"已作废：{record}。")
            return redirect(f"{reverse('schools:teaching_school', args=[record.school_id])}?year={record.starts_on.year}")
    return render(request, "schools/teaching/class_void.html", {"form": form, "record": record, "lock": lock})


@require_http_methods(["GET", "POST"])
@allowed_to("record_teaching")
def joint_class(request: HttpRequest, pk: int) -> HttpResponse:
    """The host's class, and one number: how many of this school took part."""
    waiting = JointPartner.objects.visible_to(request.user).select_related("host_class__school", "school", "record")
    partner = get_object_or_404(waiting, pk=pk)
    lock = lock_of(partner.school, partner.host_class.starts_on)
    declines = "decline" in request.POST
    form = JoinForm(request.POST if request.method == "POST" and not declines else None, locked=lock is not None)
    if declines:
        with refusals_as_messages(request):
            joint.decline(partner, by=request.user)
            messages.success(request, f"已答复：本校没有参加“{partner.host_class.name}”。")
            return redirect("schools:teaching")
    elif request.method == "POST" and form.is_valid():
        attendance = form.cleaned_data["attendance"]
        with refusals_in(form):
            if lock:
                return _asked_for(request, form, lambda reason: corrected.ask_join(partner, attendance, **reason))
            record = joint.join(partner, attendance, by=request.user)
            messages.success(request, f"已登记参加：{record.name}，本校 {record.attendance} 人次。")
            return redirect("schools:teaching")
    asked = corrected.joining_asked(partner) if lock else None
    context = {"form": form, "partner": partner, "lock": lock, "asked": asked}
    return render(request, "schools/teaching/joint.html", context)


@require_POST
@allowed_to("read_records")
def export_classes(request: HttpRequest, pk: int) -> HttpResponse:
    """The classes of a year as the workbook an import takes."""
    school = get_object_or_404(readable_schools(request.user), pk=pk)
    year = year_asked(request)
    rows = classes_of(school, year)
    with refusals_as_messages(request):
        sheets = export_sheets((TrainingClassResource, LessonResource), rows)
        return export(f"{school}{year}年开班登记", sheets, by=request.user, rows=rows.count())
    return redirect("schools:teaching_school", pk)
