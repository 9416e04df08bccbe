"""评分表: what is on a sheet and what it lacks, filling it from the stage before, typing a paper one in,
handing in and giving back; and when a panel is closed: from then on, and not before, its judges see each
other's scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from ratings.criteria.spec import SchemeSpec, digest
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Evidence, Judge, JudgeSheet, Panel, Score
from ratings.review.agreeing import agreed_entry
from ratings.scoring import Entry, Owed, entry_from_json, owed_at, owed_codes, owed_in
from ratings.scoring.items import LEAST_SHEETS
from ratings.sheets.answering import take_over
from ratings.workflow import (
    away,
    hold_assessment,
    must_recuse,
    scheme_spec,
    sheet_conflict,
    shown_at,
    shut,
    shut_codes,
    tie,
    uneditable,
)
from schools import audit
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, Shown, hold_one, last_saved, refuse
from schools.uploads import CheckedUpload

#: Statuses from which a school still comes to its panel.
COMING = (Status.DRAFT, Status.CONFIRMING, Status.COUNTY, Status.RETURNED)
REASON_LIMIT = 200
COUNTED = ("scheme__aggregation", "every", "waiting")


def is_closed(panel: Panel) -> bool:
    """Whether every school of the panel is complete; one that still comes keeps the panel open, and so does
    having none.
    """
    rows = _counted(panel).exclude(status__in=(Status.DECLINED, Status.LAPSED))
    states = list(rows.values_list("status", *COUNTED))
    return bool(states) and all(status not in COMING and _is_full(*state) for status, *state in states)


def complete_in(panel: Panel) -> set[int]:
    """Schools of the panel with enough sheets, all handed in: nobody is asked there any more."""
    return {pk for pk, *state in _counted(panel).values_list("pk", *COUNTED) if _is_full(*state)}


def _counted(panel: Panel) -> QuerySet[Assessment]:
    waiting = Count("sheets", filter=Q(sheets__submitted_at__isnull=True))
    return Assessment.objects.filter(panel=panel).annotate(every=Count("sheets"), waiting=waiting)


def _is_full(aggregation: str, every: int, waiting: int) -> bool:
    return every >= (1 if aggregation == Aggregation.JOINT else LEAST_SHEETS) and not waiting


def with_hindrance(sheets: QuerySet[JudgeSheet]) -> QuerySet[JudgeSheet]:
    """`tied` says that who wrote or is to write the sheet must recuse, `gone` that nobody is there to hand it
    in; "" where that is not so.
    """
    typed = Case(When(judge=None, entered_by=None, then=F("submitted_by")))
    rows = sheets.annotate(writer=Coalesce("judge__user", typed, "assessment__panel__leader__user"))
    away_now = away("writer", "assessment__scheme__city")
    return rows.annotate(
        tied=tie(OuterRef("writer"), OuterRef("assessment__school")),
        gone=Case(When(submitted_at=None, entered_by=None, then=away_now), default=Value("")),
    )


def stuck(sheets: QuerySet[JudgeSheet]) -> QuerySet[JudgeSheet]:
    """Those that cannot stay as they are."""
    return with_hindrance(sheets).exclude(tied="", gone="")


def own_rows(sheet: JudgeSheet) -> QuerySet[Score]:
    """The rows of this sheet alone: of its judge, or of the agreed sheet."""
    return Score.objects.filter(assessment=sheet.assessment_id, stage=Stage.CITY, judge=sheet.judge_id)


def sheet_owed(sheet: JudgeSheet, spec: SchemeSpec) -> list[Owed]:
    """What the sheet still lacks; 现场 items count only where the school was visited or nothing could stand
    in for them.
    """
    codes = owed_codes(spec, Stage.CITY, visited=sheet.assessment.visited)
    stored = own_rows(sheet).filter(answers__isnull=False).values_list("item__code", "answers")
    return owed_in(spec, Stage.CITY, {code: entry_from_json(answers) for code, answers in stored}, codes)


def sheet_digest(sheet: JudgeSheet) -> str:
    """One digest over every answer, point and remark of the sheet, for the audit trail."""
    rows = own_rows(sheet).order_by("item__code")
    return digest_of(rows.values_list("item__code", "answers", "points", "remark"))


def digest_of(rows: Iterable[Sequence]) -> str:
    """The same, of what stands on a sheet: (code, answers, points, remark) by code."""
    return digest(plain_rows(rows))


def plain_rows(rows: Iterable[Sequence]) -> list[list]:
    """As JSON keeps them."""
    return [
        [code, answers, None if points is None else str(points), remark]
        for code, answers, points, remark in rows
    ]


def shown_sheet(sheet: JudgeSheet, rows: Iterable[Score]) -> Shown:
    """What stands on the page on which the sheet is handed in: its rows, and beside a paper one its scan."""
    found = sorted(rows, key=lambda row: row.item.code)
    said = [[row.item.code, row.answers, row.points, row.remark] for row in found]
    scan = sheet.scan.digest if sheet.scan_id else ""
    return Shown(
        {"评分内容": said, "签字原件": scan},
        {"评分内容": lambda: last_saved((own_rows(sheet), "updated_by__name", "updated_at"))},
    )


def label_of(judge: Judge | None) -> str:
    """Whose sheet: a judge's, or the agreed one."""
    return judge.label if judge else "合议评分表"


