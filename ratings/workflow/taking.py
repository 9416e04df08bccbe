"""How one school takes one step: every change of status by a person's act.

Three more write a status with its move and ask here for nothing: settling all schools at once
(committee.settling), a correction of the criteria that sends sheets back (drafting.errata.signing), a year
read from workbooks (offline.storing).
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import digest
from ratings.criteria.storing import hold_scheme
from ratings.enums import Phase, Stage, Status
from ratings.models import (
    Assessment,
    Decision,
    Item,
    MetricSnapshot,
    Motion,
    Move,
    Result,
    ReturnedItem,
    Scheme,
    SignedPage,
)
from schools import audit
from schools.models import School, User
from schools.models.scope import COUNTY_ROLES
from schools.saving import Refused, hold, refuse
from schools.workbooks import clean_text

from .blocking import FIGURES, blockers
from .deadlines import return_deadline
from .holding import hold_assessment
from .membership import tell
from .recusal import must_recuse
from .requests import close_notices, tell_office, tell_school
from .showing import FIGURED, frozen_sheet, shown_at, with_figures
from .snapshots import live_figures, scheme_spec, take_snapshot
from .stages import open_city_rows, open_county_rows
from .steps import FIRST_STAGE, RETURNED_FROM, SAME, STAGE_OF, STEPS, Step, first_stage

#: Steps by which a school leaves the year without a result.
LEAVING = ("lapse", "decline", "take_out")
OF_THE_SCHEME = ("reopen", *LEAVING)
#: Steps by which those above the school say something of it: whoever must recuse there takes none of them.
REVIEWING = ("return_", "recall", "recommend", "send_back")
#: Steps by which the school signs its figures, and the one by which they become final.
TAKING_FIGURES = ("submit", "resubmit", "recommend")
#: What a step may change of the assessment itself.
CHANGED_BY_STEPS = (
    "status", "version", "returned_to", "return_due", "suggested_star", "county_opinion", "visited"
)  # fmt: skip


def take_step(
    assessment: Assessment, code: str, *, by: User, comment: str = "", seen: str | None = None, **facts: Any
) -> Move:
    """Take one step of the table: who, from where, when; then status, effects, frozen sheet and audit row
    together.

    The assessment is locked and read again before anything is decided, so that of two people at once exactly
    one gets through; everything is one transaction. `seen` is what the page of the step sent of `shown_at`.
    Raises Refused with every reason; then nothing has changed.
    """
    step, comment = STEPS[code], clean_text(comment)
    with transaction.atomic():
        _hold_above(assessment, code)
        locked = hold_assessment(assessment.pk)
        _refuse(locked, step, by, comment, facts)
        if seen is not None:
            _refuse_unseen(locked, code, seen, facts)
        before, target = locked.status, _target(locked, step)
        sheet = frozen_sheet(locked, STAGE_OF.get(before, Stage.SELF))
        move = Move.objects.create(
            assessment=locked,
            step=code,
            from_status=before,
            to_status=target,
            by=by,
            at=timezone.now(),
            comment=comment,
            sheet=sheet,
            digest=digest(sheet),
        )
        locked.status, locked.version = target, locked.version + 1
        locked.returned_to, locked.return_due = "", None
        if code in EFFECTS:
            EFFECTS[code](locked, move, facts)
        locked.save(update_fields=CHANGED_BY_STEPS)
        if code in LEAVING:
            _close_filling(locked.scheme_id)
        detail = {
            "步骤": step.label,
            "原状态": Status(before).label,
            "新状态": Status(target).label,
            "摘要": move.digest,
        }
        audit.record("move", by=by, city=locked.scheme.city, subject=str(locked), detail=detail)
    assessment.refresh_from_db()
    return move


def _hold_above(assessment: Assessment, code: str) -> None:
    """Scheme, then school, then assessment: the one order of locks (docs/adr/0014).

    Settling, publishing and signing a correction hold the scheme before any assessment; a step that may
    change its phase therefore does so too, a submission only while it may be the first. Whoever writes a
    record or a data correction holds the school; a step that takes the figures holds it as well, so that a
    record is either among them or finds them taken, and who decides on a correction still has the turn.
    """
    if code in OF_THE_SCHEME:
        hold_scheme(assessment.scheme_id)
    elif code == "submit":
        hold(Scheme.objects.filter(pk=assessment.scheme_id, phase=Phase.OPEN))
    if code in TAKING_FIGURES:
        School.objects.hold(assessment.school_id)


def allowed_steps(user: User, assessment: Assessment) -> list[Step]:
    """Steps that role, scope and status leave open; what is still missing is the business of `blockers`."""
    identity = user.identity
    if identity is None or not Assessment.objects.visible_to(user).filter(pk=assessment.pk).exists():
        return []
    return [
        step
        for step in STEPS.values()
        if identity.role in step.roles and _fits(assessment, step, identity.role)
    ]


def _refuse(assessment: Assessment, step: Step, by: User, comment: str, facts: dict) -> None:
    if step not in allowed_steps(by, assessment):
        raise Refused(
            f"现在不能{step.label}：状态是“{assessment.get_status_display()}”，或当前身份无权办理。"
        )
    if step.code in REVIEWING:
        refuse(must_recuse(by, assessment.school))
    reasons = {"comment": ["请写明理由。"]} if step.comment and not comment else {}
    if found := blockers(assessment, step.code, facts):
        reasons[NON_FIELD_ERRORS] = [blocker.text for blocker in found]
    if reasons:
        raise Refused(reasons)


def _refuse_unseen(assessment: Assessment, code: str, seen: str, facts: dict) -> None:
    """The figures are those that were just checked, where they were."""
    shown = shown_at(assessment, code)
    if code in FIGURED:
        shown = with_figures(shown, facts.get(FIGURES) or live_figures(assessment))
    shown.refuse_changed(seen)


def _fits(assessment: Assessment, step: Step, role: str) -> bool:
    """Status, and for stages of two levels the level the role belongs to."""
    status = assessment.status
    if status not in step.sources:
        return False
    county = role in COUNTY_ROLES
    if step.code == "return_":
        return (status == Status.COUNTY) == county
    if step.code == "recall":
        return (assessment.returned_to == Status.COUNTY) == county
    if step.code == "withdraw":
        return status == first_stage(assessment.scheme.has_county_stage)
    if step.code == "send_back":
        return assessment.scheme.has_county_stage
    return True


def _target(assessment: Assessment, step: Step) -> str:
    if step.target == FIRST_STAGE:
        return first_stage(assessment.scheme.has_county_stage)
    if step.target == RETURNED_FROM:
        return assessment.returned_to
    return assessment.status if step.target == SAME else step.target


def _on_resubmit(assessment: Assessment, move: Move, facts: dict) -> None:
    """The figures of what was handed in; they are final where no county can have them corrected."""
    final = [] if assessment.scheme.has_county_stage else [MetricSnapshot.Moment.FINAL]
    for moment in (MetricSnapshot.Moment.SUBMIT, *final):
        take_snapshot(assessment, moment, values=facts.get(FIGURES))


def _on_submit(assessment: Assessment, move: Move, facts: dict) -> None:
    """Open what the stage reached owes, and start the scheme's scoring with its first submission."""
    close_notices(assessment)
    _on_resubmit(assessment, move, facts)
    open_rows = open_county_rows if assessment.status == Status.COUNTY else open_city_rows
    open_rows(assessment, scheme_spec(assessment.scheme))
    _start_scoring(assessment.scheme_id)


