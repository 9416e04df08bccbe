"""自评表 and 申报确认页: what a school filled in, and the one page that its head signs and stamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from ratings.documents.papers import RatingPaper, about
from ratings.models import Move
from ratings.sheets import SchoolSheet

from .submission import confirmation_code, receipt_move


@dataclass(frozen=True, kw_only=True)
class SelfPaper(RatingPaper):
    """自评表. `handed_in` is empty while it has not been submitted, and the paper says so."""

    sheet: SchoolSheet
    handed_in: str

    template: ClassVar[str] = "documents/papers/self.html"
    name: ClassVar[str] = "星级评定自评表"


@dataclass(frozen=True, kw_only=True)
class ConfirmationPaper(RatingPaper):
    """申报确认页. `code` changes with every answer, remark or figure."""

    sheet: SchoolSheet
    code: str

    template: ClassVar[str] = "documents/papers/confirmation.html"
    name: ClassVar[str] = "星级评定申报确认页"

    @property
    def code_parts(self) -> tuple[str, ...]:
        """The code in groups of eight, as people compare it."""
        return tuple(self.code[start : start + 8] for start in range(0, len(self.code), 8))


def self_paper(sheet: SchoolSheet) -> SelfPaper:
    """The school's sheet as it stands."""
    return SelfPaper(**_head(sheet), handed_in=_handed_in(receipt_move(sheet.assessment)))


def confirmation_paper(sheet: SchoolSheet) -> ConfirmationPaper:
    """The page to be signed, under the code of what it confirms."""
    return ConfirmationPaper(**_head(sheet), code=confirmation_code(sheet))


def _head(sheet: SchoolSheet) -> dict:
    return about(sheet.spec, sheet.assessment.school) | {"sheet": sheet}


def _handed_in(move: Move | None) -> str:
    if move is None:
        return ""
    day = f"{timezone.localtime(move.at):%Y-%m-%d}"
    return f"{move.by.name} {day}" if move.by else day
