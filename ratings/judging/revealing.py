"""What judges see of each other once the panel is closed, and not a moment before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.db.models import Exists, QuerySet

from ratings.criteria.spec import ItemSpec
from ratings.enums import Stage
from ratings.models import Assessment, Judge, Score
from ratings.scoring import entry_from_json
from schools import audit
from schools.models import AuditEntry, User

from .closing import is_closed
from .seats import Seat


@dataclass(frozen=True)
class JudgesLine:
    """One item with the points of every judge, in the order of `judges`."""

    item: ItemSpec
    points: tuple[Fraction | None, ...]


@dataclass(frozen=True)
class PanelSheet:
    judges: tuple[Judge, ...]
    lines: tuple[JudgesLine, ...]


def reveal(seat: Seat, *, by: User) -> PanelSheet | None:
    """All sheets of the seat's panel at this school side by side; None while the panel is open.

    The audit trail keeps who saw the scores of which school.
    """
    seen = _reveals(seat.assessment, by)
    rows = _rows(seat)
    if rows is None:
        return None
    found = list(rows.annotate(seen=Exists(seen)))
    if found and not found[0].seen:
        with transaction.atomic():
            audit.hold_chain(seat.assessment.scheme.city)  # opened twice at the same moment it is seen once
            if not seen.exists():
                _record(seat.assessment, by)
    return _side_by_side(seat, found)


def _reveals(assessment: Assessment, by: User) -> QuerySet[AuditEntry]:
    city, subject = assessment.scheme.city, str(assessment)
    return AuditEntry.objects.filter(user=by, action="reveal", city=city, subject=subject)


def _record(assessment: Assessment, by: User) -> None:
    detail = {"评审组": assessment.panel.name}
    audit.record("reveal", by=by, city=assessment.scheme.city, subject=str(assessment), detail=detail)


def _rows(seat: Seat) -> QuerySet[Score] | None:
    if not seat.submitted or seat.joint or not is_closed(seat.assessment.panel):
        return None
    rows = Score.objects.filter(assessment=seat.assessment, stage=Stage.CITY, judge__isnull=False)
    return rows.select_related("item", "judge")


def _side_by_side(seat: Seat, rows: list[Score]) -> PanelSheet:
    said = {(row.item.code, row.judge_id): entry_from_json(row.answers) for row in rows if row.answers is not None}
    judges = tuple(sorted({row.judge for row in rows}, key=lambda judge: judge.pk))
    lines = tuple(
        JudgesLine(
            seat.spec.bound[code].item,
            tuple(seat.school.points_by(said.get((code, judge.pk)), code, Stage.CITY) for judge in judges),
        )
        for code in seat.codes
    )
    return PanelSheet(judges, lines)
