"""What changes a star by hand takes two: the office records it from the meeting, the chair confirms what was
shown, or sends it back with a reason. Until then it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from ratings.enums import Star
from ratings.models import Assessment, Decision, Meeting, Motion, Restriction
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from schools.models import User
from schools.saving import Refused

from .basis import basis_of
from .meetings import Ballot, check_ballot, counted_votes, named
from .settling import (
    already_found,
    audit_of,
    carry_star,
    confirm_case,
    found_case,
    offered_stars,
    ready_outcome,
    said_of,
    under_review,
    withdraw_case,
)
from .showing import shown_case, shown_motion

Kind = Motion.Kind
MOVED_ON = "登记以后本校的得分或星级有变化，请退回办公室，按现在的得分重新登记。"
GONE = "这一事项刚被办公室收回或已经办理，没有再办。"


def propose_star(
    assessment: Assessment,
    star: int,
    *,
    by: User,
    reason: str,
    ballot: Ballot,
    meeting: Meeting | None = None,
    seen: str | None = None,
) -> Motion:
    """The office records another star than the computed one, or that one where two people had decided
    otherwise. What was recorded before and not confirmed is replaced. Raises Refused.

    It is bound to what the page showed that sent `seen`.
    """
    if not reason.strip():
        raise Refused({"reason": "审定星级与计算结果不同，请写明理由。"})

    def check(row: Assessment, evaluation: Evaluation) -> Outcome:
        outcome = ready_outcome(evaluation, row)
        if star not in offered_stars(evaluation):
            raise Refused({"star": f"本方案不设{Star(star).label}。"})
        standing = _decision(row)
        if star == outcome.star and not (standing and standing.deviates):
            raise Refused({"star": f"{Star(star).label}就是计算结果，由评委会主任按计算结果审定。"})
        return outcome

    values = {"kind": Kind.STAR, "restriction": None, "star": star, "reason": reason.strip()}
    return _propose(assessment, values, check, by=by, ballot=ballot, meeting=meeting, seen=seen)


def propose_case(
    assessment: Assessment,
    kind: str,
    restriction: Restriction,
    *,
    by: User,
    reason: str,
    ballot: Ballot,
    meeting: Meeting | None = None,
    seen: str | None = None,
) -> Motion:
    """The office records that a restriction applies, or applies no longer, which no condition says by itself;
    bound to what the page showed that sent `seen`. Raises Refused.
    """
    if not reason.strip():
        raise Refused("请写明认定依据。" if kind == Kind.RESTRICT else "请写明撤销认定的理由。")

    def check(row: Assessment, evaluation: Evaluation) -> Outcome:
        held = found_case(row, restriction)
        if kind == Kind.RESTRICT and held and held.meeting_id:
            raise Refused(already_found(held))
        if kind == Kind.LIFT and held is None:
            raise Refused(f"{restriction.code} 没有认定记录。")
        return ready_outcome(evaluation, row)

    values = {"kind": kind, "restriction": restriction, "reason": reason.strip()}
    return _propose(assessment, values, check, by=by, ballot=ballot, meeting=meeting, seen=seen)


def _propose(
    assessment: Assessment,
    values: dict[str, Any],
    check: Callable[[Assessment, Evaluation], Outcome],
    *,
    by: User,
    ballot: Ballot,
    meeting: Meeting | None,
    seen: str | None,
) -> Motion:
    with transaction.atomic():
        row = under_review(assessment)
        outcome = check(row, evaluate(row.scheme, only=row.pk))
        held = named(row.scheme, meeting)
        check_ballot(held, ballot, counted=True)
        values |= {"meeting": held, **counted_votes(ballot)}
        standing = Motion.objects.filter(assessment=row, restriction=values["restriction"])
        again = standing.pending().filter(by=by, basis=basis_of(outcome), **values).first()
        if again:
            return again  # the answer to an earlier, identical one may have been lost on the way
        shown_case(row, outcome, _decision(row)).refuse_changed(seen)
        standing.delete()
        motion = Motion.objects.create(
            assessment=row,
            computed=outcome.star,
            basis=basis_of(outcome),
            by=by,
            at=timezone.now(),
            **values,
        )
        _record("propose", motion, by, {"计算": Star(outcome.star).label, "理由": motion.reason})
    return motion


def confirm(motion: Motion, *, by: User, seen: str | None = None) -> None:
    """The chair confirms what was shown, and it counts. Raises Refused where it is something else by now, or
    where the same person recorded it.
    """
    with transaction.atomic():
        row, held = _hold(motion)
        if held.by_id == by.pk:
            raise Refused("这一事项是您本人登记的，须由另一人确认。")
        evaluation = evaluate(row.scheme, only=row.pk)
        outcome = ready_outcome(evaluation, row)
        shown_motion(held, row, outcome, _decision(row)).refuse_changed(seen)
        if held.basis != basis_of(outcome):
            raise Refused(MOVED_ON)
        _carry_out(row, held, outcome, by=by)
        held.delete()


def _carry_out(row: Assessment, motion: Motion, outcome: Outcome, *, by: User) -> None:
    if motion.kind == Kind.STAR:
        carry_star(motion, row, outcome, by=by)
    elif motion.kind == Kind.RESTRICT:
        confirm_case(row, motion.restriction, by=by, basis=motion.reason, motion=motion)
    else:
        withdraw_case(row, motion.restriction, by=by, reason=motion.reason, motion=motion)


def send_back(motion: Motion, *, by: User, reason: str) -> None:
    """The chair does not confirm, and says why; it stays with the office, which records it anew or takes it
    back. Raises Refused.
    """
    reason = reason.strip()
    if not reason:
        raise Refused({"reason": "请写明退回理由。"})
    with transaction.atomic():
        _, held = _hold(motion)
        if not held.is_pending:
            raise Refused("这一事项已经退回。")
        held.returned_by, held.returned_at, held.return_reason = by, timezone.now(), reason
        held.save(update_fields=["returned_by", "returned_at", "return_reason"])
        _record("send_back", held, by, {"退回理由": reason})


def take_back(motion: Motion, *, by: User) -> None:
    """The office drops what it recorded; the audit trail keeps it. Raises Refused where it was confirmed."""
    with transaction.atomic():
        _, held = _hold(motion)
        _record("propose", held, by, {"收回": "是", "理由": held.reason})
        held.delete()


def _decision(row: Assessment) -> Decision | None:
    """As it stands under the lock."""
    return Decision.objects.filter(assessment=row).select_related("by").first()


def _hold(motion: Motion) -> tuple[Assessment, Motion]:
    """The locked school, and what waits there."""
    row = under_review(motion.assessment)
    rows = Motion.objects.select_related("meeting", "restriction", "by", "assessment__school")
    held = rows.filter(pk=motion.pk).first()
    if held is None:
        raise Refused(GONE)
    return row, held


def _record(act: str, motion: Motion, by: User, detail: dict[str, Any]) -> None:
    audit_of(act, motion.assessment, by, {"事项": motion.words, **detail, **said_of(motion)})
