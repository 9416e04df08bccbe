"""席位: what one judge sees and owes at each school of the panel. Rows of other judges are never read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType

from django.db.models import F, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Adjustment, Assessment, JudgeSheet, MetricSnapshot, Score
from ratings.permissions import may_judge
from ratings.review.dossiers import Dossier
from ratings.review.points import item_points
from ratings.scoring import Blocked, entry_from_json
from ratings.workflow import Blocker, due, is_overdue, owed_codes, tie
from schools.models import User
from schools.models.scope import NOTHING

from .sheets import gaps

#: Statuses in which a school lies on the judges' desk.
ON_DESK = (Status.CITY, Status.SETTLED)


@dataclass(frozen=True)
class Seat:
    """One judge at one school. `rows` are the judge's own (合议: the agreed ones), by item code."""

    spec: SchemeSpec
    assessment: Assessment
    rows: Mapping[str, Score]
    sheet: JudgeSheet | None
    user_id: int
    dossier: Dossier | None
    adjustments: Mapping[str, Adjustment]

    @cached_property
    def adjusted(self) -> dict[str, Fraction]:
        """System parts as adjusted last, by the city over the county."""
        return {code: Fraction(one.points) for code, one in self.adjustments.items()}

    @property
    def joint(self) -> bool:
        return self.assessment.scheme.aggregation == Aggregation.JOINT

    @cached_property
    def codes(self) -> list[str]:
        """Items this seat owes: 现场 items only where the school was visited."""
        return owed_codes(self.spec, Stage.CITY, visited=self.assessment.visited)

    @cached_property
    def gaps(self) -> list[Blocker]:
        """What is not fully scored yet."""
        return gaps(self.spec, self.codes, {code: row.answers for code, row in self.rows.items()})

    @property
    def owed(self) -> int:
        return len(self.codes)

    @property
    def done(self) -> int:
        return self.owed - len(self.gaps)

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

    def points(self, code: str) -> Fraction | None:
        """Points of the whole item by this sheet; None while they are not known."""
        return points_of(self.spec, self.dossier, code, self.rows.get(code), self.adjusted)

    def next_after(self, code: str) -> str | None:
        """The next item in the order of the table that still waits, starting over at the end; None when none does."""
        waiting = {blocker.item for blocker in self.gaps} - {code}
        order = self.codes
        start = order.index(code) + 1 if code in order else 0
        return next((one for one in order[start:] + order[:start] if one in waiting), None)


def points_of(spec: SchemeSpec, dossier: Dossier, code: str, row: Score | None, adjusted: Mapping[str, Fraction]) -> Fraction | None:
    """Points of one item by one row: the system part as last adjusted, and what the row answers."""
    if row is None or row.answers is None:
        return None
    try:
        entry = entry_from_json(row.answers)
        return item_points(spec, spec.bound[code], dossier.metrics, entry, Stage.CITY, adjusted.get(code))
    except Blocked:
        return None


def judged_by(user: User) -> QuerySet[Assessment]:
    """Schools on the desk of this judge, without those where the judge must recuse."""
    return of_panels(user).filter(tie="")


def of_panels(user: User) -> QuerySet[Assessment]:
    """Schools of the judge's panels.

    `seat` is the judge's id, `leader_user` who keeps an agreed sheet, `tie` why the judge must recuse.
    """
    if not may_judge(user):
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
    scores = _scores(rows, mine, with_points)
    sheets = {sheet.assessment_id: sheet for sheet in JudgeSheet.objects.filter(mine, assessment__in=rows)}
    dossiers = _dossiers(spec, rows, scores) if with_points else {}
    return [
        Seat(spec, row, scores[row.pk, Stage.CITY], sheets.get(row.pk), user.pk, *dossiers.get(row.pk, (None, MappingProxyType({}))))
        for row in rows
    ]


def _scores(rows: Sequence[Assessment], mine: Q, with_points: bool) -> dict[tuple[int, str], dict[str, Score]]:
    """Rows by school and stage; of the city's stage the judge's own and no others."""
    wanted = Q(mine, stage=Stage.CITY)
    if with_points:
        wanted |= Q(stage__in=(Stage.SELF, Stage.COUNTY))
    found: dict[tuple[int, str], dict[str, Score]] = defaultdict(dict)
    for score in Score.objects.filter(wanted, assessment__in=rows).select_related("item", "updated_by"):
        found[score.assessment_id, score.stage][score.item.code] = score
    return found


def _dossiers(
    spec: SchemeSpec, rows: Sequence[Assessment], scores: Mapping[tuple[int, str], dict[str, Score]]
) -> dict[int, tuple[Dossier, Mapping[str, Adjustment]]]:
    """By school: what the county knew of it, and the 核定 that counts for each item, the city's over the county's."""
    snapshots = {one.assessment_id: one for one in MetricSnapshot.objects.filter(assessment__in=rows).order_by("taken_at", "id")}
    adjustments: dict[tuple[int, str], dict[str, Adjustment]] = defaultdict(dict)
    for one in Adjustment.objects.filter(assessment__in=rows).select_related("item"):
        adjustments[one.assessment_id, one.stage][one.item.code] = one
    found = {}
    for row in rows:
        county, city = adjustments[row.pk, Stage.COUNTY], adjustments[row.pk, Stage.CITY]
        dossier = Dossier(spec, row, snapshots.get(row.pk), scores[row.pk, Stage.SELF], scores[row.pk, Stage.COUNTY], county)
        found[row.pk] = dossier, {**county, **city}
    return found
