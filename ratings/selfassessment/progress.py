"""申报进度: where every school of a scheme stands, whose turn it is, and until when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.db.models import QuerySet

from ratings.enums import Status
from ratings.models import Assessment, Scheme
from ratings.workflow import STAGE_OF, TURN_OF, due
from schools.models import Role, User

#: Steps that an office takes on a page of its own; settling and reopening belong to the committee's pages.
OFFICE_STEPS = ("return_", "recall", "send_back", "lapse", "decline")


@dataclass(frozen=True)
class Line:
    """One school: its status, who has to act, and the last moment for it."""

    assessment: Assessment
    turn: str
    due: dt.datetime | None
    asked_to_decline: bool


def overseen(user: User) -> QuerySet[Assessment]:
    """Assessments in reach with what a line of the list shows."""
    rows = Assessment.objects.visible_to(user).select_related("school__county", "scheme__city")
    return rows.prefetch_related("extensions").in_order()


def lines(scheme: Scheme, user: User, status: str = "") -> list[Line]:
    """The schools of a scheme, all or those of one status, in administrative order; three queries."""
    rows = overseen(user).filter(scheme=scheme)
    if status:
        rows = rows.filter(status=status)
    declining = set(
        Assessment.objects.filter(scheme=scheme, status=Status.DRAFT, moves__step="ask_decline").values_list(
            "pk", flat=True
        )
    )
    return [_line(row, row.pk in declining) for row in rows]


def _line(assessment: Assessment, asked_to_decline: bool) -> Line:
    turn = "、".join(Role(role).label for role in TURN_OF[assessment.status])
    stage = STAGE_OF.get(assessment.status)
    return Line(assessment, turn, due(assessment, stage) if stage else None, asked_to_decline)


def counts(scheme: Scheme, user: User) -> list[tuple[str, str, int]]:
    """How many schools stand at each status that occurs: (code, label, number)."""
    found = Counter(
        Assessment.objects.visible_to(user).filter(scheme=scheme).values_list("status", flat=True)
    )
    return [(status.value, status.label, found[status.value]) for status in Status if found[status.value]]
