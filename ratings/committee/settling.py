"""审定: the committee follows the computed star of a school, or deviates and says why; then it settles the
year, and each result explains itself by figures, by the steps in their order, by the way to the next star.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.criteria.storing import hold_scheme
from ratings.enums import Phase, Star, Status
from ratings.models import Assessment, Decision, Move, Restriction, RestrictionCase, Result, Scheme
from ratings.rules.rounding import rounded
from ratings.scoring import Outcome, advise, show, show_rate
from ratings.sheets.evaluation import Evaluation, evaluate
from ratings.workflow import hold_all, hold_assessment
from schools import audit
from schools.models import User
from schools.saving import Refused, hold, insert_many

from .readiness import assessments_of, decision_of, missing_for_settling, proposed
from .showing import shown_case, shown_outcome, shown_ready

#: A school that stays settled while another one was reopened may be decided on anew: the share of five stars
#: ties them.
DECIDABLE = (Status.CITY, Status.SETTLED)


class Ballot(NamedTuple):
    """How the committee voted and where it stands written; a vote may be left out, the minutes too."""

    votes_for: int | None = None
    votes_against: int | None = None
    votes_abstained: int | None = None
    minutes: str = ""


def decide(
    assessment: Assessment,
    *,
    by,
    star: int | None = None,
    reason: str = "",
    ballot: Ballot | None = None,
    seen: str | None = None,
) -> Decision:
    """Record the committee's star for one school; without `star` the computed one.

    The star is compared with what the scores give at this very moment, under lock, and all of it with what
    the page showed that sent `seen`: of two who decide the second is told of the first. Raises Refused.
    """
    ballot = ballot or Ballot()
    with transaction.atomic():
        row = _under_review(assessment)
        evaluation = evaluate(row.scheme, only=row.pk)
        outcome = evaluation.outcomes[str(row.pk)]
        if outcome.problems:
            raise Refused(f"还不能审定：{outcome.problems[0].text}。")
        star = outcome.star if star is None else star
        if star not in offered_stars(evaluation):
            raise Refused(f"本方案不设{Star(star).label}。")
        awarded, computed = Star(star).label, Star(outcome.star).label
        reason = reason.strip() if star != outcome.star else ""
        if star != outcome.star and not reason:
            raise Refused(f"审定为{awarded}，与计算结果{computed}不同，请写明理由。")
        ballot = ballot._replace(minutes=ballot.minutes.strip())
        values = {"star": star, "computed": outcome.star, "reason": reason, **ballot._asdict()}
        before = Decision.objects.filter(assessment=row).select_related("by").first()
        if before and before.by == by and values == {name: getattr(before, name) for name in values}:
            return before  # the answer to an earlier, identical one may have been lost on the way
        shown_case(row, outcome, before).refuse_changed(seen)
        decision, _ = Decision.objects.update_or_create(
            assessment=row, defaults={**values, "by": by, "at": timezone.now()}
        )
        _record(
            "decide",
            row,
            by,
            {
                "审定": awarded,
                "计算": computed,
                "理由": reason,
                "会议纪要": ballot.minutes,
                "同意": ballot.votes_for,
                "不同意": ballot.votes_against,
                "弃权": ballot.votes_abstained,
            },
        )
    return decision


def _record(act: str, row: Assessment, by: User, detail: dict) -> None:
    audit.record(act, by=by, city=row.scheme.city, subject=str(row), detail=detail)


def acceptable(evaluation: Evaluation) -> list[Assessment]:
    """Schools whose computed star the committee can follow in one act: scored, nothing left to confirm, not
    decided.
    """
    rows = Assessment.objects.filter(
        scheme=evaluation.scheme, status=Status.CITY, decision__isnull=True
    ).select_related("school__county")
    return [row for row in rows.in_order() if _is_acceptable(evaluation, str(row.pk))]


def accept_all(scheme: Scheme, *, by, minutes: str = "", seen: str | None = None) -> int:
    """Follow the computed star of every school that is ready; the others keep waiting. Tells how many were
    decided.

    Where schools or stars are others than on the page that sent `seen`, Stale is raised: nobody may get a
    star that the committee has not looked at.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        if locked.phase != Phase.SCORING:
            raise Refused(f"方案处于“{locked.get_phase_display()}”阶段，不能登记审定意见。")
        hold_all(locked)
        evaluation = evaluate(locked)
        rows = acceptable(evaluation)
        shown_ready(evaluation, rows).refuse_changed(seen)
        ready = {row.pk for row in rows}
        count = accept_computed(evaluation, by=by, only=ready, minutes=minutes.strip())
        if count:
            stars = Counter(Star(evaluation.outcomes[str(pk)].star).label for pk in ready)
            detail = {"审定": "按计算结果", "学校": count, "星级": dict(stars), "会议纪要": minutes.strip()}
            audit.record("decide", by=by, city=locked.city, subject=str(locked), detail=detail)
    return count


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


