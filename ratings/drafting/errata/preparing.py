"""The working copy of a correction: limited fields of items, bands and restrictions, kept apart from the
opened rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.checking import Finding, errors
from ratings.criteria.fields import CORRECTABLE, thawed
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import hold_scheme
from ratings.criteria.versions import current_version, spec_of
from ratings.enums import PUBLIC_PHASES, Phase
from ratings.models import Erratum, Scheme
from ratings.workflow.opening import findings_of, holders
from schools import audit
from schools.messages.inbox import notify
from schools.models import Role, User
from schools.saving import Refused, Stale, hold_one, refuse


def rows_of(spec: SchemeSpec, section: str) -> dict[str, Any]:
    """The rows of a section by the code under which edits name them."""
    return {
        str(getattr(row, CORRECTABLE[section].identity)): row
        for row in getattr(spec, CORRECTABLE[section].rows)
    }


def corrected(spec: SchemeSpec, edits: Mapping[str, Mapping[str, Mapping[str, str]]]) -> SchemeSpec:
    """The criteria with the edits in them."""
    changed = {}
    for key, section in CORRECTABLE.items():
        of_section = edits.get(key, {})
        changed[section.rows] = tuple(
            replace(row, **thawed(section.fields, of_section.get(code, {})))
            for code, row in rows_of(spec, key).items()
        )
    return replace(spec, **changed)


def prepare(scheme: Scheme, *, by: User) -> Erratum:
    """Begin a correction, or go on with the one that is being worked on."""
    with transaction.atomic():
        locked = _open(scheme)
        standing = Erratum.objects.filter(
            scheme=locked, state__in=(Erratum.State.DRAFT, Erratum.State.PROPOSED)
        ).first()
        if standing:
            return standing
        erratum = Erratum.objects.create(
            scheme=locked, base=current_version(locked), prepared_by=by, prepared_at=timezone.now()
        )
        _record(erratum, by, {"拟更正": f"第 {erratum.base.number} 版"})
    return erratum


def change_row(
    erratum: Erratum, section: str, code: str, values: Mapping[str, str], *, by: User, revision: int
) -> bool:
    """Keep what one row shall say; a field that says what it said goes out of the edits. Tells whether
    anything differs.

    `values` are in their one spelling already. `revision` is what the page showed: somebody else's edit is
    not overwritten.
    """
    with working(erratum, by, revision) as draft:
        row = rows_of(spec_of(draft.base), section)[code]
        typed = thawed(CORRECTABLE[section].fields, values)
        different = {name: text for name, text in values.items() if typed[name] != getattr(row, name)}
        edits = {**draft.edits, section: {**draft.edits.get(section, {}), code: different}}
        draft.edits = {
            name: {key: fields for key, fields in rows.items() if fields}
            for name, rows in edits.items()
            if any(rows.values())
        }
        draft.save(update_fields=["edits", "revision", "prepared_by"])
    return bool(different)


def write_reason(erratum: Erratum, *, reason: str, basis: str, by: User, revision: int) -> None:
    """Why, and on what document. `revision` is what the page showed: a colleague's words are not
    overwritten.
    """
    with working(erratum, by, revision) as draft:
        draft.reason, draft.basis = reason.strip(), basis.strip()
        draft.save(update_fields=["reason", "basis", "revision", "prepared_by"])


@contextmanager
def working(erratum: Erratum, by: User, revision: int | None = None) -> Iterator[Erratum]:
    """The draft of a correction, locked with its scheme; whoever writes last stands as the one who prepared
    it. A save of what it says names the `revision` it started from and makes the next one.
    """
    with transaction.atomic():
        _open(erratum.scheme)
        draft = hold_one(Erratum.objects.all(), erratum.pk, "scheme__city", "base")
        if draft.state != Erratum.State.DRAFT:
            raise Refused([f"这份更正{draft.get_state_display()}，不能再修改。"])
        if revision is not None:
            if draft.revision != revision:
                raise Stale(draft)
            draft.revision += 1
        draft.prepared_by = by
        yield draft


def problems_of(erratum: Erratum) -> tuple[list[Finding], list[str]]:
    """Errors of the corrected criteria, and every sentence against sending it for signature."""
    findings = errors(findings_of(corrected(spec_of(erratum.base), erratum.edits)))
    owed = {"edits": "还没有更正任何内容。", "reason": "请写明更正理由。", "basis": "请写明依据。"}
    reasons = [sentence for name, sentence in owed.items() if not getattr(erratum, name)]
    return findings, reasons + [str(finding) for finding in findings]


def send_for_signature(erratum: Erratum, *, by: User) -> None:
    """提请签发: from here the office cannot change it; the chair is told."""
    with working(erratum, by) as draft:
        refuse(*problems_of(draft)[1])
        draft.state, draft.proposed_at = Erratum.State.PROPOSED, timezone.now()
        draft.save(update_fields=["state", "proposed_at", "prepared_by"])
        chairs = [user for user in holders(draft.scheme, [Role.CHAIR]) if user.pk != by.pk]
        text = f"{by} 提请签发《{draft.scheme}》的更正：{draft.reason}"
        url, key = reverse("ratings:erratum", args=[draft.pk]), f"erratum-{draft.pk}-{draft.revision}"
        notify(chairs, text, url=url, key=key)
        _record(draft, by, {"提请签发": draft.reason, "依据": draft.basis})


def take_back(erratum: Erratum, *, by: User) -> None:
    """From 待签发 back to the office's desk, by the office or by the chair who does not sign."""
    _leave(erratum, {Erratum.State.PROPOSED}, Erratum.State.DRAFT, "退回修改", by)


def withdraw(erratum: Erratum, *, by: User) -> None:
    """撤销: the correction is not made; the record stays."""
    _leave(erratum, {Erratum.State.DRAFT, Erratum.State.PROPOSED}, Erratum.State.WITHDRAWN, "撤销更正", by)


def _leave(erratum: Erratum, sources: set, target: str, word: str, by: User) -> None:
    with transaction.atomic():
        locked = hold_one(Erratum.objects.all(), erratum.pk, "scheme__city")
        if locked.state not in sources:
            raise Refused([f"这份更正{locked.get_state_display()}，不能{word}。"])
        locked.state, locked.proposed_at, locked.revision = target, None, locked.revision + 1
        locked.save(update_fields=["state", "proposed_at", "revision"])
        _record(locked, by, {word: locked.reason or "（未写理由）"})


def _open(scheme: Scheme) -> Scheme:
    """The scheme under lock; raises Refused before it opens and after it is published."""
    locked = hold_scheme(scheme.pk)
    refuse(refusal_of(locked))
    return locked


def refusal_of(scheme: Scheme) -> str:
    """Why the criteria cannot be corrected now; "" when they can."""
    if scheme.phase == Phase.DRAFTING:
        return "方案还没有启动，请直接修改草稿。"
    return "评定结果已经通报，方案不能再更正。" if scheme.phase in PUBLIC_PHASES else ""


def _record(erratum: Erratum, by: User, detail: dict) -> None:
    audit.record("erratum", by=by, city=erratum.scheme.city, subject=str(erratum.scheme), detail=detail)
