"""自评表 and 申报确认页: what a school filled in, and the one page that its head signs and stamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils import timezone

from ratings.models import Move
from ratings.rounding import plain, show
from ratings.rules import format_answers
from ratings.scoring import entry_from_json
from ratings.submission import confirmation_code, receipt_move
from ratings.worksheet import Line, Worksheet

from .papers import RatingPaper, about


@dataclass(frozen=True)
class SelfRow:
    """One item as the school answered it."""

    item: str
    full: str
    figures: str
    answers: str
    points: str
    remark: str


@dataclass(frozen=True)
class SelfGroup:
    name: str
    points: str
    full: str
    rows: tuple[SelfRow, ...]


@dataclass(frozen=True, kw_only=True)
class SelfPaper(RatingPaper):
    """自评表. `handed_in` is empty while it has not been submitted, and the paper says so."""

    groups: tuple[SelfGroup, ...]
    total: str
    handed_in: str

    template: ClassVar[str] = "documents/papers/self.html"
    name: ClassVar[str] = "星级评定自评表"


@dataclass(frozen=True, kw_only=True)
class ConfirmationPaper(RatingPaper):
    """申报确认页. `code` changes with every answer, remark or figure; `missing` counts what is not filled in yet."""

    groups: tuple[SelfGroup, ...]
    total: str
    code: str

    template: ClassVar[str] = "documents/papers/confirmation.html"
    name: ClassVar[str] = "星级评定申报确认页"

    @property
    def code_parts(self) -> tuple[str, ...]:
        """The code in groups of eight, as people compare it."""
        return tuple(self.code[start : start + 8] for start in range(0, len(self.code), 8))


def self_paper(sheet: Worksheet) -> SelfPaper:
    """The school's sheet as it stands."""
    return SelfPaper(**_filled_in(sheet), handed_in=_handed_in(receipt_move(sheet.assessment)))


def confirmation_paper(sheet: Worksheet) -> ConfirmationPaper:
    """The page to be signed, under the code of what it confirms."""
    return ConfirmationPaper(**_filled_in(sheet), code=confirmation_code(sheet))


def _filled_in(sheet: Worksheet) -> dict:
    head = about(sheet.spec, sheet.assessment.school)
    return head | {"groups": _groups(sheet), "total": show(sheet.total)}


def _groups(sheet: Worksheet) -> tuple[SelfGroup, ...]:
    return tuple(
        SelfGroup(
            name=f"{group.code} {group.name}".strip(),
            points=show(group.points),
            full="" if group.full is None else plain(group.full),
            rows=tuple(_row(line) for line in group.lines),
        )
        for group in sheet.groups
    )


def _row(line: Line) -> SelfRow:
    return SelfRow(
        item=f"{line.item.code} {line.item.name}",
        full=plain(line.item.points),
        figures="；".join(f"{figure.label} {figure.text}" for figure in line.figures),
        answers=_answers(line),
        points="—" if line.points is None else show(line.points),
        remark=line.score.remark if line.score else "",
    )


def _answers(line: Line) -> str:
    if line.score is None:
        return line.status
    if line.score.answers is None:
        return "尚未填写"
    entry = entry_from_json(line.score.answers)
    if entry.not_applicable:
        return "不适用"
    if entry.answers is None:
        return "按得分录入"
    return format_answers(entry.answers, [one for one in line.bound.asked if one.name not in line.bound.not_for_school])


def _handed_in(move: Move | None) -> str:
    if move is None:
        return ""
    day = f"{timezone.localtime(move.at):%Y-%m-%d}"
    return f"{move.by.name} {day}" if move.by else day
