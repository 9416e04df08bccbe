"""Drafts to edit: a small one like every other year, and one as large as a published table."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from ratings.criteria.spec import CategorySpec, CustomMetricSpec, ItemSpec
from ratings.criteria.storing import create_scheme
from ratings.models import Scheme
from schools.models import Region
from tests.rating_factories import spec_for


def draft_year(city: Region, *, year: int = 2030, **changes) -> Scheme:
    """The usual three items, still being drafted."""
    return create_scheme(replace(spec_for(city, year), **changes), city=city)


def large_draft(city: Region, *, items: int, year: int = 2031) -> Scheme:
    """Six categories with up to seven groups each: 228 items make the size of a published
    three-level table.
    """
    letters = "BCDEFG"
    lines = tuple(
        ItemSpec(
            f"{letters[place % 6]}{place // 6 + 1}",
            f"第{place + 1}项",
            Fraction(1, 2),
            "分(0—0.5)",
            category=letters[place % 6],
            group=f"第{place // 6 // 6 + 1}组",
        )
        for place in range(items)
    )
    categories = tuple(CategorySpec(letter, f"{letter}类") for letter in letters)
    return draft_year(city, year=year, categories=categories, items=lines)


def with_metric(city: Region, *, filled_by: str, year: int = 2030) -> Scheme:
    """A draft whose first item counts a figure that nobody records."""
    spec = spec_for(city, year)
    counted = replace(spec.items[0], rule_text="档(群众满意度: ≥90%→40; ≥60%→20; 其他→0)")
    metric = CustomMetricSpec("群众满意度", direction="up", upper=Fraction(1), filled_by=filled_by)
    return draft_year(city, year=year, items=(counted, *spec.items[1:]), custom_metrics=(metric,))
