"""编制评定方案: the pages on which one row is written — an item, or a line of the smaller tables."""

from django.contrib import messages
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ratings.editing import add_row, change_row, next_code
from ratings.enums import ItemKind
from ratings.forms.scheme_rows import ROW_FORMS, EditForm
from ratings.models import Item, Scheme
from schools.asked import number
from schools.permissions import allowed_to, may
from schools.refusals import refusals_in

from .scheme_editor import MODELS, draft_for, locked_away, name_in, place, row_address, row_of

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
    form = ROW_FORMS[kind](request.POST or None, scheme=scheme, instance=found, readonly=not writes, initial=_usual(scheme, kind, found))
    if request.method == "POST" and not lost and (saved := write(request, form, scheme, found)):
        return HttpResponseRedirect(place(scheme, saved))
    context = {"scheme": scheme, "row": found, "kind": kind, "form": form, "writes": writes, "noun": MODELS[kind]._meta.verbose_name}
    return render(request, "ratings/editor/row.html", context | {"lost": lost})


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
        request.POST or None, scheme=scheme, instance=found, readonly=not writes, initial=None if found else _beside(request, scheme)
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
    return render(request, "ratings/editor/item.html", context)


#: A new row is the office's from its empty form on; one that stands may be read by the chair.
new_row, new_item = allowed_to("edit_scheme")(row), allowed_to("edit_scheme")(item)


def write(request: HttpRequest, form: EditForm, scheme: Scheme, found: models.Model | None) -> models.Model | None:
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


def _found(request: HttpRequest, scheme: Scheme, kind: str, pk: int | None) -> tuple[models.Model | None, str]:
    """The row; None for a new one. One that was deleted while its form was open becomes a new one, and says so."""
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
    last = MODELS[kind].objects.filter(scheme=scheme).order_by("order", "id").values_list("code", flat=True).last()
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
