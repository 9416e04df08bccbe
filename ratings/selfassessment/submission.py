"""交自评: what stands against handing in, which step comes next for whom, the signed page, the receipt; and
自评表 and 申报确认页 on paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import digest
from ratings.documents.papers import RatingPaper, about
from ratings.enums import UNFINISHED, Confirmation, Stage, Status
from ratings.models import Assessment, Move, SignedPage
from ratings.sheets import Line, SchoolSheet
from ratings.sheets.answering import LIVE
from ratings.workflow import (
    Step,
    allowed_steps,
    due,
    frozen_sheet,
    hold_assessment,
    is_overdue,
    shown_at,
    void_signature,
    with_figures,
)
from ratings.workflow.blocking import Blocker, overdue, standing_against, unknown_figures
from schools.models import User
from schools.saving import Refused
from schools.uploads import CheckedUpload

from .evidence import stored_file

#: Steps that hand the self-assessment on, one of which is a page's main button.
FORWARD = ("submit", "resubmit", "send_to_head")
HANDED_IN = ("submit", "resubmit")
#: Steps the school takes from the task list besides.
SIDEWAYS = ("take_back", "withdraw", "ask_decline")
OWN_STEPS = (*FORWARD, *SIDEWAYS)


def due_of(assessment: Assessment) -> datetime | None:
    """The last moment for the school."""
    return due(assessment, Stage.SELF)


def next_step(assessment: Assessment, user: User) -> Step | None:
    """The step that hands on, as far as role and status allow."""
    return next((step for step in allowed_steps(user, assessment) if step.code in FORWARD), None)


def other_steps(assessment: Assessment, steps: list[Step]) -> list[Step]:
    """Of the steps allowed, those back or aside that can be taken now; nobody asks twice at a time."""
    return [step for step in steps if step.code in SIDEWAYS and not standing_against(assessment, step.code)]


def missing_of(sheet: SchoolSheet) -> list[Blocker]:
    """What handing in would be refused for, item by item, from a sheet that is already at hand."""
    owed = [Blocker(line.owed.text, line.code) for line in sheet.lines if line.owed]
    return [*owed, *unknown_figures(sheet.spec, sheet.figures), *overdue(sheet.assessment, sheet.spec, {})]


def duties_of(assessment: Assessment, steps: list[Step]) -> str:
    """What the page says about whose turn it is to somebody who may take `steps`."""
    if assessment.status == Status.CONFIRMING and not any(step.code in FORWARD for step in steps):
        return "已交负责人确认。确认前可以取回修改。"
    if assessment.status in (Status.COUNTY, Status.CITY):
        return "自评已提交，正在评审。评审方如退回补正，会在这里和工作台提示。"
    return {
        Status.SETTLED: "评审已经结束，结果以通报为准。",
        Status.DECLINED: "本年度不参评。",
        Status.LAPSED: "本年度未按期提交自评，按未申报处理。",
    }.get(assessment.status, "")


def last_return(assessment: Assessment) -> Move | None:
    """The return that the school is mending."""
    return assessment.moves.filter(to_status=Status.RETURNED).select_related("by").order_by("-id").first()


def mendings_of(sheet: SchoolSheet, returned: Move) -> list[tuple[Line, bool]]:
    """The items that a return names, each with whether its answers or evidence have been touched since."""
    return [(line, _touched(line, returned.at)) for line in sheet.lines if line.request]


def _touched(line: Line, since: datetime) -> bool:
    answered = line.own is not None and line.own.updated_at is not None and line.own.updated_at > since
    return answered or any(one.at > since for one in line.evidence)


def receipt_move(assessment: Assessment) -> Move | None:
    """The last handing in; None before the first and after it was withdrawn."""
    if assessment.status in UNFINISHED:
        return None
    return assessment.moves.filter(step__in=HANDED_IN).select_related("by").order_by("-id").first()


def confirmation_code(sheet: SchoolSheet) -> str:
    """校验码 of the page to be signed: any change of an answer, a remark, a figure or a piece of evidence
    makes another one.
    """
    frozen = frozen_sheet(sheet.assessment, Stage.SELF)
    return digest({**_coded(sheet, frozen), "evidence": frozen.get("evidence", [])})


def _coded(sheet: SchoolSheet, frozen: dict[str, Any]) -> dict[str, Any]:
    """What the code covered from the first: answers, remarks and figures."""
    figures = {
        name: None if figure.value is None else str(figure.value) for name, figure in sheet.figures.items()
    }
    answers = {name: content for name, content in frozen.items() if name != "evidence"}
    return {"school": sheet.assessment.school_id, "sheet": answers, "figures": figures}


def valid_signature(sheet: SchoolSheet) -> SignedPage | None:
    """The signed page if it still fits what it was signed for; one that no longer does is voided here.

    A page signed while the code did not cover evidence stands for the answers and figures that it covered.
    """
    page = sheet.assessment.signed_pages.filter(voided_at__isnull=True).select_related("scan").first()
    if page is None or page.code == confirmation_code(sheet):
        return page
    if page.code == digest(_coded(sheet, frozen_sheet(sheet.assessment, Stage.SELF))):
        return page
    void_signature(sheet.assessment)
    return None


def needs_signature(assessment: Assessment) -> bool:
    return assessment.scheme.confirmation == Confirmation.SIGNED


def sign(sheet: SchoolSheet, upload: CheckedUpload, *, by: User, seen: str | None = None) -> SignedPage:
    """Keep the scan of the signed page under the code of what it confirms; an earlier page loses its force.

    Raises Refused where the school may not change anything now, or what is confirmed is not what stood on
    the page that sent `seen`.
    """
    with transaction.atomic():
        locked = hold_assessment(sheet.assessment.pk)
        open_now = locked.status in LIVE and not is_overdue(locked, Stage.SELF)
        if not open_now:
            raise Refused("现在不能上传签字盖章页：自评已提交或已截止。")
        with_figures(shown_at(locked, "submit"), sheet.figures).refuse_changed(seen)
        void_signature(locked)
        now = timezone.now()
        scan = stored_file(upload, assessment=locked, by=by, at=now)
        scan.save()
        code = confirmation_code(sheet)
        return SignedPage.objects.create(assessment=locked, scan=scan, code=code, at=now)


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
    move, handed_in = receipt_move(sheet.assessment), ""
    if move:
        handed_in = f"{move.by.name if move.by else ''} {timezone.localtime(move.at):%Y-%m-%d}".strip()
    return SelfPaper(**about(sheet.spec, sheet.assessment.school), sheet=sheet, handed_in=handed_in)


def confirmation_paper(sheet: SchoolSheet) -> ConfirmationPaper:
    """The page to be signed, under the code of what it confirms."""
    head = about(sheet.spec, sheet.assessment.school)
    return ConfirmationPaper(**head, sheet=sheet, code=confirmation_code(sheet))
