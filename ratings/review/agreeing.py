"""核定 and 同意自评: the county replaces the system part of an item, says why, and keeps the figures it saw;
or takes over what the school said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.models import Adjustment, Assessment, Item, MetricSnapshot, Score
from ratings.rules import Asked
from ratings.rules.rounding import show
from ratings.rules.syntax import Deduct
from ratings.scoring import Entry, entry_from_json, most_of
from ratings.sheets.answering import take_over
from ratings.workflow import hold_assessment, scheme_spec, shown_at, uneditable
from schools import audit
from schools.models import User
from schools.saving import Refused, Shown, refuse

from .confirming import ELSEWHERE, scored_elsewhere


def shown_adjustment(
    bound: BoundItem, snapshot: MetricSnapshot | None, adjusted: Iterable[Adjustment | None]
) -> Shown:
    """What stands beside the form of a 核定: the figures it replaces, and what was 核定 before."""
    rows = list(filter(None, adjusted))
    before = [[row.stage, str(row.points), row.reason, row.by_id, row.at] for row in rows]

    def saver() -> str:
        return "；".join(_as_said(row) for row in rows) or "核定已撤销"

    return Shown({"系统数据": figures_behind(bound, snapshot), "核定": before}, {"核定": saver})


def _as_said(row: Adjustment) -> str:
    at = timezone.localtime(row.at)
    return f"{row.by_label} {at:%m月%d日 %H:%M} 核定为 {show(Fraction(row.points))} 分：{row.reason}"


def figures_behind(bound: BoundItem, snapshot: MetricSnapshot | None) -> dict[str, str | None]:
    """The figures that the computed parts of an item read, as they were kept."""
    figures = snapshot.values if snapshot else {}
    return {name: figures.get(name) for index in bound.system_parts for name in bound.part_references[index]}


def _standing(assessment: Assessment, bound: BoundItem, stage: Stage) -> list[Adjustment]:
    """核定 of the item that this stage reads, its own last."""
    stages = (Stage.COUNTY, stage)
    rows = Adjustment.objects.filter(assessment=assessment, item__code=bound.item.code, stage__in=stages)
    return sorted(rows, key=lambda row: stages.index(row.stage))


def write(
    assessment: Assessment,
    bound: BoundItem,
    *,
    stage: Stage,
    points: Decimal,
    reason: str,
    by: User,
    seen: str | None = None,
) -> Adjustment:
    """Keep a stage's 核定 with the figures it was set against, and enter it in the audit trail; the caller
    has locked and checked. Raises Refused for points that cannot replace the computed parts, and where
    somebody was first since the page that sent `seen`.
    """
    full = most_of(bound, bound.system_parts)
    refuse("" if 0 <= Fraction(points) <= full else f"核定得分应在 0—{show(full)} 分之间。")
    snapshot = assessment.snapshots.order_by("taken_at", "id").last()
    figures, before = figures_behind(bound, snapshot), _standing(assessment, bound, stage)
    for row in before:  # the answer to an earlier, identical one may have been lost on the way
        kept = (row.stage, row.points, row.reason, row.by_id, row.metric_values)
        if kept == (stage, points, reason, by.pk, figures):
            return row
    shown_adjustment(bound, snapshot, before).refuse_changed(seen)
    adjustment, _ = Adjustment.objects.update_or_create(
        assessment=assessment,
        item=Item.objects.get(scheme=assessment.scheme, code=bound.item.code),
        stage=stage,
        defaults={
            "points": points,
            "reason": reason,
            "metric_values": figures,
            "by": by,
            "by_label": by.name,
            "at": timezone.now(),
        },
    )
    detail = {"核定得分": str(points), "理由": reason, "系统数值": figures}
    _record(assessment, bound, stage, by, detail)
    return adjustment


def erase(
    assessment: Assessment, bound: BoundItem, *, stage: Stage, words: str, by: User, seen: str | None = None
) -> None:
    """Take a stage's 核定 back; `words` say in the audit trail what counts from now on."""
    snapshot = assessment.snapshots.order_by("taken_at", "id").last()
    shown_adjustment(bound, snapshot, _standing(assessment, bound, stage)).refuse_changed(seen)
    kept = Adjustment.objects.filter(assessment=assessment, item__code=bound.item.code, stage=stage)
    if kept.delete()[0]:
        _record(assessment, bound, stage, by, {"核定得分": words})


def _record(assessment: Assessment, bound: BoundItem, stage: Stage, by: User, detail: dict) -> None:
    audit.record(
        "adjust",
        by=by,
        city=assessment.scheme.city,
        subject=str(assessment),
        detail={"小项": bound.item.code, "阶段": stage.label, **detail},
    )


def adjust(
    pk: int, code: str, *, points: Decimal, reason: str, by: User, seen: str | None = None
) -> Adjustment:
    """Set or change the county's 核定 of one item; raises Refused with a sentence."""
    with transaction.atomic():
        assessment, bound = _open(pk, code, by)
        if not assessment.snapshots.exists():
            raise Refused("本校还没有提交自评，没有系统取数。")
        return write(assessment, bound, stage=Stage.COUNTY, points=points, reason=reason, by=by, seen=seen)


def withdraw_adjustment(pk: int, code: str, *, by: User, seen: str | None = None) -> None:
    """Back to the system figure; what had been adjusted stays in the audit trail."""
    with transaction.atomic():
        assessment, bound = _open(pk, code, by)
        erase(assessment, bound, stage=Stage.COUNTY, words="撤销，恢复系统取数", by=by, seen=seen)


