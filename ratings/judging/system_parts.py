"""What the system computed at one school, and who has adjusted it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import ItemSpec, SchemeSpec
from ratings.enums import Stage
from ratings.models import Adjustment, Assessment
from ratings.review.adjusting import system_full
from ratings.scoring import Blocked, system_part
from ratings.workflow import figures_of

from .table import Shown, shown


@dataclass(frozen=True)
class SystemLine:
    """The computed part of one item: points by the figures, and the 核定 of either stage."""

    item: ItemSpec
    full: Fraction
    figures: tuple[Shown, ...]
    system: Fraction | None
    county: Adjustment | None
    city: Adjustment | None


def system_lines(assessment: Assessment, spec: SchemeSpec, *, only: str = "") -> list[SystemLine]:
    """Items with a computed part, or the one named; three queries."""
    metrics = figures_of(assessment)
    adjustments = {(one.stage, one.item.code): one for one in Adjustment.objects.filter(assessment=assessment).select_related("item", "by")}
    found = []
    for code, bound in spec.bound.items():
        if not bound.system_parts or (only and code != only):
            continue
        names = sorted({name for index in bound.system_parts for name in bound.part_references[index]})
        try:
            system = system_part(spec, bound, metrics)[0]
        except Blocked:
            system = None
        figures = tuple(shown(spec, name, metrics.get(name)) for name in names)
        county, city = adjustments.get((Stage.COUNTY, code)), adjustments.get((Stage.CITY, code))
        found.append(SystemLine(bound.item, system_full(bound), figures, system, county, city))
    return found