def locked_sheet(pk: int) -> JudgeSheet:
    """The sheet, its assessment locked first as every writer of scores does, so that no answer changes
    meanwhile; raises Refused where the judge has left the panel.
    """
    held = hold_assessment(JudgeSheet.objects.filter(pk=pk).values_list("assessment", flat=True).first())
    sheet = hold_one(JudgeSheet.objects.all(), pk, "judge__user", "entered_by")
    sheet.assessment = held
    return sheet


def refuse_writing(sheet: JudgeSheet, user: User) -> None:
    """Raises Refused where `user` may not write this sheet now: role, phase, deadline, seat, 回避."""
    row = Score(assessment=sheet.assessment, stage=Stage.CITY, judge=sheet.judge)
    refuse(uneditable(row, user))


def refuse_incomplete(sheet: JudgeSheet) -> None:
    """Raises Refused with every item that is not fully scored, and with what shuts those on site."""
    assessment = sheet.assessment
    spec = scheme_spec(assessment.scheme)
    owed, closed = sheet_owed(sheet, spec), shut_codes(assessment, spec)
    refuse(*(one.text for one in owed), shut(assessment, onsite=any(one.code in closed for one in owed)))


def office_alone(user: User, sentence: str) -> None:
    refuse("" if may(user, "arrange_panels") else sentence)


def is_own(sheet: JudgeSheet, user: User) -> bool:
    return sheet.judge is not None and sheet.judge.user_id == user.pk


def _is_begun(sheet: JudgeSheet) -> bool:
    return own_rows(sheet).filter(answers__isnull=False).exists()


def _tie_of(user: User, sheet: JudgeSheet) -> str:
    """Why the office cannot deal with this sheet: the person, or who signed it, must recuse."""
    return must_recuse(user, sheet.assessment.school) or sheet_conflict(sheet, sheet.assessment)


def is_with_the_city(sheet: JudgeSheet) -> bool:
    assessment = sheet.assessment
    return assessment.status == Status.CITY and assessment.scheme.phase == Phase.SCORING


def _change(sheet: JudgeSheet, by: User, act: str, detail: dict[str, Any] | None = None, **fields) -> None:
    """Write these fields of the locked sheet, and a line of the audit trail; scores never stand in it."""
    for name, value in fields.items():
        setattr(sheet, name, value)
    sheet.save(update_fields=list(fields))
    audit.record(
        "sheet",
        by=by,
        city=sheet.assessment.scheme.city,
        subject=str(sheet.assessment),
        detail={act: label_of(sheet.judge), **(detail or {})},
    )


