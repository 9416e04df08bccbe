"""签发: the chair's signature freezes a new version, writes it into the rows and brings every school in line
with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.fields import CORRECTABLE, stored, thawed
from ratings.criteria.spec import SchemeSpec, digest
from ratings.criteria.storing import hold_scheme, model_of
from ratings.criteria.versions import freeze, spec_of
from ratings.enums import Phase, Stage, Status
from ratings.judging.sheets import sheet_owed
from ratings.models import (
    Adjustment,
    Assessment,
    Erratum,
    Item,
    MetricSnapshot,
    Move,
    Result,
    ReturnedItem,
    Scheme,
    Score,
)
from ratings.permissions import CITY_READERS
from ratings.scoring import entry_from_json
from ratings.sheets.answering import asked_points
from ratings.sheets.evaluation import latest_figures
from ratings.workflow import (
    STAGE_OF,
    frozen_sheet,
    hold_all,
    missing_in,
    open_city_rows,
    open_county_rows,
    void_signature,
)
from ratings.workflow.deadlines import day_words, return_deadline
from ratings.workflow.opening import holders
from ratings.workflow.stages import open_self_rows
from ratings.workflow.taking import void_decision
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, User
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Shown, hold_one, refuse

from .foreseeing import Foresight, Misfit, foresee
from .preparing import corrected, problems_of, refusal_of


def shown_erratum(erratum: Erratum, affected: list[dict[str, Any]]) -> Shown:
    """What the chair reads before signing: the correction, why, and every school that it touches."""
    text = [erratum.state, erratum.edits, erratum.reason, erratum.basis]
    return Shown({"更正内容": text, "涉及的党校": affected})


def sign(erratum: Erratum, *, by: User, seen: str | None = None) -> Foresight:
    """Put a correction in force: version, rows, answers, figures and states of every school in one
    transaction.

    The scheme is locked first and then every assessment, as settling does, so that no score slips in between.
    A year that was settled goes back to 评审 and is settled anew. Raises Refused with every reason, and where
    it is not what the page showed that sent `seen`; then nothing has changed.
    """
    with transaction.atomic():
        scheme = hold_scheme(erratum.scheme_id)
        hold_all(scheme)
        locked = hold_one(Erratum.objects.all(), erratum.pk, "base", "prepared_by")
        locked.scheme = scheme
        refuse(*_reasons_against(locked, by))
        old = spec_of(locked.base)
        new = corrected(old, locked.edits)
        foreseen = foresee(scheme, old, new)
        shown_erratum(locked, foreseen.affected).refuse_changed(seen)
        version = freeze(scheme, reason=f"更正：{locked.reason}"[:200], by=by, spec=new)
        _write_rows(scheme, locked.edits)
        _keep_figures(foreseen)
        _rewrite_answers(scheme, new, foreseen)
        if scheme.phase in (Phase.SETTLED, Phase.NOTICE):
            Result.objects.filter(scheme=scheme).delete()
            scheme.phase = Phase.SCORING
            scheme.save(update_fields=["phase"])
        reason = f"第 {version.number} 版更正：{locked.reason}"
        sent_back = bring_in_line(scheme, new, foreseen, by=by, reason=reason)
        locked.state, locked.version = Erratum.State.SIGNED, version
        locked.signed_by, locked.signed_at = by, timezone.now()
        locked.affected = [
            {**school, "sent": sent_back.get(school["assessment"], "")} for school in foreseen.affected
        ]
        locked.save(update_fields=["state", "signed_by", "signed_at", "version", "affected"])
        _tell(locked)
        detail = {
            "更正": locked.reason,
            "依据": locked.basis,
            "拟稿": str(locked.prepared_by),
            "学校": len(foreseen.affected),
            "原版本": locked.base.digest,
            "新版本": version.digest,
        }
        audit.record("erratum", by=by, city=scheme.city, subject=str(scheme), detail=detail)
    erratum.refresh_from_db()
    return foreseen


def _reasons_against(erratum: Erratum, by: User) -> list[str]:
    """What stands against signing; the text is looked at only where nothing else does."""
    refusal = refusal_of(erratum.scheme)
    reasons = [refusal] if refusal else []
    if erratum.state != Erratum.State.PROPOSED:
        reasons.append(f"这份更正{erratum.get_state_display()}，不能签发。")
    if erratum.prepared_by_id == by.pk:
        reasons.append("拟稿人不能自己签发，须由另一人签发。")
    return reasons or problems_of(erratum)[1]


def _write_rows(scheme: Scheme, edits: Mapping) -> None:
    """The rows of the scheme say what the new version says."""
    for key, rows in edits.items():
        section = CORRECTABLE[key]
        known_by = section.field(section.identity).column
        for code, edited in rows.items():
            fields = [field for field in section.fields if field.name in edited]
            values = stored(fields, SimpleNamespace(**thawed(fields, edited)))
            model_of(section).objects.filter(scheme=scheme, **{known_by: code}).update(
                **values, version=F("version") + 1
            )


def _keep_figures(seen: Foresight) -> None:
    """Snapshots take up figures that only the corrected criteria read; what they hold already stays."""
    for snapshot in MetricSnapshot.objects.filter(assessment__in=list(seen.figures)):
        found = {
            name: None if value is None else str(value)
            for name, value in seen.figures[snapshot.assessment_id].items()
        }
        snapshot.values = {**found, **snapshot.values}
        snapshot.save(update_fields=["values"])


def _rewrite_answers(scheme: Scheme, new: SchemeSpec, seen: Foresight) -> None:
    """Rows keep what fits; points for display follow; 核定 that no longer fits goes. What went stands in the
    erratum.
    """
    fits = {misfit.score: misfit.fit for misfits in seen.misfits.values() for misfit in misfits}
    scores = Score.objects.filter(assessment__scheme=scheme)
    rows = list(scores.filter(item__code__in=seen.changed, answers__isnull=False).select_related("item"))
    figures = latest_figures({"assessment__scheme": scheme})
    for row in rows:
        if row.pk in fits:
            row.answers, row.version = fits[row.pk].kept, row.version + 1
        row.points = None
        if row.answers:
            known = {**seen.figures.get(row.assessment_id, {}), **figures.get(row.assessment_id, {})}
            bound, entry = new.bound[row.item.code], entry_from_json(row.answers)
            row.points = asked_points(new, bound, entry, row.stage, known)
    Score.objects.bulk_update(rows, ["answers", "points", "version"], batch_size=500)
    scores.filter(item__code__in=[code for code in seen.changed if not new.bound[code].asked]).delete()
    voided = [pk for adjustments in seen.voided.values() for pk, _, _ in adjustments]
    Adjustment.objects.filter(pk__in=voided).delete()


def _tell(erratum: Erratum) -> None:
    """Schools that are affected learn what becomes of them, the others that the criteria were corrected."""
    scheme, key = erratum.scheme, f"erratum-{erratum.pk}"
    url = reverse("ratings:erratum", args=[erratum.pk])
    heading = f"《{scheme}》更正为第 {erratum.version.number} 版"
    sent = {school["assessment"]: school["sent"] for school in erratum.affected}
    at = dict(scheme.assessments.filter(pk__in=sent).values_list("school_id", "pk"))
    held = Appointment.objects.in_force().filter(
        city=scheme.city_id, role__in=SCHOOL_ROLES, school__in=list(at), user__is_active=True
    )
    told = set()
    for appointment in held.select_related("user", "school"):
        text = f"{heading}，涉及本校。{sent[at[appointment.school_id]]}".strip()
        of_school = f"{key}-{appointment.school_id}"
        notify([appointment.user], text, url=url, key=of_school, school=appointment.school)
        told.add(appointment.user_id)
    others = [user for user in holders(scheme, CITY_READERS) if user.pk not in told]
    notify(others, f"{heading}：{erratum.reason}", url=url, key=key)


#: Schools that have handed in and are not out of the year.
HANDED_IN = (Status.COUNTY, Status.CITY, Status.SETTLED)
OPEN = (Status.DRAFT, Status.CONFIRMING, Status.RETURNED)


def bring_in_line(scheme: Scheme, spec: SchemeSpec, seen: Foresight, *, by, reason: str) -> dict[int, str]:
    """Open the rows the corrected criteria owe and send back what lacks an answer; tells in words what
    happened, by assessment.

    Only items that the correction changed count: what was open before for other reasons stays the business of
    its stage.
    """
    if not seen.changed:
        return {}
    rows = Assessment.objects.filter(scheme=scheme, status__in=(*OPEN, *HANDED_IN))
    sent = {}
    for row in rows.select_related("scheme", "school", "panel").order_by("pk"):
        asked = [misfit for misfit in seen.misfits.get(row.pk, ()) if misfit.fit.owed]
        if sentence := _Back(row, row.status, spec, set(seen.changed), asked, by, reason).settle():
            sent[row.pk] = sentence
    return sent


@dataclass
class _Back:
    """One school: what it lacks decides how far back it goes. `status` is where it stood."""

    assessment: Assessment
    status: str
    spec: SchemeSpec
    changed: set[str]
    asked: list[Misfit]
    by: User
    reason: str

    def settle(self) -> str:
        """Rows, sheets and status of the school; the sentence for its people, "" where nothing happened."""
        open_self_rows(self.assessment, self.spec)
        own = self._lacking(Stage.SELF)
        if self.status in OPEN:
            return self._still_filling(own)
        county = self._lacking_in_county()
        sheets = self._reopen_sheets()
        target = self.status
        if county:
            target = Status.COUNTY
        elif sheets and target == Status.SETTLED:
            target = Status.CITY
        parts = []
        if own:
            back = Status.CITY if target == Status.SETTLED else target
            self._move(Status.RETURNED, returned_to=back, items=own)
            until = day_words(self.assessment.return_due)
            parts.append(f"自评退回补正 {'、'.join(own)}，{until}前补正。")
        elif target != self.status:
            self._move(target)
        if county:
            parts.append(f"退回初评补评 {'、'.join(county)}。")
        if sheets:
            parts.append(f"{sheets} 份评分表退回评委补评。")
        return "".join(parts)

    def _lacking_in_county(self) -> list[str]:
        """What 初评 owes anew, where it is over."""
        if not self.spec.has_county_stage:
            return []
        open_county_rows(self.assessment, self.spec)
        return self._lacking(Stage.COUNTY) if self.status != Status.COUNTY else []

    def _lacking(self, stage: str) -> list[str]:
        """Items without an answer, and those with a question nobody was asked before: a box not ticked is no
        gap.
        """
        missing = [blocker.item for blocker in missing_in(self.assessment, self.spec, stage)]
        anew = [misfit.code for misfit in self.asked if misfit.stage == stage]
        return list(dict.fromkeys([*(code for code in missing if code in self.changed), *anew]))

    def _still_filling(self, own: list[str]) -> str:
        """The school has the sheet in its hands; what it confirmed or signed no longer holds."""
        if not own:
            return ""
        if self.status == Status.RETURNED:
            self._name(self.assessment.moves.filter(to_status=Status.RETURNED).latest("id"), own)
        if self.status == Status.CONFIRMING:
            self._move(Status.DRAFT)
        else:
            void_signature(self.assessment)
        return f"请重新填写 {'、'.join(own)}。"

    def _reopen_sheets(self) -> int:
        """Sheets that were handed in and lack an answer now are open again; tells how many."""
        if self.status not in (Status.CITY, Status.SETTLED):
            return 0
        open_city_rows(self.assessment, self.spec, settled=True)
        asked = {misfit.judge_label for misfit in self.asked if misfit.stage == Stage.CITY}
        reopened = 0
        for sheet in self.assessment.sheets.filter(submitted_at__isnull=False).select_related("judge"):
            sheet.assessment = self.assessment
            label = sheet.judge.label if sheet.judge else ""
            if label in asked or {owed.code for owed in sheet_owed(sheet, self.spec)} & self.changed:
                sheet.submitted_at = sheet.submitted_by = sheet.checked_by = None
                sheet.save(update_fields=["submitted_at", "submitted_by", "checked_by"])
                reopened += 1
        return reopened

    def _move(self, target: str, *, returned_to: str = "", items: Collection[str] = ()) -> None:
        assessment = self.assessment
        sheet = frozen_sheet(assessment, STAGE_OF.get(self.status, Stage.CITY))
        move = Move.objects.create(
            assessment=assessment,
            step="erratum",
            from_status=self.status,
            to_status=target,
            by=self.by,
            at=timezone.now(),
            comment=self.reason,
            sheet=sheet,
            digest=digest(sheet),
        )
        assessment.status, assessment.version = target, assessment.version + 1
        assessment.returned_to = returned_to
        assessment.return_due = return_deadline(timezone.localdate()) if items else None
        assessment.save(update_fields=["status", "version", "returned_to", "return_due"])
        if self.status == Status.SETTLED:
            void_decision(assessment, move)
        self._name(move, items)
        if target in OPEN:
            void_signature(assessment)

    def _name(self, move: Move, codes: Collection[str]) -> None:
        """The school may change these items."""
        items = Item.objects.filter(scheme=self.assessment.scheme_id, code__in=codes)
        comment = self.reason[:300]
        ReturnedItem.objects.bulk_create(
            ReturnedItem(move=move, item=item, comment=comment)
            for item in items.exclude(pk__in=move.items.values("item"))
        )
