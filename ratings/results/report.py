"""One school's frozen result arranged for reading, on its page and on paper: how the star came about, where
the school stands, what leads further. Nothing is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.safestring import SafeString

from ratings.committee.comparing import Averages, category_averages
from ratings.committee.readiness import decision_of
from ratings.criteria.spec import ItemSpec, RestrictionSpec, SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.documents.papers import RatingPaper, about
from ratings.models import Decision, Result
from ratings.rules.rounding import plain, show
from schools.models import User
from schools.numbers import chinese_date

from . import charts


@dataclass(frozen=True)
class ResultGroup:
    """A category, or the bonus items under an empty code; items are those of the trace, with their group and
    分值. Averages are empty where the group is too small to hide its members.
    """

    code: str
    name: str
    full: str
    points: str
    rate: str
    items: tuple[dict[str, Any], ...]
    county: str = ""
    city: str = ""


@dataclass(frozen=True, kw_only=True)
class ResultPaper(RatingPaper):
    """学校评定结果. `issued` is empty for a result that is not public yet: the paper is the committee's own
    then.
    """

    organiser: str
    result: Result
    groups: list[ResultGroup]
    restrictions: list[RestrictionSpec]
    decision: Decision | None
    issued: str

    template: ClassVar[str] = "documents/papers/result.html"
    name: ClassVar[str] = "星级评定结果"


def result_paper(result: Result) -> ResultPaper:
    """The paper of a result."""
    spec = spec_of(result.version)
    published = result.scheme.published_at
    bonus = [_bonus(result, spec)] if result.total is not None and spec.bonus_items else []
    return ResultPaper(
        **about(spec) | {"school": result.school_name, "county": result.county_name},
        organiser=spec.organiser,
        result=result,
        groups=_categories(result, spec) + bonus,
        restrictions=_restrictions(result, spec),
        decision=decision_of(result.assessment),
        issued=chinese_date(timezone.localdate(published)) if published else "",
    )


def report_on(result: Result, user: User) -> dict[str, Any]:
    """Everything the page of a result shows; the trend holds the years this reader may see."""
    spec = spec_of(result.version)
    averages = category_averages(result.scheme, county_name=result.county_name)
    visible = Result.objects.visible_to(user).filter(school=result.school_id)
    trend = list(visible.select_related("scheme").order_by("scheme__year"))
    lines = [] if result.total is None else _lines(result, spec, averages)
    return {
        "steps": [*_opening(result), *result.trace["totals"], *result.trace["star"]],
        "categories": _categories(result, spec, averages),
        "bonus": [] if result.total is None else _bonus(result, spec).items,
        "picture": charts.rates([one.name for one in spec.scored_categories], lines) if lines else "",
        "series": [line.style for line in lines],
        "restrictions": _found(result, spec),
        "decision": decision_of(result.assessment),
        "changes": [
            (change["text"].partition("，可多得")[0], change["gain"])
            for change in result.next_star.get("changes", ())
        ],
        "trend": trend,
        "trend_picture": _trend(trend),
    }


def _opening(result: Result) -> list[str]:
    """What is said before the sums: whether the scores are valid at all."""
    if result.total is None:
        return ["未按规定申报，没有评分"]
    if result.lapsed:
        return ["未提交自评，按初评、评审的评分计算"]
    return ["各小项评分齐全、有效（有缺项不能审定）"]


def _categories(result: Result, spec: SchemeSpec, averages: Averages | None = None) -> list[ResultGroup]:
    """Points and rates by category; none without scores."""
    if result.total is None:
        return []
    county, city = (averages.county, averages.city) if averages else ({}, {})
    return [
        ResultGroup(
            one.code,
            one.name,
            plain(spec.category_points[one.code]),
            result.figures["categories"][one.code],
            result.figures["rates"][one.code],
            _items(result, [item for item in spec.base_items if item.category == one.code]),
            show(county[one.code]) if county else "",
            show(city[one.code]) if city else "",
        )
        for one in spec.scored_categories
    ]


def _bonus(result: Result, spec: SchemeSpec) -> ResultGroup:
    cap = "" if spec.bonus_cap is None else plain(spec.bonus_cap)
    return ResultGroup("", "加分项", cap, result.figures["bonus"], "", _items(result, spec.bonus_items))


def _items(result: Result, items: list[ItemSpec]) -> tuple[dict[str, Any], ...]:
    """As traced, with what the trace does not tell; groups of bonus items only cap them."""
    traced = {item["code"]: item for item in result.trace["items"]}
    return tuple(
        {**traced[item.code], "group": "" if item.bonus else item.group, "worth": plain(item.points)}
        for item in items
    )


def _restrictions(result: Result, spec: SchemeSpec) -> list[RestrictionSpec]:
    known = {entry.code: entry for entry in spec.restrictions}
    return [known[code] for code in result.restrictions if code in known]


def _found(result: Result, spec: SchemeSpec) -> list[tuple[RestrictionSpec, str]]:
    """Each restriction with the document that a named person found it in, if somebody did."""
    found = _restrictions(result, spec)
    rows = result.assessment.cases.values_list("restriction__code", "basis") if found else ()
    bases = dict(rows)
    return [(one, bases.get(one.code, "")) for one in found]


def _lines(result: Result, spec: SchemeSpec, averages: Averages) -> list[charts.Series]:
    """Rates of the school and the averages that may be shown beside them."""
    own = {code: Fraction(points) for code, points in result.figures["categories"].items()}
    lines = (
        ("本校", "own", own),
        ("全市平均", "city", averages.city),
        (f"{result.county_name}平均", "county", averages.county),
    )
    codes = [one.code for one in spec.scored_categories]
    return [
        charts.Series(label, style, tuple(points[code] / spec.category_points[code] for code in codes))
        for label, style, points in lines
        if points
    ]


def _trend(results: list[Result]) -> SafeString | str:
    points = [(f"{one.scheme.year}年", Fraction(one.total)) for one in results if one.total is not None]
    if len(points) < 2:
        return ""
    label = "历年总分：" + "，".join(f"{name} {show(value)}" for name, value in points)
    return charts.trend(points, label=label)
