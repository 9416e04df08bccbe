"""The one way from a context to the page and to the PDF: a frozen context names the fragment that shows it on both."""

from __future__ import annotations

from collections.abc import Sequence

from django.template.loader import render_to_string

from schools.printing import Paper

from .pdf import render_pdf

SHEET = "documents/sheet.html"
FORMS = ("documents/forms.css",)


def paper_html(paper: Paper) -> str:
    """The whole sheet; its stylesheets are handed to the renderer, already parsed."""
    title = "".join(line.strip() for line in paper.title.splitlines())
    return render_to_string(SHEET, {"paper": paper, "title": title})


def paper_pdf(paper: Paper, *, stylesheets: Sequence[str] = FORMS) -> bytes:
    """The sheet as PDF; raises FontMissing or another DocumentError with a sentence."""
    return render_pdf(paper_html(paper), stylesheets=stylesheets)
