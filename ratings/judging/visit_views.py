"""走访: one page for one school or several of one day, for the office and for the judges who went."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ratings.models import Assessment, Judge
from ratings.workflow import recusal
from schools.permissions import allowed_to, may, require_form
from schools.refusals import refusals_in, seen_again
from schools.saving import SEEN
from schools.site.asked import number

from .forms import SiteVisitForm
from .visits import register_visit, shown_visits, visit_of, visitable


@require_form
@allowed_to("register_visit")
def site_visit(request: HttpRequest, pk: int) -> HttpResponse:
    """The day and who went: at one school, or also at others that the address names (`also`)."""
    rows = _schools(request, pk)
    visit = visit_of(rows[0]) if len(rows) == 1 else None
    form = SiteVisitForm(request.POST or None, labels=_labels(rows), visit=visit)
    if form.is_valid():
        with refusals_in(form):
            keys, seen = [row.pk for row in rows], request.POST.get(SEEN, "")
            done = register_visit(rows[0].scheme, keys, form.trip, by=request.user, seen=seen)
            messages.success(request, f"已登记走访 {done} 所，现场项可以评分了。")
            return _onward(request, rows)
    back = _onward(request, rows).url
    seen = seen_again(request, shown_visits(rows), form)
    context = {
        "scheme": rows[0].scheme,
        "rows": rows,
        "form": form,
        "seen": seen,
        "visit": visit,
        "back": back,
    }
    return render(request, "ratings/judging/panels/visit.html", context)


def _schools(request: HttpRequest, pk: int) -> list[Assessment]:
    within = visitable(request.user)
    first = get_object_or_404(within, pk=pk)
    also = [key for text in request.GET.getlist("also") if (key := number(text)) is not None]
    rows = list(within.filter(scheme=first.scheme_id, pk__in=[pk, *also]).in_order())
    tied = [recusal(row.tie, row.school) for row in rows if row.tie]
    if tied and request.method != "POST":
        raise PermissionDenied(tied[0])
    return rows


def _labels(rows: Sequence[Assessment]) -> list[str]:
    """The judges of the panels that these schools have."""
    panels = {row.panel_id for row in rows if row.panel_id}
    return list(Judge.objects.filter(panels__in=panels).distinct().values_list("label", flat=True))


def _onward(request: HttpRequest, rows: Sequence[Assessment]) -> HttpResponse:
    """Back to where the person works: the judge's school, the sheets of one school, the board of many."""
    if not may(request.user, "arrange_panels"):
        return redirect("ratings:judging_school", rows[0].pk)
    if len(rows) == 1:
        return redirect("ratings:sheets", rows[0].pk)
    return redirect("ratings:panel_board", rows[0].scheme_id)
