"""签发: the chair's signature freezes a new version, writes it into the rows and brings every school in line
with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from types import SimpleNamespace

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ratings.committee.settling import lock_assessments
from ratings.criteria.fields import CORRECTABLE, stored, thawed
from ratings.criteria.spec import SchemeSpec, digest
from ratings.criteria.storing import model_of
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
from ratings.workflow import (
    STAGE_OF,
    frozen_sheet,
    missing_in,
    open_city_rows,
    open_county_rows,
    void_signature,
)
from ratings.workflow.deadlines import return_deadline
from ratings.workflow.opening import holders
from ratings.workflow.stages import open_self_rows
from ratings.workflow.taking import void_decision
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, User
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Refused

from .foreseeing import Foresight, Misfit, foresee
from .preparing import corrected, problems_of, refusal_of


def sign(erratum: Erratum, *, by: User) -> Foresight:
    """Put a correction in force: version, rows, answers, figures and states of every school in one
    transaction.

    The scheme is locked first and then every assessment, as settling does, so that no score slips in between.
    A year that was settled goes back to 评审 and is settled anew. Raises Refused with every reason; then
    nothing has changed.
    """
    with transaction.atomic():
        scheme = (
            Scheme.objects.select_for_update(of=("self",)).select_related("city").get(pk=erratum.scheme_id)
        )
        lock_assessments(scheme)
        locked = (
            Erratum.objects.select_for_update(of=("self",))
            .select_related("base", "prepared_by")
            .get(pk=erratum.pk)
        )
        locked.scheme = scheme
        reasons = _refusals(locked, by)
        if reasons:
            raise Refused(reasons)
        old = spec_of(locked.base)
        new = corrected(old, locked.edits)
        seen = foresee(scheme, old, new)
        version = freeze(scheme, reason=f"更正：{locked.reason}"[:200], by=by, spec=new)
        _write_rows(scheme, locked.edits)
        _keep_figures(seen)
        _rewrite_answers(scheme, new, seen)
        if scheme.phase in (Phase.SETTLED, Phase.NOTICE):
            Result.objects.filter(scheme=scheme).delete()
            scheme.phase = Phase.SCORING
            scheme.save(update_fields=["phase"])
        sent_back = bring_in_line(
            scheme, new, seen, by=by, reason=f"第 {version.number} 版更正：{locked.reason}"
        )
        locked.state, locked.signed_by, locked.signed_at, locked.version = (
            Erratum.State.SIGNED,
            by,
            timezone.now(),
            version,
        )
        locked.affected = [
            {**one.as_json(), "sent": sent_back.get(one.assessment, "")} for one in seen.affected
        ]
        locked.save(update_fields=["state", "signed_by", "signed_at", "version", "affected"])
        _tell(locked, seen)
        detail = {
            "更正": locked.reason,
            "依据": locked.basis,
            "拟稿": str(locked.prepared_by),
            "学校": len(seen.affected),
        }
        detail |= {"原版本": locked.base.digest, "新版本": version.digest}
        audit.record("erratum", by=by, city=scheme.city, subject=str(scheme), detail=detail)
    erratum.refresh_from_db()
    return seen


def _refusals(erratum: Erratum, by: User) -> list[str]:
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
    misfits = {one.score: one.fit for school in seen.affected for one in school.misfits}
    rows = list(
        Score.objects.filter(
            assessment__scheme=scheme, item__code__in=seen.changed, answers__isnull=False
        ).select_related("item")
    )
    latest = dict(
        MetricSnapshot.objects.filter(assessment__scheme=scheme)
        .order_by("taken_at", "id")
        .values_list("assessment_id", "values")
    )
    for row in rows:
        found = misfits.get(row.pk)
        if found is not None:
            row.answers, row.version = found.kept, row.version + 1
        entry = entry_from_json(row.answers) if row.answers else None
        values = _figures_at(row.assessment_id, latest, seen)
        row.points = asked_points(new, new.bound[row.item.code], entry, row.stage, values) if entry else None
    Score.objects.bulk_update(rows, ["answers", "points", "version"], batch_size=500)
    unasked = [code for code in seen.changed if not new.bound[code].asked]
    Score.objects.filter(assessment__scheme=scheme, item__code__in=unasked).delete()
    Adjustment.objects.filter(
        pk__in=[pk for school in seen.affected for pk, _, _ in school.adjustments]
    ).delete()


def _figures_at(assessment: int, latest: Mapping, seen: Foresight) -> dict[str, Fraction | None]:
    stored = {
        name: None if text is None else Fraction(text) for name, text in latest.get(assessment, {}).items()
    }
    return {**seen.figures.get(assessment, {}), **stored}


def _tell(erratum: Erratum, seen: Foresight) -> None:
    """Schools that are affected learn what becomes of them, the others that the criteria were corrected."""
    scheme, url = erratum.scheme, reverse("ratings:erratum", args=[erratum.pk])
    touched = {one["assessment"]: one for one in erratum.affected}
    at = dict(scheme.assessments.filter(pk__in=touched).values_list("school_id", "pk"))
    held = Appointment.objects.in_force().filter(
        city=scheme.city_id, role__in=SCHOOL_ROLES, school__in=list(at), user__is_active=True
    )
    told = set()
    for appointment in held.select_related("user", "school"):
        one = touched[at[appointment.school_id]]
        text = f"《{scheme}》更正为第 {erratum.version.number} 版，涉及本校。{one['sent']}".strip()
        notify(
            [appointment.user],
            text,
            url=url,
            key=f"erratum-{erratum.pk}-{appointment.school_id}",
            school=appointment.school,
        )
        told.add(appointment.user_id)
    others = [user for user in holders(scheme, CITY_READERS) if user.pk not in told]
    notify(
        others,
        f"《{scheme}》更正为第 {erratum.version.number} 版：{erratum.reason}",
        url=url,
        key=f"erratum-{erratum.pk}",
    )


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
    rows = Assessment.objects.filter(scheme=scheme, status__in=(*OPEN, *HANDED_IN)).select_related(
        "scheme", "school", "panel"
    )
    asked = {school.assessment: [one for one in school.misfits if one.fit.owed] for school in seen.affected}
    found = {}
    for row in rows.order_by("pk"):
        said = _Back(row, spec, set(seen.changed), asked.get(row.pk, []), by, reason).settle()
        if said:
            found[row.pk] = said
    return found


class _Back:
    """One school: what it lacks decides how far back it goes."""

    def __init__(
        self,
        assessment: Assessment,
        spec: SchemeSpec,
        changed: set[str],
        asked: list[Misfit],
        by,
        reason: str,
    ):
        self.assessment, self.spec, self.changed, self.asked, self.by, self.reason = (
            assessment,
            spec,
            changed,
            asked,
            by,
            reason,
        )
        self.status = assessment.status

    def settle(self) -> str:
        """Rows, sheets and status of the school; the sentence for its people, "" where nothing happened."""
        open_self_rows(self.assessment, self.spec)
        own = self._lacking(Stage.SELF)
        if self.status in OPEN:
            return self._still_filling(own)
        if self.spec.has_county_stage:
            open_county_rows(self.assessment, self.spec)
        county = (
            self._lacking(Stage.COUNTY) if self.spec.has_county_stage and self.status != Status.COUNTY else []
        )
        sheets = self._reopen_sheets()
        target = (
            Status.COUNTY
            if county
            else Status.CITY
            if sheets and self.status == Status.SETTLED
            else self.status
        )
        if own:
            back = Status.CITY if target == Status.SETTLED else target
            self._move(Status.RETURNED, returned_to=back, items=own)
        elif target != self.status:
            self._move(target)
        until = f"{self.assessment.return_due:%Y年%m月%d日}" if own else ""
        parts = [f"自评退回补正 {'、'.join(own)}，{until}前补正。" if own else ""]
        parts += [
            f"退回初评补评 {'、'.join(county)}。" if county else "",
            f"{sheets} 份评分表退回评委补评。" if sheets else "",
        ]
        return "".join(parts)

    def _lacking(self, stage: str) -> list[str]:
        """Items without an answer, and those with a question nobody was asked before: a box not ticked is no
        gap.
        """
        gaps = [gap.item for gap in missing_in(self.assessment, self.spec, stage) if gap.item in self.changed]
        return list(dict.fromkeys(gaps + [one.code for one in self.asked if one.stage == stage]))

    def _still_filling(self, own: list[str]) -> str:
        """The school has the sheet in its hands; what it confirmed or signed no longer holds."""
        if not own:
            return ""
        if self.status == Status.RETURNED:
            asked = self.assessment.moves.filter(to_status=Status.RETURNED).order_by("-id").first()
            self._name(asked, own)
            void_signature(self.assessment)
        elif self.status == Status.CONFIRMING:
            self._move(Status.DRAFT)
        else:
            void_signature(self.assessment)
        return f"请重新填写 {'、'.join(own)}。"

    def _reopen_sheets(self) -> int:
        """Sheets that were handed in and lack an answer now are open again; tells how many."""
        if self.status not in (Status.CITY, Status.SETTLED):
            return 0
        open_city_rows(self.assessment, self.spec, settled=True)
        reopened = 0
        for sheet in self.assessment.sheets.filter(submitted_at__isnull=False).select_related("judge"):
            sheet.assessment = self.assessment
            label = sheet.judge.label if sheet.judge else ""
            asked = any((one.stage, one.judge_label) == (Stage.CITY, label) for one in self.asked)
            if asked or {owed.code for owed in sheet_owed(sheet, self.spec)} & self.changed:
                sheet.submitted_at = sheet.submitted_by = sheet.checked_by = None
                sheet.save(update_fields=["submitted_at", "submitted_by", "checked_by"])
                reopened += 1
        return reopened

    def _move(self, target: str, *, returned_to: str = "", items: Collection[str] = ()) -> None:
        one = self.assessment
        sheet = frozen_sheet(one, STAGE_OF.get(self.status, Stage.CITY))
        values = {
            "from_status": self.status,
            "to_status": target,
            "by": self.by,
            "at": timezone.now(),
            "comment": self.reason,
        }
        move = Move.objects.create(
            assessment=one, step="erratum", sheet=sheet, digest=digest(sheet), **values
        )
        one.status, one.version, one.returned_to = target, one.version + 1, returned_to
        one.return_due = return_deadline(timezone.localdate()) if items else None
        one.save(update_fields=["status", "version", "returned_to", "return_due"])
        if self.status == Status.SETTLED:
            void_decision(one, move)
        self._name(move, items)
        if target in OPEN:
            void_signature(one)

    def _name(self, move: Move, codes: Collection[str]) -> None:
        """The school may change these items."""
        items = Item.objects.filter(scheme=self.assessment.scheme_id, code__in=codes)
        held = set(move.items.values_list("item", flat=True))
        comment = self.reason[:300]
        ReturnedItem.objects.bulk_create(
            ReturnedItem(move=move, item=item, comment=comment) for item in items if item.pk not in held
        )
