"""审定意见: the committee follows the computed star of a school, or deviates and says why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ratings.enums import Phase, Star, Status
from ratings.models import Assessment, Decision, Restriction, RestrictionCase, Scheme
from ratings.sheets.evaluation import Evaluation, evaluate
from schools import audit
from schools.saving import Refused

from .readiness import proposed
from .settling import accept_computed, lock_assessments

#: A school that stays settled while another one was reopened may be decided on anew: the share of five stars
#: ties them.
DECIDABLE = (Status.CITY, Status.SETTLED)


@dataclass(frozen=True)
class Ballot:
    """How the committee voted and where it stands written; a vote may be left out, the minutes too."""

    votes_for: int | None = None
    against: int | None = None
    abstained: int | None = None
    minutes: str = ""


def decide(
    assessment: Assessment, *, by, star: int | None = None, reason: str = "", ballot: Ballot | None = None
) -> Decision:
    """Record the committee's star for one school; without `star` the computed one.

    The star is compared with what the scores give at this very moment, under lock. Raises Refused.
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
        deviates, reason = star != outcome.star, reason.strip()
        if deviates and not reason:
            raise Refused(f"审定为{Star(star).label}，与计算结果{Star(outcome.star).label}不同，请写明理由。")
        values = {
            "star": star,
            "computed": outcome.star,
            "reason": reason if deviates else "",
            "votes_for": ballot.votes_for,
            "votes_against": ballot.against,
            "votes_abstained": ballot.abstained,
            "minutes": ballot.minutes.strip(),
            "by": by,
            "at": timezone.now(),
        }
        decision, _ = Decision.objects.update_or_create(assessment=row, defaults=values)
        detail = {
            "审定": Star(star).label,
            "计算": Star(outcome.star).label,
            "理由": decision.reason,
            "会议纪要": decision.minutes,
        }
        votes = {"同意": ballot.votes_for, "不同意": ballot.against, "弃权": ballot.abstained}
        audit.record("decide", by=by, city=row.scheme.city, subject=str(row), detail={**detail, **votes})
    return decision


def acceptable(evaluation: Evaluation) -> list[Assessment]:
    """Schools whose computed star the committee can follow in one act: scored, nothing left to confirm, not
    decided.
    """
    rows = Assessment.objects.filter(
        scheme=evaluation.scheme, status=Status.CITY, decision__isnull=True
    ).select_related("school__county")
    return [row for row in rows.in_order() if _is_acceptable(evaluation, str(row.pk))]


def accept_all(scheme: Scheme, *, by, minutes: str = "", seen: Mapping[int, int] | None = None) -> int:
    """Follow the computed star of every school that is ready; the others keep waiting. Tells how many were
    decided.

    `seen` holds the schools and stars as they were shown, by number of the assessment. Where they are others
    by now, Refused is raised: nobody may get a star that the committee has not looked at.
    """
    with transaction.atomic():
        locked = Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=scheme.pk)
        if locked.phase != Phase.SCORING:
            raise Refused(f"方案处于“{locked.get_phase_display()}”阶段，不能登记审定意见。")
        lock_assessments(locked)
        evaluation = evaluate(locked)
        ready = {row.pk for row in acceptable(evaluation)}
        if seen is not None and seen != {pk: evaluation.outcomes[str(pk)].star for pk in ready}:
            raise Refused(
                "您打开本页以后，可以登记的党校或它们的计算星级有变化，没有登记。下面是现在的情况，"
                "请核对后重新确认。"
            )
        count = accept_computed(evaluation, by=by, only=ready, minutes=minutes.strip())
        if count:
            stars = Counter(Star(evaluation.outcomes[str(pk)].star).label for pk in ready)
            detail = {"审定": "按计算结果", "学校": count, "星级": dict(stars), "会议纪要": minutes.strip()}
            audit.record("decide", by=by, city=locked.city, subject=str(locked), detail=detail)
    return count


def confirm_case(assessment: Assessment, restriction: Restriction, *, by, basis: str) -> RestrictionCase:
    """A named person finds that a restriction applies, and names the document it rests on. Raises Refused."""
    basis = basis.strip()
    if not basis:
        raise Refused("请写明认定依据。")
    with transaction.atomic():
        row = _under_review(assessment)
        if RestrictionCase.objects.filter(assessment=row, restriction=restriction).exists():
            raise Refused(f"{restriction.code} 已经认定。")
        case = RestrictionCase.objects.create(
            assessment=row, restriction=restriction, basis=basis, by=by, at=timezone.now()
        )
        detail = {"情形": str(restriction), "后果": restriction.effect, "依据": basis}
        audit.record("restrict", by=by, city=row.scheme.city, subject=str(row), detail=detail)
    return case


def withdraw_case(assessment: Assessment, restriction: Restriction, *, by, reason: str) -> None:
    """Take back a finding that proved wrong; what it rested on and why it falls stay in the audit trail."""
    reason = reason.strip()
    if not reason:
        raise Refused("请写明撤销认定的理由。")
    with transaction.atomic():
        row = _under_review(assessment)
        case = (
            RestrictionCase.objects.select_for_update()
            .filter(assessment=row, restriction=restriction)
            .first()
        )
        if case is None:
            raise Refused(f"{restriction.code} 没有认定记录。")
        detail = {"情形": str(restriction), "撤销": reason, "原依据": case.basis}
        case.delete()
        audit.record("restrict", by=by, city=row.scheme.city, subject=str(row), detail=detail)


def offered_stars(evaluation: Evaluation) -> list[int]:
    """Stars the committee may award, best first; 不授星 always."""
    return [*sorted((band.star for band in evaluation.spec.bands), reverse=True), Star.NONE.value]


def _is_acceptable(evaluation: Evaluation, key: str) -> bool:
    ready = not evaluation.outcomes[key].problems and key not in evaluation.outdated
    return ready and not proposed(evaluation, key)


def _under_review(assessment: Assessment) -> Assessment:
    """The locked row of a school the committee may still decide on."""
    row = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("scheme__city", "school")
        .get(pk=assessment.pk)
    )
    if row.scheme.phase != Phase.SCORING:
        raise Refused(f"方案处于“{row.scheme.get_phase_display()}”阶段，不能登记审定意见。")
    if row.status not in DECIDABLE:
        raise Refused(f"本校处于“{row.get_status_display()}”，不能登记审定意见。")
    return row
