"""通报: from a settled scheme to a published one, in one transaction with the document kept."""

from __future__ import annotations

import hashlib

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from ratings.documents.bulletin import BulletinContext, check, render_pdf_bytes
from ratings.documents.fonts import FontMissing
from ratings.documents.gathering import bulletin_context
from ratings.documents.pdf import DocumentError
from ratings.enums import Phase
from ratings.invariants import violations
from ratings.models import Bulletin, Scheme
from schools import audit


class NotPublished(Exception):
    """The bulletin cannot be issued; `reasons` are sentences for the person who tried."""

    def __init__(self, reasons: list[str]):
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def publish(scheme: Scheme, *, by, check_text: bool = True, with_file: bool = True) -> Bulletin:
    """Issue the bulletin of a settled scheme: invariants first, then PDF, phase and audit row together.

    `check_text` is off for a year run from workbooks, whose bulletin is a copy for the file and has no 发文字号 yet.
    `with_file` is off for sample years on a machine that can make no PDF; file_document makes up for it there.
    Raises NotPublished, changing nothing; a file written before a failure is removed again.
    """
    bulletin = Bulletin.objects.filter(scheme=scheme).first()
    if bulletin is None:
        raise NotPublished(["还没有通报草稿。"])
    context = bulletin_context(bulletin)
    reasons = check(context) if check_text else []
    reasons += violations(scheme)
    if reasons:
        raise NotPublished(reasons)
    pdf = _document(context) if with_file else b""
    stored = ""
    try:
        with transaction.atomic():
            locked = Scheme.objects.select_for_update().get(pk=scheme.pk)
            current = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
            if locked.phase not in (Phase.SETTLED, Phase.NOTICE):
                raise NotPublished([f"方案处于“{locked.get_phase_display()}”阶段，不能通报。"])
            if current.version != bulletin.version:
                raise NotPublished(["通报文稿刚刚被修改，请重新核对后再印发。"])
            if with_file:
                stored = _put_file(current, locked, pdf)
                current.save(update_fields=["pdf", "digest"])
            locked.phase, locked.published_at, locked.published_by = Phase.PUBLISHED, timezone.now(), by
            locked.save(update_fields=["phase", "published_at", "published_by"])
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            audit.record("publish", by=by, city=locked.city, subject=str(locked), detail=detail, at=locked.published_at)
    except BaseException:
        if stored:
            bulletin.pdf.storage.delete(stored)
        raise
    return current


def file_document(scheme: Scheme) -> None:
    """Keep the PDF of a year that was published without one; nothing happens where it is there already.

    Raises NotPublished, changing nothing.
    """
    bulletin = Bulletin.objects.get(scheme=scheme)
    if bulletin.pdf or not scheme.is_public:
        return
    pdf = _document(bulletin_context(bulletin))
    with transaction.atomic():
        locked = Scheme.objects.select_for_update().get(pk=scheme.pk)
        current = Bulletin.objects.select_for_update().get(pk=bulletin.pk)
        if not current.pdf:
            _put_file(current, locked, pdf)
            current.save(update_fields=["pdf", "digest"])
            detail = {"发文字号": current.number, "文件摘要": current.digest}
            audit.record("maintain", by=None, city=locked.city, subject=f"{locked}：补存通报文件", detail=detail)


def _put_file(bulletin: Bulletin, scheme: Scheme, pdf: bytes) -> str:
    """Writes the file, notes it and its digest in the unsaved bulletin, and returns its name."""
    bulletin.digest = hashlib.sha256(pdf).hexdigest()
    bulletin.pdf.save(f"{scheme.city.code}/{scheme.year}/{bulletin.digest[:32]}.pdf", ContentFile(pdf), save=False)
    return bulletin.pdf.name


def _document(context: BulletinContext) -> bytes:
    """The PDF; a missing face or a document that cannot be laid out is one more reason not to publish."""
    try:
        return render_pdf_bytes(context)
    except (FontMissing, DocumentError) as error:
        raise NotPublished([str(error)]) from error
