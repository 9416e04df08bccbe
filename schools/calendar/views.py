"""节假日安排: paste a year's notice, see every day it names, write it by a second press."""

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

from .checking import NOT_ENTERED, check, compared, estimated, save, standing
from .forms import ArrangementForm
from .reading import read
from .workdays import calendar_known

#: So many remarks are shown; the number of all is always said.
SHOWN = 100


@require_http_methods(["GET", "POST"])
@allowed_to("enter_calendar")
def arrangement(request: HttpRequest) -> HttpResponse:
    """Check what was pasted; then, by a second press, the same text for good."""
    is_posted = request.method == "POST"
    form = ArrangementForm(request.POST if is_posted else None, year=request.GET.get("year"))
    context: dict[str, Any] = {"form": form, "shown": SHOWN}
    # What is wrong with the text is said together with what is wrong with the other fields.
    if is_posted and (form.is_valid() or {"year", "text"} <= form.cleaned_data.keys()):
        reading = read(form.cleaned_data["text"], form.cleaned_data["year"])
        context |= {"reading": reading, "warnings": check(reading)}
        if not reading.problems and form.is_valid():
            source = form.cleaned_data["source"]
            if "confirm" in request.POST:
                with refusals_in(form):
                    year = save(reading, source=source, by=request.user, seen=request.POST.get("seen", ""))
                    messages.success(
                        request,
                        f"已录入{year}，共 {len(reading.days)} 天，各项期限按它计算，几分钟内全部生效。",
                    )
                    return redirect("schools:calendar")
            stands = standing(reading)
            works = sum(named.works for named in reading.days.values())
            context |= {"source": source, "stands": stands, "compared": compared(reading, stands)}
            context |= {"works": works, "rests": len(reading.days) - works}
    return render(request, "schools/calendar/page.html", {**context, "years": _years()})


def _years() -> list[tuple[int, str, bool]]:
    """The running year and its neighbours: where their days come from, whether they are known."""
    this = timezone.localdate().year
    entered = {row.year: row for row in CalendarYear.objects.select_related("entered_by")}
    return [_source_of(year, entered.get(year)) for year in (this - 1, this, this + 1)]


def _source_of(year: int, entered: CalendarYear | None) -> tuple[int, str, bool]:
    if entered:
        on = chinese_date(timezone.localdate(entered.entered_at))
        return year, f"{entered.source}，{entered.entered_by.name} {on}录入", True
    if calendar_known(year):
        return year, "系统自带", True
    return year, f"{NOT_ENTERED}，{estimated('期限')}", False
