"""初评汇总表 for the county's signatures, and 评委评分表 for a judge's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from django.db.models import Q
from django.utils import timezone

from ratings.criteria.spec import ItemSpec
from ratings.criteria.versions import current_spec
from ratings.documents.papers import RatingPaper, about
from ratings.enums import Stage, Star, Status
from ratings.models import Assessment, Feedback, JudgeSheet, Result, Scheme
from ratings.rules.rounding import plain
from ratings.scoring import Totals, owed_codes
from ratings.sheets import Line, SchoolSheet, load_sheets
from ratings.workflow import scheme_spec
from schools.models import Region
from schools.numbers import chinese_date

from .confirming import members_of
from .sheets import label_of


@dataclass(frozen=True)
class CountyRow:
    """One school of the county; without `totals` its 初评 is not complete, and the paper shows no figures."""

    sheet: SchoolSheet
    totals: Totals | None

    @property
    def points(self) -> list[Fraction | None]:
        """By category."""
        return [
            self.totals and self.totals.categories[category.code]
            for category in self.sheet.spec.scored_categories
        ]

    @property
    def difference(self) -> Fraction | None:
        return self.sheet.difference if self.totals else None


@dataclass(frozen=True, kw_only=True)
class CountyPaper(RatingPaper):
    columns: tuple[tuple[str, str], ...]
    rows: tuple[CountyRow, ...]

    template: ClassVar[str] = "documents/papers/county.html"

    @property
    def title(self) -> str:
        return f"{self.year}年度{self.county}镇街党校星级评定初评汇总表"


@dataclass(frozen=True, kw_only=True)
class JudgePaper(RatingPaper):
    """评委评分表 of one judge at one school; blank to be filled in by hand, or with what this judge wrote.
    An agreed sheet is signed by all `members`.
    """

    judge: str
    lines: tuple[Line, ...]
    blank: bool
    members: tuple[str, ...] = ()

    template: ClassVar[str] = "documents/papers/judge.html"
    name: ClassVar[str] = "星级评定评委评分表"


def county_paper(scheme: Scheme, county: Region, schools: Sequence[Assessment]) -> CountyPaper:
    """The 初评 of these schools of the county; what the city scored has no part in it."""
    spec = scheme_spec(scheme)
    return CountyPaper(
        **about(spec),
        county=county.name,
        columns=tuple(
            (category.name, plain(spec.category_points[category.code])) for category in spec.scored_categories
        ),
        rows=tuple(CountyRow(sheet, _totals(sheet)) for sheet in load_sheets(spec, schools)),
    )


def _totals(sheet: SchoolSheet) -> Totals | None:
    """What was scored of a school that lapsed after a return does not count."""
    lapsed = sheet.assessment.status == Status.LAPSED and not sheet.assessment.scheme.imported
    return None if lapsed or sheet.county_sheet is None else sheet.county_sheet.totals


def judge_paper(sheet: JudgeSheet, *, filled: bool) -> JudgePaper:
    """The items this sheet owes, with the system part that is the same for every judge; `filled` adds what
    was written.
    """
    assessment = sheet.assessment
    spec = scheme_spec(assessment.scheme)
    (read,) = load_sheets(
        spec, [assessment], reader=Stage.CITY, city_rows=Q(judge=sheet.judge_id) if filled else None
    )
    owed = owed_codes(spec, Stage.CITY, visited=assessment.visited)
    return JudgePaper(
        **about(spec, assessment.school),
        judge=label_of(sheet.judge),
        lines=tuple(line for line in read.lines if line.code in owed),
        blank=not filled,
        members=() if sheet.judge_id else members_of(assessment),
    )


@dataclass(frozen=True, kw_only=True)
class OnsitePaper(RatingPaper):
    """Two sheets: the items to score, which stay with the team, and the feedback note, which the school
    keeps.

    A row is the item, its 分值 and its rule in words; points are written in by hand. The note holds neither
    points nor names of judges; `feedback` is empty before it was registered.
    """

    rows: list[tuple[ItemSpec, str, tuple[str, ...]]]
    visited_on: str
    feedback: str

    template: ClassVar[str] = "documents/papers/onsite.html"
    name: ClassVar[str] = "星级评定现场评分表"


@dataclass(frozen=True, kw_only=True)
class PlaquePaper(RatingPaper):
    """授牌名单: schools of the highest star, by place, in administrative order."""

    organiser: str
    star: str
    schools: list[tuple[str, str]]
    in_counties: bool
    issued: str

    template: ClassVar[str] = "documents/papers/plaques.html"

    @property
    def title(self) -> str:
        return f"{self.year}年度{self.star}级镇街党校授牌名单"


def onsite_paper(assessment: Assessment, feedback: Feedback | None) -> OnsitePaper:
    """The 现场 items of the scheme in its order; a scheme without any has no such paper."""
    note = feedback or Feedback()
    spec = current_spec(assessment.scheme)
    return OnsitePaper(
        **about(spec, assessment.school),
        rows=[(item, plain(item.points), spec.words[item.code]) for item in spec.items if item.onsite],
        visited_on=chinese_date(note.visited_on) if note.visited_on else "",
        feedback=note.text,
    )


def plaque_paper(scheme: Scheme) -> PlaquePaper:
    """From the results as they were settled."""
    spec = current_spec(scheme)
    top = max(band.star for band in spec.bands)
    results = Result.objects.filter(scheme=scheme, star=top).order_by("order", "school_code")
    schools = list(results.values_list("school_name", "county_name"))
    return PlaquePaper(
        **about(spec),
        organiser=spec.organiser,
        star=Star(top).label,
        schools=schools,
        in_counties=any(county for _, county in schools),
        issued=chinese_date(timezone.localdate(scheme.published_at)) if scheme.published_at else "",
    )
