"""One school's result arranged for reading: how the star came about, where the school stands, what leads
further.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.utils.safestring import SafeString

from ratings.committee.comparing import Averages, category_averages
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.models import Result
from ratings.rules.rounding import plain, show, show_rate
from schools.models import User

from . import charts

#: The tallest column of the trend: full marks with room for a bonus.
TREND_FULL = 110


@dataclass(frozen=True)
class CategoryRow:
    """Points and rates of one category; averages are empty where the group is too small to hide
    its members.
    """

    code: str
    name: str
    full: str
    points: str
    rate: str
    county: str
    city: str
    items: tuple[dict, ...]


@dataclass(frozen=True)
class Report:
    steps: tuple[str, ...]
    categories: tuple[CategoryRow, ...]
    bonus: tuple[dict, ...]
    picture: SafeString | str
    series: tuple[str, ...]
    restrictions: tuple[tuple[str, str, str], ...]
    changes: tuple[tuple[str, str], ...]
    trend: tuple[Result, ...]
    trend_picture: SafeString | str


def report_on(result: Result, user: User) -> Report:
    """Everything the page of a result shows; the trend holds the years this reader may see."""
    spec = spec_of(result.version)
    averages = category_averages(result.scheme, county_name=result.county_name)
    trend = tuple(
        Result.objects.visible_to(user)
        .filter(school=result.school_id)
        .select_related("scheme")
        .order_by("scheme__year")
    )
    rows = _categories(result, spec, averages)
    picture, series = _picture(result, spec, averages)
    known = {entry.code: entry for entry in spec.restrictions}
    bonus = {item.code for item in spec.bonus_items}
    return Report(
        steps=_steps(result),
        categories=rows,
        bonus=tuple(item for item in result.trace["items"] if item["code"] in bonus),
        picture=picture,
        series=series,
        restrictions=tuple(
            (code, known[code].name, known[code].effect_text) for code in result.restrictions if code in known
        ),
        changes=tuple(
            (change["text"].partition("，可多得")[0], change["gain"])
            for change in result.next_star.get("changes", ())
        ),
        trend=trend,
        trend_picture=_trend(trend),
    )


def _steps(result: Result) -> tuple[str, ...]:
    """Validity, items, totals, star, in the order in which they are computed."""
    trace = result.trace
    if result.total is None:
        return ("未按规定申报，没有评分", *trace["star"])
    opening = (
        "各小项评分齐全、有效（有缺项不能审定）"
        if not result.lapsed
        else "未提交自评，按初评、评审的评分计算",
    )
    return (*opening, *trace["totals"], *trace["star"])


def _categories(result: Result, spec: SchemeSpec, averages: Averages) -> tuple[CategoryRow, ...]:
    if result.total is None:
        return ()
    traced = {item["code"]: item for item in result.trace["items"]}
    found = []
    for category in spec.scored_categories:
        code, full = category.code, spec.category_points[category.code]
        members = (
            {**traced[item.code], "group": item.group} for item in spec.base_items if item.category == code
        )
        points = Fraction(result.figures["categories"][code])
        found.append(
            CategoryRow(
                code,
                category.name,
                plain(full),
                show(points),
                show_rate(points / full),
                _mean(averages.county, code),
                _mean(averages.city, code),
                tuple(members),
            )
        )
    return tuple(found)


def _mean(averages: dict[str, Fraction], code: str) -> str:
    return show(averages[code]) if averages else ""


def _picture(
    result: Result, spec: SchemeSpec, averages: Averages
) -> tuple[SafeString | str, tuple[str, ...]]:
    """The picture and the styles of line in it, for its legend."""
    if result.total is None:
        return "", ()
    own = {code: Fraction(points) for code, points in result.figures["categories"].items()}
    lines = [
        ("本校", "own", own),
        ("全市平均", "city", averages.city),
        (f"{result.county_name}平均", "county", averages.county),
    ]
    shown = [
        charts.Series(
            label,
            style,
            tuple(points[one.code] / spec.category_points[one.code] for one in spec.scored_categories),
        )
        for label, style, points in lines
        if points
    ]
    return charts.rates([category.name for category in spec.scored_categories], shown), tuple(
        one.style for one in shown
    )


def _trend(results: tuple[Result, ...]) -> SafeString | str:
    points = [(f"{one.scheme.year}年", Fraction(one.total)) for one in results if one.total is not None]
    if len(points) < 2:
        return ""
    label = "历年总分：" + "，".join(f"{name} {show(value)}" for name, value in points)
    return charts.trend(points, full=TREND_FULL, label=label)
