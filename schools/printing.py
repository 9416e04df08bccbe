"""Paper as PDF. The renderer with its fonts belongs to another app; without one people print from the browser."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect

from schools import audit
from schools.contributions import contributed
from schools.models import Region
from schools.refusals import refusals_as_messages
from schools.saving import Refused


class Paper(Protocol):
    """A frozen context: the fragment that shows it on screen and in print, and a title that names the file too."""

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
        file = f"{name or paper.title}.pdf"
        return FileResponse(io.BytesIO(content), as_attachment=True, filename=file, content_type="application/pdf")
    return redirect(back)
