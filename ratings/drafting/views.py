"""编制评定方案: the draft on one page, its rows and parameters, moving and deleting rows, groups."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from urllib.parse import urlencode

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ratings.enums import ItemKind, Phase, Star
from ratings.models import Category, CustomMetric, Item, Restriction, Scheme, StarBand
from schools.permissions import allowed_to, may
from schools.refusals import refusals_as_messages, refusals_in
from schools.site.asked import number

from .forms import ROW_FORMS, DeleteForm, EditForm, GroupForm, NewSchemeForm, ParametersForm
from .overview import overview_of
from .rows import (
    Section,
    add_row,
    change_row,
    defaults_for,
    locked_sentence,
    move_group,
    move_row,
    next_code,
    remove_row,
    rename_group,
    section_of,
    start_scheme,
)
from .scheme_views import scheme_for

#: Words of the addresses, and the rows they lead to.
MODELS: dict[str, type[models.Model]] = {
    "categories": Category,
    "items": Item,
    "bands": StarBand,
    "restrictions": Restriction,
    "metrics": CustomMetric,
}
#: By what a finding of the check names a row; every other kind has a code.
NAMED_BY = {"bands": "star", "metrics": "name"}
WORD_LIMIT = 40


def of_a_draft(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Gives the view the scheme in place of its number. Whoever opens a scheme that is no draft any more is
    led back to it with a sentence; a post is refused by the write, beside what was typed.
    """

    @wraps(view)
    def with_scheme(request: HttpRequest, pk: int, **wanted) -> HttpResponse:
        scheme = scheme_for(request, pk)
        if scheme.phase == Phase.DRAFTING or request.method == "POST":
            return view(request, scheme, **wanted)
        messages.error(request, locked_sentence(scheme))
        return redirect("ratings:scheme", scheme.pk)

    return with_scheme


def name_in(data: QueryDict, field: str) -> str:
    """A name from an address or a form, fit to be looked for: PostgreSQL cannot be asked for a zero byte."""
    return data.get(field, "").replace("\0", "")


def place_of_section(scheme: Scheme, category: int | None, anchor: str = "") -> str:
    """The editor with one section unfolded; without a category that of the bonus items."""
    section = category or "bonus"
    address = reverse("ratings:scheme_edit", args=[scheme.pk])
    return f"{address}?section={section}#{anchor or f'section-{section}'}"


def place_of_row(scheme: Scheme, kind: str, row: models.Model) -> str:
    """The editor with the row in sight."""
    anchor = f"{kind}-{row.pk}"
    if kind == "items":
        return place_of_section(scheme, section_of(row), anchor)
    return f"{reverse('ratings:scheme_edit', args=[scheme.pk])}#{anchor}"


