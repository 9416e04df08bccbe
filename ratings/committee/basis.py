"""What a decision rests on: the figures of a school as the committee had them before it, in a few signs."""

from __future__ import annotations

from typing import Any

from ratings.enums import Star
from ratings.models import Decision
from ratings.rules.rounding import rounded, show
from ratings.scoring import Outcome
from schools.saving import digest


def basis_of(outcome: Outcome) -> str:
    """A digest of every point, cap and the star; equal as long as nobody's score has moved anything."""
    points = [[code, str(item.points)] for code, item in outcome.items.items()]
    total = str(outcome.totals.total) if outcome.totals else ""
    verdict = outcome.verdict
    caps = [[cap.code, cap.star] for cap in verdict.caps] if verdict else []
    return digest([points, total, caps, verdict.star if verdict else None])


def taken_on(outcome: Outcome) -> dict[str, Any]:
    """The columns of a decision that tell what it rests on."""
    total = rounded(outcome.totals.total) if outcome.totals else None
    return {"computed": outcome.star, "total": total, "basis": basis_of(outcome)}


def change_since(decision: Decision, outcome: Outcome) -> str:
    """What has moved since the decision, in a sentence without its full stop; empty where nothing has.

    Decisions from before figures were kept only know the star.
    """
    if outcome.verdict is None or outcome.problems:
        return ""
    if decision.computed != outcome.star:
        then, now = Star(decision.computed).label, Star(outcome.star).label
        return f"登记审定意见时计算为{then}，现为{now}，须重新审定"
    if decision.basis in ("", basis_of(outcome)):
        return ""
    total = show(outcome.totals.total) if outcome.totals else "—"
    if decision.total is not None and str(decision.total) != total:
        return f"审定后得分有变化（当时总分 {decision.total}，现为 {total}），须由评委会重新审定"
    return "审定后小项得分或限制性情形有变化，须由评委会重新审定"
