"""节假日安排: paste a year's notice, see every day it names, write it by a second press."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from schools.models import CalendarYear
from schools.numbers import chinese_date
from schools.permissions import allowed_to
from schools.refusals import refusals_in

from .checking import NOT_ENTERED, check, compared, estimated, standing
from .forms import ArrangementForm
from .reading import Reading, read
from .saving import save
from .workdays import calendar_known

#: So many remarks are shown; the number of all is always said.
SHOWN = 100


@require_http_methods(["GET", "POST"])
@allowed_to("enter_calendar")
def arrangement(request: HttpRequest) -> HttpResponse:
    """Check what was pasted; then, by a second press, the same text for good."""
    is_posted = request.method == "POST"
    form = ArrangementForm(request.POST if is_posted else None, year=request.GET.get("year"))
    context: dict[str, Any] = {"form": form}
    # What is wrong with the text is said together with what is wrong with the other fields.
    if is_posted and (form.is_valid() or {"year", "text"} <= form.cleaned_data.keys()):
        reading = read(form.cleaned_data["text"], form.cleaned_data["year"])
        warnings = check(reading)
        context |= {"reading": reading, "warnings": warnings}
        if not reading.problems and form.is_valid():
            source = form.cleaned_data["source"]
            if "confirm" in request.POST:
                with refusals_in(form):
                    year = save(reading, source=source, by=request.user, seen=request.POST.get("seen", ""))
                    return _written(request, year, reading)
            context |= {"source": source, **_checked(reading)}
    return render(request, "schools/calendar/page.html", {**context, "years": _years(), "shown": SHOWN})


def _checked(reading: Reading) -> dict[str, Any]:
    stands = standing(reading)
    result = compared(reading, stands)
    works = sum(row.named.works for row in result.rows)
    return {"stands": stands, "compared": result, "works": works, "rests": len(result.rows) - works}


def _written(request: HttpRequest, year: CalendarYear, reading: Reading) -> HttpResponse:
    messages.success(
        request, f"已录入{year}，共 {len(reading.days)} 天，各项期限按它计算，几分钟内全部生效。"
    )
    return redirect("schools:calendar")


def _years() -> list[tuple[int, str, bool]]:
    """The running year and its neighbours: where their days come from, whether they are known."""
    this = timezone.localdate().year
    years = range(this - 1, this + 2)
    rows = CalendarYear.objects.filter(year__in=years).select_related("entered_by")
    entered = {row.year: row for row in rows}
    found = []
    for year in years:
        if own := entered.get(year):
            on = chinese_date(timezone.localdate(own.entered_at))
            found.append((year, f"{own.source}，{own.entered_by.name} {on}录入", True))
        elif calendar_known(year):
            found.append((year, "系统自带", True))
        else:
            found.append((year, f"{NOT_ENTERED}，{estimated('期限')}", False))
    return found
