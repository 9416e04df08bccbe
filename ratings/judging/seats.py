"""席位: what one judge sees and owes at each school of the panel. Rows of other judges are never
read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.standards import WHOLE, Division, spans_of
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, JudgeSheet, Score, sits_at
from ratings.rules.rounding import rounded
from ratings.scoring import Owed, entry_from_json, owed_codes, owed_in
from ratings.sheets import Line, SchoolSheet, load_sheets
from ratings.workflow import due, is_overdue, shut, shut_codes, tie
from schools import audit
from schools.models import AuditEntry, User
from schools.models.scope import NOTHING
from schools.permissions import may
from schools.site.years import nearest
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
        """Items this seat owes: 现场 items where the school was visited, or where no 初评 stands for them."""
        return owed_codes(self.spec, Stage.CITY, visited=self.assessment.visited)

    @cached_property
    def shut(self) -> frozenset[str]:
        """Those that wait for the visit to be registered."""
        return shut_codes(self.assessment, self.spec) & set(self.codes)

    @property
    def unvisited(self) -> str:
        """What becomes of the 现场 items of a school that was not visited; "" where it was, or has none."""
        return shut(self.assessment, onsite=any(item.onsite for item in self.spec.items))

    @property
    def open(self) -> list[Owed]:
        """What is missing and can be scored now."""
        return [owed for owed in self.missing if owed.code not in self.shut]

    def closed(self, code: str) -> str:
        """Why the judge may not write to one item, told before anything is typed; "" otherwise."""
        return self.locked or shut(self.assessment, onsite=self.spec.bound[code].item.onsite)

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
        running = self.assessment.scheme.phase in (Phase.OPEN, Phase.SCORING)
        if self.assessment.status != Status.CITY or not running:
            return "本校不在评审中，评分表不能再修改。"
        if self.sheet.entered_by_id:
            return "这份评分表由办公室按签字原件代录。"
        if self.joint and self.assessment.leader_user != self.user_id:
            return "合议评分表由组长填写，成员可以查看。"
        if is_overdue(self.assessment, Stage.CITY):
            return "评审已经截止；如需延期请联系市评委会办公室。"
        return ""

    def next_after(self, code: str) -> str | None:
        """The next item in the order of the table that still waits, starting over at the end; None when none
        does.
        """
        start = self.codes.index(code) + 1 if code in self.codes else 0
        waiting = {owed.code for owed in self.open} - {code}
        order = self.codes[start:] + self.codes[:start]
        return next((following for following in order if following in waiting), None)


def judged_by(user: User) -> QuerySet[Assessment]:
    """Schools on the desk of this judge, without those where the judge must recuse."""
    return of_panels(user).filter(tie="")


def of_panels(user: User) -> QuerySet[Assessment]:
    """Schools where the judge sits.

    `leader_user` is who keeps an agreed sheet, `tie` why the judge must recuse.
    """
    if not may(user, "judge"):
        return Assessment.objects.filter(NOTHING)
    rows = Assessment.objects.filter(
        sits_at(user, "pk"), scheme__city=user.identity.city_id, status__in=ON_DESK
    )
    rows = rows.annotate(leader_user=F("panel__leader__user"), tie=tie(user, OuterRef("school")))
    rows = rows.select_related("school__county", "scheme__city", "panel", "site_visit").prefetch_related(
        "extensions"
    )
    return rows.in_order()


def desk_of(user: User, wanted: str = "") -> list[Assessment]:
    """The judge's schools of the year that is wanted, else of the current one or the nearest in which there
    are any.
    """
    rows = list(judged_by(user))
    years = {row.scheme.year for row in rows}
    year = nearest(user, {year for year in years if str(year) == wanted} or years)
    return [row for row in rows if row.scheme.year == year]


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
        places = [(school.assessment, school.rows[Stage.CITY], school) for school in schools]
    else:
        scores: dict[int, dict[str, Score]] = defaultdict(dict)
        own = Score.objects.filter(mine, assessment__in=rows, stage=Stage.CITY)
        for score in own.select_related("item", "updated_by"):
            scores[score.assessment_id][score.item.code] = score
        places = [(row, scores[row.pk], None) for row in rows]
    return [Seat(spec, row, own, sheets.get(row.pk), user.pk, school) for row, own, school in places]


def lines_of(seat: Seat) -> list[tuple[Line, str, str, bool]]:
    """Every item in the order of the criteria: the word for its state, the tint (what is finished stays
    plain), whether an answer is asked here. Items that nobody is asked about count by the system's figure.
    """
    waiting = {owed.code for owed in seat.missing}
    return [(line, *_state(seat, line, waiting), line.code in seat.codes) for line in seat.school.lines]


def _state(seat: Seat, line: Line, waiting: set[str]) -> tuple[str, str]:
    if line.computed:
        return "系统取数", "info"
    if line.code not in seat.codes:
        return "沿用初评", "plain"
    if line.code in seat.shut:
        return "待走访", "bad"
    return ("待评分", "warn") if line.code in waiting else ("已评分", "plain")


def grid_of(seats: Sequence[Seat], division: Division = WHOLE) -> dict[str, Any]:
    """School × item; only items that some school here asks of its judges. A cell is the code, the points, and
    whether it is owed.
    """
    owed = {code for seat in seats for code in seat.codes}
    bound = seats[0].spec.bound.values() if seats else ()
    items = [entry.item for entry in bound if entry.item.code in owed and division.shows(entry.item.code)]
    codes = [item.code for item in items]
    rows = [
        (seat, [(code, seat.school.points(code, Stage.CITY), code in seat.codes) for code in codes])
        for seat in seats
    ]
    return {"items": items, "rows": rows, "spans": spans_of(items)}


def grid_sheet(seats: Sequence[Seat]) -> SheetOut:
    """The grid for a workbook: points as numbers, 沿用初评 in words, empty where nothing is scored yet."""
    grid = grid_of(seats)
    columns = [
        ColumnOut("学校编码", width=14),
        ColumnOut("党校", width=28),
        *(ColumnOut(f"{item.code} {item.name}", "decimal") for item in grid["items"]),
        "评分表",
    ]
    rows = [
        [
            seat.assessment.school.code,
            seat.assessment.school.name,
            *(_typed(points) if owed else "沿用初评" for _, points, owed in cells),
            "已提交" if seat.submitted else "未提交",
        ]
        for seat, cells in grid["rows"]
    ]
    return SheetOut("本人评分", columns, rows)


def _typed(points: Fraction | None) -> Decimal | None:
    return None if points is None else rounded(points)


def reveal(seat: Seat, *, by: User) -> dict[str, Any] | None:
    """All sheets of the seat's panel at this school side by side; None while the panel is open.

    The audit trail keeps who saw the scores of which school.
    """
    assessment = seat.assessment
    if not seat.submitted or seat.joint or not is_closed(assessment.panel):
        return None
    city, subject = assessment.scheme.city, str(assessment)
    seen = AuditEntry.objects.filter(user=by, action="reveal", city=city, subject=subject)
    scores = Score.objects.filter(assessment=assessment, stage=Stage.CITY, judge__isnull=False)
    rows = list(scores.select_related("item", "judge").annotate(seen=Exists(seen)))
    if rows and not rows[0].seen:
        with transaction.atomic():
            audit.hold_chain(city)  # opened twice at the same moment it is seen once
            if not seen.exists():
                detail = {"评审组": assessment.panel.name}
                audit.record("reveal", by=by, city=city, subject=subject, detail=detail)
    return _side_by_side(seat, rows)


def _side_by_side(seat: Seat, rows: Sequence[Score]) -> dict[str, Any]:
    """The judges, and of every item the points of each of them."""
    answered = [row for row in rows if row.answers is not None]
    entries = {(row.item.code, row.judge_id): entry_from_json(row.answers) for row in answered}
    judges = sorted({row.judge for row in rows}, key=attrgetter("pk"))
    lines = [
        (
            seat.spec.bound[code].item,
            [seat.school.points_by(entries.get((code, judge.pk)), code, Stage.CITY) for judge in judges],
        )
        for code in seat.codes
    ]
    return {"judges": judges, "lines": lines}