def _start_scoring(scheme: int) -> None:
    Scheme.objects.filter(pk=scheme, phase=Phase.OPEN).update(phase=Phase.SCORING)


def _on_withdraw(assessment: Assessment, *_) -> None:
    """Nobody has scored: the empty rows of the stage go, and the signature no longer covers what will be
    changed.
    """
    assessment.scores.exclude(stage=Stage.SELF).delete()
    assessment.sheets.all().delete()
    void_signature(assessment)


def _on_return(assessment: Assessment, move: Move, facts: dict) -> None:
    items = dict(Item.objects.filter(scheme=assessment.scheme_id).values_list("code", "pk"))
    ReturnedItem.objects.bulk_create(
        ReturnedItem(move=move, item_id=items[code], comment=str(comment).strip())
        for code, comment in facts["items"].items()
    )
    assessment.returned_to = move.from_status
    assessment.return_due = return_deadline(timezone.localdate())
    void_signature(assessment)


def _on_recommend(assessment: Assessment, _: Move, facts: dict) -> None:
    assessment.suggested_star, assessment.county_opinion = facts["star"], str(facts["opinion"]).strip()
    spec = scheme_spec(assessment.scheme)
    take_snapshot(assessment, MetricSnapshot.Moment.FINAL, spec, values=facts.get(FIGURES))
    open_city_rows(assessment, spec)


def void_decision(assessment: Assessment, move: Move, *_) -> None:
    """What was decided stays in the frozen sheet of the move and nowhere else.

    A school that let its 补正 pass may have been decided before; 未申报 leaves nothing to decide, and nothing
    to confirm.
    """
    Motion.objects.filter(assessment=assessment).delete()
    decision = Decision.objects.filter(assessment=assessment).first()
    if decision is None:
        return
    move.sheet = {
        **move.sheet,
        "decision": {"star": decision.star, "deviates": decision.deviates, "reason": decision.reason},
    }
    move.digest = digest(move.sheet)
    move.save(update_fields=["sheet", "digest"])
    decision.delete()


def _on_lapse(assessment: Assessment, move: Move, *_) -> None:
    void_decision(assessment, move)
    tell_school(assessment, move)


def _on_take_out(assessment: Assessment, move: Move, *_) -> None:
    """What was written stays as it is; what was decided holds no more."""
    void_decision(assessment, move)
    close_notices(assessment)
    text = f"{assessment}{STEPS[move.step].label}，按不参评处理：{move.comment}"
    tell(assessment, text, key=f"move-{move.pk}")


def _close_filling(scheme: int) -> None:
    """When the last school that could still hand in is out, nothing is filled in any more: the year can be
    settled.
    """
    filling = Assessment.objects.filter(
        scheme=scheme, status__in=(Status.DRAFT, Status.CONFIRMING, Status.RETURNED)
    )
    if not filling.exists():
        _start_scoring(scheme)


def _on_reopen(assessment: Assessment, move: Move, *_) -> None:
    """The Decision is void and the whole scheme is settled anew."""
    void_decision(assessment, move)
    Result.objects.filter(scheme=assessment.scheme).delete()
    Scheme.objects.filter(pk=assessment.scheme_id).update(phase=Phase.SCORING)


def void_signature(assessment: Assessment) -> int:
    """签字盖章页 no longer fits the data; returns how many pages lost their force."""
    return SignedPage.objects.filter(assessment=assessment, voided_at__isnull=True).update(
        voided_at=timezone.now()
    )


#: Steps without one change the status and nothing else.
EFFECTS: dict[str, Callable[[Assessment, Move, dict], Any]] = {
    "submit": _on_submit,
    "withdraw": _on_withdraw,
    "take_back": lambda assessment, *_: void_signature(assessment),
    "return_": _on_return,
    "resubmit": _on_resubmit,
    "recommend": _on_recommend,
    "lapse": _on_lapse,
    "take_out": _on_take_out,
    "ask_decline": tell_office,
    "decline": tell_school,
    "refuse_decline": tell_school,
    "reopen": _on_reopen,
}