def submit_sheet(sheet: JudgeSheet, *, by: User, seen: str | None = None) -> None:
    """Hand the complete sheet in: from here the judge cannot change it. Raises Refused with everything
    missing, and where it is not what the page showed that sent `seen`.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        if locked.entered_by_id:
            raise Refused("代录的评分表由另一人核对后提交。")
        refuse_incomplete(locked)
        _refuse_unseen(locked, seen)
        _close(locked, by)


def shown_now(sheet: JudgeSheet) -> Shown:
    """The same, read from the database."""
    return shown_sheet(sheet, own_rows(sheet).select_related("item"))


def _refuse_unseen(sheet: JudgeSheet, seen: str | None) -> None:
    shown_now(sheet).refuse_changed(seen)


def _close(sheet: JudgeSheet, by: User, checked_by: User | None = None) -> None:
    """Mark the locked sheet as submitted; the audit trail keeps the digest of what it said."""
    seal = {"摘要": sheet_digest(sheet)}
    _void_confirmations(sheet)  # they were of an earlier one
    _change(sheet, by, "提交", seal, submitted_at=timezone.now(), submitted_by=by, checked_by=checked_by)


def _void_confirmations(sheet: JudgeSheet) -> None:
    """Of an agreed sheet; the audit trail keeps who had confirmed what."""
    if sheet.judge_id is None:
        sheet.confirmations.all().delete()


def reopen_sheet(sheet: JudgeSheet, *, by: User, reason: str) -> None:
    """Give a submitted sheet back to its judge (代录: to who entered it), before the year is settled."""
    reason = reason.strip()
    office_alone(by, "评分表由市评委会办公室退回。")
    if not reason or len(reason) > REASON_LIMIT:
        raise Refused(f"请写明退回理由，不超过 {REASON_LIMIT} 字。")
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse(must_recuse(by, locked.assessment.school))
        if locked.submitted_at is None:
            raise Refused("这份评分表尚未提交，不需要退回。")
        if not is_with_the_city(locked):
            raise Refused("本校已审定或不在评审中，评分表不能再退回。")
        _void_confirmations(locked)
        _change(locked, by, "退回", {"理由": reason}, submitted_at=None, submitted_by=None, checked_by=None)


# 同意初评: one click copies what the stage before said of every item not scored yet.


def agree(sheet: JudgeSheet, *, by: User, seen: str | None = None) -> int:
    """Fill the empty rows of the sheet with the answers of the stage before; returns how many.

    What the judge has scored already stays as it is. An item that the stage before did not answer whole
    (核定要素 at 自评) stays empty for the judge, and so does what is shut until the visit. Raises Refused
    where the sheet may not be written, and where the school was sent back and came again since the page was
    opened that sent `seen`.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        shown_at(locked.assessment, "agree").refuse_changed(seen)
        spec = scheme_spec(locked.assessment.scheme)
        closed = shut_codes(locked.assessment, spec)
        earlier = {code: entry for code, entry in _earlier(locked, spec).items() if code not in closed}
        unscored = own_rows(locked).filter(answers__isnull=True, item__code__in=list(earlier))
        rows = list(unscored.select_related("item"))
        take_over(locked.assessment, rows, earlier, by=by)
    if not rows:
        later = "，现场项走访后再评" if closed else ""
        raise Refused(f"没有可以沿用的项目：各项都已评分，或须由评委核定{later}。")
    return len(rows)


