"""Where a correction leaves questions without an answer, the school, the county or the judge gets the sheet back."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.enums import Stage, Status
from ratings.judging.sheets import sheet_owed
from ratings.models import Assessment, Item, Move, ReturnedItem, Scheme
from ratings.workflow import STAGE_OF, frozen_sheet, missing_in, open_city_rows, open_county_rows, void_signature
from ratings.workflow.deadlines import return_deadline
from ratings.workflow.stages import open_self_rows
from ratings.workflow.taking import void_decision

from .foreseeing import Foresight, Misfit

#: Schools that have handed in and are not out of the year.
HANDED_IN = (Status.COUNTY, Status.CITY, Status.SETTLED)
OPEN = (Status.DRAFT, Status.CONFIRMING, Status.RETURNED)


def bring_in_line(scheme: Scheme, spec: SchemeSpec, seen: Foresight, *, by, reason: str) -> dict[int, str]:
    """Open the rows the corrected criteria owe and send back what lacks an answer; tells in words what happened, by assessment.

    Only items that the correction changed count: what was open before for other reasons stays the business of its stage.
    """
    if not seen.changed:
        return {}
    rows = Assessment.objects.filter(scheme=scheme, status__in=(*OPEN, *HANDED_IN)).select_related("scheme", "school", "panel")
    asked = {school.assessment: [one for one in school.misfits if one.fit.owed] for school in seen.affected}
    found = {}
    for row in rows.order_by("pk"):
        said = _Back(row, spec, set(seen.changed), asked.get(row.pk, []), by, reason).settle()
        if said:
            found[row.pk] = said
    return found


class _Back:
    """One school: what it lacks decides how far back it goes."""

    def __init__(self, assessment: Assessment, spec: SchemeSpec, changed: set[str], asked: list[Misfit], by, reason: str):
        self.assessment, self.spec, self.changed, self.asked, self.by, self.reason = assessment, spec, changed, asked, by, reason
        self.status = assessment.status

    def settle(self) -> str:
        """Rows, sheets and status of the school; the sentence for its people, "" where nothing happened."""
        open_self_rows(self.assessment, self.spec)
        own = self._lacking(Stage.SELF)
        if self.status in OPEN:
            return self._still_filling(own)
        if self.spec.has_county_stage:
            open_county_rows(self.assessment, self.spec)
        county = self._lacking(Stage.COUNTY) if self.spec.has_county_stage and self.status != Status.COUNTY else []
        sheets = self._reopen_sheets()
        target = Status.COUNTY if county else Status.CITY if sheets and self.status == Status.SETTLED else self.status
        if own:
            back = Status.CITY if target == Status.SETTLED else target
            self._move(Status.RETURNED, returned_to=back, items=own)
        elif target != self.status:
            self._move(target)
        until = f"{self.assessment.return_due:%Y年%m月%d日}" if own else ""
        parts = [f"自评退回补正 {'、'.join(own)}，{until}前补正。" if own else ""]
        parts += [f"退回初评补评 {'、'.join(county)}。" if county else "", f"{sheets} 份评分表退回评委补评。" if sheets else ""]
        return "".join(parts)

    def _lacking(self, stage: str) -> list[str]:
        """Items without an answer, and those with a question nobody was asked before: a box not ticked is no gap."""
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
        values = {"from_status": self.status, "to_status": target, "by": self.by, "at": timezone.now(), "comment": self.reason}
        move = Move.objects.create(assessment=one, step="erratum", sheet=sheet, digest=digest(sheet), **values)
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
        ReturnedItem.objects.bulk_create(ReturnedItem(move=move, item=item, comment=comment) for item in items if item.pk not in held)
