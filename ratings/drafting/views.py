"""编制评定方案: the draft on one page, moving and deleting rows, groups."""

from copy import copy
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
    start_scheme,
)

#: Words of the addresses, and the rows they lead to.
MODELS: dict[str, type[models.Model]] = {
    "categories": Category,
    "items": Item,
    "bands": StarBand,
    "restrictions": Restriction,
    "metrics": CustomMetric,
}
KINDS = {model: kind for kind, model in MODELS.items()}
WORD_LIMIT = 40


def draft_for(request: HttpRequest, pk: int) -> Scheme:
    """The scheme, if it exists for this person."""
    return get_object_or_404(
        Scheme.objects.visible_to(request.user).select_related("city", "edited_by"), pk=pk
    )


def name_in(data: QueryDict, field: str) -> str:
    """A name from an address or a form, fit to be looked for: PostgreSQL cannot be asked for a zero byte."""
    return data.get(field, "").replace("\0", "")


def locked_away(request: HttpRequest, scheme: Scheme) -> HttpResponse | None:
    """Back to the scheme with a sentence where it is no draft any more; a post is refused by the write,
    beside what was typed.
    """
    if scheme.phase == Phase.DRAFTING or request.method == "POST":
        return None
    messages.error(request, locked_sentence(scheme))
    return redirect("ratings:scheme", scheme.pk)


def place(scheme: Scheme, row: models.Model | None = None, anchor: str = "") -> str:
    """The editor, with the section of the row unfolded and the row in sight."""
    address = reverse("ratings:scheme_edit", args=[scheme.pk])
    if isinstance(row, Item):
        section = row.category_id if row.kind == "base" else "bonus"
        return f"{address}?section={section}#items-{row.pk}"
    if row is not None:
        return f"{address}#{KINDS[type(row)]}-{row.pk}"
    return f"{address}{anchor}"


@require_GET
@allowed_to("read_draft")
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole draft: parameters, items by category, the smaller tables, sums and findings. `where` leads to
    the row it names.
    """
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    if where := name_in(request.GET, "where"):
        return redirect(_row_page(scheme, where))
    word = request.GET.get("q", "").strip()[:WORD_LIMIT]
    found = overview_of(scheme, word=word, unfolded=request.GET.get("section", ""))
    context = {"scheme": scheme, "found": found, "writes": may(request.user, "edit_scheme")}
    return render(request, "ratings/drafting/overview.html", context)


def _row_page(scheme: Scheme, where: str) -> str:
    """The page of the row with this code, star or name; the parameters where none has it."""
    stars = [star for star in Star if star.label == where]
    for kind, model in MODELS.items():
        wanted = (
            {"star": stars[0]}
            if model is StarBand and stars
            else {"name" if model is CustomMetric else "code": where}
        )
        if model is StarBand and not stars:
            continue
        row = model.objects.filter(scheme=scheme, **wanted).first()
        if row is not None:
            return row_address(scheme, kind, row.pk)
    return place(scheme)


def row_address(scheme: Scheme, kind: str, pk: int) -> str:
    """Where a row is edited."""
    if kind == "items":
        return reverse("ratings:scheme_item", args=[scheme.pk, pk])
    return reverse("ratings:scheme_row", args=[scheme.pk, kind, pk])


def row_of(scheme: Scheme, kind: str, pk: int) -> models.Model:
    """A row of this scheme."""
    if kind not in MODELS:
        raise Http404
    return get_object_or_404(MODELS[kind].objects.select_related("edited_by"), scheme=scheme, pk=pk)


@require_POST
@allowed_to("edit_scheme")
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """One row up or down: the button's value names it, as in up=items-12."""
    scheme = draft_for(request, pk)
    up = "up" in request.POST
    kind, _, typed = request.POST.get("up" if up else "down", "").partition("-")
    if not kind:
        return redirect("ratings:scheme_edit", pk)
    key = number(typed)
    if kind == KINDS[StarBand] or key is None:  # stars stand in the order of their number
        raise Http404
    row = row_of(scheme, kind, key)
    with refusals_as_messages(request):
        move_row(row, up=up, by=request.user)
    return HttpResponseRedirect(place(scheme, row))


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def delete(request: HttpRequest, pk: int, kind: str, row: int) -> HttpResponse:
    """Asked once more in words; what somebody changed in between is shown before it goes."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    found = row_of(scheme, kind, row)
    form = DeleteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            remove_row(found, version=form.cleaned_data["version"], by=request.user)
            messages.success(request, f"已删除{found._meta.verbose_name}“{found}”。")
            return HttpResponseRedirect(_section_of(scheme, found))
    context = {
        "scheme": scheme,
        "row": found,
        "kind": kind,
        "form": form,
        "noun": found._meta.verbose_name,
        "facts": _facts(found),
    }
    context |= {"back": row_address(scheme, kind, found.pk), "conditions": _conditions_naming(scheme, found)}
    return render(request, "ratings/drafting/delete.html", context)


def _section_of(scheme: Scheme, row: models.Model) -> str:
    if isinstance(row, Item):
        section = row.category_id if row.kind == "base" else "bonus"
        return f"{place(scheme)}?section={section}#section-{section}"
    return place(scheme, anchor=f"#{KINDS[type(row)]}")


def _facts(row: models.Model) -> list[tuple[str, str]]:
    """What stands in the row, for the person who is about to delete it."""
    names = {
        "points": "分值",
        "standard": "标准",
        "rule": "计分规则",
        "condition": "条件",
        "effect": "后果",
        "basis": "依据",
    }
    return [(label, str(getattr(row, name))) for name, label in names.items() if getattr(row, name, "")]


def _conditions_naming(scheme: Scheme, row: models.Model) -> list[str]:
    """星级标准 and 限制性情形 that would miss the row."""
    name = row.code if isinstance(row, Category | Item) else row.name if isinstance(row, CustomMetric) else ""
    if not name:
        return []
    texts = [str(band) for band in scheme.bands.all() if name in band.condition]
    return texts + [str(one) for one in scheme.restrictions.all() if name in one.condition]


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
def group(request: HttpRequest, pk: int) -> HttpResponse:
    """One group of a section: its name, and where it stands."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    asked = request.POST if request.method == "POST" else request.GET
    if "group" not in asked:
        return redirect("ratings:scheme_edit", pk)
    where, name = _section(scheme, asked.get("section", "")), name_in(asked, "group")
    count = where.items(scheme).filter(group=name).count()
    if not name or not count:
        raise Http404
    form = GroupForm(request.POST if request.POST.get("act") == "rename" else None, initial={"name": name})
    form.fields["name"].disabled = not may(request.user, "edit_scheme")
    if request.method == "POST":
        if request.POST.get("act") in ("up", "down"):
            with refusals_as_messages(request):
                move_group(scheme, where, name, up=request.POST["act"] == "up", by=request.user)
            return _group_page(scheme, where, name)
        if form.is_valid():
            with refusals_in(form):
                rename_group(scheme, where, name, form.cleaned_data["name"], by=request.user)
                said = (
                    f"已改名，{count} 个小项。"
                    if form.cleaned_data["name"]
                    else f"已取消分组，{count} 个小项不再分组。"
                )
                messages.success(request, said)
                return HttpResponseRedirect(
                    f"{place(scheme)}?section={where.pk or 'bonus'}#section-{where.pk or 'bonus'}"
                )
    order = list(dict.fromkeys(where.items(scheme).order_by("order", "id").values_list("group", flat=True)))
    context = {"scheme": scheme, "where": where, "name": name, "count": count, "form": form, "order": order}
    return render(
        request, "ratings/drafting/group.html", context | {"writes": may(request.user, "edit_scheme")}
    )


