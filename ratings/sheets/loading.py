"""Sheets out of the database: the school's own with everything it attached, and many schools' for whoever
reviews them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from django.db.models import Q

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage, Status
from ratings.models import Adjustment, Assessment, Evidence, MetricSnapshot, Score
from ratings.workflow import live_figures, returned_items, scheme_spec
from schools.metrics import COMPUTED, IMPORTED, Figure

from .answering import LIVE
from .sheet import SchoolSheet

NONE: Mapping = MappingProxyType({})
#: Nothing of any stage.
NO_STAGE = dict.fromkeys((Stage.SELF, Stage.COUNTY, Stage.CITY), NONE)


def own_sheet(assessment: Assessment, *, only: str = "", live: bool = False) -> SchoolSheet:
    """自评 as the school itself reads it, or with `only` the one item of that code and nothing that other
    items need.

    Figures are live while the school may still change its records, then those it submitted; with `live` they
    are today's.
    """
    spec = scheme_spec(assessment.scheme)
    wanted = (
        replace(
            spec, items=tuple(item for item in spec.items if item.code == only), bands=(), restrictions=()
        )
        if only
        else spec
    )
    snapshot = (
        None if live or assessment.status in LIVE else assessment.snapshots.order_by("taken_at", "id").last()
    )
    return SchoolSheet(
        spec=spec,
        assessment=assessment,
        reader=Stage.SELF,
        figures=signed_figures(snapshot) if snapshot else live_figures(assessment, wanted),
        rows={**NO_STAGE, Stage.SELF: _own_rows(assessment)},
        adjustments=NO_STAGE,
        snapshot=snapshot,
        evidence=by_item(Evidence.objects.filter(assessment=assessment).kept().select_related("item", "by")),
        requests=returned_items(assessment, "item__code") if assessment.status == Status.RETURNED else NONE,
        codes=tuple(item.code for item in wanted.items) if only else (),
    )


def load_sheets(
    spec: SchemeSpec,
    assessments: Iterable[Assessment],
    *,
    reader: str = Stage.COUNTY,
    city_rows: Q | None = None,
    elsewhere: frozenset[str] = frozenset(),
) -> list[SchoolSheet]:
    """Three queries for any number of schools, with the figures they signed.

    The county reads 自评 and 初评; a judge besides those rows of the city's stage that `city_rows` picks, and
    no others.
    """
    schools = list(assessments)
    snapshots = {
        one.assessment_id: one
        for one in MetricSnapshot.objects.filter(assessment__in=schools).order_by("taken_at", "id")
    }
    rows, adjustments = _rows(schools, city_rows), _adjustments(schools, reader)
    return [
        SchoolSheet(
            spec=spec,
            assessment=one,
            reader=reader,
            figures=signed_figures(snapshots.get(one.pk)),
            rows={stage: rows[one.pk, stage] for stage in NO_STAGE},
            adjustments={stage: adjustments[one.pk, stage] for stage in NO_STAGE},
            snapshot=snapshots.get(one.pk),
            elsewhere=elsewhere,
        )
        for one in schools
    ]


def signed_figures(snapshot: MetricSnapshot | None) -> dict[str, Figure]:
    """Figures as they were kept, exact."""
    if snapshot is None:
        return {}
    return {
        name: Figure(
            None if text is None else Fraction(text), IMPORTED if name in snapshot.sources else COMPUTED
        )
        for name, text in snapshot.values.items()
    }


def by_item(evidence: Iterable[Evidence]) -> dict[str, tuple[Evidence, ...]]:
    """What is attached, by item code; what belongs to no item is left out."""
    found: dict[str, tuple[Evidence, ...]] = defaultdict(tuple)
    for one in evidence:
        if one.item:
            found[one.item.code] += (one,)
    return found


def _own_rows(assessment: Assessment) -> dict[str, Score]:
    rows = {
        score.item.code: score
        for score in assessment.scores.filter(stage=Stage.SELF).select_related("item", "updated_by")
    }
    for score in rows.values():
        score.assessment = assessment
    return rows


def _rows(schools: list[Assessment], city_rows: Q | None) -> Mapping[tuple[int, str], dict[str, Score]]:
    wanted = Q(stage__in=(Stage.SELF, Stage.COUNTY))
    if city_rows is not None:
        wanted |= Q(city_rows, stage=Stage.CITY)
    found: dict[tuple[int, str], dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(wanted, assessment__in=schools).select_related("item", "updated_by"):
        found[score.assessment_id, score.stage][score.item.code] = score
    return found


def _adjustments(schools: list[Assessment], reader: str) -> Mapping[tuple[int, str], dict[str, Adjustment]]:
    """核定 by school and stage; what the city set is not for the county to see."""
    found: dict[tuple[int, str], dict[str, Adjustment]] = defaultdict(dict)
    rows = Adjustment.objects.filter(assessment__in=schools).select_related("item", "by")
    for one in rows if reader == Stage.CITY else rows.filter(stage=Stage.COUNTY):
        found[one.assessment_id, one.stage][one.item.code] = one
    return found
