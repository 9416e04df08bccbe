"""What stands against settling: scores, sheets, restrictions and decisions that are not there yet, school by school."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, TextChoices
from django.db.models.functions import Coalesce

from ratings.criteria.spec import RestrictionSpec
from ratings.enums import Star, Status, Trigger
from ratings.models import Assessment, Decision, JudgeSheet, Scheme
from ratings.workflow import tie

from .loading import Evaluation

#: Said of a school that lacks nothing else: what the committee is there for.
UNDECIDED = "尚无审定意见"


class GapKind(TextChoices):
    """What stands against settling, in the order in which it is mended."""

    AWAY = "away", "尚未到评审"
    SCORES = "scores", "尚不能计算"
    SHEETS = "sheets", "评分表未提交"
    ADJUSTED = "adjusted", "核定待复核"
    RESTRICTION = "restriction", "限制性情形待认定"
    DECISION = "decision", "待审定"


@dataclass(frozen=True)
class Gap:
    """One thing that a school lacks, in a sentence."""

    assessment: Assessment
    kind: GapKind
    text: str


def missing_for_settling(evaluation: Evaluation) -> list[Gap]:
    """Every gap in administrative order; empty when the year can be settled."""
    rows = Assessment.objects.filter(scheme=evaluation.scheme).exclude(status=Status.DECLINED).select_related("school__county", "decision")
    sheets = open_sheets(evaluation.scheme)
    ordered = rows.in_order()
    return [gap for row in ordered for gap in missing_at(evaluation, row, sheets.get(row.pk, ()))]


def missing_at(evaluation: Evaluation, row: Assessment, sheets: Sequence[str] = ()) -> list[Gap]:
    """The gaps of one school; `sheets` names the judges whose sheet there is not closed, `row.decision` is loaded."""
    if row.status not in (Status.CITY, Status.SETTLED, Status.LAPSED):
        return [Gap(row, GapKind.AWAY, f"尚在“{row.get_status_display()}”")]  # everything else follows from that
    key = str(row.pk)
    outcome = evaluation.outcomes[key]
    missing = [Gap(row, GapKind.SCORES, problem.text) for problem in outcome.problems]
    if row.status == Status.LAPSED and not evaluation.scheme.imported:
        return missing  # what judges and reviewers had begun there is never finished and does not count
    if sheets:
        missing.append(Gap(row, GapKind.SHEETS, f"评分表尚未提交：{'、'.join(sheets)}"))
    missing += [Gap(row, GapKind.ADJUSTED, f"{code} 核定后系统取数有变化，待复核") for code in evaluation.outdated.get(key, ())]
    if not evaluation.scheme.imported:
        met = [f"限制性情形 {entry.code}（{entry.name}）符合条件，尚待认定" for entry in proposed(evaluation, key)]
        missing += [Gap(row, GapKind.RESTRICTION, text) for text in met]
    return missing if row.status == Status.LAPSED else missing + _undecided(row, outcome)


def _undecided(row: Assessment, outcome) -> list[Gap]:
    """A decision is owed, and one that was taken on another computed star is owed again."""
    decision = decision_of(row)
    if decision is None:
        return [Gap(row, GapKind.DECISION, UNDECIDED)]
    if outcome.verdict and decision.computed != outcome.star:
        changed = f"登记审定意见时计算为{Star(decision.computed).label}，现为{Star(outcome.star).label}，须重新审定"
        return [Gap(row, GapKind.DECISION, changed)]
    return []


def decision_of(row: Assessment) -> Decision | None:
    """The committee's decision on a school, if there is one."""
    return getattr(row, "decision", None)


def proposed(evaluation: Evaluation, key: str) -> tuple[RestrictionSpec, ...]:
    """Restrictions whose condition holds at a school and that no named person has confirmed yet."""
    verdict = evaluation.outcomes[key].verdict
    if verdict is None:
        return ()
    applying = {cap.code for cap in verdict.caps} - evaluation.inputs[key].cases
    return tuple(entry for entry in evaluation.spec.restrictions if entry.code in applying and entry.trigger == Trigger.CONDITION)


def open_sheets(scheme: Scheme, *, only: int | None = None) -> Mapping[int, list[str]]:
    """By assessment (all of the scheme, or one), the judges whose sheet is not handed in, and whether they never can because
    they must recuse; the agreed sheet of a 合议 goes by that name.
    """
    found: dict[int, list[str]] = defaultdict(list)
    rows = JudgeSheet.objects.filter(assessment__scheme=scheme, submitted_at__isnull=True).order_by("pk")
    if only is not None:
        rows = rows.filter(assessment=only)
    writer = Coalesce("judge__user", "assessment__panel__leader__user")
    tied = tie(OuterRef("writer"), OuterRef("assessment__school"))
    for assessment, judge, words in rows.annotate(writer=writer).values_list("assessment_id", "judge__label", tied):
        advice = "应当回避，请另行安排评委" if judge else "组长应当回避，请另定组长"
        found[assessment].append((judge or "合议") + (f"（{advice}）" if words else ""))
    return found
