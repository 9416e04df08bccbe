"""自定义指标的数值: typed by whom the metric names, until the figures of the school are taken for good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import CustomMetricSpec, SchemeSpec
from ratings.criteria.versions import current_spec
from ratings.enums import FilledBy, Phase, Stage, Status
from ratings.models import Assessment, Scheme, SchemeVersion
from ratings.workflow import is_overdue, returned_items, void_signature
from schools.models import MetricValue, Role, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.records.changes import note_change, snapshot

WRITERS = {FilledBy.SCHOOL: SCHOOL_ROLES, FilledBy.COUNTY: COUNTY_ROLES, FilledBy.CITY: (Role.OFFICE,)}
STAGES = {FilledBy.SCHOOL: Stage.SELF, FilledBy.COUNTY: Stage.COUNTY}
#: Figures are taken for good when the county recommends, or when the school submits where there is no county
#: stage.
BEFORE_FINAL = (Status.DRAFT, Status.CONFIRMING, Status.RETURNED, Status.COUNTY)
NOTE = "自定义指标填报"


class TypedFigure(NamedTuple):
    """One figure as it was typed: `was` is what stood in the field when the page was opened."""

    assessment: int
    metric: str
    was: Decimal | None
    value: Decimal | None


@dataclass(frozen=True)
class FigureLine:
    """What is stored now, and why it may not be typed ("" when it may)."""

    assessment: Assessment
    metric: CustomMetricSpec
    value: Decimal | None
    closed: str


def figure_metrics(scheme: Scheme, user: User) -> tuple[CustomMetricSpec, ...]:
    """The metrics of an opened scheme whose values this identity types."""
    role = user.identity.role if user.identity else None
    try:
        spec = current_spec(scheme)
    except SchemeVersion.DoesNotExist:
        return ()
    return tuple(metric for metric in spec.custom_metrics if role in WRITERS[FilledBy(metric.filled_by)])


def figure_lines(
    scheme: Scheme, metrics: Sequence[CustomMetricSpec], assessments: Iterable[Assessment], user: User
) -> list[list[FigureLine]]:
    """A row of figures for every school: two queries, and a few more for schools that were asked to mend."""
    rows = list(assessments)
    stored = _stored(scheme, [one.school_id for one in rows], [metric.label for metric in metrics])
    spec = current_spec(scheme)
    return [
        [
            FigureLine(
                one, metric, stored.get((one.school_id, metric.label)), closed(one, metric, spec, user)
            )
            for metric in metrics
        ]
        for one in rows
    ]


def figures_left(scheme: Scheme, user: User) -> int:
    """How many figures this identity still owes."""
    metrics = figure_metrics(scheme, user)
    if not metrics or scheme.phase not in (Phase.OPEN, Phase.SCORING):
        return 0
    mine = Assessment.objects.visible_to(user).filter(scheme=scheme, status__in=BEFORE_FINAL)
    if user.identity.role in SCHOOL_ROLES:
        mine = mine.exclude(status=Status.COUNTY)
    labels = [metric.label for metric in metrics]
    typed = MetricValue.objects.filter(
        school__in=mine.values("school"), year=scheme.year, reference__in=labels
    ).count()
    return max(mine.count() * len(labels) - typed, 0)


def type_figures(
    scheme: Scheme, typed: Sequence[TypedFigure], *, by: User
) -> list[tuple[TypedFigure, str, Decimal | None]]:
    """Store what was changed; returns what was not stored: the figure, why, and what is stored now.

    A figure that somebody else changed since the page was opened is not overwritten. The signature on paper
    no longer covers what changed.
    """
    metrics = {metric.label: metric for metric in figure_metrics(scheme, by)}
    refused: list[tuple[TypedFigure, str, Decimal | None]] = []
    with transaction.atomic():
        wanted = {one.assessment for one in typed}
        visible = Assessment.objects.visible_to(by).filter(scheme=scheme, pk__in=wanted).values("pk")
        locked = Assessment.objects.select_for_update(of=("self",)).filter(pk__in=visible).order_by("pk")
        rows = {
            one.pk: one for one in locked.select_related("scheme", "school").prefetch_related("extensions")
        }
        stored = _stored(scheme, [one.school_id for one in rows.values()], list(metrics))
        spec = current_spec(scheme)
        for one in typed:
            assessment, metric = rows.get(one.assessment), metrics.get(one.metric)
            if assessment is None or metric is None:
                continue
            now = stored.get((assessment.school_id, one.metric))
            if one.value in (now, one.was):
                continue
            if why := closed(assessment, metric, spec, by):
                refused.append((one, why, now))
            elif now != one.was:
                refused.append((one, "别人刚改过这个数，请核对后再保存。", now))
            else:
                _store(assessment, one, by)
                void_signature(assessment)
    return refused


def closed(assessment: Assessment, metric: CustomMetricSpec, spec: SchemeSpec, user: User) -> str:
    """Why the figure may not be typed now, as a sentence; "" when it may."""
    filled_by = FilledBy(metric.filled_by)
    if assessment.scheme.phase not in (Phase.OPEN, Phase.SCORING):
        return f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再填。"
    allowed = BEFORE_FINAL[:3] if filled_by == FilledBy.SCHOOL else BEFORE_FINAL
    if assessment.status not in allowed:
        return f"申报处于“{assessment.get_status_display()}”，数已取定。"
    if filled_by in STAGES and is_overdue(assessment, STAGES[filled_by]):
        return f"{Stage(STAGES[filled_by]).label}已截止。"
    return _own_rules(assessment, metric, spec, user) if filled_by == FilledBy.SCHOOL else ""


def _own_rules(assessment: Assessment, metric: CustomMetricSpec, spec: SchemeSpec, user: User) -> str:
    """A school hands its figures to its head like its answers, and mends only what it was asked to."""
    role = user.identity.role if user.identity else None
    if assessment.status == Status.CONFIRMING and role == Role.FILLER:
        return "已交负责人确认，如需修改请先取回。"
    if assessment.status == Status.RETURNED:
        codes = returned_items(assessment, "item__code")
        if not any(metric.label in spec.bound[code].references for code in codes if code in spec.bound):
            return "退回补正时只能修改所列小项要用的数。"
    return ""


def _stored(scheme: Scheme, schools: list[int], labels: list[str]) -> Mapping[tuple[int, str], Decimal]:
    rows = MetricValue.objects.filter(school__in=schools, year=scheme.year, reference__in=labels)
    return {(row.school_id, row.reference): row.value for row in rows}


def _store(assessment: Assessment, one: TypedFigure, by: User) -> None:
    """Write the figure, with the old and the new one in the 修改记录 of the school."""
    key = {"school_id": assessment.school_id, "year": assessment.scheme.year, "reference": one.metric}
    row = MetricValue.objects.filter(**key).first()
    before = snapshot(row) if row else {}
    if one.value is None:
        note_change(row, school=assessment.school, action="void", before=before, after={}, by=by)
        row.delete()
        return
    action = "change" if row else "add"
    row = row or MetricValue(**key)
    row.value, row.note, row.recorded_by, row.recorded_at = one.value, NOTE, by, timezone.now()
    row.save()
    note_change(row, school=assessment.school, action=action, before=before, after=snapshot(row), by=by)
