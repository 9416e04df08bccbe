"""What stands against settling: scores, sheets, restrictions and decisions that are not there yet, school by
school.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.db.models import Prefetch, Q, QuerySet, TextChoices

from ratings.criteria.spec import RestrictionSpec
from ratings.enums import Status, Trigger
from ratings.judging.confirming import unconfirmed
from ratings.judging.sheets import with_hindrance
from ratings.judging.visits import scored_unseen
from ratings.models import Assessment, Decision, JudgeSheet, Motion, Scheme
from ratings.scoring import score_school
from ratings.sheets.evaluation import Evaluation

from .basis import change_since

#: Said of a school that lacks nothing else: what the committee is there for.
UNDECIDED = "尚无审定意见"
#: Said of a decision from before meetings were recorded, in a year that is not settled yet.
UNMET = "审定意见未记会议，请按会议重新登记"


class GapKind(TextChoices):
    """What stands against settling, in the order in which it is mended."""

    AWAY = "away", "尚未到评审"
    UNDEFINED = "undefined", "须核定"
    SCORES = "scores", "尚不能计算"
    SHEETS = "sheets", "评分表未交齐"
    ADJUSTED = "adjusted", "核定待复核"
    RESTRICTION = "restriction", "限制性情形待认定"
    MOTION = "motion", "待主任确认"
    DECISION = "decision", "待审定"


class Gap(NamedTuple):
    """One thing that a school lacks, in a sentence."""

    assessment: Assessment
    kind: GapKind
    text: str

    @property
    def county(self) -> str:
        county = self.assessment.school.county
        return county.name if county else ""


def assessments_of(scheme: Scheme) -> QuerySet[Assessment]:
    """Every school that takes part, with its decision and what waits beside it, in administrative order."""
    rows = Assessment.objects.filter(scheme=scheme).exclude(status=Status.DECLINED)
    motions = Motion.objects.select_related("restriction", "meeting", "by", "returned_by")
    rows = rows.select_related("school__county", "decision__meeting")
    return rows.prefetch_related(Prefetch("motions", motions)).in_order()


def missing_for_settling(evaluation: Evaluation) -> list[Gap]:
    """Every gap in administrative order; empty when the year can be settled."""
    sheets = sheet_gaps(evaluation.scheme)
    return [
        gap
        for row in assessments_of(evaluation.scheme)
        for gap in missing_at(evaluation, row, sheets.get(row.pk, ()))
    ]


def missing_at(evaluation: Evaluation, row: Assessment, sheets: Sequence[str] = ()) -> list[Gap]:
    """The gaps of one school; `sheets` says what its sheets lack, `row.decision` is loaded."""
    if row.status not in (Status.CITY, Status.SETTLED, Status.LAPSED):
        # Everything else follows from that.
        return [Gap(row, GapKind.AWAY, f"尚在“{row.get_status_display()}”")]
    outcome = evaluation.outcomes[str(row.pk)]
    missing = [
        Gap(row, GapKind.UNDEFINED if problem.undefined else GapKind.SCORES, problem.text)
        for problem in outcome.problems
    ]
    if row.status == Status.LAPSED and not evaluation.scheme.imported:
        return missing  # what judges and reviewers had begun there is never finished and does not count
    missing += [Gap(row, GapKind.SHEETS, text) for text in sheets]
    missing += _unconfirmed(evaluation, row)
    if row.status == Status.LAPSED:
        return missing
    return missing + _unmet(evaluation, row) + undecided(evaluation, row)


def _unconfirmed(evaluation: Evaluation, row: Assessment) -> list[Gap]:
    """A 核定 whose figures changed, and restrictions that nobody has found to apply yet."""
    key = str(row.pk)
    adjusted = [f"{code} 核定后系统取数有变化，待复核" for code in evaluation.outdated.get(key, ())]
    met = () if evaluation.scheme.imported else proposed(evaluation, key)
    restricted = [f"限制性情形 {entry.code}（{entry.name}）符合条件，尚待认定" for entry in met]
    return [
        Gap(row, kind, text)
        for kind, texts in ((GapKind.ADJUSTED, adjusted), (GapKind.RESTRICTION, restricted))
        for text in texts
    ]


def _unmet(evaluation: Evaluation, row: Assessment) -> list[Gap]:
    """What changes the star by hand and the chair has not confirmed, and what one person alone found."""
    waiting = [
        Gap(row, GapKind.MOTION, f"{motion.words}已由{motion.by.name}登记，待评委会主任确认")
        for motion in pending_motions(row)
    ]
    if evaluation.scheme.imported or row.status != Status.CITY:
        return waiting
    named = {motion.restriction.code for motion in pending_motions(row) if motion.restriction}
    return waiting + [
        Gap(row, GapKind.RESTRICTION, f"{code} 的认定未记会议，须补登并由主任确认")
        for code in unmet_by_hand(evaluation, str(row.pk))
        if code not in named
    ]


def undecided(evaluation: Evaluation, row: Assessment) -> list[Gap]:
    """A decision is owed; one that was taken on other figures, or without a meeting, is owed again."""
    decision, outcome = decision_of(row), evaluation.outcomes[str(row.pk)]
    if any(motion.kind == Motion.Kind.STAR for motion in pending_motions(row)):
        return []  # what the office recorded is there to be confirmed or sent back
    if decision is None:
        return [Gap(row, GapKind.DECISION, UNDECIDED)]
    if changed := change_since(decision, outcome):
        return [Gap(row, GapKind.DECISION, changed)]
    if decision.meeting_id is None and row.status == Status.CITY and not evaluation.scheme.imported:
        return [Gap(row, GapKind.DECISION, UNMET)]
    return []


def pending_motions(row: Assessment) -> list[Motion]:
    """What the office recorded of a school of `assessments_of` and the chair has not answered."""
    return [motion for motion in row.motions.all() if motion.is_pending]


def unmet_by_hand(evaluation: Evaluation, key: str) -> list[str]:
    """Restrictions that lower the star by hand and that no meeting found: from before meetings were
    recorded.
    """
    return [code for code in evaluation.unmet.get(key, ()) if by_hand(evaluation, key, code)]


def by_hand(evaluation: Evaluation, key: str, code: str) -> bool:
    """Whether a restriction would apply to a school only because somebody says so, not by its condition."""
    school = evaluation.inputs[key]
    verdict = score_school(evaluation.spec, replace(school, cases=school.cases - {code})).verdict
    return verdict is None or code not in {cap.code for cap in verdict.caps}


def decision_of(row: Assessment) -> Decision | None:
    """The committee's decision on a school, if there is one."""
    return getattr(row, "decision", None)


