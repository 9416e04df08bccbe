"""Rows of scores against the figures: entries, adjustments, and every row that cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rules import AnswerError, asked_range, parse_answers
from ratings.rules.rounding import show
from ratings.scoring import Blocked, Entry, SchoolInput, Sheet, answered_apart, asked_part, system_part

from .folder import ScoreRow

#: How far a typed 得分 may lie outside its range: people type figures rounded to two decimals.
TYPED_TOLERANCE = Fraction(5, 1000)
NOT_APPLICABLE = "不适用"


@dataclass
class Judged:
    """The rows of one school as scoring wants them, each beside the row it came from."""

    spec: SchemeSpec
    metrics: Mapping[str, Fraction | None]
    self_entries: dict[str, tuple[Entry, ScoreRow]] = field(default_factory=dict)
    county: dict[str, tuple[Entry, ScoreRow]] = field(default_factory=dict)
    city: dict[str, dict[str, tuple[Entry, ScoreRow]]] = field(default_factory=lambda: defaultdict(dict))
    adjustments: dict[tuple[str, str], ScoreRow] = field(default_factory=dict)
    asked_points: dict[tuple[str, str, str], Fraction] = field(default_factory=dict)

    def school_input(self, code: str, cases: frozenset[str], *, submitted: bool) -> SchoolInput:
        """What `score_school` needs; one sheet per judge."""
        return SchoolInput(
            key=code,
            metrics=self.metrics,
            county=_entries(self.county),
            city=tuple(Sheet(judge, _entries(rows)) for judge, rows in self.city.items()),
            adjustments={key: Fraction(row.points) for key, row in self.adjustments.items()},
            cases=cases,
            submitted=submitted,
        )

    def all_entries(self) -> Iterator[tuple[Entry, ScoreRow]]:
        """Those of every stage, each beside its row."""
        for rows in (self.self_entries, self.county, *self.city.values()):
            yield from rows.values()

    def adjust(self, bound: BoundItem, row: ScoreRow) -> None:
        """A row for an item that the system fills whole is a 核定, one per stage, with its reason."""
        first = self.adjustments.get((row.stage, row.item))
        if row.points is None:
            row.problem("得分", f"{row.item} 全部由系统取数，核定须填得分")
        elif Fraction(row.points) > bound.item.points:
            row.problem("得分", f"{row.item} 满分 {show(bound.item.points)} 分，现为 {row.points}")
        elif row.points != round(row.points, 2):
            row.problem("得分", "核定得分最多两位小数")
        elif not row.remark:
            row.problem("说明", f"{row.item} 全部由系统取数，改动即为核定，须写明理由")
        elif first:
            row.problem("小项编码", f"{row.item} 本阶段已有核定（第 {first.row.number} 行），只能有一次")
        else:
            self.adjustments[row.stage, row.item] = row

    def enter(self, bound: BoundItem, row: ScoreRow) -> None:
        """A row with answers or points, at the sheet it belongs to."""
        entry = self._entry(bound, row)
        if entry is None:
            return
        stages = {Stage.SELF: self.self_entries, Stage.COUNTY: self.county}
        sheet = stages[row.stage] if row.stage in stages else self.city[row.judge]
        sheet[row.item] = (entry, row)
        if entry.not_applicable:
            return
        try:
            points = asked_part(self.spec, bound, self.metrics, entry, row.stage)
        except Blocked as blocked:
            row.problem("作答", str(blocked))
        else:
            self.asked_points[row.stage, row.judge, row.item] = points

    def _entry(self, bound: BoundItem, row: ScoreRow) -> Entry | None:
        if row.answers == NOT_APPLICABLE:
            if bound.item.may_be_na:
                return Entry(not_applicable=True)
            row.problem("作答", f"{row.item} 没有标明可不适用")
            return None
        try:
            system, _ = system_part(self.spec, bound, self.metrics)
            entry = _by_answers(bound, row) if row.answers else None
        except Blocked as blocked:
            row.problem("小项编码", str(blocked))
            return None
        except AnswerError as error:
            row.problem("作答", error.message)
            return None
        if row.points is None:
            return entry
        typed = self._by_points(bound, row, system)
        if entry is None or typed is None:
            return typed
        return entry if self._agree(bound, row, entry, system) else None

    def _by_points(self, bound: BoundItem, row: ScoreRow, system: Fraction) -> Entry | None:
        """The points of the whole item: the system part first, the rest is the asked part and must lie in its
        range.
        """
        full = bound.item.points
        low, high = asked_range(
            bound.item.rule,
            self.spec.vocabulary,
            self.metrics,
            item_points=full,
            excluded=bound.excluded(row.stage),
        )
        rest = Fraction(row.points) - system
        if low - TYPED_TOLERANCE <= rest <= high + TYPED_TOLERANCE:
            return Entry(total=system + min(max(rest, low), high), system=system)
        computed = f"（其中系统取数 {show(system)} 分）" if bound.system_parts else ""
        scope = f"{show(system + low)}—{show(min(system + high, full))} 分之间{computed}"
        row.problem("得分", f"{row.item} 应在 {scope}，现为 {row.points}")
        return None

    def _agree(self, bound: BoundItem, row: ScoreRow, entry: Entry, system: Fraction) -> bool:
        """Both 得分 and 作答 given: they must say the same."""
        try:
            points = system + asked_part(self.spec, bound, self.metrics, entry, row.stage)
        except Blocked:
            return True  # what is missing in the answers is reported where they are read
        if abs(points - Fraction(row.points)) > TYPED_TOLERANCE:
            row.problem("得分", f"与作答不一致：按作答应为 {show(points)} 分，现为 {row.points}")
            return False
        return True

    def unexplained(self) -> Iterator[tuple[ScoreRow, Fraction]]:
        """初评 far from 自评 without the reason that it owes."""
        for code, (entry, row) in self.county.items():
            own, _ = self.self_entries.get(code, (None, None))
            apart = answered_apart(self.spec, self.spec.bound[code], self.metrics, own, entry)
            if apart and not row.remark:
                yield row, apart


@dataclass
class SchoolYear:
    """One school of the folder with everything that was judged about it."""

    code: str
    name: str
    metrics: Mapping[str, Fraction | None]
    judged: Judged
    input: SchoolInput


def judge_rows(
    spec: SchemeSpec, rows: list[ScoreRow], metrics: Mapping[str, Fraction | None], warnings: list[str]
) -> Judged:
    """Turn one school's rows into entries; a row that cannot be becomes a problem of its workbook."""
    judged = Judged(spec, metrics)

    def warn(row: ScoreRow, text: str) -> None:
        warnings.append(f"scores.xlsx 第 {row.row.number} 行：{row.item} {text}")

    for row in rows:
        bound, own = spec.bound[row.item], row.stage == Stage.SELF
        if any(metrics[reference] is None for reference in bound.references):
            continue  # the missing figure is reported once for the school, not once per row
        if own and not bound.owed_by_reviewers:
            warn(row, "全部由系统取数，自评行已忽略")
        elif own and not bound.owed_by_school:
            warn(row, "由初评或评审核定，自评行已忽略")
        elif bound.owed_by_reviewers:
            judged.enter(bound, row)
        else:
            judged.adjust(bound, row)
    for row, apart in judged.unexplained():
        warn(row, f"初评与自评相差 {show(apart)} 分，没有写说明")
    return judged


def _entries(rows: Mapping[str, tuple[Entry, ScoreRow]]) -> dict[str, Entry]:
    return {item: entry for item, (entry, _) in rows.items()}


def _by_answers(bound: BoundItem, row: ScoreRow) -> Entry:
    excluded = bound.excluded(row.stage)
    questions = tuple(question for question in bound.asked if question.name not in excluded)
    return Entry(answers=parse_answers(row.answers, questions))
