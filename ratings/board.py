"""评委会审定总表: every school of a scheme on one board, with what the committee should look at twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from ratings.averages import mean_points
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.enums import Star
from ratings.models import Result, Scheme
from ratings.rounding import plain, show
from ratings.rules import Reference

#: A total this close to a threshold is shown as 临界.
NEAR = Fraction(1)
#: Points this far above or below the average, as shares of the category's points, change the tint.
LIGHT, DEEP = Fraction(25, 1000), Fraction(75, 1000)
#: The neutral tint of the stylesheet, which knows 1 (far below) to 5 (far above).
NEUTRAL = 3


@dataclass(frozen=True)
class Filters:
    """What the reader wants to see; empty values mean everything."""

    county: str = ""
    star: int | None = None
    flagged: bool = False
    by_total: bool = False


@dataclass(frozen=True)
class Cell:
    """Points of one category; `tint` is 1 (far below the average) to 5 (far above), and repeats what the figures say."""

    points: str
    tint: int = NEUTRAL


@dataclass(frozen=True)
class Row:
    result: Result
    cells: tuple[Cell, ...]
    near: tuple[str, ...]
    restrictions: tuple[tuple[str, str], ...]

    @property
    def flagged(self) -> bool:
        """Something here deserves a second look."""
        return bool(self.near or self.restrictions or self.result.lapsed or self.deviates)

    @property
    def deviates(self) -> bool:
        """The committee decided otherwise than computed."""
        return self.result.star != self.result.computed_star


@dataclass(frozen=True)
class Board:
    """`columns` are (code, name, points); averages and counts are of the whole scheme, whatever is filtered."""

    columns: tuple[tuple[str, str, str], ...]
    rows: tuple[Row, ...]
    averages: tuple[str, ...]
    average_total: str
    counts: tuple[tuple[str, int], ...]
    counties: tuple[str, ...]
    flagged: int
    size: int
    spec: SchemeSpec


def build(scheme: Scheme, filters: Filters) -> Board:
    """The board of a settled scheme from its frozen results: two queries for any number of schools."""
    results = list(
        Result.objects.filter(scheme=scheme)
        .select_related("version")
        .defer("trace", "next_star", "version__content")
        .order_by("order", "school_code")
    )
    spec = spec_of(scheme.versions.latest("number"))
    averages = mean_points(result.figures["categories"] for result in results if result.total is not None)
    names = {restriction.code: restriction.name for restriction in spec.restrictions}
    rows = [_row(result, spec, averages, names) for result in results]
    totals = [Fraction(result.total) for result in results if result.total is not None]
    stars = Counter(result.star for result in results if not result.lapsed)
    return Board(
        columns=tuple((category.code, category.name, plain(spec.category_points[category.code])) for category in spec.scored_categories),
        rows=tuple(_chosen(rows, filters)),
        averages=tuple(show(averages[category.code]) if averages else "" for category in spec.scored_categories),
        average_total=show(sum(totals, Fraction(0)) / len(totals)) if totals else "",
        counts=tuple((Star(star).label, stars[star]) for star in sorted(stars, reverse=True)) + _lapsed(results),
        counties=tuple(dict.fromkeys(result.county_name for result in results if result.county_name)),
        flagged=sum(row.flagged for row in rows),
        size=len(rows),
        spec=spec,
    )


def thresholds(spec: SchemeSpec) -> dict[Fraction, int]:
    """Bounds of 总分 named by the star bands, with the star each leads to."""
    found = {}
    for band in spec.bands:
        for comparison in band.condition.comparisons:
            if isinstance(comparison.left, Reference) and comparison.left.name == "总分":
                found[comparison.value.value] = band.star
    return found


def near(total: Fraction, bounds: dict[Fraction, int]) -> tuple[str, ...]:
    """Every threshold within one point, with the signed distance to it."""
    close = [(bound, star) for bound, star in bounds.items() if abs(total - bound) <= NEAR]
    return tuple(f"{Star(star).label}线 {'+' if total >= bound else '−'}{show(abs(total - bound))}" for bound, star in close)


def _row(result: Result, spec: SchemeSpec, averages: dict[str, Fraction], names: dict[str, str]) -> Row:
    restrictions = tuple((code, names.get(code, "")) for code in result.restrictions)
    if result.total is None:
        return Row(result, tuple(Cell("") for _ in spec.scored_categories), (), restrictions)
    points = {code: Fraction(value) for code, value in result.figures["categories"].items()}
    cells = tuple(
        Cell(show(points[category.code]), tint(points[category.code] - averages[category.code], spec.category_points[category.code]))
        for category in spec.scored_categories
    )
    return Row(result, cells, near(Fraction(result.total), thresholds(spec)), restrictions)


def tint(difference: Fraction, full: Fraction) -> int:
    """1 (far below) to 5 (far above), by how far the points lie from the average."""
    away = abs(difference) / full
    steps = 2 if away >= DEEP else 1 if away >= LIGHT else 0
    return NEUTRAL + (steps if difference > 0 else -steps)


def _chosen(rows: list[Row], filters: Filters) -> list[Row]:
    chosen = [
        row
        for row in rows
        if (not filters.county or row.result.county_name == filters.county)
        and (filters.star is None or (row.result.star == filters.star and not row.result.lapsed))
        and (not filters.flagged or row.flagged)
    ]
    if filters.by_total:
        chosen.sort(key=lambda row: (row.result.total is None, -(row.result.total or 0), row.result.order))
    return chosen


def _lapsed(results: list[Result]) -> tuple[tuple[str, int], ...]:
    count = sum(result.lapsed for result in results)
    return (("未申报", count),) if count else ()
