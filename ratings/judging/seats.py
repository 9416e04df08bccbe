"""席位: what one judge sees and owes at each school of the panel. Rows of other judges are never read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import F, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, JudgeSheet, Score
from ratings.scoring import Owed, entry_from_json, owed_codes, owed_in
from ratings.sheets import SchoolSheet, load_sheets
from ratings.workflow import due, is_overdue, tie
from schools.models import User
from schools.models.scope import NOTHING
from schools.permissions import may

#: Statuses in which a school lies on the judges' desk.
ON_DESK = (Status.CITY, Status.SETTLED)


@dataclass(frozen=True)
class Seat:
    """One judge at one school. `rows` are the judge's own (合议: the agreed ones), by item code.

    `school` is what the judge reads of the school, with these rows in it; None where only progress was asked for.
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
        entries = {code: entry_from_json(row.answers) for code, row in self.rows.items() if row.answers is not None}
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
        if self.assessment.status != Status.CITY or self.assessment.scheme.phase not in (Phase.OPEN, Phase.SCORING):
            return "本校不在评审中，评分表不能再修改。"
        if self.sheet.entered_by_id:
            return "这份评分表由办公室按签字原件代录。"
        if self.joint and self.assessment.leader_user != self.user_id:
            return "合议评分表由组长填写，成员可以查看。"
        return "评审已经截止；如需延期请联系市评委会办公室。" if is_overdue(self.assessment, Stage.CITY) else ""

    def next_after(self, code: str) -> str | None:
        """The next item in the order of the table that still waits, starting over at the end; None when none does."""
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
    rows = Assessment.objects.filter(panel__judges__user=user, scheme__city=user.identity.city_id, status__in=ON_DESK)
    rows = rows.annotate(seat=F("panel__judges__id"), leader_user=F("panel__leader__user"), tie=tie(user, OuterRef("school")))
    rows = rows.select_related("school__county", "scheme__city", "panel").prefetch_related("extensions")
    return rows.in_order()


def newest_desk(user: User) -> list[Assessment]:
    """The judge's schools of the latest year in which there are any."""
    rows = list(judged_by(user))
    newest = max((row.scheme.year for row in rows), default=None)
    return [row for row in rows if row.scheme.year == newest]


def load_seats(spec: SchemeSpec, rows: Sequence[Assessment], user: User, *, with_points: bool = False) -> list[Seat]:
    """The seats of one judge at schools of one scheme, in a constant number of queries.

    `with_points` also loads figures, 自评 and 初评.
    """
    mine = Q(judge__isnull=True) if spec.aggregation == Aggregation.JOINT else Q(judge__user=user)
    sheets = {sheet.assessment_id: sheet for sheet in JudgeSheet.objects.filter(mine, assessment__in=rows)}
    if with_points:
        schools = load_sheets(spec, rows, reader=Stage.CITY, city_rows=mine)
        return [Seat(spec, one.assessment, one.rows[Stage.CITY], sheets.get(one.assessment.pk), user.pk, one) for one in schools]
    scores: dict[int, dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(mine, assessment__in=rows, stage=Stage.CITY).select_related("item", "updated_by"):
        scores[score.assessment_id][score.item.code] = score
    return [Seat(spec, row, scores[row.pk], sheets.get(row.pk), user.pk) for row in rows]
