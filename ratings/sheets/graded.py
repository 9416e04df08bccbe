"""A graded rule as a ladder: every step of a 档 with its points, where the school stands, and what would lead
a step up.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone

from ratings.rules import next_changes, reference_key, to_text
from ratings.rules.rounding import plain
from ratings.rules.syntax import Graded
from ratings.scoring.advice import STANDING_SECTIONS
from schools.metrics import METRICS

from . import FigureLine, Line, SchoolSheet
from .answering import LIVE


@dataclass(frozen=True)
class Rung:
    text: str
    points: str
    here: bool


def ladders_of(line: Line, sheet: SchoolSheet) -> list[tuple[FigureLine, tuple[Rung, ...]]]:
    """Every figure of the item with the ladder it is read on; without steps where the rule has
    another form.
    """
    graded: dict[str, tuple[Rung, ...]] = {}
    for index in line.bound.system_parts:
        part = line.item.rule.parts[index]
        if isinstance(part, Graded):
            key = reference_key(part.subject)
            graded[key] = _rungs(part, sheet.figures[key].value, sheet)
    return [(figure, graded.get(figure.reference, ())) for figure in line.figures]


def tells_all(line: Line) -> bool:
    """Whether ladders alone show how every system part came about."""
    return all(isinstance(line.item.rule.parts[index], Graded) for index in line.bound.system_parts)


def _rungs(part: Graded, value: Fraction | None, sheet: SchoolSheet) -> tuple[Rung, ...]:
    metric = sheet.spec.metrics[part.subject.name]
    unit = "" if metric.unit in ("%", "是否") else f" {metric.unit}"
    standing = next((band for band in part.bands if value is not None and band.fits(value)), None)
    return tuple(
        Rung(
            f"{to_text(band.test)}{unit}" if band.test else "其他", plain(band.points.value), band is standing
        )
        for band in part.bands
    )


def further_steps(line: Line, sheet: SchoolSheet) -> list[str]:
    """Single changes of recorded activity that would bring points, in words; none once the period is over.

    Never seats, staff or money, and never what people judge.
    """
    if timezone.localdate() > sheet.spec.period_end or sheet.assessment.status not in LIVE:
        return []
    values = {name: figure.value for name, figure in sheet.figures.items()}
    changes = next_changes(line.item.rule, sheet.spec.vocabulary, values, item_points=line.item.points)
    return [change.text for change in changes if _is_activity(change.label)]


def _is_activity(label: str) -> bool:
    metric = METRICS.get(label)
    return metric is not None and metric.section not in STANDING_SECTIONS
