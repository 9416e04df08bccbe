"""The calendar package as it was in an earlier year, so that a newer version of it changes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from schools.models.calendar import EXCHANGED


def until(last: int, country_holidays: Callable) -> Callable:
    """`country_holidays` without what was arranged for years after `last`; their statutory days stay."""

    def earlier(country: str, *, years: int | Iterable[int], **more):
        if not isinstance(years, int):  # asked for days that a next year takes of this one
            return country_holidays(country, years=[year for year in years if year <= last] or years, **more)
        found = country_holidays(country, years=years, **more)
        if years > last and any(EXCHANGED in name for name in found.values()):
            found.pop_named(EXCHANGED, lookup="icontains")
        return found

    return earlier
