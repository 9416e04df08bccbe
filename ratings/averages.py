"""Averages by category, as a measure beside a school's own figures; they never tell another school's score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.models import Result, Scheme

#: Below this, a school could work out another one's score from the average and its own.
LEAST_SCHOOLS = 4


@dataclass(frozen=True)
class Averages:
    """Mean points by category; empty where the group, or what is left of the city beside it, is too small to hide its members."""

    city: dict[str, Fraction]
    county: dict[str, Fraction]


def category_averages(scheme: Scheme, *, county_name: str) -> Averages:
    """Means over the scheme's results with scores, of the whole city and of one county; one query."""
    rows = Result.objects.filter(scheme=scheme, total__isnull=False).values_list("county_name", "figures__categories")
    city = list(rows)
    county = [sheet for name, sheet in city if name == county_name]
    rest = len(city) - len(county)
    # City and county together give the mean of all other counties, so these must be enough, too.
    apart = rest == 0 or rest >= LEAST_SCHOOLS
    return Averages(
        city=mean_points(sheet for _, sheet in city) if len(city) >= LEAST_SCHOOLS else {},
        county=mean_points(county) if county_name and len(county) >= LEAST_SCHOOLS and apart else {},
    )


def mean_points(sheets: Iterable[Mapping[str, str]]) -> dict[str, Fraction]:
    """Exact mean of each category over sheets of figures as they are frozen in results."""
    sums: dict[str, list[Fraction]] = {}
    for sheet in sheets:
        for code, points in sheet.items():
            sums.setdefault(code, []).append(Fraction(points))
    return {code: sum(found, Fraction(0)) / len(found) for code, found in sums.items()}
