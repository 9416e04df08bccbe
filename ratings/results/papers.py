"""学校评定结果: the frozen result of one school on paper, from its own copy of every figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import spec_of
from ratings.documents.papers import RatingPaper, about
from ratings.models import Result
from ratings.rules.rounding import plain
from schools.numbers import chinese_date


@dataclass(frozen=True)
class ResultGroup:
    name: str
    full: str
    points: str
    rate: str
    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ResultPaper(RatingPaper):
    """`settled` tells a result that is not public yet: it is the committee's own paper then."""

    organiser: str
    star: str
    total: str
    groups: tuple[ResultGroup, ...]
    steps: tuple[str, ...]
    restrictions: tuple[str, ...]
    issued: str
    digest: str

    template: ClassVar[str] = "documents/papers/result.html"
    name: ClassVar[str] = "星级评定结果"


def result_paper(result: Result) -> ResultPaper:
    """The paper of a result; nothing is computed again."""
    spec = spec_of(result.version)
    known = {entry.code: f"{entry.name}：{entry.effect_text}" for entry in spec.restrictions}
    published = result.scheme.published_at
    return ResultPaper(
        **about(spec),
        organiser=spec.organiser,
        school=result.school_name,
        county=result.county_name,
        star=result.get_star_display(),
        total="" if result.total is None else str(result.total),
        groups=_groups(spec, result),
        steps=(*result.trace["totals"], *result.trace["star"]),
        restrictions=tuple(f"{code} {known.get(code, '')}".strip() for code in result.restrictions),
        issued=chinese_date(timezone.localdate(published)) if published else "",
        digest=result.digest,
    )


def _groups(spec: SchemeSpec, result: Result) -> tuple[ResultGroup, ...]:
    if result.total is None:
        return ()
    points = {item["code"]: item["points"] for item in result.trace["items"]}
    found = []
    for category in spec.scored_categories:
        items = tuple(_item(item, points) for item in spec.base_items if item.category == category.code)
        figures = result.figures
        full = plain(spec.category_points[category.code])
        found.append(
            ResultGroup(
                category.name,
                full,
                figures["categories"][category.code],
                figures["rates"][category.code],
                items,
            )
        )
    if spec.bonus_items:
        cap = "" if spec.bonus_cap is None else plain(spec.bonus_cap)
        found.append(
            ResultGroup(
                "加分项",
                cap,
                result.figures["bonus"],
                "",
                tuple(_item(item, points) for item in spec.bonus_items),
            )
        )
    return tuple(found)


def _item(item, points: dict[str, str | None]) -> tuple[str, str, str]:
    return f"{item.code} {item.name}", plain(item.points), points[item.code] or "不适用"