def _earlier(sheet: JudgeSheet, spec: SchemeSpec) -> dict[str, Entry]:
    """What 初评 said, or 自评 where the scheme has no county stage, by code, of the items that may be taken
    over whole.
    """
    stage = Stage.COUNTY if sheet.assessment.scheme.has_county_stage else Stage.SELF
    rows = Score.objects.filter(assessment=sheet.assessment, stage=stage, answers__isnull=False)
    stored = {code: entry_from_json(text) for code, text in rows.values_list("item__code", "answers")}
    whole = {}
    for code in owed_codes(spec, Stage.CITY, visited=sheet.assessment.visited):
        entry = stored.get(code)
        if stage == Stage.SELF:
            entry = agreed_entry(spec.bound[code], entry, all_present=False)
        if entry is not None and owed_at(spec.bound[code], entry, Stage.CITY) is None:
            whole[code] = entry
    return whole


# 代录: a signed paper sheet is typed in by one person of the office and checked against the scan by another.

OFFICE_ENTERS = "签字原件由市评委会办公室代录。"


def start_entry(sheet: JudgeSheet, *, by: User) -> None:
    """登记代录: from here the sheet is typed in by this person alone; also takes over what a
    colleague began.
    """
    office_alone(by, OFFICE_ENTERS)
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        if locked.submitted_at:
            raise Refused("评分表已提交，不能再代录。")
        if is_own(locked, by):
            raise Refused("不能代录本人的评分表。")
        refuse(_tie_of(by, locked))
        if locked.entered_by_id is None and _is_begun(locked):
            raise Refused(f"{label_of(locked.judge)}已经在系统里评分，不能再代录。")
        _change(locked, by, "代录", entered_by=by)


def cancel_entry(sheet: JudgeSheet, *, by: User) -> None:
    """取消代录: the judge scores in the system after all; only while nothing has been typed in."""
    office_alone(by, OFFICE_ENTERS)
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        if _is_begun(locked):
            raise Refused("已经录入评分，不能取消代录。")
        _change(locked, by, "取消代录", entered_by=None)


def attach_scan(sheet: JudgeSheet, upload: CheckedUpload, *, by: User) -> Evidence:
    """Keep the scan of the signed sheet; a better scan takes the place of the earlier one, which stays on
    record.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        before, scan = locked.scan, keep_scan(locked, upload, by)
        if before:
            before.removed_at, before.removed_by = timezone.now(), by
            before.save(update_fields=["removed_at", "removed_by"])
        _change(locked, by, "签字原件", {"SHA-256": upload.sha256}, scan=scan)
    return scan


def keep_scan(sheet: JudgeSheet, upload: CheckedUpload, by: User) -> Evidence:
    """A signed paper of the judges, for the committee and its office alone."""
    scan = Evidence(
        assessment=sheet.assessment,
        kind=Evidence.Kind.FILE,
        name=upload.name,
        size=upload.size,
        digest=upload.sha256,
        content_type=upload.kind.content_type,
        confidential=True,
        by=by,
        at=timezone.now(),
    )
    scan.file.save(upload.name, ContentFile(upload.content))
    return scan


def check_refusal(sheet: JudgeSheet, user: User) -> str:
    """Why `user` may not confirm this entry, or "": nobody checks what they typed themselves."""
    if not may(user, "arrange_panels"):
        return "代录由市评委会办公室核对。"
    if sheet.entered_by_id is None or sheet.submitted_at:
        return "这份评分表没有待核对的代录。"
    if not is_with_the_city(sheet):
        return "本校不在评审中，评分表不能再提交。"
    if sheet.entered_by_id == user.pk or own_rows(sheet).filter(updated_by=user).exists():
        return "录入的人不能核对，请由办公室另一人核对。"
    if is_own(sheet, user):
        return "不能核对本人的评分表。"
    return _tie_of(user, sheet) or ("" if sheet.scan_id else "还没有上传签字原件的扫描件，不能核对。")


def check_entry(sheet: JudgeSheet, *, by: User, seen: str) -> None:
    """核对无误: close the sheet in the name of the judge, as it stood on the page that sent `seen`."""
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse(check_refusal(locked, by))
        refuse_incomplete(locked)
        _refuse_unseen(locked, seen)
        _close(locked, by, checked_by=by)
