"""What the year came to, as far as a bulletin may say it: names and stars, never a score, a rank
or a vote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import current_version, spec_of
from ratings.enums import Star, Status
from ratings.models import Assessment, Result, Scheme
from schools.registry.overview import investment_of

from .procedure import in_words, steps_taken

#: Where a city has counties, the name under which its own schools stand.
CITY_ITSELF = "市直"


@dataclass(frozen=True)
class RatedSchool:
    """One school as the bulletin names it; `lapsed` is 未申报, counted apart from 不授星."""

    name: str
    county: str = ""
    kind: str = ""
    star: int = Star.NONE
    lapsed: bool = False

    @property
    def place(self) -> str:
        """Where it stands in a city with counties."""
        return self.county or CITY_ITSELF


@dataclass(frozen=True)
class BulletinFacts:
    """Figures of one city and year.

    `schools` stand in administrative order, 不参评 ones left out and counted in `declined`.
    `counties` in order, empty where the scheme knows no county; `levels` are the stars the scheme awards,
    highest first. `steps` are those that took place, with their days. `last_year` maps stars to counts of the
    year before. `category_rates` serve to order the categories only: no rate is printed. `invested` is the
    建设投入 of the year in yuan, told where the schools recorded any. `list_unrated` puts 不授星 schools on
    the public list; by default they are counted but told by letter.
    """

    year: int
    scheme: str
    levels: tuple[int, ...]
    schools: tuple[RatedSchool, ...]
    counties: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    declined: int = 0
    last_year: Mapping[int, int] | None = None
    category_rates: tuple[tuple[str, Fraction], ...] = ()
    list_unrated: bool = False
    invested: Decimal = Decimal(0)
    county_word: str = "县（区）"
    school_word: str = "镇街党校"

    @property
    def rated(self) -> tuple[RatedSchool, ...]:
        """Schools that took part, whether or not they earned a star."""
        return tuple(school for school in self.schools if not school.lapsed)

    @property
    def lapsed(self) -> int:
        return len(self.schools) - len(self.rated)

    @property
    def places(self) -> tuple[str, ...]:
        """The counties and, after them, the city itself if it has schools of its own; empty where there are
        no counties.
        """
        has_own = any(not school.county for school in self.schools)  # a county may be called 市直 as well
        return (*self.counties, *([CITY_ITSELF] if self.counties and has_own else []))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of school that occur, in order of first appearance."""
        return tuple(dict.fromkeys(school.kind for school in self.schools if school.kind))

    def with_star(self, star: int) -> tuple[RatedSchool, ...]:
        """Schools that took part and hold exactly this star, in administrative order."""
        return tuple(school for school in self.rated if school.star == star)

    def of_place(self, place: str) -> BulletinFacts:
        """The same figures for one of the places."""
        return self._only(tuple(school for school in self.schools if school.place == place))

    def of_kind(self, kind: str) -> BulletinFacts:
        """The same figures for one kind of school."""
        return self._only(tuple(school for school in self.schools if school.kind == kind))

    def _only(self, schools: tuple[RatedSchool, ...]) -> BulletinFacts:
        return BulletinFacts(self.year, self.scheme, self.levels, schools, school_word=self.school_word)


def level_name(star: int) -> str:
    """五星级 …, 不授星."""
    return Star(star).label + ("级" if star else "")


def by_place(
    schools: tuple[RatedSchool, ...], places: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names under each place that has any; one group without a name where there are no counties."""
    groups = [(place, [school for school in schools if school.place == place]) for place in places]
    named = groups or [("", schools)]
    return tuple((place, tuple(school.name for school in group)) for place, group in named if group)


def gather_facts(scheme: Scheme) -> BulletinFacts:
    """The figures of a settled year in administrative order; last year's counts only where they were
    published.
    """
    results = list(
        Result.objects.filter(scheme=scheme).select_related("school").order_by("order", "school_code")
    )
    spec = spec_of(current_version(scheme))
    return BulletinFacts(
        year=scheme.year,
        scheme=scheme.name,
        levels=tuple(sorted((band.star for band in spec.bands), reverse=True)),
        schools=tuple(
            RatedSchool(
                result.school_name,
                result.county_name,
                result.school.get_kind_display(),
                result.star,
                result.lapsed,
            )
            for result in results
        ),
        counties=tuple(dict.fromkeys(result.county_name for result in results if result.county_name)),
        steps=in_words(steps_taken(scheme)),
        declined=Assessment.objects.filter(scheme=scheme, status=Status.DECLINED).count(),
        last_year=_last_year(scheme),
        category_rates=_category_rates(spec, results),
        invested=investment_of(scheme.city, scheme.year),
    )


def _last_year(scheme: Scheme) -> dict[int, int] | None:
    before = Scheme.objects.published().filter(city=scheme.city_id, year=scheme.year - 1)
    earlier = Result.objects.filter(scheme__in=before, lapsed=False)
    return dict(Counter(earlier.values_list("star", flat=True))) or None


def _category_rates(spec: SchemeSpec, results: list[Result]) -> tuple[tuple[str, Fraction], ...]:
    """Mean score rate of each category over the schools with points; only their order is ever told."""
    figures = [result.figures["categories"] for result in results if result.total is not None]
    if not figures:
        return ()
    return tuple(
        (
            category.name,
            sum(Fraction(points[category.code]) for points in figures)
            / len(figures)
            / spec.category_points[category.code],
        )
        for category in spec.scored_categories
    )
