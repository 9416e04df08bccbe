"""Forms on paper: each a frozen context with a template of its own, shown on a page and set as PDF from the same words."""

from __future__ import annotations

from typing import ClassVar, Protocol

from django.template.loader import render_to_string

from .pdf import render_pdf

STYLESHEETS = ("documents/forms.css",)
WRAPPER = "documents/papers/sheet.html"


class Paper(Protocol):
    """What every form has: the fragment that shows it, and a title that also names the file."""

    template: ClassVar[str]

    @property
    def title(self) -> str: ...


def paper_pdf(paper: Paper) -> bytes:
    """The form as PDF; raises FontMissing or DocumentError with a sentence."""
    return render_pdf(render_to_string(WRAPPER, {"paper": paper}), stylesheets=STYLESHEETS)
