"""The registry of schools: list, page, workbook."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from schools.audit.exports import export
from schools.models import Correction, RecordChange, School, User, YearFigures
from schools.models.scope import SCHOOL_ROLES, record_scope
from schools.permissions import allowed_to, keeps_records, may
from schools.records import corrections, locks
from schools.refusals import refusals_as_messages, turned_away
from schools.site import navigation
from schools.site.asked import number
from schools.site.contributions import contributed
from schools.templatetags.ui import STAR_NAMES
from schools.workbooks import ColumnOut, SheetOut, clean_text

from . import profile
from .forms import EndForm, ProfileForm, RegistryForm, SchoolFilterForm, SuccessionForm
from .grids import BudgetForm, EquipmentForm, FiguresForm
from .kinds import KINDS, Kind
from .overview import blocks
from .saving import is_request

LIST_PAGE = 50


@require_GET
@allowed_to("look_up")
def school_list(request: HttpRequest) -> HttpResponse:
    """The schools in scope in administrative order; people of one school go straight to it."""
    identity = request.user.identity
    if identity and identity.role in SCHOOL_ROLES:
        return redirect("schools:school", identity.school_id)
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(School.objects.visible_to(request.user)).select_related("county", "city").in_order()
    page = Paginator(schools, LIST_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    added = [(column, column.values(shown, request.user)) for column in contributed("columns")]
    rows = [(school, [(column, values.get(school.pk)) for column, values in added]) for school in shown]
    headings = [column.heading(request.user) for column, _ in added]
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "headings": headings,
        "query": request.GET.urlencode(),
    }
    return render(request, "schools/registry/schools.html", context)


@require_POST
@allowed_to("look_up")
def school_export(request: HttpRequest) -> HttpResponse:
    """The filtered list as a workbook."""
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(School.objects.visible_to(request.user)).select_related("county").in_order()
    with refusals_as_messages(request):
        return export("镇街党校名册", _sheets(request, schools), by=request.user, rows=schools.count())
    return redirect(f"{reverse('schools:schools')}?{request.GET.urlencode()}")


@require_GET
@allowed_to("look_up")
def school_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One school: profile, records of a year, figures with their definitions, and what other apps add."""
    school = get_object_or_404(
        School.objects.visible_to(request.user).select_related("city", "county", "merged_into"), pk=pk
    )
    years = profile.years(school, request.user)
    asked = number(request.GET.get("year", ""))
    year = asked if asked in years else _year_with_records(years, request, school)
    records = profile.year_records(school, request.user, year)
    context = {
        "school": school,
        "year": year,
        "years": years,
        "figures": profile.figure_rows(school, year) if may(request.user, "read_records") else [],
        "classes": [(one, profile.lecturers(list(one.lessons.all()))) for one in records.pop("classes")],
        "panels": navigation.panels_for(school, request.user),
        "may_edit": keeps_records(request.user, school),
        **profile.registry(school, request.user),
        **records,
    }
    return render(request, "schools/registry/school.html", context)


def _year_with_records(years: list[int], request: HttpRequest, school: School) -> int:
    """The newest year with a class, so that January does not open on an empty page."""
    first = profile.year_records(school, request.user, years[0])["classes"]
    return years[0] if len(years) == 1 or first.exists() else years[1]


def _sheets(request: HttpRequest, schools: QuerySet[School]) -> Iterator[SheetOut]:
    """A generator: nothing is read before the length of the list was accepted."""
    rows = list(schools)
    added = [(column, column.values(rows, request.user)) for column in contributed("columns")]
    headings = [
        "学校编码",
        ColumnOut("学校名称", width=32),
        "县（市、区）",
        "类型",
        "举办党组织",
        "承办机构",
        "已挂牌",
    ]
    numbers = [ColumnOut("主教室座位", "int"), ColumnOut("工作人员数", "int")]
    cells = (
        [
            school.code,
            school.name,
            school.county.name if school.county else "",
            school.get_kind_display(),
            school.organiser,
            school.operator,
            school.has_plaque,
            school.seats,
            school.staff_count,
            *(_text(column, values.get(school.pk)) for column, values in added),
        ]
        for school in rows
    )
    yield SheetOut(
        "名册", [*headings, *numbers, *(column.heading(request.user) for column, _ in added)], cells
    )


def _text(column: navigation.Column, value: object) -> str:
    if value is None:
        return ""
    return STAR_NAMES[value] if column.is_stars else str(value)


PAGE_SIZE = 50


def school_of(user: User, pk: int) -> School:
    """The school, for those who may read its records."""
    return get_object_or_404(
        School.objects.filter(record_scope(user, "")).select_related("city", "county"), pk=pk
    )


def kind_of(slug: str) -> Kind:
    """The list an address names."""
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


