"""When a panel is closed: from then on, and not before, its judges see each other's scores."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Judge, JudgeSheet, Panel, Score
from ratings.scoring import Owed, entry_from_json, owed_codes, owed_in
from ratings.workflow import must_recuse, scheme_spec, uneditable
from schools import audit
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, refuse

#: Statuses from which a school still comes to its panel.
COMING = (Status.DRAFT, Status.CONFIRMING, Status.COUNTY, Status.RETURNED)


def is_closed(panel: Panel) -> bool:
    """Whether every school of the panel has every sheet submitted; one school that still comes keeps the
    panel open.
    """
    return panel.pk in closed_panels([panel.pk])


def closed_panels(panels: Iterable[int]) -> set[int]:
    """Those of the panels that are closed, in one query; a panel without schools is not."""
    sheets = JudgeSheet.objects.filter(assessment=OuterRef("pk"))
    rows = Assessment.objects.filter(panel__in=panels).exclude(status__in=(Status.DECLINED, Status.LAPSED))
    rows = rows.annotate(sheeted=Exists(sheets), waiting=Exists(sheets.filter(submitted_at__isnull=True)))
    open_panels, found = set(), set()
    for panel, status, sheeted, waiting in rows.values_list("panel_id", "status", "sheeted", "waiting"):
        found.add(panel)
        if status in COMING or waiting or not sheeted:
            open_panels.add(panel)
    return found - open_panels


REASON_LIMIT = 200


def sheet_owed(sheet: JudgeSheet, spec: SchemeSpec) -> list[Owed]:
    """What the sheet still lacks; 现场 items count only where the school was visited or nothing could stand
    in for them.
    """
    codes = owed_codes(spec, Stage.CITY, visited=sheet.assessment.visited)
    stored = own_rows(sheet).filter(answers__isnull=False).values_list("item__code", "answers")
    return owed_in(spec, Stage.CITY, {code: entry_from_json(answers) for code, answers in stored}, codes)


def own_rows(sheet: JudgeSheet):
    """The rows of this sheet alone: of its judge, or of the agreed sheet."""
    return Score.objects.filter(assessment=sheet.assessment_id, stage=Stage.CITY, judge=sheet.judge_id)


def locked_sheet(pk: int) -> JudgeSheet:
    """The sheet, its assessment locked first as every writer of scores does, so that no answer changes
    meanwhile.
    """
    assessment = JudgeSheet.objects.values_list("assessment", flat=True).get(pk=pk)
    locked = (
        Assessment.objects.select_for_update(of=("self",))
        .select_related("scheme__city", "school", "panel")
        .get(pk=assessment)
    )
    sheet = (
        JudgeSheet.objects.select_for_update(of=("self",))
        .select_related("judge__user", "entered_by")
        .get(pk=pk)
    )
    sheet.assessment = locked
    return sheet


def refuse_writing(sheet: JudgeSheet, user: User) -> None:
    """Raises Refused where `user` may not write this sheet now: role, phase, deadline, seat, 回避."""
    row = Score(assessment=sheet.assessment, stage=Stage.CITY, judge=sheet.judge)
    refuse(uneditable(row, user))


def submit_sheet(sheet: JudgeSheet, *, by: User) -> None:
    """Hand the complete sheet in: from here the judge cannot change it. Raises Refused with everything
    missing.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        if locked.entered_by_id:
            raise Refused("代录的评分表由另一人核对后提交。")
        refuse_incomplete(locked)
        close(locked, by=by)


def refuse_incomplete(sheet: JudgeSheet) -> None:
    """Raises Refused with every item that is not fully scored."""
    missing = sheet_owed(sheet, scheme_spec(sheet.assessment.scheme))
    if missing:
        raise Refused([owed.text for owed in missing])


def close(sheet: JudgeSheet, *, by: User) -> None:
    """Mark the locked sheet as submitted and keep the digest of what it said in the audit trail."""
    sheet.submitted_at, sheet.submitted_by = timezone.now(), by
    sheet.save(update_fields=["submitted_at", "submitted_by", "checked_by"])
    record(sheet, by, {"提交": label_of(sheet.judge), "摘要": sheet_digest(sheet)})


def reopen_sheet(sheet: JudgeSheet, *, by: User, reason: str) -> None:
    """Give a submitted sheet back to its judge (代录: to who entered it), before the year is settled."""
    reason = reason.strip()
    if not may(by, "arrange_panels"):
        raise Refused("评分表由市评委会办公室退回。")
    if not reason or len(reason) > REASON_LIMIT:
        raise Refused(f"请写明退回理由，不超过 {REASON_LIMIT} 字。")
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        if sentence := must_recuse(by, locked.assessment.school):
            raise Refused(sentence)
        if locked.submitted_at is None:
            raise Refused("这份评分表尚未提交，不需要退回。")
        if locked.assessment.status != Status.CITY or locked.assessment.scheme.phase != Phase.SCORING:
            raise Refused("本校已审定或不在评审中，评分表不能再退回。")
        locked.submitted_at = locked.submitted_by = locked.checked_by = None
        locked.save(update_fields=["submitted_at", "submitted_by", "checked_by"])
        record(locked, by, {"退回": label_of(locked.judge), "理由": reason})


def sheet_digest(sheet: JudgeSheet) -> str:
    """One digest over every answer, point and remark of the sheet: two readers see whether they read the
    same.
    """
    rows = own_rows(sheet).order_by("item__code").values_list("item__code", "answers", "points", "remark")
    return digest(
        [
            [code, answers, None if points is None else str(points), remark]
            for code, answers, points, remark in rows
        ]
    )


def label_of(judge: Judge | None) -> str:
    """Whose sheet: a judge's, or the agreed one."""
    return judge.label if judge else "合议评分表"


def record(sheet: JudgeSheet, by: User, detail: dict) -> None:
    """A line of the audit trail about one sheet; scores never stand in it."""
    audit.record(
        "sheet", by=by, city=sheet.assessment.scheme.city, subject=str(sheet.assessment), detail=detail
    )
