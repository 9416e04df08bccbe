"""学校资料: the forms of the school's own people."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from schools import corrections
from schools.asked import number
from schools.forms.registry import ProfileForm, RegistryForm
from schools.forms.registry_ending import EndForm, SuccessionForm
from schools.forms.registry_grids import BudgetForm, EquipmentForm, FiguresForm
from schools.forms.registry_kinds import Kind
from schools.models import School, YearFigures
from schools.permissions import allowed_to
from schools.refusals import turned_away
from schools.registry.saving import is_request

from .registry import kind_of, school_of, trail_of

ASKED = "记录已锁定，已提交数据更正，经同意后生效；办理情况见“数据更正”。"
EARLIEST = 2000


@allowed_to("record_registry")
def profile(request: HttpRequest, pk: int) -> HttpResponse:
    """Plaque, seats, staff; the names stand beside them to be read."""
    school = _editable(request, pk)
    form = ProfileForm(request.POST or None, instance=School.objects.get(pk=school.pk), school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, "基本情况已保存。", "schools:registry", school.pk)
    return _form(request, school, form, "基本情况", template="schools/registry/profile.html", waiting=corrections.pending_of(school))


@allowed_to("record_registry")
def add(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """A new record of a list."""
    school, kind = _editable(request, pk), kind_of(slug)
    form = kind.form(request.POST or None, school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, f"已登记：{form.outcome}。", "schools:registry_rows", school.pk, slug)
    return _form(request, school, form, f"登记{kind.title}", template=_template(kind), trail=_list_trail(school, kind))


@allowed_to("record_registry")
def edit(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """One record of a list."""
    school, kind = _editable(request, pk), kind_of(slug)
    found = _record(school, kind, record)
    form: RegistryForm = kind.form(request.POST or None, instance=found, school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, "修改已保存，原值留在修改记录中。", "schools:registry_rows", school.pk, slug)
    waiting = corrections.pending_of(found)
    return _form(request, school, form, f"修改{kind.title}", template=_template(kind), trail=_list_trail(school, kind), waiting=waiting)


@allowed_to("record_registry")
def end(request: HttpRequest, pk: int, slug: str, record: int) -> HttpResponse:
    """The record ends or is voided, with a reason; it stays in the list of former ones."""
    school, kind = _editable(request, pk), kind_of(slug)
    found = _record(school, kind, record)
    if kind.is_former(found):
        return turned_away(request, "这条登记已经结束，不必再办。", "schools:registry_rows", school.pk, slug)
    form = EndForm(request.POST or None, record=found, field=kind.ends)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, f"已{kind.end_word}：{found}。", "schools:registry_rows", school.pk, slug)
    context = {"kind": kind, "record": found, "trail": _list_trail(school, kind)}
    return _form(request, school, form, f"{kind.title}{kind.end_word}", template="schools/registry/end.html", **context)


@allowed_to("record_registry")
def succession(request: HttpRequest, pk: int, record: int) -> HttpResponse:
    """换人: the old leader ends, the new one begins."""
    school, kind = _editable(request, pk), kind_of("leaders")
    outgoing = _record(school, kind, record)
    if kind.is_former(outgoing):
        return turned_away(request, "这位校领导已经离任，请直接登记新任。", "schools:registry_rows", school.pk, kind.slug)
    form = SuccessionForm(request.POST or None, outgoing=outgoing)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        messages.success(request, f"{outgoing}离任、{form.outcome.name}接任已登记。")
        return redirect("schools:registry_rows", school.pk, kind.slug)
    lead = f"{outgoing.get_post_display()} {outgoing.name}离任，由谁接任？"
    return _form(request, school, form, f"{outgoing.get_post_display()}换人", trail=_list_trail(school, kind), lead=lead)


@allowed_to("record_registry")
def equipment(request: HttpRequest, pk: int) -> HttpResponse:
    """All kinds on one page of ticks."""
    school = _editable(request, pk)
    return _grid(request, school, EquipmentForm(request.POST or None, school=school), "设施", "schools/registry/equipment.html")


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
    form = FiguresForm(request.POST or None, instance=held or YearFigures(school=school, year=year), school=school)
    if request.method == "POST" and form.is_valid() and form.store(by=request.user):
        return _done(request, form.outcome, f"{year}年党员和干部人数已保存。", "schools:registry", school.pk)
    waiting = corrections.pending_of(held) if held else None
    return _form(
        request, school, form, f"{year}年党员和干部人数", template="schools/registry/figures.html", waiting=waiting, **_years(year)
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
    request: HttpRequest, school: School, form, title: str, *, template: str = "schools/registry/form.html", **context
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
