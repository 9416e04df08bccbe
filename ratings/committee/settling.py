"""审定: the committee follows the computed star of a school, or deviates and says why; then it settles the
year, and each result explains itself by figures, by the steps in their order, by the way to the next star.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.criteria.storing import hold_scheme
from ratings.enums import Phase, Star, Status
from ratings.models import (
    Assessment,
    Decision,
    Meeting,
    Motion,
    Move,
    Restriction,
    RestrictionCase,
    Result,
    Scheme,
)
from ratings.rules.rounding import rounded
from ratings.scoring import Outcome, advise, show, show_rate
from ratings.sheets.evaluation import Evaluation, evaluate
from ratings.workflow import hold_all, hold_assessment
from schools import audit
from schools.models import User
from schools.saving import Refused, hold, insert_many

from .basis import taken_on
from .meetings import Ballot, check_ballot, counted_votes, named
from .readiness import (
    assessments_of,
    by_hand,
    decision_of,
    missing_for_settling,
    pending_motions,
    proposed,
    undecided,
)
from .showing import shown_case, shown_outcome, shown_ready

#: A school that stays settled while another one was reopened may be decided on anew: the share of five stars
#: ties them.
DECIDABLE = (Status.CITY, Status.SETTLED)


def decide(
    assessment: Assessment,
    *,
    by: User,
    star: int | None = None,
    ballot: Ballot | None = None,
    meeting: Meeting | None = None,
    seen: str | None = None,
) -> Decision:
    """The chair records that the meeting (the latest, unless it is named) follows the computed star, which is
    `star` where somebody has looked at it.

    The star is compared with what the scores give at this very moment, under lock, and all of it with what
    the page showed that sent `seen`: of two who decide the second is told of the first. Another star is a
    Motion of the office, and so is taking back what two people decided. Raises Refused.
    """
    with transaction.atomic():
        row = under_review(assessment)
        evaluation = evaluate(row.scheme, only=row.pk)
        outcome = ready_outcome(evaluation, row)
        standing = Decision.objects.filter(assessment=row).select_related("by").first()
        values = _decided(row, outcome, outcome.star, ballot=ballot, meeting=meeting)
        if standing and standing.by == by and _is_same(standing, values):
            return standing  # the answer to an earlier, identical one may have been lost on the way
        shown_case(row, outcome, standing).refuse_changed(seen)
        computed = Star(outcome.star).label
        if star not in (None, outcome.star):
            awarded = Star(star).label
            raise Refused(f"审定为{awarded}，与计算结果{computed}不同，{BY_TWO}")
        if Motion.objects.pending().filter(assessment=row, restriction=None).exists():
            raise Refused("办公室已登记与计算不同的审定，请先确认或退回。")
        if standing and standing.deviates and standing.star != outcome.star:
            raise Refused(f"本校已审定为{standing.get_star_display()}（与计算不同），改为{computed}{BY_TWO}")
        return write_decision(row, values, by=by)


#: Who does what where a star is changed by hand.
BY_TWO = "须由市评委会办公室按会议登记、评委会主任确认。"


def ready_outcome(evaluation: Evaluation, row: Assessment) -> Outcome:
    """What the scores of a school give; Refused while something is missing."""
    outcome = evaluation.outcomes[str(row.pk)]
    if outcome.problems:
        raise Refused(f"还不能审定：{outcome.problems[0].text}。")
    return outcome


def _decided(
    row: Assessment,
    outcome: Outcome,
    star: int,
    *,
    ballot: Ballot | None,
    meeting: Meeting | None,
    motion: Motion | None = None,
) -> dict[str, Any]:
    """The columns of a decision; Refused where the meeting or its vote cannot be."""
    ballot, held = ballot or Ballot(), named(row.scheme, meeting)
    check_ballot(held, ballot, counted=motion is not None)
    reason = motion.reason if motion and star != outcome.star else ""
    return {
        "star": star,
        "reason": reason,
        "meeting": held,
        "minutes": "",
        "recorded_by": motion and motion.by,
        "recorded_at": motion and motion.at,
        **counted_votes(ballot),
        **taken_on(outcome),
    }


def _is_same(decision: Decision, values: Mapping[str, Any]) -> bool:
    return all(getattr(decision, name) == value for name, value in values.items())


def carry_star(motion: Motion, row: Assessment, outcome: Outcome, *, by: User) -> Decision:
    """What the office recorded of a meeting becomes the decision of whoever confirms it."""
    ballot = Ballot(motion.votes_for, motion.votes_against, motion.votes_abstained)
    told = {"ballot": ballot, "meeting": motion.meeting, "motion": motion}
    return write_decision(row, _decided(row, outcome, motion.star, **told), by=by)


def write_decision(row: Assessment, values: Mapping[str, Any], *, by: User) -> Decision:
    """Keep what the meeting decided and enter it in the audit trail; the caller has locked and checked the
    school.
    """
    decision, _ = Decision.objects.update_or_create(
        assessment=row, defaults={**values, "by": by, "at": timezone.now()}
    )
    recorder = values["recorded_by"]
    detail = {
        "审定": Star(values["star"]).label,
        "计算": Star(values["computed"]).label,
        "理由": values["reason"],
        "会议": str(values["meeting"]),
        "登记人": recorder.name if recorder else "",
        "同意": values["votes_for"],
        "不同意": values["votes_against"],
        "弃权": values["votes_abstained"],
    }
    audit_of("decide", row, by, detail)
    return decision


def audit_of(act: str, row: Assessment, by: User, detail: dict) -> None:
    audit.record(act, by=by, city=row.scheme.city, subject=str(row), detail=detail)


def acceptable(evaluation: Evaluation) -> list[Assessment]:
    """Schools whose computed star the committee can follow in one act: scored, nothing left to confirm, and
    not decided on these figures by a meeting.
    """
    return [
        row
        for row in assessments_of(evaluation.scheme).filter(status__in=DECIDABLE)
        if _is_acceptable(evaluation, row)
    ]


def accept_all(scheme: Scheme, *, by, meeting: Meeting | None = None, seen: str | None = None) -> int:
    """Follow the computed star of every school that is ready, in the name of the meeting (the latest, unless
    it is named); the others keep waiting. Tells how many were decided.

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
        held = named(locked, meeting)
        count = accept_computed(evaluation, by=by, only=ready, meeting=held)
        if count:
            stars = Counter(Star(evaluation.outcomes[str(pk)].star).label for pk in ready)
            detail = {"审定": "按计算结果", "学校": count, "星级": dict(stars), "会议": str(held)}
            audit.record("decide", by=by, city=locked.city, subject=str(locked), detail=detail)
    return count


