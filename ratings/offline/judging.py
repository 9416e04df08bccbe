"""Rows of scores against the figures: entries, adjustments, and every row that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rules import AnswerError, asked_range, parse_answers
from ratings.rules.rounding import show
from ratings.scoring import REASON_SHARE, Blocked, Entry, SchoolInput, Sheet, asked_part, system_part

from .tables import ScoreRow

#: How far a typed 得分 may lie outside its range: people type figures rounded to two decimals.
TYPED_TOLERANCE = Fraction(5, 1000)
NOT_APPLICABLE = "不适用"


@dataclass
class Judged:
    """The rows of one school as scoring wants them, each beside the row it came from."""

    self_entries: dict[str, tuple[Entry, ScoreRow]] = field(default_factory=dict)
    county: dict[str, tuple[Entry, ScoreRow]] = field(default_factory=dict)
    city: dict[str, dict[str, tuple[Entry, ScoreRow]]] = field(default_factory=dict)
    adjustments: dict[tuple[str, str], ScoreRow] = field(default_factory=dict)
    asked_points: dict[tuple[str, str, str], Fraction] = field(default_factory=dict)

    def school_input(
        self, code: str, metrics: Mapping[str, Fraction | None], cases: frozenset[str], *, submitted: bool
    ) -> SchoolInput:
        """What `score_school` needs; one sheet per judge."""
        return SchoolInput(
            key=code,
            metrics=metrics,
            county={item: entry for item, (entry, _) in self.county.items()},
            city=tuple(
                Sheet(judge, {item: entry for item, (entry, _) in rows.items()})
                for judge, rows in self.city.items()
            ),
            adjustments={key: Fraction(row.points) for key, row in self.adjustments.items()},
            cases=cases,
            submitted=submitted,
        )


def judge_rows(
    spec: SchemeSpec, rows: list[ScoreRow], metrics: Mapping[str, Fraction | None], warnings: list[str]
) -> Judged:
    """Turn one school's rows into entries; a row that cannot be becomes a problem of its workbook."""
    judged = Judged()
    for row in rows:
        bound = spec.bound[row.item]
        if any(metrics[reference] is None for reference in bound.references):
            continue  # the missing figure is reported once for the school, not once per row
        if not bound.owed_by_reviewers:
            _adjust(judged, bound, row, warnings)
        elif row.stage == Stage.SELF and not bound.owed_by_school:
            warnings.append(f"scores.xlsx 第 {row.row.number} 行：{row.item} 由初评或评审核定，自评行已忽略")
        else:
            _enter(judged, spec, bound, row, metrics)
    _large_differences(judged, spec, warnings)
    return judged


def _adjust(judged: Judged, bound: BoundItem, row: ScoreRow, warnings: list[str]) -> None:
    """A row for an item that the system fills whole is a 核定, one per stage, with its reason."""
    if row.stage == Stage.SELF:
        warnings.append(f"scores.xlsx 第 {row.row.number} 行：{row.item} 全部由系统取数，自评行已忽略")
    elif row.points is None:
        row.problem("得分", f"{row.item} 全部由系统取数，核定须填得分")
    elif Fraction(row.points) > bound.item.points:
        row.problem("得分", f"{row.item} 满分 {show(bound.item.points)} 分，现为 {row.points}")
    elif row.points != round(row.points, 2):
        row.problem("得分", "核定得分最多两位小数")
    elif not row.remark:
        row.problem("说明", f"{row.item} 全部由系统取数，改动即为核定，须写明理由")
    elif (row.stage, row.item) in judged.adjustments:
        row.problem(
            "小项编码",
            f"{row.item} 本阶段已有核定（第 {judged.adjustments[row.stage, row.item].row.number} 行），"
            "只能有一次",
        )
    else:
        judged.adjustments[row.stage, row.item] = row


