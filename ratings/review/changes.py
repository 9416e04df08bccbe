"""数据变化和补录: figures that a school signed against what its records say now, and how much was registered
late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Status
from ratings.models import Assessment, MetricSnapshot
from ratings.rules.rounding import with_unit
from ratings.workflow import city_figures
from schools.metrics import METRICS, compute
from schools.models import School

LATE = "补录占比"


@dataclass(frozen=True)
class Change:
    """One figure then and now, with the items that read it."""

    reference: str
    then: str
    now: str
    items: tuple[str, ...]


def changes_of(spec: SchemeSpec, assessments: Sequence[Assessment]) -> list[tuple[Assessment, list[Change]]]:
    """Schools of the county's stage whose figures differ from what was submitted; the queries do not grow
    with the schools.
    """
    rows = [one for one in assessments if one.status in (Status.COUNTY, Status.RETURNED)]
    signed = MetricSnapshot.objects.filter(
        assessment__in=[one.pk for one in rows], moment=MetricSnapshot.Moment.SUBMIT
    )
    then = dict(signed.values_list("assessment_id", "values"))
    rows = [one for one in rows if one.pk in then]
    now = city_figures(spec, School.objects.filter(pk__in=[one.school_id for one in rows])) if rows else {}
    found = [(one, _differences(spec, then[one.pk], now.get(one.school_id, {}))) for one in rows]
    return [(one, differences) for one, differences in found if differences]


def late_shares(spec: SchemeSpec, assessments: Sequence[Assessment]) -> list[tuple[Assessment, str]]:
    """Schools with classes registered more than 15 days after they were held, and the share of
    such classes.
    """
    schools = School.objects.filter(pk__in=[one.school_id for one in assessments])
    found = compute([LATE], schools=schools, start=spec.period_start, end=spec.period_end)
    unit = METRICS[LATE].unit
    return [
        (one, with_unit(found[one.school_id][LATE], unit))
        for one in assessments
        if found[one.school_id][LATE]
    ]


def _differences(spec: SchemeSpec, then: dict[str, str | None], now: dict) -> list[Change]:
    found = []
    for reference in sorted(now):
        before, after = then.get(reference), now[reference].value
        if before != (None if after is None else str(after)):
            unit = spec.metrics[reference.partition("[")[0]].unit
            items = tuple(code for code, bound in spec.bound.items() if reference in bound.references)
            found.append(Change(reference, _text(before, unit), with_unit(after, unit), items))
    return found


def _text(value: str | None, unit: str) -> str:
    return with_unit(None if value is None else Fraction(value), unit)
