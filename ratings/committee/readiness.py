"""What stands against settling: scores, sheets, restrictions and decisions that are not there yet, school by
school.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import OuterRef, TextChoices
from django.db.models.functions import Coalesce

from ratings.criteria.spec import RestrictionSpec
from ratings.enums import Star, Status, Trigger
from ratings.models import Assessment, Decision, JudgeSheet, Scheme
from ratings.sheets.evaluation import Evaluation
from ratings.workflow import tie

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
    rows = (
        Assessment.objects.filter(scheme=evaluation.scheme)
        .exclude(status=Status.DECLINED)
        .select_related("school__county", "decision")
    )
    sheets = open_sheets(evaluation.scheme)
    ordered = rows.in_order()
    return [gap for row in ordered for gap in missing_at(evaluation, row, sheets.get(row.pk, ()))]


def missing_at(evaluation: Evaluation, row: Assessment, sheets: Sequence[str] = ()) -> list[Gap]:
    """The gaps of one school; `sheets` names the judges whose sheet there is not closed, `row.decision` is
    loaded.
    """
    if row.status not in (Status.CITY, Status.SETTLED, Status.LAPSED):
        return [
            Gap(row, GapKind.AWAY, f"尚在“{row.get_status_display()}”")
        ]  # everything else follows from that
    key = str(row.pk)
    outcome = evaluation.outcomes[key]
    missing = [Gap(row, GapKind.SCORES, problem.text) for problem in outcome.problems]
    if row.status == Status.LAPSED and not evaluation.scheme.imported:
        return missing  # what judges and reviewers had begun there is never finished and does not count
    if sheets:
        missing.append(Gap(row, GapKind.SHEETS, f"评分表尚未提交：{'、'.join(sheets)}"))
    missing += [
        Gap(row, GapKind.ADJUSTED, f"{code} 核定后系统取数有变化，待复核")
        for code in evaluation.outdated.get(key, ())
    ]
    if not evaluation.scheme.imported:
        met = [
            f"限制性情形 {entry.code}（{entry.name}）符合条件，尚待认定"
            for entry in proposed(evaluation, key)
        ]
        missing += [Gap(row, GapKind.RESTRICTION, text) for text in met]
    return missing if row.status == Status.LAPSED else missing + _undecided(row, outcome)


def _undecided(row: Assessment, outcome) -> list[Gap]:
    """A decision is owed, and one that was taken on another computed star is owed again."""
    decision = decision_of(row)
    if decision is None:
        return [Gap(row, GapKind.DECISION, UNDECIDED)]
    if outcome.verdict and decision.computed != outcome.star:
        changed = (
            f"登记审定意见时计算为{Star(decision.computed).label}，现为{Star(outcome.star).label}，须重新审定"
        )
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
    return tuple(
        entry
        for entry in evaluation.spec.restrictions
        if entry.code in applying and entry.trigger == Trigger.CONDITION
    )


def open_sheets(scheme: Scheme, *, only: int | None = None) -> Mapping[int, list[str]]:
    """By assessment (all of the scheme, or one), the judges whose sheet is not handed in, and whether they
    never can because they must recuse; the agreed sheet of a 合议 goes by that name.
    """
    found: dict[int, list[str]] = defaultdict(list)
    rows = JudgeSheet.objects.filter(assessment__scheme=scheme, submitted_at__isnull=True).order_by("pk")
    if only is not None:
        rows = rows.filter(assessment=only)
    writer = Coalesce("judge__user", "assessment__panel__leader__user")
    tied = tie(OuterRef("writer"), OuterRef("assessment__school"))
    for assessment, judge, words in rows.annotate(writer=writer).values_list(
        "assessment_id", "judge__label", tied
    ):
        advice = "应当回避，请另行安排评委" if judge else "组长应当回避，请另定组长"
        found[assessment].append((judge or "合议") + (f"（{advice}）" if words else ""))
    return found


@dataclass(frozen=True)
class Lacking:
    """One school with what it lacks; which pages mend it follows from the kinds."""

    assessment: Assessment
    gaps: tuple[Gap, ...]

    @property
    def away(self) -> bool:
        """Not yet with the judges: its progress tells whose turn it is."""
        return self._lacks(GapKind.AWAY)

    @property
    def unscored(self) -> bool:
        """Judges owe scores or sheets."""
        return self._lacks(GapKind.SCORES, GapKind.SHEETS)

    @property
    def adjusted(self) -> bool:
        """A 核定 must be looked at again, which the office does while the school is under review."""
        return self._lacks(GapKind.ADJUSTED) and self.assessment.status == Status.CITY

    @property
    def restricted(self) -> bool:
        """A restriction waits for a named person."""
        return self._lacks(GapKind.RESTRICTION)

    @property
    def undecided(self) -> bool:
        """The committee owes a decision on the school, and nothing else stands before it."""
        return all(gap.kind == GapKind.DECISION for gap in self.gaps)

    def _lacks(self, *kinds: GapKind) -> bool:
        return any(gap.kind in kinds for gap in self.gaps)


@dataclass(frozen=True)
class Missing:
    """All gaps of a year."""

    gaps: Sequence[Gap]

    @property
    def schools(self) -> int:
        return _schools(self.gaps)

    @property
    def counties(self) -> list[str]:
        return list(dict.fromkeys(name for gap in self.gaps if (name := _county(gap))))

    @property
    def ready(self) -> int:
        """Schools on which only the decision is owed."""
        return sum(line.undecided for line in _by_school(self.gaps))

    def kinds(self, county: str) -> list[tuple[str, str, int]]:
        """The kinds that occur in the county, or anywhere: (code, label, number of schools)."""
        here = [gap for gap in self.gaps if _in(county, gap)]
        found = [(kind, _schools([gap for gap in here if gap.kind == kind])) for kind in GapKind]
        return [
            ("", "全部", _schools(here)),
            *((kind.value, kind.label, number) for kind, number in found if number),
        ]

    def chosen(self, *, kind: str = "", county: str = "") -> list[Lacking]:
        """School by school what fits."""
        return _by_school([gap for gap in self.gaps if _in(county, gap) and kind in ("", gap.kind)])


def _by_school(gaps: Sequence[Gap]) -> list[Lacking]:
    """The gaps of a school stand together already."""
    return [Lacking(row, tuple(found)) for row, found in groupby(gaps, key=lambda gap: gap.assessment)]


def _schools(gaps: Sequence[Gap]) -> int:
    return len({gap.assessment.pk for gap in gaps})


def _county(gap: Gap) -> str:
    county = gap.assessment.school.county
    return county.name if county else ""


def _in(county: str, gap: Gap) -> bool:
    return county in ("", _county(gap))
