"""The year a person works in: the one chosen in the header for this session, else the one with work in hand.

Every page that is about a year and whose address names none asks here; an address that names one, or a row
of one, is obeyed as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from schools.models import User
from schools.permissions import allowed_to

from .asked import number, way_back
from .contributions import contributed

T = TypeVar("T")


@dataclass(frozen=True)
class Years:
    """What the header offers, newest first, and where this person is."""

    current: int
    offered: tuple[int, ...]


def years_of(user: User) -> Years:
    """Read once for the user object of a request."""
    if user.years is None:
        today = timezone.localdate().year
        known = list(chain.from_iterable(provider(user) for provider in contributed("years")))
        waiting = [(urgency, year) for year, urgency in known if urgency is not None]
        offered = sorted({today, *(year for year, _ in known)}, reverse=True)
        _, in_hand = min(waiting, default=(0, today))
        current = user.year_choice if user.year_choice in offered else in_hand
        user.years = Years(current, tuple(offered))
    return user.years


def nearest_first(user: User, rows: Iterable[T], year_of: Callable[[T], int] = int) -> list[T]:
    """Those of the current year, then those of the years around it; of two as near the later comes first."""
    current = years_of(user).current
    return sorted(rows, key=lambda row: (abs(year_of(row) - current), -year_of(row)))


def nearest(user: User, rows: Iterable[T], year_of: Callable[[T], int] = int) -> T | None:
    """The one of the current year, or where there is none, of the year nearest to it."""
    return next(iter(nearest_first(user, rows, year_of)), None)


#: What says it first, where a page names rows of several years; and the way from a row to its year.
NAMED = ("year", "view", "scheme", "assessment")
WAYS = ("year", "spec", "scheme", "assessment", "panel")


def year_missed(request: HttpRequest, shown: int | None) -> int | None:
    """The year that the address or the header asks for, where the page has to show another one."""
    asked = number(request.GET.get("year", "")) or years_of(request.user).current
    return asked if shown and asked != shown else None


def year_shown(context: Mapping[str, Any]) -> int | None:
    """The year a page is about, by whatever row of one it has in its context; None for a page about none,
    whose header shows the current one.
    """
    rows = (value for value in context.values() if not isinstance(value, int))
    found = (_year_in(value) for value in (*map(context.get, NAMED), *rows))
    return next(filter(None, found), None)


def _year_in(value: Any) -> int | None:
    if isinstance(value, int) or value is None:
        return value or None
    held = dict(getattr(value, "__dict__", {}))  # and nothing that would have to be read first
    if "_state" in held:
        held |= held["_state"].fields_cache
    found = (_year_in(held.get(way)) for way in WAYS)
    return next(filter(None, found), None)


@require_POST
@allowed_to("open_own_pages")
def choose_year(request: HttpRequest) -> HttpResponse:
    """Keeps the year for this session and goes on to the page one was on, as it is in that year."""
    year = number(request.POST.get("year", ""))
    if year not in years_of(request.user).offered:
        raise Http404
    request.session["year"] = year
    here = way_back(request.POST.get("next", ""), reverse("schools:desk"))
    return HttpResponseRedirect(page_in(year, here, request.user))


def page_in(year: int, address: str, user: User) -> str:
    """The same page in another year, or the nearest there is."""
    asked = urlsplit(address)
    try:
        match = resolve(f"/{unquote(asked.path).removeprefix(get_script_prefix())}")
    except Resolver404:
        return reverse("schools:desk")
    for provider in contributed("same_page"):
        if page := provider(user, match, year):
            return page
    page = asked.path
    if "year" in match.kwargs:
        page = reverse(match.view_name, kwargs={**match.kwargs, "year": year})
    asks = {name: values for name, values in parse_qs(asked.query).items() if name != "page"}
    if "year" in asks:
        asks["year"] = [str(year)]
    return f"{page}?{urlencode(asks, doseq=True)}" if asks else page
