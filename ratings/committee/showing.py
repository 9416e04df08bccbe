"""What stands on the committee's pages above the buttons that decide: whoever decides signs that."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from ratings.enums import Star, Status
from ratings.models import Assessment, Decision, Motion, RestrictionCase
from ratings.scoring import Outcome, show
from ratings.sheets.evaluation import Evaluation
from schools.saving import Shown, last_saved

from .readiness import decision_of


def shown_case(row: Assessment, outcome: Outcome, decision: Decision | None) -> Shown:
    """One school: every figure and the star, the restrictions found, what was decided before, and what the
    office recorded since.
    """
    cases = RestrictionCase.objects.filter(assessment=row)
    points = {code: str(item.points) for code, item in outcome.items.items()}
    parts = {
        "计算结果": [*_computed(outcome), points],
        "限制性情形": list(cases.order_by("pk").values_list("pk", "restriction__code")),
        "审定意见": _decided(decision),
        "待确认事项": [_recorded(motion) for motion in row.motions.all()],
    }
    motions = Motion.objects.filter(assessment=row)
    savers = {
        "限制性情形": lambda: last_saved((cases, "by__name", "at")),
        "审定意见": lambda: _as_said(decision),
        "待确认事项": lambda: last_saved(
            (motions, "by__name", "at"), (motions, "returned_by__name", "returned_at")
        ),
    }
    return Shown(parts, savers)


def shown_motion(motion: Motion, row: Assessment, outcome: Outcome, decision: Decision | None) -> Shown:
    """What the chair confirms: the motion, and the school as it stands beside it."""
    return shown_case(row, outcome, decision).plus("登记的事项", motion.pk)


def shown_ready(evaluation: Evaluation, ready: Iterable[Assessment]) -> Shown:
    """The schools on which the committee may follow the computation, with star and total."""
    stars = {str(row.pk): _computed(evaluation.outcomes[str(row.pk)]) for row in ready}
    return Shown({"可以登记的党校": sorted(stars), "计算星级和总分": stars})


def shown_outcome(evaluation: Evaluation, rows: Iterable[Assessment]) -> Shown:
    """What settling freezes: stars by decision, the computation behind them, schools that handed in
    nothing.
    """
    schools = list(rows)
    decisions = Decision.objects.filter(assessment__in=schools)
    parts = {
        "审定意见": {str(row.pk): _decided(decision_of(row)) for row in schools},
        "得分和计算星级": {key: _computed(outcome) for key, outcome in evaluation.outcomes.items()},
        "未申报的党校": [row.pk for row in schools if row.status == Status.LAPSED],
    }
    return Shown(parts, {"审定意见": lambda: last_saved((decisions, "by__name", "at"))})


def _computed(outcome: Outcome) -> list:
    if outcome.problems or not outcome.verdict:
        return [problem.text for problem in outcome.problems]
    return [outcome.star, show(outcome.totals.total) if outcome.totals else None]


def _decided(decision: Decision | None) -> list:
    if decision is None:
        return []
    ballot = (decision.votes_for, decision.votes_against, decision.votes_abstained, decision.minutes)
    taken = (decision.meeting_id, decision.recorded_by_id, decision.by_id, decision.at)
    return [decision.star, decision.computed, decision.reason, *ballot, *taken]


def _recorded(motion: Motion) -> list:
    ballot = (motion.votes_for, motion.votes_against, motion.votes_abstained)
    what = (motion.pk, motion.kind, motion.star, motion.restriction_id, motion.reason)
    return [*what, motion.meeting_id, *ballot, motion.by_id, motion.at, motion.return_reason]


def _as_said(decision: Decision | None) -> str:
    """Who decided what, for whoever comes second."""
    if decision is None:
        return "已登记的意见已作废"
    reason = f"：{decision.reason}" if decision.reason else ""
    at, by = timezone.localtime(decision.at), decision.by.name if decision.by else ""
    return f"{by} {at:%m月%d日 %H:%M} 登记为{Star(decision.star).label}{reason}".strip()