def _section(scheme: Scheme, text: str) -> Section:
    if text == "bonus":
        return Section(None)
    return Section(get_object_or_404(Category, scheme=scheme, pk=number(text)))


def _group_page(scheme: Scheme, where: Section, name: str) -> HttpResponse:
    query = urlencode({"section": where.pk or "bonus", "group": name})
    return HttpResponseRedirect(f"{reverse('ratings:scheme_group', args=[scheme.pk])}?{query}")


@require_http_methods(["GET", "POST"])
@allowed_to("edit_scheme")
def new(request: HttpRequest) -> HttpResponse:
    """An empty draft of a year; three fields, filled in from last year."""
    city = request.user.identity.city
    form = NewSchemeForm(request.POST or None, initial=defaults_for(city))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            scheme = start_scheme(city, **form.cleaned_data, by=request.user)
            messages.success(request, f"已新建{scheme.year}年度评定方案，请先核对参数，再编写大项和小项。")
            return redirect("ratings:scheme_parameters", scheme.pk)
    return render(request, "ratings/drafting/new.html", {"form": form})


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
def parameters(request: HttpRequest, pk: int) -> HttpResponse:
    """Every parameter on one page, each with what it means."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    writes = may(request.user, "edit_scheme")
    form = ParametersForm(request.POST or None, scheme=scheme, instance=copy(scheme), readonly=not writes)
    if request.method == "POST" and write(request, form, scheme, scheme):
        return redirect("ratings:scheme_edit", pk)
    return render(
        request, "ratings/drafting/parameters.html", {"scheme": scheme, "form": form, "writes": writes}
    )


FIRST_CODES = {"categories": "A", "restrictions": "Y1"}
BONUS_LETTER = "J"
LOST = "这一行刚被别人删除。您填写的内容还在下面，点保存将重新增加一行；不要了就返回。"


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
def row(request: HttpRequest, pk: int, kind: str, row: int | None = None) -> HttpResponse:
    """A category, a star band, a restriction, a custom metric; without `row` a new one."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    if kind not in ROW_FORMS or kind == "items":
        raise Http404
    found, lost = _found(request, scheme, kind, row)
    writes = may(request.user, "edit_scheme")
    form = ROW_FORMS[kind](
        request.POST or None,
        scheme=scheme,
        instance=found,
        readonly=not writes,
        initial=_usual(scheme, kind, found),
    )
    if request.method == "POST" and not lost and (saved := write(request, form, scheme, found)):
        return HttpResponseRedirect(place(scheme, saved))
    context = {
        "scheme": scheme,
        "row": found,
        "kind": kind,
        "form": form,
        "writes": writes,
        "noun": MODELS[kind]._meta.verbose_name,
    }
    return render(request, "ratings/drafting/row.html", context | {"lost": lost})