def trail_of(school: School, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Breadcrumbs: the school, its overview, and what lies between."""
    page, overview = (reverse(f"schools:{name}", args=[school.pk]) for name in ("school", "registry"))
    return [(str(school), page), ("学校资料", overview), *more]


@require_GET
@allowed_to("read_records")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """All parts with their last change, what is missing and where to fill it in."""
    school = school_of(request.user, pk)
    year = timezone.localdate().year
    may_edit = keeps_records(request.user, school)
    found = blocks(school, year, may_edit=may_edit)
    context = {
        "school": school,
        "year": year,
        "blocks": found,
        "missing": sum(1 for block in found if block.missing),
        "may_edit": may_edit,
        "lock": locks.standing_lock(school),
        "waiting": Correction.objects.visible_to(request.user).pending().filter(school=school).count(),
        "trail": trail_of(school)[:1],
    }
    return render(request, "schools/registry/overview.html", context)


@require_GET
@allowed_to("read_records")
def rows(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """One list, with search and former records on demand."""
    school, kind = school_of(request.user, pk), kind_of(slug)
    former, word = request.GET.get("former") == "1", clean_text(request.GET.get("q", ""))[:40]
    page = Paginator(kind.rows(school, former=former, word=word).order_by("pk"), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    shown = list(page.object_list)
    changes = _last_changes(kind, [one.pk for one in shown])
    context = {
        "school": school,
        "kind": kind,
        "page": page,
        "lines": [_line(kind, school, one, changes) for one in shown],
        "headings": [name for name, _ in kind.columns],
        "former": former,
        "word": word,
        "query": request.GET.urlencode(),
        "may_edit": keeps_records(request.user, school),
        "trail": trail_of(school),
    }
    return render(request, "schools/registry/rows.html", context)


@require_GET
@allowed_to("read_records")
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every change of the school's entry and records, newest first."""
    school = school_of(request.user, pk)
    changes = RecordChange.objects.filter(school=school).select_related("by")
    records = sorted(
        set(RecordChange.objects.filter(school=school).order_by().values_list("record", flat=True).distinct())
    )
    chosen = request.GET.get("record", "")
    if chosen in records:
        changes = changes.filter(record=chosen)
    page = Paginator(changes, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "school": school,
        "page": page,
        "records": records,
        "chosen": chosen,
        "query": request.GET.urlencode(),
        "trail": trail_of(school),
    }
    return render(request, "schools/registry/history.html", context)


def _last_changes(kind: Kind, keys: list[int]) -> dict[int, RecordChange]:
    found = RecordChange.objects.filter(model=kind.model._meta.label_lower, object_id__in=keys)
    newest = found.order_by().values("object_id").annotate(last=Max("pk")).values("last")
    return {one.object_id: one for one in RecordChange.objects.filter(pk__in=newest).select_related("by")}


def _line(kind: Kind, school: School, record, changes: dict[int, RecordChange]) -> dict:
    return {
        "record": record,
        "name": record.project
        if hasattr(record, "project")
        else record.name
        if hasattr(record, "name")
        else str(record),
        "cells": [(heading, value(record)) for heading, value in kind.columns],
        "own": record.school_id == school.pk,
        "former": kind.is_former(record),
        "change": changes.get(record.pk),
    }


ASKED = "记录已锁定，已提交数据更正，经同意后生效；办理情况见“数据更正”。"
EARLIEST = 2000


@allowed_to("record_registry")
def edit_profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Plaque, seats, staff; the names stand beside them to be read."""
    school = _editable(request, pk)
    form = ProfileForm(request.POST or None, instance=School.objects.get(pk=school.pk), school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, "基本情况已保存。", "schools:registry", school.pk)
    return _form(
        request,
        school,
        form,
        "基本情况",
        template="schools/registry/profile.html",
        waiting=corrections.pending_of(school),
    )


@allowed_to("record_registry")
def add(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A new record of a list."""
    school, kind = _editable(request, pk), kind_of(slug)
    form = kind.form(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(
            request, form.outcome, f"已登记：{form.outcome}。", "schools:registry_rows", school.pk, slug
        )
    return _form(
        request, school, form, f"登记{kind.title}", template=_template(kind), trail=_list_trail(school, kind)
    )


@allowed_to("record_registry")
def edit(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """One record of a list."""
    school, kind = _editable(request, pk), kind_of(slug)
    found = _record(school, kind, record)
    form: RegistryForm = kind.form(request.POST or None, instance=found, school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(
            request,
            form.outcome,
            "修改已保存，原值留在修改记录中。",
            "schools:registry_rows",
            school.pk,
            slug,
        )
    waiting = corrections.pending_of(found)
    return _form(
        request,
        school,
        form,
        f"修改{kind.title}",
        template=_template(kind),
        trail=_list_trail(school, kind),
        waiting=waiting,
    )


@allowed_to("record_registry")
def end(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """The record ends or is voided, with a reason; it stays in the list of former ones."""
    school, kind = _editable(request, pk), kind_of(slug)
    found = _record(school, kind, record)
    if kind.is_former(found):
        return turned_away(request, "这条登记已经结束，不必再办。", "schools:registry_rows", school.pk, slug)
    form = EndForm(request.POST or None, record=found, field=kind.ends)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(
            request, form.outcome, f"已{kind.end_word}：{found}。", "schools:registry_rows", school.pk, slug
        )
    context = {"kind": kind, "record": found, "trail": _list_trail(school, kind)}
    return _form(
        request, school, form, f"{kind.title}{kind.end_word}", template="schools/registry/end.html", **context
    )


@allowed_to("record_registry")
def succession(request: HttpRequest, pk: int, record: int) -> HttpResponse:
    """换人: the old leader ends, the new one begins."""
    school, kind = _editable(request, pk), kind_of("leaders")
    outgoing = _record(school, kind, record)
    if kind.is_former(outgoing):
        return turned_away(
            request, "这位校领导已经离任，请直接登记新任。", "schools:registry_rows", school.pk, kind.slug
        )
    form = SuccessionForm(request.POST or None, outgoing=outgoing)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        messages.success(request, f"{outgoing}离任、{form.outcome.name}接任已登记。")
        return redirect("schools:registry_rows", school.pk, kind.slug)
    lead = f"{outgoing.get_post_display()} {outgoing.name}离任，由谁接任？"
    return _form(
        request,
        school,
        form,
        f"{outgoing.get_post_display()}换人",
        trail=_list_trail(school, kind),
        lead=lead,
    )


@allowed_to("record_registry")
def equipment(request: HttpRequest, pk: int) -> HttpResponse:
    """All kinds on one page of ticks."""
    school = _editable(request, pk)
    return _grid(
        request,
        school,
        EquipmentForm(request.POST or None, school=school),
        "设施",
        "schools/registry/equipment.html",
    )


@allowed_to("record_registry")
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """The money of a year from all sources."""
    school, year = _editable(request, pk), _year(request)
    form = BudgetForm(request.POST or None, school=school, year=year)
    return _grid(request, school, form, f"{year}年经费", "schools/registry/budget.html", **_years(year))


@allowed_to("record_registry")
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """党员和干部人数 of a year."""
    school, year = _editable(request, pk), _year(request)
    held = YearFigures.objects.filter(school=school, year=year).first()
    form = FiguresForm(
        request.POST or None, instance=held or YearFigures(school=school, year=year), school=school
    )
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, f"{year}年党员和干部人数已保存。", "schools:registry", school.pk)
    waiting = corrections.pending_of(held) if held else None
    return _form(
        request,
        school,
        form,
        f"{year}年党员和干部人数",
        template="schools/registry/figures.html",
        waiting=waiting,
        **_years(year),
    )


def _grid(request: HttpRequest, school: School, form, title: str, template: str, **context) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        asked = form.store(by=request.user)
        if asked is not None:
            message = f"{title}：{asked} 项已提交数据更正，经同意后生效。" if asked else f"{title}已保存。"
            messages.success(request, message)
            return redirect("schools:registry", school.pk)
    return _form(request, school, form, title, template=template, **context)


def _editable(request: HttpRequest, pk: int) -> School:
    return school_of(request.user, pk)


def _record(school: School, kind: Kind, pk: int) -> Model:
    """Own records only: a point that a neighbour shares is the neighbour's to change."""
    found = get_object_or_404(kind.model._default_manager.filter(school=school), pk=pk)
    if getattr(found, "is_voided", False):
        raise Http404
    return found


def _form(
    request: HttpRequest,
    school: School,
    form,
    title: str,
    *,
    template: str = "schools/registry/form.html",
    **context,
) -> HttpResponse:
    trail = context.pop("trail", None) or trail_of(school)
    context |= {"school": school, "form": form, "title": title, "trail": trail}
    return render(request, template, context)


def _done(request: HttpRequest, outcome: Model, message: str, *address) -> HttpResponse:
    messages.success(request, ASKED if is_request(outcome) else message)
    return redirect(*address)


def _template(kind: Kind) -> str:
    return "schools/registry/point.html" if kind.slug == "points" else "schools/registry/form.html"


def _list_trail(school: School, kind: Kind) -> list[tuple[str, str]]:
    return trail_of(school, (kind.title, reverse("schools:registry_rows", args=[school.pk, kind.slug])))


def _year(request: HttpRequest) -> int:
    """The year asked for, next year at most; nonsense means this year."""
    this, asked = timezone.localdate().year, number(request.GET.get("year", ""))
    return asked if asked and EARLIEST <= asked <= this + 1 else this


def _years(year: int) -> dict:
    this = timezone.localdate().year
    return {"year": year, "years": list(range(this + 1, this - 4, -1))}
