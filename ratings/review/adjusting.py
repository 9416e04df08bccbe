"""核定: the county replaces the system part of an item, says why, and keeps the figures it saw."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.models import Adjustment, Assessment, Item
from ratings.rounding import show
from ratings.scoring import most_of
from ratings.workflow import scheme_spec
from schools import audit
from schools.models import User
from schools.saving import Refused, refuse

from .agreeing import lock_for_review
from .dividing import scored_elsewhere


def outside(bound: BoundItem, points: Decimal) -> str:
    """Why `points` cannot replace the computed parts of an item, or ""."""
    full = most_of(bound, bound.system_parts)
    return "" if 0 <= Fraction(points) <= full else f"核定得分应在 0—{show(full)} 分之间。"


def write(assessment: Assessment, item: Item, bound: BoundItem, *, stage: Stage, points: Decimal, reason: str, by: User) -> Adjustment:
    """Keep a stage's 核定 with the figures it was set against, and enter it in the audit trail; the caller has locked and checked."""
    snapshot = assessment.snapshots.order_by("taken_at", "id").last()
    figures = snapshot.values if snapshot else {}
    seen = {name: figures.get(name) for index in bound.system_parts for name in bound.part_references[index]}
    values = {"points": points, "reason": reason, "metric_values": seen, "by": by, "by_label": by.name, "at": timezone.now()}
    found, _ = Adjustment.objects.update_or_create(assessment=assessment, item=item, stage=stage, defaults=values)
    _record(assessment, by, {"小项": item.code, "阶段": stage.label, "核定得分": str(points), "理由": reason, "系统数值": seen})
    return found


def erase(assessment: Assessment, item: Item, *, stage: Stage, words: str, by: User) -> None:
    """Take a stage's 核定 back; `words` say in the audit trail what counts from now on."""
    deleted, _ = Adjustment.objects.filter(assessment=assessment, item=item, stage=stage).delete()
    if deleted:
        _record(assessment, by, {"小项": item.code, "阶段": stage.label, "核定得分": words})


def adjust(pk: int, code: str, *, points: Decimal, reason: str, by: User) -> Adjustment:
    """Set or change the county's 核定 of one item; raises Refused with a sentence."""
    with transaction.atomic():
        assessment, item, bound = _open(pk, code, by)
        if not assessment.snapshots.exists():
            raise Refused("本校还没有提交自评，没有系统取数。")
        refuse(outside(bound, points))
        return write(assessment, item, bound, stage=Stage.COUNTY, points=points, reason=reason, by=by)


def withdraw_adjustment(pk: int, code: str, *, by: User) -> None:
    """Back to the system figure; what had been adjusted stays in the audit trail."""
    with transaction.atomic():
        assessment, item, _ = _open(pk, code, by)
        erase(assessment, item, stage=Stage.COUNTY, words="撤销，恢复系统取数", by=by)


def _open(pk: int, code: str, by: User) -> tuple[Assessment, Item, BoundItem]:
    assessment = lock_for_review(pk, by)
    spec: SchemeSpec = scheme_spec(assessment.scheme)
    if code in scored_elsewhere(assessment.scheme, spec, by):
        raise Refused("本大项由其他初评人负责。")
    bound = spec.bound[code]
    if not bound.system_parts:
        raise Refused("本项没有系统取数部分，请直接评分。")
    return assessment, Item.objects.get(scheme=assessment.scheme, code=code), bound


def _record(assessment: Assessment, by: User, detail: dict) -> None:
    audit.record("adjust", by=by, city=assessment.scheme.city, subject=str(assessment), detail=detail)