@require_http_methods(["GET", "POST"])
@allowed_to("read_draft", post="edit_scheme")
def item(request: HttpRequest, pk: int, row: int | None = None) -> HttpResponse:
    """One line of the rating table with its rule; saving may lead on to the next."""
    scheme = draft_for(request, pk)
    if away := locked_away(request, scheme):
        return away
    found, lost = _found(request, scheme, "items", row)
    writes = may(request.user, "edit_scheme")
    form = ROW_FORMS["items"](
        request.POST or None,
        scheme=scheme,
        instance=found,
        readonly=not writes,
        initial=None if found else _beside(request, scheme),
    )
    if request.method == "POST" and not lost and (saved := write(request, form, scheme, found)):
        return _onward(request, scheme, saved)
    order = list(Item.objects.filter(scheme=scheme).values_list("pk", "code", "name"))
    here = next((place for place, one in enumerate(order) if found and one[0] == found.pk), None)
    context = {
        "scheme": scheme,
        "item": found,
        "form": form,
        "writes": writes,
        "lost": lost,
        "before": order[here - 1] if here else None,
        "after": order[here + 1] if here is not None and here + 1 < len(order) else None,
        "place": None if here is None else here + 1,
        "size": len(order),
    }
    return render(request, "ratings/drafting/item.html", context)


#: A new row is the office's from its empty form on; one that stands may be read by the chair.
new_row, new_item = allowed_to("edit_scheme")(row), allowed_to("edit_scheme")(item)


def write(
    request: HttpRequest, form: EditForm, scheme: Scheme, found: models.Model | None
) -> models.Model | None:
    """The row as saved; None where the form has to be shown again, with what was typed."""
    if not form.is_valid():
        return None
    with refusals_in(form):
        if found is None:
            saved = add_row(scheme, form._meta.model, form.values, by=request.user)
        else:
            saved = change_row(found, form.values, version=form.cleaned_data["version"] or 0, by=request.user)
        messages.success(request, f"已保存{saved._meta.verbose_name}“{saved}”。")
        return saved
    return None


def _found(
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


def _usual(scheme: Scheme, kind: str, found: models.Model | None) -> dict:
    """What a new row starts with."""
    if found is not None:
        return {}
    if kind == "bands":
        taken = set(scheme.bands.values_list("star", flat=True))
        return {"star": next((star for star in (5, 4, 3, 2, 1) if star not in taken), 5)}
    if kind not in FIRST_CODES:
        return {}
    last = (
        MODELS[kind]
        .objects.filter(scheme=scheme)
        .order_by("order", "id")
        .values_list("code", flat=True)
        .last()
    )
    return {"code": next_code(scheme, last) if last else FIRST_CODES[kind]}


def _beside(request: HttpRequest, scheme: Scheme) -> dict:
    """A new item stands in the section and group from which it was asked for, under the next code."""
    section = request.GET.get("section", "")
    if section == "bonus":
        last = scheme.items.filter(kind=ItemKind.BONUS).last()
        code = next_code(scheme, last.code if last else f"{BONUS_LETTER}0")
        return {"kind": ItemKind.BONUS, "code": code, "group": name_in(request.GET, "group")}
    category = scheme.categories.filter(pk=number(section)).first()
    if category is None:
        return {}
    group = name_in(request.GET, "group")
    rows = scheme.items.filter(category=category, kind=ItemKind.BASE)
    last = (rows.filter(group=group) or rows).last()
    stem = f"{category.code}-0" if category.code[-1].isdecimal() else f"{category.code}0"
    return {"category": category.pk, "group": group, "code": next_code(scheme, last.code if last else stem)}


def _onward(request: HttpRequest, scheme: Scheme, saved: Item) -> HttpResponse:
    """To the next item, to another new one, or back to the table."""
    act = request.POST.get("act")
    if act == "next":
        order = list(Item.objects.filter(scheme=scheme).values_list("pk", flat=True))
        following = order[order.index(saved.pk) + 1 :]
        if following:
            return redirect("ratings:scheme_item", scheme.pk, following[0])
    if act == "stay":
        return HttpResponseRedirect(row_address(scheme, "items", saved.pk))
    return HttpResponseRedirect(place(scheme, saved))
