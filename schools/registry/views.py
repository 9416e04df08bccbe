"""The registry of schools: list, page, workbook; a school's own entry and the file of its year."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from schools.audit import exports
from schools.audit.exports import export
from schools.models import Binder, Correction, RecordChange, School, User, YearFigures
from schools.models.scope import SCHOOL_ROLES, record_scope
from schools.permissions import allowed_to, keeps_records, may
from schools.records import corrections, locks
from schools.refusals import refusals_as_messages, turned_away
from schools.site.asked import number
from schools.site.contributions import Column, contributed, panels_for
from schools.site.years import nearest
from schools.templatetags.ui import STAR_NAMES
from schools.workbooks import ColumnOut, SheetOut, clean_text

from . import overview as entry
from .forms import BinderForm, EndForm, ProfileForm, SchoolFilterForm, SuccessionForm
from .grids import BudgetForm, EquipmentForm, FiguresForm
from .kinds import KINDS, Kind
from .saving import is_request
from .yearfile import Ledger, ledger_of, sheets, years_of

PAGE_SIZE = 50
ASKED = "记录已锁定，已提交数据更正，经同意后生效；办理情况见“数据更正”。"
EARLIEST = 2000


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


def trail_of(school: School, kind: Kind | None = None) -> list[tuple[str, str]]:
    """Breadcrumbs: the school, its overview, and the list that lies between."""
    page, overview = (reverse(f"schools:{name}", args=[school.pk]) for name in ("school", "registry"))
    trail = [(str(school), page), ("学校资料", overview)]
    if kind:
        trail.append((kind.title, reverse("schools:registry_rows", args=[school.pk, kind.slug])))
    return trail


def year_asked(request: HttpRequest, years: Collection[int]) -> int:
    """The year of the address, where it is one of these, else of these the one next to the current year."""
    asked = number(request.GET.get("year", ""))
    return asked if asked in years else nearest(request.user, years)


def _page_of(request: HttpRequest, records: QuerySet) -> Page:
    return Paginator(records, PAGE_SIZE).get_page(request.GET.get("page"))


@require_GET
@allowed_to("look_up")
def school_list(request: HttpRequest) -> HttpResponse:
    """The schools in scope in administrative order; people of one school go straight to it."""
    identity = request.user.identity
    if identity and identity.role in SCHOOL_ROLES:
        return redirect("schools:school", identity.school_id)
    form = SchoolFilterForm(request.GET, user=request.user)
    schools = form.narrow(School.objects.visible_to(request.user)).select_related("county", "city").in_order()
    page = _page_of(request, schools)
    shown = list(page.object_list)
    added = _added(request.user, shown)
    context = {
        "form": form,
        "page": page,
        "rows": [(school, [(column, values.get(school.pk)) for column, values in added]) for school in shown],
        "headings": [column.heading(request.user) for column, _ in added],
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
    years = entry.years(school, request.user)
    year = year_asked(request, years)
    if year == years[0] and "year" not in request.GET and request.user.year_choice is None:
        year = _year_with_records(years, request, school)
    records = entry.year_records(school, request.user, year)
    context = {
        "school": school,
        "year": year,
        "years": years,
        "figures": entry.figure_rows(school, year) if may(request.user, "read_records") else [],
        "classes": [(held, entry.lecturers(list(held.lessons.all()))) for held in records.pop("classes")],
        "panels": panels_for(school, request.user),
        "may_edit": keeps_records(request.user, school),
        **entry.registry(school, request.user),
        **records,
    }
    return render(request, "schools/registry/school.html", context)


def _year_with_records(years: list[int], request: HttpRequest, school: School) -> int:
    """The newest year with a class, so that January does not open on an empty page."""
    newest = entry.year_records(school, request.user, years[0])["classes"]
    return years[0] if len(years) == 1 or newest.exists() else years[1]


def _sheets(request: HttpRequest, schools: QuerySet[School]) -> Iterator[SheetOut]:
    """A generator: nothing is read before the length of the list was accepted."""
    rows = list(schools)
    added = _added(request.user, rows)
    headings = [
        "学校编码",
        ColumnOut("学校名称", width=32),
        "县（市、区）",
        "类型",
        "举办党组织",
        "承办机构",
        "已挂牌",
        ColumnOut("主教室座位", "int"),
        ColumnOut("工作人员数", "int"),
        *(column.heading(request.user) for column, _ in added),
    ]
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
    yield SheetOut("名册", headings, cells)


def _added(user: User, schools: list[School]) -> list[tuple[Column, dict]]:
    """The columns of other apps, each with its values by school."""
    return [(column, column.values(schools, user)) for column in contributed("columns")]


def _text(column: Column, value: object) -> str:
    if value is None:
        return ""
    return STAR_NAMES[value] if column.is_stars else str(value)


@require_GET
@allowed_to("read_records")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """All parts with their last change, what is missing and where to fill it in."""
    school = school_of(request.user, pk)
    year = _years(request)["year"]
    may_edit = keeps_records(request.user, school)
    found = entry.blocks(school, year, may_edit=may_edit)
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
    page = _page_of(request, kind.rows(school, former=former, word=word).order_by("pk"))
    shown = list(page.object_list)
    changes = RecordChange.objects.filter(
        model=kind.model._meta.label_lower, object_id__in=[record.pk for record in shown]
    )
    newest = entry.newest(changes, "object_id")
    context = {
        "school": school,
        "kind": kind,
        "page": page,
        "lines": [
            {
                "record": record,
                "name": getattr(record, kind.search[0]),
                "cells": kind.cells(record),
                "own": record.school_id == school.pk,
                "former": kind.is_former(record),
                "change": newest.get(record.pk),
            }
            for record in shown
        ],
        "headings": [field.verbose_name for field in kind.columns],
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
    changes = RecordChange.objects.filter(school=school)
    records = sorted(changes.order_by().values_list("record", flat=True).distinct())
    chosen = request.GET.get("record", "")
    if chosen in records:
        changes = changes.filter(record=chosen)
    context = {
        "school": school,
        "page": _page_of(request, changes.select_related("by")),
        "records": records,
        "chosen": chosen,
        "query": request.GET.urlencode(),
        "trail": trail_of(school),
    }
    return render(request, "schools/registry/history.html", context)


@allowed_to("record_registry")
def edit_profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Plaque, seats, staff; the names stand beside them to be read."""
    school = school_of(request.user, pk)
    form = ProfileForm(request.POST or None, instance=School.objects.get(pk=school.pk), school=school)
    return _entered(request, school, form, "基本情况", "基本情况已保存。", template="profile", stored=school)


