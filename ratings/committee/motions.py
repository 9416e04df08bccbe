"""What changes a star by hand takes two: the office records it from the meeting, the chair confirms what was
shown, or sends it back with a reason. Until then it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from ratings.enums import Star
from ratings.models import Assessment, Decision, Meeting, Motion, Restriction, RestrictionCase
from ratings.scoring import Outcome
from ratings.sheets.evaluation import Evaluation, evaluate
from schools.models import User
from schools.saving import Refused, digest

from .basis import basis_of
from .meetings import Ballot, check_ballot, counted_votes, named
from .readiness import by_hand
from .settling import (
    audit_of,
    confirm_case,
    offered_stars,
    ready_outcome,
    said_of,
    under_review,
    withdraw_case,
    write_decision,
)

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

    `seen` is the digest of the figures that the page showed.
    """
    if not reason.strip():
        raise Refused({"reason": "审定星级与计算结果不同，请写明理由。"})

    def check(row: Assessment, evaluation: Evaluation) -> Outcome:
        outcome = ready_outcome(evaluation, row)
        if seen not in (None, basis_of(outcome)):
            raise Refused("您打开本页以后，本校的得分有变化，没有登记。请核对后重新登记。")
        if star not in offered_stars(evaluation):
            raise Refused({"star": f"本方案不设{Star(star).label}。"})
        standing = Decision.objects.filter(assessment=row).first()
        if star == outcome.star and not (standing and standing.deviates):
            raise Refused({"star": f"{Star(star).label}就是计算结果，由评委会主任按计算结果审定。"})
        return outcome

    values = {"star": star, "reason": reason.strip()}
    return _propose(assessment, Kind.STAR, None, values, check, by=by, ballot=ballot, meeting=meeting)


def propose_case(
    assessment: Assessment,
    kind: str,
    restriction: Restriction,
    *,
    by: User,
    reason: str,
    ballot: Ballot,
    meeting: Meeting | None = None,
) -> Motion:
    """The office records that a restriction applies, or applies no longer, which no condition says by itself.
    Raises Refused.
    """
    if not reason.strip():
        raise Refused("请写明认定依据。" if kind == Kind.RESTRICT else "请写明撤销认定的理由。")

    def check(row: Assessment, evaluation: Evaluation) -> Outcome:
        held = RestrictionCase.objects.filter(assessment=row, restriction=restriction).first()
        if kind == Kind.RESTRICT and held and held.meeting_id:
            raise Refused(f"{restriction.code} 已经认定。")
        if kind == Kind.LIFT and held is None:
            raise Refused(f"{restriction.code} 没有认定记录。")
        return ready_outcome(evaluation, row)

    values = {"reason": reason.strip()}
    return _propose(assessment, kind, restriction, values, check, by=by, ballot=ballot, meeting=meeting)


def _propose(
    assessment: Assessment,
    kind: str,
    restriction: Restriction | None,
    values: dict[str, Any],
    check: Callable[[Assessment, Evaluation], Outcome],
    *,
    by: User,
    ballot: Ballot,
    meeting: Meeting | None,
) -> Motion:
    with transaction.atomic():
        row = under_review(assessment)
        outcome = check(row, evaluate(row.scheme, only=row.pk))
        held = named(row.scheme, meeting)
        check_ballot(held, ballot, counted=True)
        Motion.objects.filter(assessment=row, restriction=restriction).delete()
        motion = Motion.objects.create(
            assessment=row,
            kind=kind,
            restriction=restriction,
            computed=outcome.star,
            basis=basis_of(outcome),
            meeting=held,
            by=by,
            at=timezone.now(),
            **values,
            **counted_votes(ballot),
        )
        _record("propose", motion, by, {"计算": Star(outcome.star).label, "理由": motion.reason})
    return motion


def shown_of(motion: Motion, outcome: Outcome) -> str:
    """A digest of everything that is shown to whoever confirms: the motion, its meeting, the figures."""
    meeting = motion.meeting
    return digest(
        [
            [motion.pk, motion.kind, motion.star, motion.restriction_id, motion.reason, motion.ballot],
            [motion.by_id, motion.at.isoformat(), str(meeting), meeting.digest],
            basis_of(outcome),
        ]
    )


def confirm(motion: Motion, *, by: User, seen: str) -> None:
    """The chair confirms what was shown, and it counts. Raises Refused where it is something else by now, or
    where the same person recorded it.
    """
    with transaction.atomic():
        row, held = _hold(motion)
        if held.by_id == by.pk:
            raise Refused("这一事项是您本人登记的，须由另一人确认。")
        evaluation = evaluate(row.scheme, only=row.pk)
        outcome = ready_outcome(evaluation, row)
        if seen != shown_of(held, outcome):
            raise Refused("您打开本页以后，登记的内容或本校的得分有变化，没有确认。请核对下面现在的内容。")
        if held.basis != basis_of(outcome):
            raise Refused(MOVED_ON)
        _carry_out(row, held, outcome, by=by)
        held.delete()


def _carry_out(row: Assessment, motion: Motion, outcome: Outcome, *, by: User) -> None:
    if motion.kind == Kind.STAR:
        ballot = Ballot(motion.votes_for, motion.votes_against, motion.votes_abstained)
        write_decision(row, outcome, motion.star, by=by, ballot=ballot, meeting=motion.meeting, motion=motion)
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


def changes_by_hand(assessment: Assessment, restriction: Restriction) -> bool:
    """Whether finding or lifting this restriction takes two people at this school."""
    return by_hand(evaluate(assessment.scheme, only=assessment.pk), str(assessment.pk), restriction.code)
