"""席位: what one judge sees and owes at each school of the panel. Rows of other judges are never
read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.criteria.standards import WHOLE, Division, spans_of
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, Judge, JudgeSheet, Score
from ratings.rules.rounding import rounded
from ratings.scoring import Owed, entry_from_json, owed_codes, owed_in
from ratings.sheets import Line, SchoolSheet, load_sheets
from ratings.workflow import due, is_overdue, tie
from schools import audit
from schools.models import AuditEntry, User
from schools.models.scope import NOTHING
from schools.permissions import may
from schools.workbooks import ColumnOut, SheetOut

from .sheets import is_closed

#: Statuses in which a school lies on the judges' desk.
ON_DESK = (Status.CITY, Status.SETTLED)


@dataclass(frozen=True)
class Seat:
    """One judge at one school. `rows` are the judge's own (合议: the agreed ones), by item code.

    `school` is what the judge reads of the school, with these rows in it; None where only progress was asked
    for.
    """

    spec: SchemeSpec
    assessment: Assessment
    rows: Mapping[str, Score]
    sheet: JudgeSheet | None
    user_id: int
    school: SchoolSheet | None = None

    @property
    def joint(self) -> bool:
        return self.assessment.scheme.aggregation == Aggregation.JOINT

    @cached_property
    def codes(self) -> list[str]:
        """Items this seat owes: 现场 items only where the school was visited."""
        return owed_codes(self.spec, Stage.CITY, visited=self.assessment.visited)

    @cached_property
    def missing(self) -> list[Owed]:
        """What is not fully scored yet."""
        entries = {
            code: entry_from_json(row.answers) for code, row in self.rows.items() if row.answers is not None
        }
        return owed_in(self.spec, Stage.CITY, entries, self.codes)

    @property
    def owed(self) -> int:
        return len(self.codes)

    @property
    def done(self) -> int:
        return self.owed - len(self.missing)

    @property
    def submitted(self) -> bool:
        return self.sheet is not None and self.sheet.submitted_at is not None

    @property
    def is_waiting(self) -> bool:
        """待判断: something is left to do here."""
        return not self.submitted and not self.locked

    @cached_property
    def due(self) -> datetime | None:
        return due(self.assessment, Stage.CITY)

    @cached_property
    def locked(self) -> str:
        """Why this judge may not write here now, told before anything is typed; "" otherwise."""
        if self.sheet is None:
            return "评分表尚未建立，请联系市评委会办公室。"
        if self.sheet.submitted_at:
            return "评分表已提交，不能再修改；如确需修改，请市评委会办公室退回。"
        if self.assessment.status != Status.CITY or self.assessment.scheme.phase not in (
            Phase.OPEN,
            Phase.SCORING,
        ):
            return "本校不在评审中，评分表不能再修改。"
        if self.sheet.entered_by_id:
            return "这份评分表由办公室按签字原件代录。"
        if self.joint and self.assessment.leader_user != self.user_id:
            return "合议评分表由组长填写，成员可以查看。"
        return (
            "评审已经截止；如需延期请联系市评委会办公室。" if is_overdue(self.assessment, Stage.CITY) else ""
        )

    def next_after(self, code: str) -> str | None:
        """The next item in the order of the table that still waits, starting over at the end; None when none
        does.
        """
        waiting = {owed.code for owed in self.missing} - {code}
        order = self.codes
        start = order.index(code) + 1 if code in order else 0
        return next((one for one in order[start:] + order[:start] if one in waiting), None)


def judged_by(user: User) -> QuerySet[Assessment]:
    """Schools on the desk of this judge, without those where the judge must recuse."""
    return of_panels(user).filter(tie="")


def of_panels(user: User) -> QuerySet[Assessment]:
    """Schools of the judge's panels.

    `seat` is the judge's id, `leader_user` who keeps an agreed sheet, `tie` why the judge must recuse.
    """
    if not may(user, "judge"):
        return Assessment.objects.filter(NOTHING)
    rows = Assessment.objects.filter(
        panel__judges__user=user, scheme__city=user.identity.city_id, status__in=ON_DESK
    )
    rows = rows.annotate(
        seat=F("panel__judges__id"), leader_user=F("panel__leader__user"), tie=tie(user, OuterRef("school"))
    )
    rows = rows.select_related("school__county", "scheme__city", "panel").prefetch_related("extensions")
    return rows.in_order()


def newest_desk(user: User) -> list[Assessment]:
    """The judge's schools of the latest year in which there are any."""
    rows = list(judged_by(user))
    newest = max((row.scheme.year for row in rows), default=None)
    return [row for row in rows if row.scheme.year == newest]