def accept_computed(
    evaluation: Evaluation,
    *,
    by,
    only: Collection[int] | None = None,
    meeting: Meeting | None = None,
    at: datetime | None = None,
) -> int:
    """Record for every school under review that has no decision, or for `only` these, that the committee
    follows the computed star; tells how many.
    """
    at = at or timezone.now()
    if only is None:
        rows = Assessment.objects.filter(scheme=evaluation.scheme, status=Status.CITY, decision__isnull=True)
        only = [pk for pk in rows.values_list("pk", flat=True) if evaluation.outcomes[str(pk)].verdict]
    accepted = [
        Decision(assessment_id=pk, star=outcome.star, meeting=meeting, by=by, at=at, **taken_on(outcome))
        for pk in sorted(only)
        if (outcome := evaluation.outcomes[str(pk)])
    ]
    Decision.objects.filter(assessment__in=only).delete()  # taken on other figures, or without a meeting
    insert_many(accepted)
    return len(accepted)


def confirm_case(
    assessment: Assessment, restriction: Restriction, *, by, basis: str, motion: Motion | None = None
) -> RestrictionCase:
    """A named person finds that a restriction applies whose condition is met, and names the document it rests
    on; any other lowers the star by hand, so that it is a `motion` of the office. Raises Refused.
    """
    basis = basis.strip()
    if not basis:
        raise Refused("请写明认定依据。")
    with transaction.atomic():
        row = under_review(assessment)
        if motion is None and by_hand(evaluate(row.scheme, only=row.pk), str(row.pk), restriction.code):
            raise Refused(f"{restriction.code} 的认定会改变星级，{BY_TWO}")
        standing = found_case(row, restriction)
        if standing and (motion is None or standing.meeting_id):
            raise Refused(already_found(standing))
        values = {"basis": basis, "by": by, "at": timezone.now(), **_of_motion(motion)}
        case, _ = RestrictionCase.objects.update_or_create(
            assessment=row, restriction=restriction, defaults=values
        )
        detail = {"情形": str(restriction), "后果": restriction.effect, "依据": basis}
        audit_of("restrict", row, by, {**detail, **said_of(motion)})
    return case


