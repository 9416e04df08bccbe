"""Schools waiting for the county: submitted by hand, so that one test may hold thirty of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.utils import timezone

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Item, MetricSnapshot, Move, Scheme, Score
from ratings.rules import Asked
from ratings.workflow import open_county_rows, scheme_spec
from schools.models import Region, School
from tests.rating_factories import spec_for


def best_answer(question: Asked):
    """The answer that earns most; counts stay at none, as they may be deductions."""
    if question.kind == "tick":
        return True
    if question.kind == "count":
        return 0
    return question.levels[0][0] if question.kind == "level" else str(question.high or 2)


def put_before_county(assessment: Assessment, spec: SchemeSpec) -> None:
    """As if the school had submitted its best answers and full figures."""
    scores = list(assessment.scores.filter(stage=Stage.SELF).select_related("item"))
    for score in scores:
        bound = spec.bound[score.item.code]
        asked = [one for one in bound.asked if one.name not in bound.not_for_school]
        score.answers = {"答": {one.name: best_answer(one) for one in asked}}
        score.points = score.item.points
    Score.objects.bulk_update(scores, ["answers", "points"])
    values = {
        reference: "0" if "逾期" in reference or "缺" in reference else "1000"
        for reference in spec.references
    }
    MetricSnapshot.objects.create(
        assessment=assessment, moment="submit", values=values, taken_at=timezone.now()
    )
    Move.objects.create(
        assessment=assessment,
        step="submit",
        from_status=Status.DRAFT,
        to_status=Status.COUNTY,
        at=timezone.now(),
    )
    assessment.status = Status.COUNTY
    assessment.save(update_fields=["status"])
    open_county_rows(assessment, spec)


def county_year(scheme: Scheme, count: int | None = None) -> None:
    """The first `count` schools of the scheme, or all, wait for their county."""
    spec = scheme_spec(scheme)
    for assessment in list(scheme.assessments.order_by("pk")[:count]):
        if assessment.status == Status.DRAFT:
            put_before_county(assessment, spec)
    Scheme.objects.filter(pk=scheme.pk).update(phase=Phase.SCORING)


def county_scheme(city: Region, schools: Iterable[School], *, year: int) -> Scheme:
    """A small scheme with a county stage in which the given schools wait for their counties."""
    spec = replace(spec_for(city, year), has_county_stage=True)
    scheme = create_scheme(spec, city=city)
    freeze(scheme, reason="启动", spec=spec)
    items = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    for school in schools:
        assessment = Assessment.objects.create(scheme=scheme, school=school)
        codes = [code for code, bound in spec.bound.items() if bound.owed_by_school]
        Score.objects.bulk_create(
            Score(assessment=assessment, item_id=items[code], stage=Stage.SELF) for code in codes
        )
    county_year(scheme)
    return scheme
