"""Which limits bind how often: restrictions, the share of five stars, the bounds of the bonus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.rules import Comparison, Condition, Unresolved, comparisons, holds, to_text
from ratings.rules.rounding import show, show_rate
from ratings.scoring import Outcome
from ratings.scoring.stars import Verdict, apply_share

from .matching import Pair


@dataclass(frozen=True)
class Limit:
    """One limit: how many schools it touches, and how many it holds below what their points give; None where
    it does not exist.
    """

    code: str
    text: str
    touched_then: int | None
    bound_then: int | None
    touched_now: int | None
    bound_now: int | None


def limits(spec: SchemeSpec, base: SchemeSpec, cases: Iterable[Any]) -> tuple[Limit, ...]:
    """Restrictions of either year by code, then the share of five stars and the bounds of the bonus."""
    then, now = [case.then for case in cases], [case.now for case in cases]
    names = {
        entry.code: f"{entry.name}：{entry.effect_text}" for entry in (*base.restrictions, *spec.restrictions)
    }
    sides = (
        ({entry.code for entry in base.restrictions}, then),
        ({entry.code for entry in spec.restrictions}, now),
    )
    rows = [
        Limit(code, text, *_counts(code, *sides[0]), *_counts(code, *sides[1]))
        for code, text in names.items()
    ]
    for code, text, has, touched, bound in _parameters():
        if has(base) or has(spec):
            counted = [
                (sum(touched(one, side) for one in outcomes), sum(bound(one, side) for one in outcomes))
                if has(side)
                else (None, None)
                for side, outcomes in ((base, then), (spec, now))
            ]
            rows.append(Limit(code, text(spec if has(spec) else base), *counted[0], *counted[1]))
    return tuple(rows)


def _counts(code: str, known: set[str], outcomes: list[Outcome]) -> tuple[int | None, int | None]:
    if code not in known:
        return None, None
    caps = [(one, cap) for one in outcomes for cap in one.verdict.caps if cap.code == code]
    return len(caps), sum(cap.star < one.verdict.by_bands for one, cap in caps)


def _parameters() -> list[tuple[str, Callable[..., Any], ...]]:
    """(code, text, whether the scheme has it, whether it touches a school, whether it costs the school
    something).
    """

    def shared(one: Outcome, side: SchemeSpec) -> bool:
        return any(not cap.code for cap in one.verdict.caps)

    def over(one: Outcome, side: SchemeSpec) -> bool:
        return (
            bool(one.totals)
            and one.totals.bonus_raw > one.totals.bonus
            and one.totals.base >= side.bonus_floor
        )

    def below(one: Outcome, side: SchemeSpec) -> bool:
        return bool(one.totals) and one.totals.base < side.bonus_floor

    def lost(one: Outcome, side: SchemeSpec) -> bool:
        return below(one, side) and one.totals.bonus_raw > 0

    return [
        (
            "五星比例上限",
            lambda side: f"五星不超过 {show_rate(side.five_star_share)}",
            lambda side: side.five_star_share is not None and side.five_star_share < 1,
            shared,
            shared,
        ),
        (
            "加分上限",
            _bonus_text,
            lambda side: bool(side.bonus_items) and (side.bonus_cap is not None or side.bonus_group_caps),
            over,
            over,
        ),
        (
            "加分起算分",
            lambda side: f"基础分达到 {show(side.bonus_floor)} 分才计加分",
            lambda side: bool(side.bonus_items) and side.bonus_floor > 0,
            below,
            lost,
        ),
    ]


def _bonus_text(side: SchemeSpec) -> str:
    parts = [f"合计最高 {show(side.bonus_cap)} 分"] if side.bonus_cap is not None else []
    return "加分" + "；".join(parts + [f"{group}最高 {show(cap)} 分" for group, cap in side.bonus_group_caps])


#: How many items are named as the ones that moved a total.
MOST_ITEMS = 3


@dataclass(frozen=True)
class ItemMove:
    """Points of one item then and now; None where there was or is none."""

    code: str
    name: str
    then: Fraction | None
    now: Fraction | None

    @property
    def change(self) -> Fraction:
        return (self.now or Fraction(0)) - (self.then or Fraction(0))

    @property
    def text(self) -> str:
        """小项 then → now, as one reads it aloud."""
        if self.then is None:
            return f"新增 {self.code} {self.name} {show(self.now or Fraction(0))} 分"
        if self.now is None:
            return f"取消 {self.code} {self.name}（当年 {show(self.then)} 分）"
        return f"{self.code} {self.name} {show(self.then)} → {show(self.now)} 分"


def item_moves(base: SchemeSpec, then: Outcome, now: Outcome, pairs: Mapping[str, Pair]) -> list[ItemMove]:
    """Every item whose points differ, the largest change first."""
    moves, continued = [], set()
    for code, pair in pairs.items():
        old = then.items.get(pair.then.item.code) if pair.then else None
        if pair.then:
            continued.add(pair.then.item.code)
        moves.append(ItemMove(code, pair.now.item.name, old.points if old else None, now.items[code].points))
    moves += [
        ItemMove(code, base.bound[code].item.name, item.points, None)
        for code, item in then.items.items()
        if code not in continued
    ]
    return sorted((move for move in moves if move.change), key=lambda move: (-abs(move.change), move.code))


def why(
    base: SchemeSpec, draft: SchemeSpec, then: Outcome, now: Outcome, pairs: Mapping[str, Pair]
) -> tuple[str, ...]:
    """What decides: the total and the items behind it, the conditions met or missed, the caps that came or
    went.
    """
    if then.totals is None or now.totals is None:
        return tuple(cap.text for cap in now.verdict.caps)
    said = []
    if then.totals.total != now.totals.total:
        said.append(f"总分 {show(then.totals.total)} → {show(now.totals.total)}")
        said += [move.text for move in item_moves(base, then, now, pairs)[:MOST_ITEMS]]
    if then.totals.bonus != now.totals.bonus:
        said.append(f"加分 {show(then.totals.bonus)} → {show(now.totals.bonus)}")
    if now.star < then.star:
        said += _missed(draft, now, then.star, "本方案")
        said += [cap.text for cap in now.verdict.caps if cap.star < then.star]
    elif now.star > then.star:
        said += _missed(base, then, now.star, f"{base.year}年度")
        said += [
            f"{base.year}年度{cap.text}，本方案不再限制" for cap in then.verdict.caps if cap.star < now.star
        ]
    return tuple(dict.fromkeys(said))


def _missed(spec: SchemeSpec, outcome: Outcome, star: int, whose: str) -> list[str]:
    """What kept the school from `star` under `spec`; nothing where its points do reach it."""
    if outcome.verdict.by_bands >= star:
        return []
    band = next((band for band in spec.bands if band.star == star), None)
    if band is None:
        return [f"{whose}没有{Star(star).label}"]
    try:
        gates = comparisons(band.condition, outcome.totals.values(outcome.points))
    except Unresolved:  # a condition on a figure: the totals alone do not tell
        return [f"{whose}的{Star(star).label}条件未达到"]
    return [f"{whose}{Star(star).label}：{gate.gap_text}" for gate in gates if not gate.holds]


STEPS = (-1, 1)


@dataclass(frozen=True)
class Shift:
    """One threshold moved: the condition as it would read, the schools per star, and who would change."""

    text: str
    stars: Mapping[int, int]
    rising: tuple[str, ...]
    falling: tuple[str, ...]

    def counts(self, levels: Iterable[int]) -> list[int]:
        """Schools per star, in the order of `levels`."""
        return [self.stars.get(star, 0) for star in levels]


@dataclass(frozen=True)
class Threshold:
    """One comparison of one star's condition, with one point less and one point more."""

    star: int
    text: str
    lower: Shift
    higher: Shift

    @property
    def label(self) -> str:
        return Star(self.star).label


