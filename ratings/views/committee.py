"""评委会审定总表."""

from collections.abc import Sequence

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from ratings.board import build
from ratings.criteria.versions import current_version, spec_of
from ratings.deliberation import deliberate
from ratings.enums import Phase
from ratings.forms.filters import BoardFilterForm, DeliberationFilterForm
from ratings.invariants import SETTLED_PHASES
from ratings.models import Result, Scheme
from ratings.results.table import results_sheet
from schools.downloads import export
from schools.permissions import allowed_to

#: The committee wants all schools before its eyes; only the largest cities need a second page.
PAGE_SIZE = 100


@require_GET
@allowed_to("read_board")
def newest_board(request: HttpRequest) -> HttpResponse:
    """The board of the newest scheme, where the navigation leads; next year's draft waits behind a year under way."""
    visible = Scheme.objects.visible_to(request.user).order_by("-year")
    newest = visible.exclude(phase=Phase.DRAFTING).first() or visible.first()
    return redirect("ratings:board", newest.pk) if newest else render(request, "ratings/board_missing.html")


@require_GET
@allowed_to("read_board")
def board(request: HttpRequest, pk: int) -> HttpResponse:
    """All schools of a scheme: computed live while the committee deliberates, from the frozen results once it has settled."""
    schemes = list(Scheme.objects.visible_to(request.user).select_related("city").order_by("-year"))
    scheme = next((one for one in schemes if one.pk == pk), None)
    if scheme is None:
        raise Http404
    context = {"scheme": scheme, "schemes": schemes, "query": request.GET.urlencode()}
    if scheme.phase == Phase.SCORING:
        return _live_board(request, scheme, context)
    if scheme.phase not in SETTLED_PHASES:
        return render(request, "ratings/board_missing.html", context)
    counties = Result.objects.filter(scheme=scheme).exclude(county_name="").order_by("order").values_list("county_name", flat=True)
    form = BoardFilterForm(request.GET, counties=list(dict.fromkeys(counties)))
    found = build(scheme, form.filters)
    extra = {"form": form, "board": found, "page": _page(request, found.rows)}
    return render(request, "ratings/board.html", {**context, **extra})


@require_POST
@allowed_to("read_board")
def board_export(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole board as a workbook, every item included."""
    scheme = get_object_or_404(Scheme.objects.visible_to(request.user), pk=pk)
    if scheme.phase not in SETTLED_PHASES:
        return redirect("ratings:board", pk)
    results = list(Result.objects.visible_to(request.user).filter(scheme=scheme).order_by("order", "school_code"))
    sheet = results_sheet(spec_of(current_version(scheme)), results)
    return export(f"{scheme.year}年度审定总表", [sheet], by=request.user, rows=len(results))


def _live_board(request: HttpRequest, scheme: Scheme, context: dict) -> HttpResponse:
    found = deliberate(scheme)
    form = DeliberationFilterForm(request.GET, counties=found.counties, views=found.views)
    page = _page(request, found.chosen(form.narrowing))
    extra = {"found": found, "form": form, "page": page}
    return render(request, "ratings/committee/board.html", {**context, **extra})


def _page(request: HttpRequest, rows: Sequence) -> Page:
    """The part of the board that is asked for; totals, averages and counts stay those of all schools."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