def _enter(
    judged: Judged, spec: SchemeSpec, bound: BoundItem, row: ScoreRow, metrics: Mapping[str, Fraction | None]
) -> None:
    entry = _entry(spec, bound, row, metrics)
    if entry is None:
        return
    if row.stage == Stage.CITY:
        judged.city.setdefault(row.judge, {})[row.item] = (entry, row)
    else:
        (judged.self_entries if row.stage == Stage.SELF else judged.county)[row.item] = (entry, row)
    if not entry.not_applicable:
        try:
            judged.asked_points[row.stage, row.judge, row.item] = asked_part(
                spec, bound, metrics, entry, row.stage
            )
        except Blocked as blocked:
            row.problem("作答", str(blocked))


def _entry(
    spec: SchemeSpec, bound: BoundItem, row: ScoreRow, metrics: Mapping[str, Fraction | None]
) -> Entry | None:
    if row.answers == NOT_APPLICABLE:
        if not bound.item.may_be_na:
            row.problem("作答", f"{row.item} 没有标明可不适用")
            return None
        return Entry(not_applicable=True)
    try:
        system, _ = system_part(spec, bound, metrics)
    except Blocked as blocked:
        row.problem("小项编码", str(blocked))
        return None
    entry = _by_answers(spec, bound, row) if row.answers else None
    if row.points is None or (row.answers and entry is None):
        return entry
    typed = _by_points(spec, bound, row, metrics, system)
    if entry is None or typed is None:
        return typed
    return entry if _agree(spec, bound, row, metrics, entry, system) else None


def _by_answers(spec: SchemeSpec, bound: BoundItem, row: ScoreRow) -> Entry | None:
    excluded = bound.excluded(row.stage)
    questions = tuple(question for question in bound.asked if question.name not in excluded)
    try:
        return Entry(answers=parse_answers(row.answers, questions))
    except AnswerError as error:
        row.problem("作答", error.message)
        return None


def _by_points(spec, bound: BoundItem, row: ScoreRow, metrics, system: Fraction) -> Entry | None:
    """The points of the whole item: the system part first, the rest is the asked part and must lie in its
    range.
    """
    low, high = asked_range(
        bound.item.rule,
        spec.vocabulary,
        metrics,
        item_points=bound.item.points,
        excluded=bound.excluded(row.stage),
    )
    total = Fraction(row.points)
    rest = total - system
    if rest < low - TYPED_TOLERANCE or rest > high + TYPED_TOLERANCE:
        least, most = show(system + low), show(min(system + high, bound.item.points))
        given = f"（其中系统取数 {show(system)} 分）" if bound.system_parts else ""
        row.problem("得分", f"{row.item} 应在 {least}—{most} 分之间{given}，现为 {row.points}")
        return None
    return Entry(total=system + min(max(rest, low), high), system=system)


def _agree(spec, bound: BoundItem, row: ScoreRow, metrics, entry: Entry, system: Fraction) -> bool:
    """Both 得分 and 作答 given: they must say the same."""
    try:
        points = system + asked_part(spec, bound, metrics, entry, row.stage)
    except Blocked:
        return True  # what is missing in the answers is reported where they are read
    if abs(points - Fraction(row.points)) > TYPED_TOLERANCE:
        row.problem("得分", f"与作答不一致：按作答应为 {show(points)} 分，现为 {row.points}")
        return False
    return True


def _large_differences(judged: Judged, spec: SchemeSpec, warnings: list[str]) -> None:
    for (stage, _, code), points in judged.asked_points.items():
        own = judged.asked_points.get((Stage.SELF, "", code))
        if stage != Stage.COUNTY or own is None or spec.bound[code].not_for_school:
            continue
        row = judged.county[code][1]
        if abs(points - own) > REASON_SHARE * spec.bound[code].item.points and not row.remark:
            warnings.append(
                f"scores.xlsx 第 {row.row.number} 行：{code} 初评与自评相差 {show(abs(points - own))} 分，"
                "没有写说明"
            )
