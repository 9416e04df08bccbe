"""代录: a signed paper sheet is typed in by one person of the office and checked against the scan
by another.
"""

from __future__ import annotations

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from ratings.enums import Phase, Status
from ratings.models import Evidence, JudgeSheet
from ratings.workflow import must_recuse, sheet_conflict
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, refuse
from schools.uploads import CheckedUpload

from .sheets import (
    close,
    label_of,
    locked_sheet,
    own_rows,
    record,
    refuse_incomplete,
    refuse_writing,
    sheet_digest,
)


def start_entry(sheet: JudgeSheet, *, by: User) -> None:
    """登记代录: from here the sheet is typed in by this person alone; also takes over what a
    colleague began.
    """
    _refuse_others(by)
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        if locked.submitted_at:
            raise Refused("评分表已提交，不能再代录。")
        if locked.judge and locked.judge.user_id == by.pk:
            raise Refused("不能代录本人的评分表。")
        if sentence := must_recuse(by, locked.assessment.school) or sheet_conflict(locked, locked.assessment):
            raise Refused(sentence)
        if locked.entered_by_id is None and own_rows(locked).filter(answers__isnull=False).exists():
            raise Refused(f"{label_of(locked.judge)}已经在系统里评分，不能再代录。")
        locked.entered_by = by
        locked.save(update_fields=["entered_by"])
        record(locked, by, {"代录": label_of(locked.judge)})


def cancel_entry(sheet: JudgeSheet, *, by: User) -> None:
    """取消代录: the judge scores in the system after all; only while nothing has been typed in."""
    _refuse_others(by)
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        if own_rows(locked).filter(answers__isnull=False).exists():
            raise Refused("已经录入评分，不能取消代录。")
        locked.entered_by = None
        locked.save(update_fields=["entered_by"])
        record(locked, by, {"取消代录": label_of(locked.judge)})


def attach_scan(sheet: JudgeSheet, upload: CheckedUpload, *, by: User) -> Evidence:
    """Keep the scan of the signed sheet; a better scan takes the place of the earlier one, which stays on
    record.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse_writing(locked, by)
        before = locked.scan
        scan = Evidence(
            assessment=locked.assessment,
            kind=Evidence.Kind.FILE,
            name=upload.name,
            size=upload.size,
            digest=upload.sha256,
            content_type=upload.kind.content_type,
            confidential=True,
            by=by,
            at=timezone.now(),
        )
        scan.file.save(upload.name, ContentFile(upload.content), save=False)
        scan.save()
        locked.scan = scan
        locked.save(update_fields=["scan"])
        if before:
            before.removed_at, before.removed_by = timezone.now(), by
            before.save(update_fields=["removed_at", "removed_by"])
        record(locked, by, {"签字原件": label_of(locked.judge), "SHA-256": upload.sha256})
    return scan


def check_refusals(sheet: JudgeSheet, user: User) -> list[str]:
    """Why `user` may not confirm this entry: nobody checks what they typed themselves."""
    if not may(user, "arrange_panels"):
        return ["代录由市评委会办公室核对。"]
    if sheet.entered_by_id is None or sheet.submitted_at:
        return ["这份评分表没有待核对的代录。"]
    if sheet.assessment.status != Status.CITY or sheet.assessment.scheme.phase != Phase.SCORING:
        return ["本校不在评审中，评分表不能再提交。"]
    if sheet.entered_by_id == user.pk or own_rows(sheet).filter(updated_by=user).exists():
        return ["录入的人不能核对，请由办公室另一人核对。"]
    if sheet.judge and sheet.judge.user_id == user.pk:
        return ["不能核对本人的评分表。"]
    if sentence := must_recuse(user, sheet.assessment.school) or sheet_conflict(sheet, sheet.assessment):
        return [sentence]
    return [] if sheet.scan_id else ["还没有上传签字原件的扫描件，不能核对。"]


def check_entry(sheet: JudgeSheet, *, by: User, seen: str) -> None:
    """核对无误: close the sheet in the name of the judge. `seen` is the digest of what was on the checker's
    screen.
    """
    with transaction.atomic():
        locked = locked_sheet(sheet.pk)
        refuse(*check_refusals(locked, by))
        refuse_incomplete(locked)
        if seen != sheet_digest(locked):
            raise Refused("核对期间录入内容有改动，请重新核对。")
        locked.checked_by = by
        close(locked, by=by)


def _refuse_others(user: User) -> None:
    if not may(user, "arrange_panels"):
        raise Refused("签字原件由市评委会办公室代录。")
