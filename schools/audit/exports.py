"""Workbooks as downloads: typed cells, and a line in the audit trail for every one that leaves the house."""

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect

from schools import audit
from schools.models import Region, User
from schools.refusals import refusals_as_messages
from schools.saving import Refused
from schools.site.contributions import contributed
from schools.workbooks import SheetOut, write_workbook

#: More rows than this are not written within a request.
ROW_LIMIT = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def export(name: str, sheets: Iterable[SheetOut], *, by: User, rows: int) -> FileResponse:
    """The workbook as an attachment. The audit line is written first: what cannot be recorded does
    not leave.
    """
    if rows > ROW_LIMIT:
        raise Refused(f"超过 {ROW_LIMIT} 行，请先用筛选缩小范围再导出。")
    city = by.identity.city if by.identity else None
    detail = {"行数": rows, "身份": str(by.identity or "")}
    with transaction.atomic():
        audit.record("export", by=by, city=city, subject=name, detail=detail)
    return workbook_file(name, list(sheets))


def workbook_file(name: str, sheets: Sequence[SheetOut]) -> FileResponse:
    """The workbook as an attachment, with no line in the trail: for what holds nobody's records."""
    buffer = io.BytesIO()
    write_workbook(buffer, sheets)
    return _attachment(buffer.getvalue(), f"{name}.xlsx", XLSX)


def _attachment(content: bytes, name: str, kind: str) -> FileResponse:
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=kind)


class Paper(Protocol):
    """A frozen context: the fragment that shows it on screen and in print, and a title that names the file
    too.
    """

    template: ClassVar[str]

    @property
    def title(self) -> str: ...


def can_print() -> bool:
    """Whether there is a renderer, that is, whether a page may offer a PDF."""
    return bool(contributed("renderers"))


def pdf_of(paper: Paper) -> bytes:
    """The paper as PDF; raises Refused."""
    for render in contributed("renderers"):
        return render(paper)
    raise Refused("本系统没有安装 PDF 生成部件，请用浏览器打印。")


def send_pdf(
    request: HttpRequest,
    paper: Paper,
    *,
    city: Region | None,
    back: str,
    name: str = "",
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The PDF as a file, with its line in the audit trail; what stands against it is said on page `back`."""
    with refusals_as_messages(request):
        content = pdf_of(paper)
        audit.record("export", by=request.user, city=city, subject=subject or paper.title, detail=detail)
        return _attachment(content, f"{name or paper.title}.pdf", "application/pdf")
    return redirect(back)