@allowed_to("record_registry")
def add(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A new record of a list."""
    school, kind = school_of(request.user, pk), kind_of(slug)
    form = kind.form(request.POST or None, school=school)
    return _entered(
        request, school, form, f"登记{kind.title}", "已登记：{}。", kind=kind, template=kind.template
    )


@allowed_to("record_registry")
def edit(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """One record of a list."""
    school, kind = school_of(request.user, pk), kind_of(slug)
    stored = _record(school, kind, record)
    form = kind.form(request.POST or None, instance=stored, school=school)
    title, done = f"修改{kind.title}", "修改已保存，原值留在修改记录中。"
    return _entered(request, school, form, title, done, kind=kind, template=kind.template, stored=stored)


@allowed_to("record_registry")
def end(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """The record ends or is voided, with a reason; it stays in the list of former ones."""
    school, kind = school_of(request.user, pk), kind_of(slug)
    ending = _record(school, kind, record)
    if kind.is_former(ending):
        return turned_away(request, "这条登记已经结束，不必再办。", "schools:registry_rows", school.pk, slug)
    form = EndForm(request.POST or None, record=ending, field=kind.ends)
    title, done = f"{kind.title}{kind.end_word}", f"已{kind.end_word}：{{}}。"
    return _entered(request, school, form, title, done, kind=kind, template="end", record=ending)


@allowed_to("record_registry")
def succession(request: HttpRequest, pk: int, record: int) -> HttpResponse:
    """换人: the old leader ends, the new one begins."""
    school, kind = school_of(request.user, pk), kind_of("leaders")
    outgoing = _record(school, kind, record)
    if kind.is_former(outgoing):
        return turned_away(
            request, "这位校领导已经离任，请直接登记新任。", "schools:registry_rows", school.pk, kind.slug
        )
    form = SuccessionForm(request.POST or None, outgoing=outgoing)
    post = outgoing.get_post_display()
    lead = f"{post} {outgoing.name}离任，由谁接任？"
    return _entered(request, school, form, f"{post}换人", "{}已登记。", kind=kind, lead=lead)


@allowed_to("record_registry")
def equipment(request: HttpRequest, pk: int) -> HttpResponse:
    """All kinds on one page of ticks."""
    school = school_of(request.user, pk)
    form = EquipmentForm(request.POST or None, school=school)
    return _entered(request, school, form, "设施", "设施{}。", template="equipment")


@allowed_to("record_registry")
def budget(request: HttpRequest, pk: int) -> HttpResponse:
    """The money of a year from all sources."""
    school, years = school_of(request.user, pk), _years(request)
    form = BudgetForm(request.POST or None, school=school, year=years["year"])
    title = f"{years['year']}年经费"
    return _entered(request, school, form, title, f"{title}{{}}。", template="budget", **years)


@allowed_to("record_registry")
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """党员和干部人数 of a year."""
    school, years = school_of(request.user, pk), _years(request)
    year = years["year"]
    stored = YearFigures.objects.filter(school=school, year=year).first()
    form = FiguresForm(
        request.POST or None, instance=stored or YearFigures(school=school, year=year), school=school
    )
    title = f"{year}年党员和干部人数"
    return _entered(
        request, school, form, title, f"{title}已保存。", template="figures", stored=stored, **years
    )


def _record(school: School, kind: Kind, pk: int) -> Model:
    """Own records only: a point that a neighbour shares is the neighbour's to change."""
    found = get_object_or_404(kind.model._default_manager.filter(school=school), pk=pk)
    if getattr(found, "is_voided", False):
        raise Http404
    return found


def _entered(
    request: HttpRequest,
    school: School,
    form: Any,
    title: str,
    done: str,
    *,
    kind: Kind | None = None,
    template: str = "form",
    stored: Model | None = None,
    **context: Any,
) -> HttpResponse:
    """The page of a form; once it is stored, its list or the overview, with what was `done` to the outcome or
    that it waits for approval.

    `stored` is the record for which a correction may be waiting.
    """
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        messages.success(request, ASKED if is_request(form.outcome) else done.format(form.outcome))
        if kind:
            return redirect("schools:registry_rows", school.pk, kind.slug)
        return redirect("schools:registry", school.pk)
    context |= {"school": school, "form": form, "title": title, "kind": kind}
    context |= {"trail": trail_of(school, kind), "waiting": stored and corrections.pending_of(stored)}
    return render(request, f"schools/registry/{template}.html", context)


def _years(request: HttpRequest) -> dict:
    """The year asked for, next year at most, else the current one; and those to choose from."""
    this = timezone.localdate().year
    year = year_asked(request, range(EARLIEST, this + 2))
    return {"year": year, "years": list(range(this + 1, this - 4, -1))}


@require_http_methods(["GET", "POST"])
@allowed_to("read_records", post="keep_binder")
def ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """台账 of a year, and for the school the binder's number, keeper and place."""
    school = school_of(request.user, pk)
    years = years_of(school)
    year = year_asked(request, years)
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
        "form": form if keeps_records(request.user, school) else None,
        "can_print": exports.can_print(),
        "trail": trail_of(school)[:1],
    }
    return render(request, "schools/registry/yearfile.html", context)


@require_POST
@allowed_to("read_records")
def ledger_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as PDF; leaving the house is recorded."""
    school, paper = _ledger(request, pk)
    back = f"{reverse('schools:ledger', args=[pk])}?year={paper.year}"
    return exports.send_pdf(request, paper, city=school.city, back=back, detail={"格式": "PDF"})


@require_POST
@allowed_to("read_records")
def ledger_sheets(request: HttpRequest, pk: int) -> HttpResponse:
    """The file as a workbook, a sheet for each part."""
    _, paper = _ledger(request, pk)
    return export(
        paper.title, sheets(paper), by=request.user, rows=sum(section.count for section in paper.sections)
    )


def _ledger(request: HttpRequest, pk: int) -> tuple[School, Ledger]:
    school = school_of(request.user, pk)
    year = year_asked(request, years_of(school))
    return school, ledger_of(school, year)
