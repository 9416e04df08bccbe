"""现场评分表 with the feedback note for the school, and 授牌名单: what a team takes along, and what the ceremony needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from ratings.criteria.versions import current_spec
from ratings.enums import Star
from ratings.models import Assessment, Feedback, Result, Scheme
from ratings.rounding import plain
from schools.dates import chinese_date

from .papers import RatingPaper, about


@dataclass(frozen=True)
class OnsiteRow:
    """An item to look at; points are written in by hand."""

    item: str
    full: str
    standard: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class OnsitePaper(RatingPaper):
    """Two sheets: the items to score, which stay with the team, and the feedback note, which the school keeps.

    The note holds neither points nor names of judges; `feedback` is empty before it was registered.
    """

    rows: tuple[OnsiteRow, ...]
    visited_on: str
    feedback: str

    template: ClassVar[str] = "documents/papers/onsite.html"
    name: ClassVar[str] = "星级评定现场评分表"


@dataclass(frozen=True, kw_only=True)
class PlaquePaper(RatingPaper):
    """授牌名单: schools of the highest star, by place, in administrative order."""

    organiser: str
    star: str
    schools: tuple[tuple[str, str], ...]
    in_counties: bool
    issued: str

    template: ClassVar[str] = "documents/papers/plaques.html"

    @property
    def title(self) -> str:
        return f"{self.year}年度{self.star}级镇街党校授牌名单"


def onsite_paper(assessment: Assessment, feedback: Feedback | None) -> OnsitePaper:
    """The 现场 items of the scheme in its order; a scheme without any has no such paper."""
    spec = current_spec(assessment.scheme)
    return OnsitePaper(
        **about(spec, assessment.school),
        rows=tuple(
            OnsiteRow(f"{item.code} {item.name}", plain(item.points), item.standard, spec.words[item.code])
            for item in spec.items
            if item.onsite
        ),
        visited_on=chinese_date(feedback.visited_on) if feedback and feedback.visited_on else "",
        feedback=feedback.text if feedback else "",
    )


def plaque_paper(scheme: Scheme) -> PlaquePaper:
    """From the results as they were settled."""
    spec = current_spec(scheme)
    top = max(band.star for band in spec.bands)
    rows = Result.objects.filter(scheme=scheme, star=top).order_by("order", "school_code").values_list("school_name", "county_name")
    schools = tuple(rows)
    return PlaquePaper(
        **about(spec),
        organiser=spec.organiser,
        star=Star(top).label,
        schools=schools,
        in_counties=any(county for _, county in schools),
        issued=chinese_date(timezone.localdate(scheme.published_at)) if scheme.published_at else "",
    )
