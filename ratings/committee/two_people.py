"""What the page of a school offers where a star is changed by hand: to the office the forms that record it,
to the chair what was recorded, to be confirmed or sent back; each sees what the other did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ratings.models import Meeting, Motion, RestrictionCase, Scheme
from schools.models import User
from schools.permissions import may

from .board import Case, Deliberation
from .forms import CaseForm, MotionForm, ReturnForm, WithdrawCaseForm
from .meetings import ballot_warning
from .readiness import by_hand, unmet_by_hand
from .settling import offered_stars
from .showing import shown_motion


class Waiting(NamedTuple):
    """What the office recorded. `seen` is what a confirmation is of; `outdated` tells that it can only be
    recorded anew; `form` sends it back.
    """

    motion: Motion
    seen: str
    outdated: bool
    warning: str
    form: ReturnForm


class Found(NamedTuple):
    """A restriction that was found; `form` takes it back, where this person may begin that."""

    case: RestrictionCase
    form: WithdrawCaseForm | None


def meetings_of(scheme: Scheme) -> list[Meeting]:
    """Every meeting of the year, the latest first."""
    return list(Meeting.objects.filter(scheme=scheme))


def open_for(case: Case) -> bool:
    """Whether the committee may decide on the school as it stands."""
    return case.star is not None and not case.lapsed and case.before_committee


def by_two(user: User, standing: Deliberation, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of this; forms that were sent stand in the place of new ones."""
    (case,) = standing.rows
    meetings = meetings_of(standing.evaluation.scheme)
    context = {"meetings": meetings, "found": _found(user, standing, meetings, sent.get("withdrawal"))}
    context["waiting"] = [_waiting(case, one, sent.get("returning")) for one in case.assessment.motions.all()]
    context["case_form"] = case_form(user, standing, meetings)
    context["motion_form"] = motion_form(user, standing, meetings)
    return context


def _waiting(case: Case, motion: Motion, returning: ReturnForm | None) -> Waiting:
    sent = returning is not None and returning.motion == motion
    return Waiting(
        motion,
        shown_motion(motion, case.assessment, case.outcome, case.decision).seen,
        motion.basis != case.basis,
        ballot_warning(motion.meeting, motion.votes_for),
        returning if sent else ReturnForm(motion=motion),
    )


def _found(
    user: User, standing: Deliberation, meetings: Sequence[Meeting], sent: WithdrawCaseForm | None
) -> list[Found]:
    (case,) = standing.rows
    rows = RestrictionCase.objects.filter(assessment=case.assessment).order_by("pk")
    found = []
    for one in rows.select_related("restriction", "by", "recorded_by", "meeting"):
        by_meeting = takes_two(standing, one.restriction.code)
        begins = case.before_committee and (not by_meeting or may(user, "propose_decision"))
        new = WithdrawCaseForm(case=one, by_meeting=by_meeting, meetings=meetings) if begins else None
        found.append(Found(one, sent if sent is not None and sent.case == one else new))
    return found


def takes_two(standing: Deliberation, code: str) -> bool:
    """Whether the restriction would change the star of the school by hand."""
    (case,) = standing.rows
    return by_hand(standing.evaluation, str(case.assessment.pk), code)


def case_form(
    user: User, standing: Deliberation, meetings: Sequence[Meeting], data: Any = None
) -> CaseForm | None:
    """For the office every restriction not found yet, for the chair those whose condition is met; None where
    there is none.
    """
    (case,), key = standing.rows, str(standing.rows[0].assessment.pk)
    if not case.before_committee:
        return None
    held = standing.evaluation.inputs[key].cases - set(unmet_by_hand(standing.evaluation, key))
    by_meeting = may(user, "propose_decision")
    codes = (one.code for one in (standing.spec.restrictions if by_meeting else case.proposed))
    open_to = [code for code in codes if code not in held]
    if not open_to:
        return None
    suggested = case.proposed[0].code if case.proposed else ""
    options = {"open_to": open_to, "suggested": suggested, "by_meeting": by_meeting, "meetings": meetings}
    return CaseForm(data, scheme=standing.evaluation.scheme, **options)


def motion_form(
    user: User, standing: Deliberation, meetings: Sequence[Meeting], data: Any = None
) -> MotionForm | None:
    """For the office, once there is a meeting and the school can be decided on."""
    (case,) = standing.rows
    if not may(user, "propose_decision") or not meetings or not open_for(case):
        return None
    back = bool(case.decision and case.decision.deviates)  # what two decided, two take back
    offered = [star for star in offered_stars(standing.evaluation) if star != case.star or back]
    stars = (one for one in case.assessment.motions.all() if one.kind == Motion.Kind.STAR)
    return MotionForm(data, offered=offered, motion=next(stars, None), meetings=meetings)
