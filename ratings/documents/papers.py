"""用表: the one way from a context to the page and to the PDF, and what every form of a rating carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.template.loader import render_to_string

from ratings.criteria.spec import SchemeSpec
from schools.audit.exports import Paper
from schools.models import School

from .pdf import render_pdf

SHEET = "documents/sheet.html"
FORMS = ("documents/forms.css",)


@dataclass(frozen=True, kw_only=True)
class RatingPaper:
    """A form of one year; `school` and `county` are empty where it is about several schools."""

    year: int
    scheme: str
    school: str = ""
    county: str = ""

    #: The fragment that shows it, on the page and in the PDF.
    template: ClassVar[str]
    #: What the form is called, after the year.
    name: ClassVar[str]

    @property
    def title(self) -> str:
        return f"{self.year}年度{self.name}"

    @property
    def file_name(self) -> str:
        return f"{self.title}（{self.school}）" if self.school else self.title


def about(spec: SchemeSpec, school: School | None = None) -> dict[str, Any]:
    """The head of a form: its year and scheme, and the school it is about."""
    head = {"year": spec.year, "scheme": spec.name}
    if school is None:
        return head
    return head | {"school": school.name, "county": school.county.name if school.county else ""}


def paper_html(paper: Paper) -> str:
    """The whole sheet; its stylesheets are handed to the renderer, already parsed."""
    title = "".join(line.strip() for line in paper.title.splitlines())
    return render_to_string(SHEET, {"paper": paper, "title": title})


def paper_pdf(paper: Paper, *, stylesheets: Sequence[str] = FORMS) -> bytes:
    """The sheet as PDF; raises FontMissing or another DocumentError with a sentence."""
    return render_pdf(paper_html(paper), stylesheets=stylesheets)