@require_GET
@allowed_to("read_draft")
@of_a_draft
def overview(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """The whole draft: parameters, items by category, the smaller tables, sums and findings. `where` leads to
    the row it names.
    """
    if where := name_in(request.GET, "where"):
        return redirect(_page_of_named(scheme, where))
    word = request.GET.get("q", "").strip()[:WORD_LIMIT]
    context = overview_of(scheme, word=word, unfolded=request.GET.get("section", ""))
    context |= {"scheme": scheme, "writes": may(request.user, "edit_scheme")}
    return render(request, "ratings/drafting/overview.html", context)


def _page_of_named(scheme: Scheme, where: str) -> str:
    """The page of the row with this code, star or name; the editor where none has it."""
    stars = {star.label: star for star in Star}
    for kind, model in MODELS.items():
        known = stars.get(where) if kind == "bands" else where
        if known is None:
            continue
        row = model.objects.filter(scheme=scheme, **{NAMED_BY.get(kind, "code"): known}).first()
        if row is not None:
            return row_address(scheme, kind, row.pk)
    return reverse("ratings:scheme_edit", args=[scheme.pk])


def row_address(scheme: Scheme, kind: str, pk: int) -> str:
    """Where a row is edited."""
    return reverse("ratings:scheme_row", args=[scheme.pk, kind, pk])


def row_of(scheme: Scheme, kind: str, pk: int) -> models.Model:
    """A row of this scheme."""
    if kind not in MODELS:
        raise Http404
    return get_object_or_404(MODELS[kind].objects.select_related("edited_by"), scheme=scheme, pk=pk)


@require_POST
@allowed_to("edit_scheme")
@of_a_draft
def move(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """One row up or down: the button's value names it, as in up=items-12."""
    up = "up" in request.POST
    kind, _, typed = request.POST.get("up" if up else "down", "").partition("-")
    if not kind:
        return redirect("ratings:scheme_edit", scheme.pk)
    key = number(typed)
    if kind == "bands" or key is None:  # stars stand in the order of their number
        raise Http404
    row = row_of(scheme, kind, key)
    with refusals_as_messages(request):
        move_row(row, up=up, by=request.user)
    return HttpResponseRedirect(place_of_row(scheme, kind, row))


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
@of_a_draft
def delete(request: HttpRequest, scheme: Scheme, kind: str, row: int) -> HttpResponse:
    """Asked once more in words; what somebody changed in between is shown before it goes."""
    doomed = row_of(scheme, kind, row)
    noun = doomed._meta.verbose_name
    form = DeleteForm(request.POST or None)
    if form.is_valid():
        with refusals_in(form):
            remove_row(doomed, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"已删除{noun}“{doomed}”。")
            if kind == "items":
                return HttpResponseRedirect(place_of_section(scheme, section_of(doomed)))
            return HttpResponseRedirect(f"{reverse('ratings:scheme_edit', args=[scheme.pk])}#{kind}")
    context = {
        "scheme": scheme,
        "row": doomed,
        "form": form,
        "noun": noun,
        "facts": [(label, text) for name, label in FACTS.items() if (text := getattr(doomed, name, ""))],
        "conditions": _conditions_naming(scheme, doomed),
        "back": row_address(scheme, kind, doomed.pk),
    }
    return render(request, "ratings/drafting/delete.html", context)


#: What of a row is shown to the person who is about to delete it.
FACTS = {
    "points": "分值",
    "standard": "标准",
    "rule": "计分规则",
    "condition": "条件",
    "effect": "后果",
    "basis": "依据",
}


def _conditions_naming(scheme: Scheme, row: models.Model) -> list[str]:
    """星级标准 and 限制性情形 that would miss the row."""
    if isinstance(row, StarBand | Restriction):
        return []
    name = row.name if isinstance(row, CustomMetric) else row.code
    rows = [*scheme.bands.all(), *scheme.restrictions.all()]
    return [str(conditional) for conditional in rows if name in conditional.condition]


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
@of_a_draft
def group(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """One group of a section: its name, and where it stands."""
    data = request.POST if request.method == "POST" else request.GET
    if "group" not in data:
        return redirect("ratings:scheme_edit", scheme.pk)
    where, name = _section(scheme, data.get("section", "")), name_in(data, "group")
    items = where.items(scheme)
    count = items.filter(group=name).count()
    if not name or not count:
        raise Http404
    act, writes = request.POST.get("act"), may(request.user, "edit_scheme")
    if act in ("up", "down"):
        with refusals_as_messages(request):
            move_group(scheme, where, name, up=act == "up", by=request.user)
        return HttpResponseRedirect(
            f"{request.path}?{urlencode({'section': where.pk or 'bonus', 'group': name})}"
        )
    form = GroupForm(request.POST if act == "rename" else None, initial={"name": name})
    form.fields["name"].disabled = not writes
    if form.is_valid():
        with refusals_in(form):
            new = form.cleaned_data["name"]
            rename_group(scheme, where, name, new, by=request.user)
            done = f"已改名，{count} 个小项。" if new else f"已取消分组，{count} 个小项不再分组。"
            messages.success(request, done)
            return HttpResponseRedirect(place_of_section(scheme, where.pk))
    order = list(dict.fromkeys(items.values_list("group", flat=True)))
    context = {"scheme": scheme, "where": where, "name": name, "count": count, "form": form, "order": order}
    return render(request, "ratings/drafting/group.html", context | {"writes": writes})


def _section(scheme: Scheme, text: str) -> Section:
    if text == "bonus":
        return Section(None)
    return Section(get_object_or_404(Category, scheme=scheme, pk=number(text)))


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def new(request: HttpRequest) -> HttpResponse:
    """An empty draft of a year; three fields, filled in from last year."""
    city = request.user.identity.city
    form = NewSchemeForm(request.POST or None, initial=defaults_for(city))
    if form.is_valid():
        with refusals_in(form):
            scheme = start_scheme(city, **form.cleaned_data, by=request.user)
            messages.success(request, f"已新建{scheme.year}年度评定方案，请先核对参数，再编写大项和小项。")
            return redirect("ratings:scheme_parameters", scheme.pk)
    return render(request, "ratings/drafting/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
@of_a_draft
def parameters(request: HttpRequest, scheme: Scheme) -> HttpResponse:
    """Every parameter on one page, each with what it means."""
    writes = may(request.user, "edit_scheme")
    form = ParametersForm(request.POST or None, scheme=scheme, instance=copy(scheme), readonly=not writes)
    if write(request, form, scheme, scheme):
        return redirect("ratings:scheme_edit", scheme.pk)
    context = {"scheme": scheme, "form": form, "writes": writes}
    return render(request, "ratings/drafting/parameters.html", context)


FIRST_CODES = {"categories": "A", "restrictions": "Y1"}
BONUS_LETTER = "J"
LOST = "这一行刚被别人删除。您填写的内容还在下面，点保存将重新增加一行；不要了就返回。"


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
@of_a_draft
def row(request: HttpRequest, scheme: Scheme, kind: str, row: int | None = None) -> HttpResponse:
    """One row of the draft; without `row` a new one. An item has a page of its own, with its rule and the way
    to the next.
    """
    if kind not in ROW_FORMS:
        raise Http404
    stored, lost = _stored(request, scheme, kind, row)
    writes = may(request.user, "edit_scheme")
    form = ROW_FORMS[kind](
        request.POST or None,
        scheme=scheme,
        instance=stored,
        readonly=not writes,
        initial=None if stored else _usual(request, scheme, kind),
    )
    if not lost and (saved := write(request, form, scheme, stored)):
        return HttpResponseRedirect(_onward(request, scheme, kind, saved))
    context = {
        "scheme": scheme,
        "row": stored,
        "kind": kind,
        "form": form,
        "writes": writes,
        "noun": MODELS[kind]._meta.verbose_name,
        "lost": lost,
    }
    if kind == "items":
        return render(request, "ratings/drafting/item.html", context | _neighbours(scheme, stored))
    return render(request, "ratings/drafting/row.html", context)


#: A new row is the office's from its empty form on; one that stands may be read by the chair.
new_row = allowed_to("edit_scheme")(row)


def write(
    request: HttpRequest, form: EditForm, scheme: Scheme, stored: models.Model | None
) -> models.Model | None:
    """The row as saved; None where the form has to be shown again, with what was typed."""
    if not form.is_valid():
        return None
    with refusals_in(form):
        if stored is None:
            saved = add_row(scheme, form._meta.model, form.values, by=request.user)
        else:
            version = form.cleaned_data["version"] or 0
            saved = change_row(stored, form.values, version=version, by=request.user)
        messages.success(request, f"已保存{saved._meta.verbose_name}“{saved}”。")
        return saved
    return None


def _stored(
    request: HttpRequest, scheme: Scheme, kind: str, pk: int | None
) -> tuple[models.Model | None, str]:
    """The row; None for a new one. One that was deleted while its form was open becomes a new one, and says
    so.
    """
    if pk is None:
        return None, ""
    try:
        return row_of(scheme, kind, pk), ""
    except Http404:
        if request.method == "POST":
            return None, LOST
        raise


def _usual(request: HttpRequest, scheme: Scheme, kind: str) -> dict:
    """What a new row starts with: the next star, the next code."""
    if kind == "items":
        return _beside(request, scheme)
    if kind == "bands":
        taken = set(scheme.bands.values_list("star", flat=True))
        return {"star": next((star for star in (5, 4, 3, 2, 1) if star not in taken), 5)}
    if kind not in FIRST_CODES:
        return {}
    last = MODELS[kind].objects.filter(scheme=scheme).last()
    return {"code": next_code(scheme, last.code) if last else FIRST_CODES[kind]}


def _beside(request: HttpRequest, scheme: Scheme) -> dict:
    """A new item stands in the section and group from which it was asked for, under the next code."""
    section, group = request.GET.get("section", ""), name_in(request.GET, "group")
    if section == "bonus":
        last = scheme.items.filter(kind=ItemKind.BONUS).last()
        code = next_code(scheme, last.code if last else f"{BONUS_LETTER}0")
        return {"kind": ItemKind.BONUS, "code": code, "group": group}
    category = scheme.categories.filter(pk=number(section)).first()
    if category is None:
        return {}
    rows = scheme.items.filter(category=category, kind=ItemKind.BASE)
    last = (rows.filter(group=group) or rows).last()
    stem = f"{category.code}-0" if category.code[-1].isdecimal() else f"{category.code}0"
    return {"category": category.pk, "group": group, "code": next_code(scheme, last.code if last else stem)}


def _neighbours(scheme: Scheme, item: Item | None) -> dict:
    """Where an item stands among all, and those before and after it."""
    order = list(scheme.items.values_list("pk", "code", "name"))
    place = next((place for place, known in enumerate(order, start=1) if item and known[0] == item.pk), None)
    before, after = (order[: place - 1][-1:], order[place : place + 1]) if place else ([], [])
    return {
        "item": item,
        "place": place,
        "size": len(order),
        "before": before[0] if before else None,
        "after": after[0] if after else None,
    }


def _onward(request: HttpRequest, scheme: Scheme, kind: str, saved: models.Model) -> str:
    """Back to the table; from an item also to the next one, or to the same page again."""
    act = request.POST.get("act") if kind == "items" else None
    if act == "next" and (after := _neighbours(scheme, saved)["after"]):
        return row_address(scheme, kind, after[0])
    if act == "stay":
        return row_address(scheme, kind, saved.pk)
    return place_of_row(scheme, kind, saved)
