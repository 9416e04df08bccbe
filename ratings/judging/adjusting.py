"""What the system computed at one school, and who has adjusted it."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from ratings.criteria.spec import BoundItem
from ratings.enums import Phase, Stage, Status
from ratings.models import Adjustment, Assessment
from ratings.review.agreeing import erase, write
from ratings.sheets import Line, load_sheets
from ratings.workflow import hold_assessment, must_recuse, scheme_spec, shut
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, refuse

from .seats import of_panels
from .sheets import is_closed


def system_lines(assessment: Assessment) -> list[Line]:
    """Items with a computed part, with the 核定 of either stage."""
    (sheet,) = load_sheets(scheme_spec(assessment.scheme), [assessment], reader=Stage.CITY)
    return [line for line in sheet.lines if line.bound.system_parts]


def adjustable(user: User) -> QuerySet[Assessment]:
    """Schools at which this person may set a 核定: all of the city for the office, those of the own panel for
    its leader.
    """
    rows = Assessment.objects.select_related("scheme__city", "school", "panel")
    if may(user, "arrange_panels"):
        return rows.filter(pk__in=Assessment.objects.visible_to(user).filter(status=Status.CITY))
    led = of_panels(user).filter(status=Status.CITY, panel__leader__user=user)
    return rows.filter(pk__in=led.order_by().values("pk"))


def adjust(
    assessment: Assessment, code: str, *, points: Decimal, reason: str, by: User, seen: str | None = None
) -> Adjustment:
    """Set or change the city's 核定 of one item; it starts from the county's, keeps the figures seen, and
    owes a reason.
    """
    reason = reason.strip()
    with transaction.atomic():
        locked, bound = _open(assessment, code, by)
        refuse(shut(locked, onsite=bound.item.onsite))
        if not reason:
            raise Refused("请写明核定理由。")
        return write(locked, bound, stage=Stage.CITY, points=points, reason=reason, by=by, seen=seen)


def withdraw(assessment: Assessment, code: str, *, by: User, seen: str | None = None) -> None:
    """Back to what counted before the city's 核定; the audit trail keeps what it was."""
    with transaction.atomic():
        locked, bound = _open(assessment, code, by)
        erase(locked, bound, stage=Stage.CITY, words="撤销", by=by, seen=seen)


def locked_sentence(assessment: Assessment, user: User) -> str:
    """Why this person may not adjust here now, or ""."""
    if sentence := must_recuse(user, assessment.school):
        return sentence
    if assessment.status != Status.CITY or assessment.scheme.phase != Phase.SCORING:
        return "本校不在评审中，不能核定。"
    if not may(user, "arrange_panels") and assessment.panel and is_closed(assessment.panel):
        return "本组评分表已全部提交，如需核定请联系市评委会办公室。"
    return ""


def _open(assessment: Assessment, code: str, by: User) -> tuple[Assessment, BoundItem]:
    locked = hold_assessment(assessment.pk)
    if not adjustable(by).filter(pk=locked.pk).exists():
        raise Refused("评审阶段的核定由市评委会办公室或评审组组长办理。")
    refuse(locked_sentence(locked, by))
    bound = scheme_spec(locked.scheme).bound[code]
    if not bound.system_parts:
        raise Refused("本项没有系统取数部分，由评委直接评分。")
    return locked, bound
