"""县级初评: all schools and items on one grid, and one item over all schools."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from ratings.criteria.division import division_of
from ratings.enums import Stage, Status
from ratings.forms.reviewed_rows import failed, row_form, save_rows
from ratings.review.changes import changes_of, late_shares
from ratings.review.dividing import scored_elsewhere
from ratings.review.grid import grid_of
from ratings.review.schools import current_scheme, reviewable
from ratings.sheets import WITH_SCHOOL, SchoolSheet, load_sheets
from ratings.views.review import locked_sentence, said_by_school
from ratings.workflow import scheme_spec
from schools.permissions import allowed_to


@require_GET
@allowed_to("review")
def grid(request: HttpRequest) -> HttpResponse:
    """School × item: what is scored, what waits, what differs; each cell leads to its school."""
    scheme, spec, sheets = _desk(request)
    shown = [one for one in sheets if one.submitted]
    division = division_of(spec, request.GET.get("part", ""))
    context = {"scheme": scheme, "spec": spec, "grid": grid_of(spec, shown, division), "division": division}
    context["left_out"] = len(sheets) - len(shown)
    return render(request, "ratings/review/grid.html", context)


@require_http_methods(["GET", "POST"])
@allowed_to("review")
def item(request: HttpRequest, code: str) -> HttpResponse:
    """One item over all schools of the county. 保存并下一项 saves what was changed and goes on down the scheme."""
    scheme, spec, sheets = _desk(request)
    codes = [one for one, bound in spec.bound.items() if bound.owed_by_reviewers]
    if code not in codes:
        raise Http404
    open_ones = [one for one in sheets if one.assessment.status == Status.COUNTY and code in one.rows[Stage.COUNTY]]
    outcome = {}
    if request.method == "POST":
        outcome = save_rows(request.POST, [(one.rows[Stage.COUNTY][code], spec.bound[code]) for one in open_ones], by=request.user)
        if not failed(outcome):
            return _go_on(request, scheme, codes, code, len(outcome))
    everything = request.GET.get("show") == "all"
    kept = {saved.score.assessment_id for saved in failed(outcome)}
    shown = [one for one in open_ones if everything or code in one.waiting or code in one.reasons_owed or one.assessment.pk in kept]
    rows = [_row(request, one, code, outcome) for one in shown]
    place = codes.index(code)
    context = {
        "scheme": scheme,
        "bound": spec.bound[code],
        "words": spec.words[code],
        "rows": rows,
        "errors": [error for _, _, row, _ in rows for error in row.row_errors],
        "everything": everything,
        "size": len(open_ones),
        "waiting": sum(code in one.waiting for one in open_ones),
        "position": place + 1,
        "codes": codes,
        "previous": codes[place - 1] if place else "",
    }
    return render(request, "ratings/review/item.html", context)


@require_GET
@allowed_to("review")
def changes(request: HttpRequest) -> HttpResponse:
    """Figures that changed since the schools submitted; the final count is taken when the county reports to the city."""
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        return render(request, "ratings/review/empty.html")
    spec = scheme_spec(scheme)
    rows = list(reviewable(request.user).filter(scheme=scheme).exclude(status__in=WITH_SCHOOL).in_order())
    context = {"scheme": scheme, "schools": changes_of(spec, rows), "late": late_shares(spec, rows)}
    return render(request, "ratings/review/changes.html", context)


def _desk(request: HttpRequest):
    scheme = current_scheme(request.user, request.GET.get("year", ""))
    if scheme is None:
        raise Http404
    spec = scheme_spec(scheme)
    rows = reviewable(request.user).filter(scheme=scheme).exclude(status__in=WITH_SCHOOL).in_order()
    return scheme, spec, load_sheets(spec, rows, elsewhere=scored_elsewhere(scheme, spec, request.user))


def _row(request: HttpRequest, sheet: SchoolSheet, code: str, outcome):
    elsewhere = "本大项由其他初评人负责。" if code in sheet.elsewhere else ""
    locked = locked_sentence(sheet.assessment, request.user) or elsewhere
    line = sheet.line(code)
    return sheet, line, row_form(line.county, line.bound, outcome, locked=locked), said_by_school(line)


def _go_on(request: HttpRequest, scheme, codes: list[str], code: str, saved: int) -> HttpResponse:
    query = f"?year={scheme.year}" + ("&show=all" if request.GET.get("show") == "all" else "")
    messages.success(request, f"{code} 已保存 {saved} 所。" if saved else f"{code} 没有需要保存的改动。")
    place = codes.index(code) + 1
    if place < len(codes):
        return redirect(reverse("ratings:review_item", args=[codes[place]]) + query)
    return redirect(reverse("ratings:review_grid") + f"?year={scheme.year}")
