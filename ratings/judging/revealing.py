"""What judges see of each other once the panel is closed, and not a moment before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import ItemSpec
from ratings.enums import Stage
from ratings.models import Judge, Score
from ratings.scoring import entry_from_json

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


def panel_sheet(seat: Seat) -> PanelSheet | None:
    """All sheets of the seat's panel at this school side by side; None while the panel is open."""
    if not seat.submitted or seat.joint or not is_closed(seat.assessment.panel):
        return None
    rows = Score.objects.filter(assessment=seat.assessment, stage=Stage.CITY, judge__isnull=False).select_related("item", "judge")
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
