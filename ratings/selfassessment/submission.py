"""交自评: what stands against handing in, which step comes next for whom, the signed page, the receipt."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import digest
from ratings.enums import Confirmation, Stage, Status
from ratings.models import Assessment, Evidence, Move, SignedPage
from ratings.sheets import Line, SchoolSheet
from ratings.workflow import Step, allowed_steps, due, frozen_sheet, is_overdue, void_signature
from ratings.workflow.blocking import Blocker, overdue, unknown_figures
from schools.models import User
from schools.saving import Refused
from schools.uploads import CheckedUpload

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
    """Of the steps allowed, those back or aside; asking to be left out ends once it was asked."""
    found = [step for step in steps if step.code in SIDEWAYS]
    asked = (
        any(step.code == "ask_decline" for step in found)
        and assessment.moves.filter(step="ask_decline").exists()
    )
    return [step for step in found if not (asked and step.code == "ask_decline")]


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
    if assessment.status in (Status.DRAFT, Status.CONFIRMING):
        return None
    return assessment.moves.filter(step__in=HANDED_IN).select_related("by").order_by("-id").first()


def confirmation_code(sheet: SchoolSheet) -> str:
    """校验码 of the page to be signed: any change of an answer, a remark or a figure makes another one."""
    figures = {
        name: None if figure.value is None else str(figure.value) for name, figure in sheet.figures.items()
    }
    return digest(
        {
            "school": sheet.assessment.school_id,
            "sheet": frozen_sheet(sheet.assessment, Stage.SELF),
            "figures": figures,
        }
    )


def valid_signature(sheet: SchoolSheet) -> SignedPage | None:
    """The signed page if it still fits what it was signed for; one that no longer does is voided here."""
    page = sheet.assessment.signed_pages.filter(voided_at__isnull=True).select_related("scan").first()
    if page is None or page.code == confirmation_code(sheet):
        return page
    void_signature(sheet.assessment)
    return None


def needs_signature(assessment: Assessment) -> bool:
    return assessment.scheme.confirmation == Confirmation.SIGNED


def sign(sheet: SchoolSheet, upload: CheckedUpload, *, by: User) -> SignedPage:
    """Keep the scan of the signed page under the code of what it confirms; an earlier page loses its force.

    Raises Refused where the school may not change anything now.
    """
    with transaction.atomic():
        locked = (
            Assessment.objects.select_for_update(of=("self",))
            .select_related("scheme__city")
            .get(pk=sheet.assessment.pk)
        )
        if locked.status not in (Status.DRAFT, Status.CONFIRMING, Status.RETURNED) or is_overdue(
            locked, Stage.SELF
        ):
            raise Refused("现在不能上传签字盖章页：自评已提交或已截止。")
        void_signature(locked)
        scan = Evidence(
            assessment=locked,
            kind=Evidence.Kind.FILE,
            name=upload.name,
            size=upload.size,
            digest=upload.sha256,
            content_type=upload.kind.content_type,
            by=by,
            at=timezone.now(),
        )
        scan.file.save(upload.name, ContentFile(upload.content), save=True)
        return SignedPage.objects.create(
            assessment=locked, scan=scan, code=confirmation_code(sheet), at=timezone.now()
        )
