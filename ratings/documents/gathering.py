"""From the rows of a year to what a bulletin says: facts, first draft, context."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

from ratings.criteria.versions import current_version, spec_of
from ratings.enums import PUBLIC_PHASES, Status
from ratings.models import Assessment, Bulletin, Result, Scheme
from schools.registry.investing import investment_of

from .annexes import draft_annexes
from .bulletin import BulletinContext
from .drafting import draft_addressee, draft_text, draft_title
from .facts import BulletinFacts, RatedSchool


def gather_facts(scheme: Scheme) -> BulletinFacts:
    """The figures of a settled year in administrative order; last year's counts only where they were published."""
    results = list(Result.objects.filter(scheme=scheme).select_related("school").order_by("order", "school_code"))
    spec = spec_of(current_version(scheme))
    return BulletinFacts(
        year=scheme.year,
        scheme=scheme.name,
        levels=tuple(sorted((band.star for band in spec.bands), reverse=True)),
        schools=tuple(_school(result) for result in results),
        counties=tuple(dict.fromkeys(result.county_name for result in results if result.county_name)),
        steps=_steps(scheme),
        declined=Assessment.objects.filter(scheme=scheme, status=Status.DECLINED).count(),
        last_year=_last_year(scheme),
        category_rates=_category_rates(spec, results),
        invested=investment_of(scheme.city, scheme.year),
    )


def _school(result: Result) -> RatedSchool:
    kind = result.school.get_kind_display()
    return RatedSchool(name=result.school_name, county=result.county_name, kind=kind, star=result.star, lapsed=result.lapsed)


def _steps(scheme: Scheme) -> tuple[str, ...]:
    county = ("县级初评",) if scheme.has_county_stage else ()
    return ("学校自评", *county, "市级评审", "集体审定")


def _last_year(scheme: Scheme) -> dict[int, int] | None:
    earlier = Result.objects.filter(scheme__city=scheme.city, scheme__year=scheme.year - 1, scheme__phase__in=PUBLIC_PHASES, lapsed=False)
    return dict(Counter(earlier.values_list("star", flat=True))) or None


def _category_rates(spec, results: list[Result]) -> tuple[tuple[str, Fraction], ...]:
    """Mean score rate of each category over the schools with points; only their order is ever told."""
    figures = [result.figures["categories"] for result in results if result.total is not None]
    if not figures:
        return ()
    sums = {category.code: sum((Decimal(one[category.code]) for one in figures), Decimal(0)) for category in spec.scored_categories}
    return tuple(
        (category.name, Fraction(sums[category.code]) / len(figures) / spec.category_points[category.code])
        for category in spec.scored_categories
    )


def draft_bulletin(scheme: Scheme, *, issued_on) -> Bulletin:
    """The bulletin of a settled scheme with the text the figures suggest; an existing draft is returned untouched.

    The organiser signs; several organisers separated by 、 issue jointly, the first one first.
    """
    existing = Bulletin.objects.filter(scheme=scheme).first()
    if existing is not None:
        return existing
    facts = gather_facts(scheme)
    organ, *others = [name.strip() for name in scheme.organiser.split("、") if name.strip()]
    return Bulletin.objects.create(
        scheme=scheme,
        organ=organ,
        co_organs="、".join(others),
        title=draft_title(facts),
        addressee=draft_addressee(facts).rstrip("：:"),
        body=draft_text(facts),
        issued_on=issued_on,
        printer=organ,
        printed_on=issued_on,
    )


def bulletin_context(bulletin: Bulletin) -> BulletinContext:
    """What page and PDF show of a bulletin; the annexes always come from the results, never from typed text."""
    return BulletinContext(
        organ=bulletin.organ,
        title=bulletin.title,
        addressee=bulletin.addressee,
        body=bulletin.body,
        issued_on=bulletin.issued_on,
        number=bulletin.number,
        co_organs=tuple(name.strip() for name in bulletin.co_organs.split("、") if name.strip()),
        sealed=bulletin.sealed,
        cc=bulletin.cc,
        printer=bulletin.printer,
        printed_on=bulletin.printed_on,
        annexes=draft_annexes(gather_facts(bulletin.scheme)),
    )