def load_seats(
    spec: SchemeSpec, rows: Sequence[Assessment], user: User, *, with_points: bool = False
) -> list[Seat]:
    """The seats of one judge at schools of one scheme, in a constant number of queries.

    `with_points` also loads figures, 自评 and 初评.
    """
    mine = Q(judge__isnull=True) if spec.aggregation == Aggregation.JOINT else Q(judge__user=user)
    sheets = {sheet.assessment_id: sheet for sheet in JudgeSheet.objects.filter(mine, assessment__in=rows)}
    if with_points:
        schools = load_sheets(spec, rows, reader=Stage.CITY, city_rows=mine)
        return [
            Seat(spec, one.assessment, one.rows[Stage.CITY], sheets.get(one.assessment.pk), user.pk, one)
            for one in schools
        ]
    scores: dict[int, dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(mine, assessment__in=rows, stage=Stage.CITY).select_related(
        "item", "updated_by"
    ):
        scores[score.assessment_id][score.item.code] = score
    return [Seat(spec, row, scores[row.pk], sheets.get(row.pk), user.pk) for row in rows]


@dataclass(frozen=True)
class JudgedLine:
    """One item and what the judge has to do with it: the word for its state, the tint, whether an answer is
    asked here.
    """

    line: Line
    state: str
    kind: str
    asked: bool


@dataclass(frozen=True)
class GridRow:
    seat: Seat
    cells: tuple[tuple[str, Fraction | None, bool], ...]


@dataclass(frozen=True)
class Grid:
    items: tuple[ItemSpec, ...]
    rows: tuple[GridRow, ...]
    spans: tuple[tuple[str, int], ...] = ()


def lines_of(seat: Seat) -> list[JudgedLine]:
    """Every item in the order of the criteria; items that nobody is asked about count by the
    system's figure.
    """
    waiting = {owed.code for owed in seat.missing}
    return [
        JudgedLine(line, *_state(seat, line.bound, waiting), line.code in seat.codes)
        for line in seat.school.lines
    ]


def grid_of(seats: Sequence[Seat], division: Division = WHOLE) -> Grid:
    """School × item; only items that some school here asks of its judges. The flag says whether the cell is
    owed.
    """
    if not seats:
        return Grid((), ())
    owed = {code for seat in seats for code in seat.codes}
    items = tuple(
        bound.item for code, bound in seats[0].spec.bound.items() if code in owed and division.shows(code)
    )
    rows = [GridRow(seat, tuple(_cell(seat, item.code) for item in items)) for seat in seats]
    return Grid(items, tuple(rows), spans_of(items))


def grid_sheet(grid: Grid) -> SheetOut:
    """The grid for a workbook: points as numbers, 沿用初评 in words, empty where nothing is scored yet."""
    head = [ColumnOut("学校编码", width=14), ColumnOut("党校", width=28)]
    columns = [
        *head,
        *(ColumnOut(f"{item.code} {item.name}", "decimal") for item in grid.items),
        ColumnOut("评分表"),
    ]
    rows = [
        [
            row.seat.assessment.school.code,
            row.seat.assessment.school.name,
            *(
                ("沿用初评" if not owed else None if points is None else rounded(points))
                for _, points, owed in row.cells
            ),
            "已提交" if row.seat.submitted else "未提交",
        ]
        for row in grid.rows
    ]
    return SheetOut("本人评分", columns, rows)


def _cell(seat: Seat, code: str) -> tuple[str, Fraction | None, bool]:
    return code, seat.school.points(code, Stage.CITY), code in seat.codes


def _state(seat: Seat, bound: BoundItem, waiting: set[str]) -> tuple[str, str]:
    """The word and the tint of an item's state; what is finished stays plain."""
    if not bound.asked:
        return "系统取数", "info"
    if bound.item.code not in seat.codes:
        return "沿用初评", "plain"
    return ("待评分", "warn") if bound.item.code in waiting else ("已评分", "plain")


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
    said = {
        (row.item.code, row.judge_id): entry_from_json(row.answers) for row in rows if row.answers is not None
    }
    judges = tuple(sorted({row.judge for row in rows}, key=lambda judge: judge.pk))
    lines = tuple(
        JudgesLine(
            seat.spec.bound[code].item,
            tuple(seat.school.points_by(said.get((code, judge.pk)), code, Stage.CITY) for judge in judges),
        )
        for code in seat.codes
    )
    return PanelSheet(judges, lines)