def thresholds(
    spec: SchemeSpec, outcomes: Mapping[str, Outcome], values: Mapping[str, Mapping[str, Fraction]]
) -> tuple[Threshold, ...]:
    """Every threshold of every star. `values` are the figures that conditions may name, by school."""
    found = []
    for place, band in enumerate(spec.bands):
        for index, compared in enumerate(band.condition.comparisons):
            shifts = [_shift(spec, place, index, step, outcomes, values) for step in STEPS]
            found.append(Threshold(band.star, to_text(compared), *shifts))
    return tuple(found)


def _shift(spec: SchemeSpec, place: int, index: int, step: int, outcomes, values) -> Shift:
    band = spec.bands[place]
    moved = _moved(band.condition.comparisons[index], step)
    condition = Condition(
        (*band.condition.comparisons[:index], moved, *band.condition.comparisons[index + 1 :])
    )
    bands = [(one.star, one.condition) for one in spec.bands]
    bands[place] = (band.star, condition)
    stars = _stars(spec, bands, outcomes, values)
    counts = dict.fromkeys((0, *sorted(one.star for one in spec.bands)), 0)
    for star in stars.values():
        counts[star] = counts.get(star, 0) + 1
    rising = tuple(key for key, star in stars.items() if star > outcomes[key].star)
    falling = tuple(key for key, star in stars.items() if star < outcomes[key].star)
    return Shift(to_text(moved), counts, rising, falling)


def _moved(compared: Comparison, step: int) -> Comparison:
    """One point, or one percentage point where the bound is written in percent."""
    by = Fraction(step, 100) if compared.value.percent else Fraction(step)
    return replace(compared, value=replace(compared.value, value=compared.value.value + by))


def _stars(spec: SchemeSpec, bands, outcomes: Mapping[str, Outcome], values) -> dict[str, int]:
    """The star of every school under other bands: the caps stay, the share of five stars is drawn anew."""
    verdicts = {}
    for key, outcome in outcomes.items():
        caps = [cap for cap in outcome.verdict.caps if cap.code]
        by_bands = _by_bands(bands, values[key]) if outcome.totals else 0
        star = min([by_bands, *(cap.star for cap in caps)])
        verdicts[key] = Verdict(by_bands, star, tuple(caps), ("",))
    totals = {key: outcome.totals.total for key, outcome in outcomes.items() if outcome.totals}
    return {key: verdict.star for key, verdict in apply_share(spec, verdicts, totals).items()}


def _by_bands(bands, values: Mapping[str, Fraction]) -> int:
    return next((star for star, condition in bands if holds(condition, values)), 0)