def confirm_case(assessment: Assessment, restriction: Restriction, *, by, basis: str) -> RestrictionCase:
    """A named person finds that a restriction applies, and names the document it rests on. Raises Refused."""
    basis = basis.strip()
    if not basis:
        raise Refused("请写明认定依据。")
    with transaction.atomic():
        row = _under_review(assessment)
        case, made = RestrictionCase.objects.get_or_create(
            assessment=row,
            restriction=restriction,
            defaults={"basis": basis, "by": by, "at": timezone.now()},
        )
        if not made:
            found = case.by.name if case.by else ""
            at = timezone.localtime(case.at)
            raise Refused(f"{restriction.code} 已由{found}于{at:%m月%d日 %H:%M}认定，依据：{case.basis}。")
        _record("restrict", row, by, {"情形": str(restriction), "后果": restriction.effect, "依据": basis})
    return case


def withdraw_case(assessment: Assessment, restriction: Restriction, *, by, reason: str) -> None:
    """Take back a finding that proved wrong; what it rested on and why it falls stay in the audit trail."""
    reason = reason.strip()
    if not reason:
        raise Refused("请写明撤销认定的理由。")
    with transaction.atomic():
        row = _under_review(assessment)
        found = hold(RestrictionCase.objects.filter(assessment=row, restriction=restriction))
        if not found:
            raise Refused(f"{restriction.code} 没有认定记录。")
        [case] = found
        case.delete()
        _record("restrict", row, by, {"情形": str(restriction), "撤销": reason, "原依据": case.basis})


def offered_stars(evaluation: Evaluation) -> list[int]:
    """Stars the committee may award, best first; 不授星 always."""
    return [*sorted((band.star for band in evaluation.spec.bands), reverse=True), Star.NONE.value]


def _is_acceptable(evaluation: Evaluation, key: str) -> bool:
    ready = not evaluation.outcomes[key].problems and key not in evaluation.outdated
    return ready and not proposed(evaluation, key)


def _under_review(assessment: Assessment) -> Assessment:
    """The locked row of a school the committee may still decide on."""
    row = hold_assessment(assessment.pk)
    if row.scheme.phase != Phase.SCORING:
        raise Refused(f"方案处于“{row.scheme.get_phase_display()}”阶段，不能登记审定意见。")
    if row.status not in DECIDABLE:
        raise Refused(f"本校处于“{row.get_status_display()}”，不能登记审定意见。")
    return row


class NotSettled(Refused):
    """The year cannot be settled; `missing` lists (school name, problem), every one of them."""

    def __init__(self, missing: list[tuple[str, str]]):
        super().__init__([f"{school}：{text}" for school, text in missing])
        self.missing = missing


def settle_scheme(scheme: Scheme, *, by, seen: str | None = None) -> None:
    """Score and settle under lock: a score saved at the same moment is either counted or refused, never lost
    in between. What is frozen is what the page showed that sent `seen`.
    """
    with transaction.atomic():
        locked = hold_scheme(scheme.pk)
        hold_all(locked)
        evaluation = evaluate(locked)
        shown_outcome(evaluation, assessments_of(locked)).refuse_changed(seen)
        settle(evaluation, by=by)
    scheme.refresh_from_db()


def settle(evaluation: Evaluation, *, by, at: datetime | None = None) -> None:
    """Freeze a result for every school and close the scoring; all or nothing, in a constant number of
    queries.

    Raises NotSettled with the full list of what is missing. Lapsed schools get a result without a total.
    """
    at = at or timezone.now()
    with transaction.atomic():
        scheme = hold_scheme(evaluation.scheme.pk)
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
        next_star=advise(evaluation.spec, evaluation.inputs[str(row.pk)], outcome),
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
