"""What one stage makes of one school: the points of each item, the sums, and what is still owed. Nothing else
computes these.

Pages and papers of 自评, 初评 and 评审 read it from here, and so does the final score of an item, which only
weighs stages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.rules import NoDenominator, Unresolved, maximum, missing_answers
from ratings.rules.evaluation import PartResult, evaluate
from ratings.rules.figures import Figures
from ratings.rules.rounding import exact_sum, round2, show

from .inputs import Blocked, Entry, Metrics, Problem, known, known_figures
from .stars import band_star, require
from .totals import Points, Totals, add_up, category_sum

#: 初评 that differs from 自评 by more than this share of 分值 on what both answered owes a reason.
REASON_SHARE = Fraction(1, 5)


def system_part(spec: SchemeSpec, bound: BoundItem, metrics: Metrics) -> tuple[Fraction, tuple[str, ...]]:
    """Sum of the wholly computed parts and their sentences; raises Blocked where a figure is not known."""

    def compute() -> tuple[Fraction, tuple[str, ...]]:
        figures = Figures(spec.vocabulary, metrics, bound.item.points)
        results = _evaluated(bound, bound.system_parts, figures)
        steps = tuple(step.text for result in results for step in result.steps)
        return exact_sum(result.points for result in results), steps

    return bound.remember(("system", bound.figures(bound.system_parts, metrics)), compute)


def defined_system(
    spec: SchemeSpec, bound: BoundItem, metrics: Metrics
) -> tuple[Fraction | None, tuple[str, ...]]:
    """The same; None and the reason where a rate divides by 0. Raises Blocked where a figure is missing."""
    try:
        return system_part(spec, bound, metrics)
    except Blocked as gap:
        if not all(problem.undefined for problem in gap.problems):
            raise
        return None, tuple(problem.text.removeprefix(f"{bound.item.code} ") for problem in gap.problems)


def known_system(spec: SchemeSpec, bound: BoundItem, metrics: Metrics) -> Fraction | None:
    """The computed part for showing: None where the item has none, or while a figure is missing."""
    part = known(system_part, spec, bound, metrics) if bound.system_parts else None
    return part and part[0]


def asked_part(spec: SchemeSpec, bound: BoundItem, metrics: Metrics, entry: Entry, stage: str) -> Fraction:
    """Points of the asked parts of one entry; raises Blocked where an answer is missing."""
    if entry.answers is None:
        if entry.total is None or entry.system is None:
            raise Blocked(Problem(f"{bound.item.code} 尚未评分", bound.item.code))
        return entry.total - entry.system
    excluded, answers = bound.excluded(stage), entry.answers

    def compute() -> Fraction:
        figures = Figures(spec.vocabulary, metrics, bound.item.points, answers, excluded)
        return exact_sum(part.points for part in _evaluated(bound, bound.asked_parts, figures))

    said = tuple(answers.get(question.name) for question in bound.asked)
    return bound.remember(("asked", bound.figures(bound.asked_parts, metrics), said, bool(excluded)), compute)


def points_from(
    spec: SchemeSpec,
    bound: BoundItem,
    metrics: Metrics,
    base: Fraction | None,
    entry: Entry | None,
    stage: str,
) -> Fraction | None:
    """What a stage (or one judge) makes of one item, exact: the `base` it starts from and the answers,
    together never below 0 and never above 分值. None for 不适用, which nobody has to say of a computed item
    without a `base`. Raises Blocked while an answer or a figure is missing, or a base that somebody has to
    give.
    """
    if bound.asked:
        applies = entry is None or not entry.not_applicable
    else:
        applies = base is not None or not bound.item.may_be_na
    if not applies:
        return None
    if base is None:
        base, _ = system_part(spec, bound, metrics)
    asked = asked_part(spec, bound, metrics, entry or Entry(), stage) if bound.asked else Fraction(0)
    return within(base + asked, bound)


def within(points: Fraction, bound: BoundItem) -> Fraction:
    """An item is never below zero and never above its 分值."""
    if points.numerator <= 0:
        return Fraction(0)
    return min(points, bound.item.points)


def most_of(bound: BoundItem, parts: tuple[int, ...]) -> Fraction:
    """The most that these parts of an item can give, never more than its 分值."""
    most = (maximum(bound.item.rule.parts[index], item_points=bound.item.points) for index in parts)
    return min(exact_sum(most), bound.item.points)


def is_unasked(bound: BoundItem, stage: str) -> bool:
    """Whether a stage says nothing at all of an item: 自评 where reviewers alone answer and no figure is
    read.

    Such an item has no points there, which is neither 0 nor 不适用, and adds nothing to the sums.
    """
    return stage == Stage.SELF and bool(bound.asked) and not bound.owed_by_school and not bound.references


def points_at(
    spec: SchemeSpec,
    bound: BoundItem,
    metrics: Metrics,
    entry: Entry | None,
    stage: str,
    adjusted: Fraction | None = None,
) -> Fraction | None:
    """Points of one item at a stage as everybody is shown them: rounded to two decimals, from the system part
    or from what it was adjusted to; the figures must be known either way. None for 不适用 and where the stage
    is not asked at all. Raises Blocked while something is missing.
    """
    if is_unasked(bound, stage):
        return None
    if entry is None and stage == Stage.SELF and not bound.owed_by_school:
        entry = Entry(answers={})  # asked nothing, the school has answered by saying nothing
    system, _ = defined_system(spec, bound, metrics)
    points = points_from(spec, bound, metrics, system if adjusted is None else adjusted, entry, stage)
    return None if points is None else round2(points)


def known_points(*arguments: Any) -> Fraction | None:
    """The same for showing: None also while something is missing."""
    return known(points_at, *arguments)


@dataclass(frozen=True)
class StageSheet:
    """One stage of one school. `points` holds None for an item that does not apply; items in `missing` have
    no points yet, those in `unasked` never get any here, and neither stands in `points`.

    `so_far` sums what is known, a missing item as nothing; it is None where all items of a category do not
    apply, and that category is None in `categories` then. `star` is what the points alone would give, without
    any cap; None while anything is missing that a star's condition needs. `bonus_note` says in words why the
    bonus counts not at all or not in full.
    """

    points: Mapping[str, Fraction | None]
    missing: tuple[str, ...]
    unasked: frozenset[str]
    categories: Mapping[str, Fraction | None]
    so_far: Totals | None
    star: int | None
    bonus_note: str

    @property
    def totals(self) -> Totals | None:
        """The sums once every item has points."""
        return None if self.missing else self.so_far

    @property
    def total(self) -> Fraction | None:
        """基础分 and the bonus that counts, once every item has points."""
        return self.totals.total if self.totals else None


def stage_sheet(
    spec: SchemeSpec,
    stage: str,
    metrics: Metrics,
    entries: Mapping[str, Entry],
    adjusted: Mapping[str, Fraction] | None = None,
) -> StageSheet:
    """Points of every item by what `stage` answered, and their sums by the rules of the final score: 不适用
    items scaled, bonus within its caps and from 加分起算分 on.
    """
    points, missing, adjusted = {}, [], adjusted or {}
    unasked = frozenset(code for code, bound in spec.bound.items() if is_unasked(bound, stage))
    for code, bound in spec.bound.items():
        try:
            if code not in unasked:
                points[code] = points_at(spec, bound, metrics, entries.get(code), stage, adjusted.get(code))
        except Blocked:
            missing.append(code)
    counted = {**points, **dict.fromkeys((*missing, *unasked), Fraction(0))}
    so_far = known(add_up, spec, counted)
    sums = so_far and so_far.categories
    return StageSheet(
        points=points,
        missing=tuple(missing),
        unasked=unasked,
        categories=sums
        or {one.code: known(category_sum, spec, one, counted, []) for one in spec.scored_categories},
        so_far=so_far,
        star=known(_star, spec, metrics, so_far, counted) if so_far and not missing else None,
        bonus_note=_bonus_note(spec, so_far, bool(missing)),
    )


def _star(spec: SchemeSpec, metrics: Metrics, totals: Totals, points: Points) -> int:
    """The star that figures and points give, without any cap."""
    values = {**known_figures(metrics), **totals.values(points)}
    require(spec, values)
    return band_star(spec, values)


def _bonus_note(spec: SchemeSpec, totals: Totals | None, incomplete: bool) -> str:
    if totals is None or totals.bonus_raw == totals.bonus:
        return ""
    if totals.base < spec.bonus_floor:
        now, yet = ("目前", "暂") if incomplete else ("", "")
        floor = f"基础分{now} {show(totals.base)} 分，不足加分起算分 {show(spec.bonus_floor)} 分"
        return f"{floor}，加分 {show(totals.bonus_raw)} 分{yet}不计入合计"
    return f"加分项合计 {show(totals.bonus_raw)} 分，按上限计 {show(totals.bonus)} 分"


def difference(
    spec: SchemeSpec,
    bound: BoundItem,
    metrics: Metrics,
    own: Entry | None,
    county: Entry | None,
    adjusted: Fraction | None = None,
) -> Fraction | None:
    """初评 minus 自评 of one item, as both are shown, on what both say: the system part, as the county
    adjusted it, and the questions asked of the school. 核定要素 count for neither side. None while one side
    says nothing that compares.
    """
    if bound.asked:
        if not bound.owed_by_school:
            own = None if is_unasked(bound, Stage.SELF) else Entry(answers={})
        if not _both_say(own, county):
            return None
        if bound.not_for_school and county.answers is None:
            return None  # typed as one figure, with the 核定要素 in it
    before = known(points_at, spec, bound, metrics, own, Stage.SELF)
    after = known(points_at, spec, bound, metrics, county, Stage.SELF, adjusted)
    return None if before is None or after is None else after - before


def answered_apart(
    spec: SchemeSpec, bound: BoundItem, metrics: Metrics, own: Entry | None, county: Entry | None
) -> Fraction | None:
    """How far 初评 lies from 自评 on the answers alone, where that owes a reason: by more than a fifth of
    分值, on an item whose every question the school was asked as well. None anywhere else; a 核定 brings its
    own reason.
    """
    if bound.not_for_school or not _both_say(own, county):
        return None
    by_school = known(asked_part, spec, bound, metrics, own, Stage.SELF)
    by_county = known(asked_part, spec, bound, metrics, county, Stage.COUNTY)
    if by_school is None or by_county is None:
        return None
    apart = abs(by_county - by_school)
    return apart if apart > REASON_SHARE * bound.item.points else None


def _both_say(*entries: Entry | None) -> bool:
    """Whether all of them give points to the item."""
    return all(entry is not None and not entry.not_applicable for entry in entries)


def owed_codes(spec: SchemeSpec, stage: str, *, visited: bool = True) -> list[str]:
    """Codes of the items that a stage must answer: judges owe 现场 items only where they went, or where no
    初评 can stand in.
    """
    left_out = stage == Stage.CITY and not visited and spec.has_county_stage
    return [
        code
        for code, bound in spec.bound.items()
        if _owes(bound, stage) and not (left_out and bound.item.onsite)
    ]


def _owes(bound: BoundItem, stage: str) -> bool:
    return bound.owed_by_school if stage == Stage.SELF else bound.owed_by_reviewers


@dataclass(frozen=True)
class Owed:
    """What one row still lacks: the `names` of answers, or, where nothing was saved at all, the whole row."""

    code: str
    name: str
    stage: str
    names: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """A sentence without its full stop."""
        if self.names:
            return f"{self.code} {self.name}还缺：{'、'.join(self.names)}"
        return f"{self.code} {self.name}尚未{'填写' if self.stage == Stage.SELF else '评分'}"


def owed_at(bound: BoundItem, entry: Entry | None, stage: str) -> Owed | None:
    """What the stage still owes on this item; None where its row is complete, or where it owes none."""
    if not _owes(bound, stage):
        return None
    if entry is None:
        return Owed(bound.item.code, bound.item.name, stage)
    if entry.answers is None:  # 不适用, or the points of the whole item
        return None
    names = missing_answers(bound.asked, entry.answers, excluded=bound.excluded(stage))
    return Owed(bound.item.code, bound.item.name, stage, tuple(names)) if names else None


def owed_in(spec: SchemeSpec, stage: str, entries: Mapping[str, Entry], codes: Iterable[str]) -> list[Owed]:
    """Those of the items that are not complete, in the order of `codes`."""
    found = (owed_at(spec.bound[code], entries.get(code), stage) for code in codes)
    return [owed for owed in found if owed]


def _evaluated(bound: BoundItem, parts: tuple[int, ...], figures: Figures) -> list[PartResult]:
    code = bound.item.code
    try:
        return [evaluate(bound.item.rule.parts[index], figures) for index in parts]
    except Unresolved as gap:
        undefined = isinstance(gap, NoDenominator) and parts == bound.system_parts
        raise Blocked(Problem(f"{code} {gap}", code, undefined)) from gap