def _open(pk: int, code: str, by: User) -> tuple[Assessment, BoundItem]:
    assessment = hold_for_review(pk, by)
    spec = scheme_spec(assessment.scheme)
    if code in scored_elsewhere(assessment.scheme, spec, by):
        raise Refused(ELSEWHERE)
    bound = spec.bound[code]
    if not bound.system_parts:
        raise Refused("本项没有系统取数部分，请直接评分。")
    return assessment, bound


class Agreement(NamedTuple):
    """How many items one click filled, and the codes of those that still ask for a judgement of one's own."""

    filled: int
    left: list[str]


def hold_for_review(pk: int, user: User) -> Assessment:
    """The assessment under lock while the county may write to it; raises Refused otherwise."""
    assessment = hold_assessment(pk)
    refuse(uneditable(Score(assessment=assessment, item=Item(), stage=Stage.COUNTY), user))
    return assessment


def accept_figures(pk: int, *, by: User, seen: str | None = None) -> None:
    """认可系统取数 for all computed items at once: the figures of the latest snapshot stand, Adjustments
    apart.
    """
    with transaction.atomic():
        assessment = hold_for_review(pk, by)
        shown_at(assessment, "agree").refuse_changed(seen)
        _accept(assessment, by)


def agree_with_school(
    pk: int, *, by: User, accept: bool = False, all_present: bool = False, seen: str | None = None
) -> Agreement:
    """同意自评: copy the school's answers to every item still unscored; 核定要素 that need a judgement stay
    open.

    With `accept` the figures are accepted in the same transaction. With `all_present` (核定要素全部符合) what
    only reviewers are asked is ticked, and nothing is found to deduct; levels and points stay open.
    """
    with transaction.atomic():
        assessment = hold_for_review(pk, by)
        shown_at(assessment, "agree").refuse_changed(seen)
        if accept:
            _accept(assessment, by)
        return _fill(assessment, by, all_present=all_present)


def _accept(assessment: Assessment, by: User) -> None:
    latest = assessment.snapshots.order_by("taken_at", "id").last()
    if latest is None:
        raise Refused("本校还没有提交自评，没有系统取数。")
    MetricSnapshot.objects.filter(pk=latest.pk).update(accepted_by=by, accepted_at=timezone.now())


def agreed_entry(bound: BoundItem, own: Entry | None, *, all_present: bool) -> Entry | None:
    """What agreeing makes of one item; None where a judgement of one's own is needed.

    The school said nothing of what only reviewers are asked, so that nothing of it can be agreed to; not even
    that there is nothing to deduct.
    """
    unasked = _not_for_school(bound)
    if unasked and not (all_present and _are_well(bound, unasked)):
        return None
    if own is None and not bound.owed_by_school:
        own = Entry(answers={})
    if own is None or own.answers is None:
        return None if unasked else own
    return Entry(answers={**own.answers, **{asked.name: _all_well(bound, asked) for asked in unasked}})


def agreeable(spec: SchemeSpec, own: Mapping[str, Entry], codes: Iterable[str]) -> bool:
    """Whether 同意自评 would fill any of the items."""
    return any(agreed_entry(spec.bound[code], own.get(code), all_present=False) for code in codes)


def filled_by_all_well(spec: SchemeSpec, codes: Iterable[str]) -> list[str]:
    """Those of the items that 核定要素全部符合 would fill."""
    return [code for code in codes if _are_well(spec.bound[code], _not_for_school(spec.bound[code]))]


def _not_for_school(bound: BoundItem) -> list[Asked]:
    return [asked for asked in bound.asked if asked.name in bound.not_for_school]


def _are_well(bound: BoundItem, questions: Sequence[Asked]) -> bool:
    return bool(questions) and all(_all_well(bound, asked) is not None for asked in questions)


def _all_well(bound: BoundItem, question: Asked) -> bool | int | None:
    """The answer where all is as it should be: nothing found to deduct, every other tick set; levels and
    points have none.
    """
    if isinstance(bound.item.rule.parts[question.part], Deduct) and question.kind in ("tick", "count"):
        return False if question.kind == "tick" else 0
    return True if question.kind == "tick" else None


def _fill(assessment: Assessment, by: User, *, all_present: bool) -> Agreement:
    """Fill the unscored rows of one locked assessment."""
    spec = scheme_spec(assessment.scheme)
    elsewhere = scored_elsewhere(assessment.scheme, spec, by)
    scores = Score.objects.filter(assessment=assessment, stage__in=(Stage.SELF, Stage.COUNTY))
    rows = list(scores.select_related("item").order_by("item__order", "item_id"))
    answered = [row for row in rows if row.answers is not None]
    own = {row.item.code: entry_from_json(row.answers) for row in answered if row.stage == Stage.SELF}
    entries, filled, left = {}, [], []
    for score in rows:
        code = score.item.code
        if score.stage == Stage.SELF or score in answered or code in elsewhere:
            continue
        entry = agreed_entry(spec.bound[code], own.get(code), all_present=all_present)
        if entry is None:
            left.append(code)
        else:
            entries[code] = entry
            filled.append(score)
    take_over(assessment, filled, entries, by=by)
    return Agreement(len(filled), left)
