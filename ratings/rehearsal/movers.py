"""Who would get another star, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.rounding import show
from ratings.rules import Unresolved, comparisons
from ratings.scoring import Outcome

from .matching import Pair

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
    moves += [ItemMove(code, base.bound[code].item.name, item.points, None) for code, item in then.items.items() if code not in continued]
    return sorted((move for move in moves if move.change), key=lambda move: (-abs(move.change), move.code))


def why(base: SchemeSpec, draft: SchemeSpec, then: Outcome, now: Outcome, pairs: Mapping[str, Pair]) -> tuple[str, ...]:
    """What decides: the total and the items behind it, the conditions met or missed, the caps that came or went."""
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
        said += [f"{base.year}年度{cap.text}，本方案不再限制" for cap in then.verdict.caps if cap.star < now.star]
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
