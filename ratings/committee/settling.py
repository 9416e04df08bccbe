"""How a result explains itself: figures, the steps in their order, and the way to the next star."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.enums import Phase, Star, Status
from ratings.models import Assessment, Decision, Move, Result, Scheme
from ratings.rules.rounding import rounded
from ratings.scoring import Outcome, advise, in_words, show, show_rate
from ratings.sheets.evaluation import Evaluation, evaluate
from schools import audit
from schools.saving import Refused, insert_many

from .readiness import assessments_of, decision_of, missing_for_settling


def figures_of(spec: SchemeSpec, outcome: Outcome) -> dict[str, Any]:
    """Every figure as shown (two decimals, which is also its exact value); null for an item that does not
    apply.
    """
    totals = outcome.totals
    if totals is None:
        return {}
    return {
        "items": {
            code: None if item.points is None else show(item.points) for code, item in outcome.items.items()
        },
        "categories": {code: show(points) for code, points in totals.categories.items()},
        "rates": {code: show_rate(rate) for code, rate in totals.rates.items()},
        "lowest_rate": show_rate(totals.lowest_rate),
        "base": show(totals.base),
        "bonus_raw": show(totals.bonus_raw),
        "bonus": show(totals.bonus),
        "total": show(totals.total),
    }


def trace_of(spec: SchemeSpec, outcome: Outcome, *, decided: int | None = None) -> dict[str, Any]:
    """The steps that made the star, in the printed order; aggregated figures only, never a single judge's."""
    items = [
        {
            "code": code,
            "name": spec.bound[code].item.name,
            "full": show(spec.bound[code].item.points),
            "points": None if item.points is None else show(item.points),
            "steps": list(item.steps),
        }
        for code, item in outcome.items.items()
    ]
    star = list(outcome.verdict.steps)
    if decided is not None:
        agreed = decided == outcome.verdict.star
        how = "（与计算一致）" if agreed else "（与计算不同，理由见审定意见）"
        star.append(f"评委会审定：{Star(decided).label}{how}")
    return {"items": items, "totals": list(outcome.totals.steps) if outcome.totals else [], "star": star}


class NotSettled(Refused):
    """The year cannot be settled; `missing` lists (school name, problem), every one of them."""

    def __init__(self, missing: list[tuple[str, str]]):
        super().__init__([f"{school}：{text}" for school, text in missing])
        self.missing = missing


def accept_computed(
    evaluation: Evaluation,
    *,
    by,
    only: Collection[int] | None = None,
    minutes: str = "",
    at: datetime | None = None,
) -> int:
    """Record for every school under review (or `only` these) that the committee follows the computed star;
    tells how many.
    """
    at = at or timezone.now()
    waiting = Assessment.objects.filter(
        scheme=evaluation.scheme, status=Status.CITY, decision__isnull=True
    ).values_list("pk", flat=True)
    accepted = [
        Decision(assessment_id=pk, star=outcome.star, computed=outcome.star, minutes=minutes, by=by, at=at)
        for pk in waiting
        if (outcome := evaluation.outcomes[str(pk)]).verdict and (only is None or pk in only)
    ]
    insert_many(accepted)
    return len(accepted)


def settle_scheme(scheme: Scheme, *, by) -> None:
    """Score and settle under lock: a score saved at the same moment is either counted or refused, never lost
    in between.
    """
    with transaction.atomic():
        locked = Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=scheme.pk)
        lock_assessments(locked)
        settle(evaluate(locked), by=by)
    scheme.refresh_from_db()


def lock_assessments(scheme: Scheme) -> None:
    """Hold every assessment of the scheme until the end of the transaction; saving a score waits for the same
    row.
    """
    list(
        Assessment.objects.select_for_update()
        .filter(scheme=scheme)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def settle(evaluation: Evaluation, *, by, at: datetime | None = None) -> None:
    """Freeze a result for every school and close the scoring; all or nothing, in a constant number of
    queries.

    Raises NotSettled with the full list of what is missing. Lapsed schools get a result without a total.
    """
    at = at or timezone.now()
    with transaction.atomic():
        scheme = Scheme.objects.select_for_update().get(pk=evaluation.scheme.pk)
        if scheme.phase != Phase.SCORING:
            raise NotSettled([(scheme.name, f"方案处于“{scheme.get_phase_display()}”阶段，不能审定")])
        missing = missing_for_settling(evaluation)
        if missing:
            raise NotSettled([(gap.assessment.school.name, gap.text) for gap in missing])
        insert_many(_results(evaluation))
        insert_many(_moves(evaluation, by=by, at=at))
        Assessment.objects.filter(scheme=scheme, status=Status.CITY).update(status=Status.SETTLED)
        scheme.phase = Phase.SETTLED
        scheme.save(update_fields=["phase"])
        counts = Counter(Result.objects.filter(scheme=scheme).values_list("star", flat=True))
        detail = {
            "版本": evaluation.version.digest,
            "星级": {star.label: counts[star] for star in Star if counts[star]},
        }
        audit.record("settle", by=by, city=scheme.city, subject=str(scheme), detail=detail, at=at)
    evaluation.scheme.phase = Phase.SETTLED


def _results(evaluation: Evaluation) -> list[Result]:
    return [_result(evaluation, row, order) for order, row in enumerate(assessments_of(evaluation.scheme))]


def _result(evaluation: Evaluation, row: Assessment, order: int) -> Result:
    outcome, school, decision = evaluation.outcomes[str(row.pk)], row.school, decision_of(row)
    star = decision.star if decision else outcome.star
    result = Result(
        assessment=row,
        scheme=evaluation.scheme,
        version=evaluation.version,
        school=school,
        school_code=school.code,
        school_name=school.name,
        county_name=school.county.name if school.county else "",
        order=order,
        lapsed=row.status == Status.LAPSED,
        computed_star=outcome.star,
        star=star,
        restrictions=[cap.code for cap in outcome.verdict.caps if cap.code],
        figures=figures_of(evaluation.spec, outcome),
        trace=trace_of(evaluation.spec, outcome, decided=star),
        next_star=in_words(advise(evaluation.spec, evaluation.inputs[str(row.pk)], outcome)),
    )
    if outcome.totals:  # these have two decimals already: only the type changes
        for name in ("base", "bonus", "total"):
            setattr(result, name, rounded(getattr(outcome.totals, name)))
    result.digest = digest(result_content(result))
    return result


def result_content(result: Result) -> list:
    """What the digest of a result covers: criteria, school, star, every figure and every step."""
    return [
        result.version.digest,
        *(result.school_code, result.school_name, result.county_name),
        result.lapsed,
        result.computed_star,
        result.star,
        result.figures,
        result.trace,
    ]


def _moves(evaluation: Evaluation, *, by, at: datetime) -> list[Move]:
    decided = Assessment.objects.filter(scheme=evaluation.scheme, status=Status.CITY)
    return [
        Move(assessment_id=pk, step="settle", from_status=Status.CITY, to_status=Status.SETTLED, by=by, at=at)
        for pk in decided.values_list("pk", flat=True)
    ]
