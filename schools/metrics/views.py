"""系统取数指标: what each figure means, and for one school the records behind it."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from schools.models import School
from schools.numbers import with_unit
from schools.permissions import allowed_to
from schools.site.asked import number
from schools.site.years import years_of

from . import IMPORTED, METRICS, MetricError, explain, figures, resolve
from .catalogue import DIRECTIONS, SOURCES


@require_GET
@allowed_to("look_up")
def metric_list(request: HttpRequest) -> HttpResponse:
    """All figures with their definition, searchable."""
    word = request.GET.get("q", "").strip()
    found = [metric for metric in METRICS.values() if word in metric.label or word in metric.definition]
    return render(request, "schools/metrics/list.html", {"metrics": found, "q": word})


@require_GET
@allowed_to("look_up")
def metric(request: HttpRequest, label: str) -> HttpResponse:
    """What a figure counts, from which records, since when, and how a scheme may narrow it."""
    shown, identity = METRICS.get(label), request.user.identity
    if shown is None:
        raise Http404
    context = {
        "metric": shown,
        "direction": DIRECTIONS[shown.direction],
        "sources": [words for source, words in SOURCES.items() if source in shown.sources] or ["学校资料"],
        "accepts": sorted(shown.accepts),
        "school": identity and identity.school,
        "year": years_of(request.user).current,
    }
    return render(request, "schools/metrics/metric.html", context)


@require_GET
@allowed_to("read_records")
def explanation(request: HttpRequest, pk: int) -> HttpResponse:
    """One figure of one school: its value and the very records it was made of.
    `?figure=办班期数[学时≥2]&year=2026`.
    """
    school = get_object_or_404(School.objects.visible_to(request.user), pk=pk)
    if not request.GET.get("figure"):
        return redirect("schools:school", pk)
    text, start, end = request.GET["figure"], *_period(request)
    try:
        shown, reference = resolve(text)
    except MetricError as unknown:
        raise Http404 from unknown
    only = School.objects.filter(pk=pk)
    figure = figures([text], schools=only, year=end.year, start=start, end=end)[pk][text]
    context = {
        "school": school,
        "metric": shown,
        "reference": reference,
        "start": start,
        "end": end,
        "year": end.year,
        "value": with_unit(figure.value, shown.unit),
        "imported": figure.source == IMPORTED,
        "note": figure.note,
        "records": explain(text, school=school, start=start, end=end),
    }
    return render(request, "schools/metrics/explanation.html", context)


def _period(request: HttpRequest) -> tuple[date, date]:
    """The period asked for (`start`, `end`), else the whole year asked for, else the current year."""
    year = number(request.GET.get("year", ""))
    whole = year if year and 2000 <= year <= 2100 else years_of(request.user).current
    try:
        start, end = (date.fromisoformat(request.GET.get(name, "")) for name in ("start", "end"))
    except ValueError:
        return date(whole, 1, 1), date(whole, 12, 31)
    return (start, end) if start <= end else (end, start)
