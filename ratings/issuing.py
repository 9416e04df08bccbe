"""Saving and issuing the opening notice; two people may have it open."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from ratings.documents.bulletin import check
from ratings.documents.fonts import FontMissing
from ratings.documents.opening_annexes import to_json
from ratings.documents.opening_notice import notice_context, notice_pdf
from ratings.documents.pdf import DocumentError
from ratings.drafts import EditConflict, NotEditable
from ratings.enums import Phase
from ratings.models import OpeningNotice
from schools import audit
from schools.models import User

#: The notice goes out once the year is open and before its results are settled.
ISSUABLE = (Phase.OPEN, Phase.SCORING)


class NotIssued(Exception):
    """The notice cannot go out; `reasons` are sentences for the person who tried."""

    def __init__(self, reasons: list[str]):
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def save_notice(notice: OpeningNotice, values: Mapping[str, object], *, version: int, by: User) -> OpeningNotice:
    """Store the fields if nobody saved since `version`; raises EditConflict or NotEditable, changing nothing."""
    with transaction.atomic():
        current = OpeningNotice.objects.select_for_update(of=("self",)).select_related("scheme", "edited_by").get(pk=notice.pk)
        if current.is_issued:
            raise NotEditable
        if current.version != version:
            raise EditConflict(current)
        for name, value in values.items():
            setattr(current, name, value)
        current.version += 1
        current.edited_by, current.edited_at = by, timezone.now()
        current.save(update_fields=[*values, "version", "edited_by", "edited_at"])
    return current


def reasons_against(notice: OpeningNotice, context) -> list[str]:
    """What must be put right before the notice can go out, in sentences."""
    phase = notice.scheme.phase
    late = f"方案处于“{notice.scheme.get_phase_display()}”阶段，不再印发启动通知。"
    early = "方案尚未启动；启动以后细则不再变动，才能印发通知。"
    stage = [] if phase in ISSUABLE else [early if phase == Phase.DRAFTING else late]
    return stage + check(context)


def issue_notice(notice: OpeningNotice, *, by: User) -> OpeningNotice:
    """Keep the PDF with its digest and the 附件 as they stand; from here the notice never changes.

    Raises NotIssued, changing nothing; a file written before a failure is removed again.
    """
    context = notice_context(notice)
    reasons = ["通知已经印发。"] if notice.is_issued else reasons_against(notice, context)
    if reasons:
        raise NotIssued(reasons)
    pdf = _document(context)
    stored = ""
    try:
        with transaction.atomic():
            current = OpeningNotice.objects.select_for_update(of=("self",)).select_related("scheme__city").get(pk=notice.pk)
            if current.is_issued:
                raise NotIssued(["通知已经印发。"])
            if current.version != notice.version:
                raise NotIssued(["通知文稿刚刚被修改，请重新核对后再印发。"])
            scheme = current.scheme
            current.digest = hashlib.sha256(pdf).hexdigest()
            current.pdf.save(f"{scheme.city.code}/{scheme.year}/{current.digest[:32]}.pdf", ContentFile(pdf), save=False)
            stored = current.pdf.name
            current.annexes, current.issued_by, current.issued_at = to_json(context.annexes), by, timezone.now()
            current.save(update_fields=["pdf", "digest", "annexes", "issued_by", "issued_at"])
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            audit.record("opening_notice", by=by, city=scheme.city, subject=str(scheme), detail=detail, at=current.issued_at)
    except BaseException:
        if stored:
            notice.pdf.storage.delete(stored)
        raise
    return current


def _document(context) -> bytes:
    """The PDF; a missing face or a document that cannot be laid out is one more reason not to issue."""
    try:
        return notice_pdf(context)
    except (FontMissing, DocumentError) as error:
        raise NotIssued([str(error)]) from error