def found_case(row: Assessment, restriction: Restriction) -> RestrictionCase | None:
    """The finding that stands at a school, with who made it."""
    cases = RestrictionCase.objects.filter(assessment=row, restriction=restriction)
    return cases.select_related("restriction", "by").first()


def already_found(case: RestrictionCase) -> str:
    """Who found it, when, and on what, for whoever comes second."""
    found, at = case.by.name if case.by else "", timezone.localtime(case.at)
    return f"{case.restriction.code} 已由{found}于{at:%m月%d日 %H:%M}认定，依据：{case.basis}。"


def withdraw_case(
    assessment: Assessment, restriction: Restriction, *, by, reason: str, motion: Motion | None = None
) -> None:
    """Take back a finding that proved wrong; what it rested on and why it falls stay in the audit trail.
    Where that raises the star by hand, it is a `motion` of the office.
    """
    reason = reason.strip()
    if not reason:
        raise Refused("请写明撤销认定的理由。")
    with transaction.atomic():
        row = under_review(assessment)
        found = hold(RestrictionCase.objects.filter(assessment=row, restriction=restriction))
        if not found:
            raise Refused(f"{restriction.code} 没有认定记录。")
        if motion is None and by_hand(evaluate(row.scheme, only=row.pk), str(row.pk), restriction.code):
            raise Refused(f"撤销 {restriction.code} 的认定会改变星级，{BY_TWO}")
        [case] = found
        case.delete()
        detail = {"情形": str(restriction), "撤销": reason, "原依据": case.basis}
        audit_of("restrict", row, by, {**detail, **said_of(motion)})


def _of_motion(motion: Motion | None) -> dict[str, Any]:
    """The columns of what a meeting decided; empty for what rests on its condition."""
    if motion is None:
        return {}
    votes = {name: getattr(motion, name) for name in Ballot._fields}
    return {"meeting": motion.meeting, "recorded_by": motion.by, "recorded_at": motion.at, **votes}


def said_of(motion: Motion | None) -> dict[str, Any]:
    """What the audit trail says of the meeting behind an act; nothing of an act without one."""
    if motion is None:
        return {}
    return {"会议": str(motion.meeting), "表决": motion.ballot, "登记人": motion.by.name}


def offered_stars(evaluation: Evaluation) -> list[int]:
    """Stars the committee may award, best first; 不授星 always."""
    return [*sorted((band.star for band in evaluation.spec.bands), reverse=True), Star.NONE.value]


def _is_acceptable(evaluation: Evaluation, row: Assessment) -> bool:
    key, decision = str(row.pk), decision_of(row)
    if evaluation.outcomes[key].problems or key in evaluation.outdated or proposed(evaluation, key):
        return False
    if pending_motions(row) or (decision and decision.deviates):
        return False
    return decision is None or bool(undecided(evaluation, row))


def under_review(assessment: Assessment) -> Assessment:
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
