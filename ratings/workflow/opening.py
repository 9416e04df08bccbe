"""启动: one person proposes, a second one confirms exactly what was proposed; any edit in between voids the
proposal.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.spec import digest, to_json
from ratings.criteria.storing import read_scheme
from ratings.criteria.years import notes_of
from ratings.enums import Phase
from ratings.models import OpeningProposal, Scheme
from ratings.models.schemes import COMMITTEE
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, User
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Refused, refuse

from .checks import DUE, Checks, checks_of, deadline_problems
from .stages import open_scheme


def proposal_digest(scheme: Scheme) -> str:
    """What a proposal covers: criteria, deadlines and the notes on what changed."""
    deadlines = {column: day.isoformat() if (day := getattr(scheme, column)) else None for column, _ in DUE}
    return digest(
        {"criteria": to_json(read_scheme(scheme)), "deadlines": deadlines, "notes": notes_of(scheme)}
    )


def standing_proposal(scheme: Scheme) -> OpeningProposal | None:
    """The proposal that waits for confirmation, void or not."""
    waiting = OpeningProposal.objects.filter(
        scheme=scheme, withdrawn_at__isnull=True, confirmed_at__isnull=True
    )
    return waiting.select_related("proposed_by").first()


def is_void(proposal: OpeningProposal, scheme: Scheme) -> bool:
    """Whether the draft was changed after it was proposed."""
    return proposal.digest != proposal_digest(scheme)


def obstacles(scheme: Scheme, checks: Checks) -> list[str]:
    """Every sentence against proposing or confirming now."""
    if scheme.phase != Phase.DRAFTING:
        return [f"方案处于“{scheme.get_phase_display()}”阶段，不能再启动。"]
    found = [f"{len(checks.errors)} 处错误尚未改正，见检查。"] if checks.errors else []
    if checks.open_warnings:
        found.append(f"{len(checks.open_warnings)} 条提示尚未确认知悉，见检查。")
    return found + [text for _, text in deadline_problems(scheme)]


def propose(scheme: Scheme, *, by, deadlines: dict | None = None) -> OpeningProposal:
    """Keep the deadlines and propose the draft as it stands. A void proposal gives way; a valid one is
    refused.

    Raises Refused with every reason; then nothing has changed.
    """
    with transaction.atomic():
        locked = _locked(scheme)
        if locked.phase == Phase.DRAFTING and deadlines:
            for column, day in deadlines.items():
                setattr(locked, column, day)
            locked.save(update_fields=list(deadlines))
            Scheme.objects.filter(pk=locked.pk).update(
                version=F("version") + 1, edited_by=by, edited_at=timezone.now()
            )
        reasons = obstacles(locked, checks_of(locked))
        standing = standing_proposal(locked)
        if standing and not is_void(standing, locked):
            reasons.append(f"{standing.proposed_by} 已提议启动，等待另一人确认。")
        refuse(*reasons)
        if standing:
            _withdraw(standing, by)
        proposal = OpeningProposal.objects.create(
            scheme=locked, digest=proposal_digest(locked), proposed_by=by, proposed_at=timezone.now()
        )
        _tell_colleagues(locked, proposal, by)
        days = {label: getattr(locked, column) for column, label in DUE if getattr(locked, column)}
        audit.record(
            "scheme",
            by=by,
            city=locked.city,
            subject=str(locked),
            detail={"提议启动": proposal.digest, **days},
        )
    scheme.refresh_from_db()
    return proposal


def withdraw_proposal(scheme: Scheme, *, by) -> None:
    """The proposer takes it back, or the one who should confirm does not agree. Raises Refused where none
    stands.
    """
    with transaction.atomic():
        locked = _locked(scheme)
        standing = standing_proposal(locked)
        if standing is None:
            raise Refused("没有等待确认的启动提议。")
        _withdraw(standing, by)
        audit.record(
            "scheme", by=by, city=locked.city, subject=str(locked), detail={"撤回启动提议": standing.digest}
        )


def confirm(scheme: Scheme, proposal_pk: int, *, by) -> None:
    """The second person opens what was proposed. Raises Refused with every reason; then nothing
    has changed.
    """
    with transaction.atomic():
        locked = _locked(scheme)
        standing = standing_proposal(locked)
        if standing is None or standing.pk != proposal_pk:
            raise Refused("启动提议已撤回或已另行提出，请重新核对。")
        reasons = obstacles(locked, checks_of(locked))
        if standing.proposed_by_id == by.pk:
            reasons.append("提议人不能自己确认，须由另一人确认。")
        if is_void(standing, locked):
            reasons.append("提议之后方案有改动，原提议已失效，请重新提议。")
        refuse(*reasons)
        standing.confirmed_by, standing.confirmed_at = by, timezone.now()
        standing.save(update_fields=["confirmed_by", "confirmed_at"])
        _tell_schools(locked)
        open_scheme(locked, by=by, proposed_by=standing.proposed_by)
    scheme.refresh_from_db()


def _locked(scheme: Scheme) -> Scheme:
    return Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=scheme.pk)


def _withdraw(proposal: OpeningProposal, by) -> None:
    proposal.withdrawn_by, proposal.withdrawn_at = by, timezone.now()
    proposal.save(update_fields=["withdrawn_by", "withdrawn_at"])


def holders(scheme: Scheme, roles) -> list[User]:
    """Everybody who holds one of the roles in the city today."""
    held = Appointment.objects.in_force().filter(city=scheme.city_id, role__in=roles)
    return list(User.objects.filter(is_active=True, pk__in=held.order_by().values("user")))


def _tell_colleagues(scheme: Scheme, proposal: OpeningProposal, by) -> None:
    others = [user for user in holders(scheme, COMMITTEE) if user.pk != by.pk]
    text = f"{by} 提议启动《{scheme}》，请核对后确认。"
    notify(
        others, text, url=reverse("ratings:scheme_opening", args=[scheme.pk]), key=f"opening-{proposal.pk}"
    )


def _tell_schools(scheme: Scheme) -> None:
    text = f"《{scheme}》已启动，请按时完成自评。"
    notify(
        holders(scheme, SCHOOL_ROLES),
        text,
        url=reverse("ratings:scheme", args=[scheme.pk]),
        key=f"opened-{scheme.pk}",
    )