def proposed(evaluation: Evaluation, key: str) -> tuple[RestrictionSpec, ...]:
    """Restrictions whose condition holds at a school and that no named person has confirmed yet."""
    verdict = evaluation.outcomes[key].verdict
    if verdict is None:
        return ()
    applying = {cap.code for cap in verdict.caps} - evaluation.inputs[key].cases
    return tuple(
        entry
        for entry in evaluation.spec.restrictions
        if entry.code in applying and entry.trigger == Trigger.CONDITION
    )


def sheet_gaps(scheme: Scheme, *, only: int | None = None) -> Mapping[int, list[str]]:
    """By assessment, what its sheets lack: some are not handed in, an agreed one waits for its members,
    what is judged on site for a visit.
    """
    gaps: dict[int, list[str]] = defaultdict(list)
    waiting, recused = open_sheets(scheme, only=only)
    for assessment, judges in waiting.items():
        gaps[assessment].append(f"评分表尚未提交：{'、'.join(judges)}")
    for assessment, text in recused:
        gaps[assessment].append(text)
    for assessment, judges in unconfirmed(scheme, only=only).items():
        if judges:
            gaps[assessment].append(f"合议待 {len(judges)} 人确认：{'、'.join(judges)}")
    for assessment in scored_unseen(scheme, only=only):
        gaps[assessment].append("现场项已评分，还没有登记走访")
    return gaps


def open_sheets(
    scheme: Scheme, *, only: int | None = None
) -> tuple[Mapping[int, list[str]], list[tuple[int, str]]]:
    """By assessment (all of the scheme, or one), the judges whose sheet is not handed in, and whether they
    never can because they must recuse or have left; then the sheets that somebody handed in who must recuse
    by now, on which nothing is settled. The agreed sheet of a 合议 goes by that name.
    """
    rows = JudgeSheet.objects.filter(assessment__scheme=scheme).order_by("pk")
    rows = rows if only is None else rows.filter(assessment=only)
    waiting: dict[int, list[str]] = defaultdict(list)
    recused = []
    rows = with_hindrance(rows).filter(
        Q(submitted_at=None) | (~Q(tied="") & Q(assessment__status=Status.CITY))
    )
    columns = ("assessment_id", "assessment__school__name", "judge__label", "submitted_at", "tied", "gone")
    for assessment, school, judge, submitted, tied, gone in rows.values_list(*columns):
        if submitted:
            recused.append((assessment, _recused(judge, tied.format(school))))
            continue
        words = "应当回避" if tied else gone
        advice = f"（{words}，请另行安排评委）" if judge else f"（组长{words}，请另定组长）"
        waiting[assessment].append((judge or "合议") + (advice if words else ""))
    return waiting, recused


def _recused(judge: str | None, tied: str) -> str:
    if judge:
        return f"{judge}{tied}，已提交的评分表须作废或移交"
    return f"填写合议评分表的组长{tied}，请另定组长，退回重新提交，或者作废重评"


class Lacking(NamedTuple):
    """One school with what it lacks; which pages mend it follows from the kinds."""

    assessment: Assessment
    gaps: list[Gap]

    @property
    def kinds(self) -> set[str]:
        return {gap.kind for gap in self.gaps}

    @property
    def is_ready(self) -> bool:
        """The committee owes a decision on the school, and nothing else stands before it."""
        return self.kinds == {GapKind.DECISION}


def by_school(gaps: Iterable[Gap]) -> list[Lacking]:
    """The gaps of a school stand together already."""
    return [Lacking(row, list(run)) for row, run in groupby(gaps, key=attrgetter("assessment"))]


def of_kind(gaps: Iterable[Gap], kind: str) -> list[Gap]:
    """Those of the kind, or all where none is named."""
    return [gap for gap in gaps if kind in ("", gap.kind)]


def kinds_of(gaps: Sequence[Gap]) -> list[tuple[str, str, int]]:
    """The kinds that occur: (code, label, number of schools)."""
    counted = [
        (kind, label, len(by_school(of_kind(gaps, kind)))) for kind, label in [("", "全部"), *GapKind.choices]
    ]
    return [entry for entry in counted if entry[2] or not entry[0]]
