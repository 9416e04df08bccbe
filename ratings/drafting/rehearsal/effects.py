"""What the draft would change: which limits bind how often, why a school moves, what one point in a threshold
does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.rules import Condition, Unresolved, comparisons, holds, to_text
from ratings.rules.rounding import show, show_rate
from ratings.scoring import Outcome, Totals
from ratings.scoring.stars import Verdict, apply_share, ties_schools

from .applying import Pairs

Outcomes = Sequence[Outcome]
#: How many schools a limit touches, and how many it holds below what their points give; None where the
#: scheme has no such limit.
Counts = tuple[int | None, int | None]
ABSENT: Counts = (None, None)


class Limit(NamedTuple):
    """One limit and its counts in both years."""

    code: str
    text: str
    touched_then: int | None
    bound_then: int | None
    touched_now: int | None
    bound_now: int | None


def limits(spec: SchemeSpec, base: SchemeSpec, cases: Iterable[Any]) -> list[Limit]:
    """Restrictions of either year by code, then the share of five stars and the bounds of the bonus; a case
    holds the outcome of a school `then` and `now`.
    """
    then, now, found = [case.then for case in cases], [case.now for case in cases], []
    texts = {entry.code: f"{entry.name}：{entry.effect_text}" for entry in base.restrictions}
    texts |= {entry.code: f"{entry.name}：{entry.effect_text}" for entry in spec.restrictions}
    for code, text in texts.items():
        found.append(Limit(code, text, *_capped(code, base, then), *_capped(code, spec, now)))
    for code, (count, text) in PARAMETERS.items():
        before, after = count(base, then), count(spec, now)
        if (before, after) != (ABSENT, ABSENT):
            found.append(Limit(code, text(base if after == ABSENT else spec), *before, *after))
    return found


def _capped(code: str, spec: SchemeSpec, outcomes: Outcomes) -> Counts:
    if all(entry.code != code for entry in spec.restrictions):
        return ABSENT
    caps = [(outcome, cap) for outcome in outcomes for cap in outcome.verdict.caps if cap.code == code]
    return len(caps), sum(cap.star < outcome.verdict.by_bands for outcome, cap in caps)


def _beyond_share(spec: SchemeSpec, outcomes: Outcomes) -> Counts:
    if not ties_schools(spec):
        return ABSENT
    count = sum(any(not cap.code for cap in outcome.verdict.caps) for outcome in outcomes)
    return count, count


def _beyond_cap(spec: SchemeSpec, outcomes: Outcomes) -> Counts:
    if not spec.bonus_items or (spec.bonus_cap is None and not spec.bonus_group_caps):
        return ABSENT
    counted = [totals for totals in _totals(outcomes) if totals.base >= spec.bonus_floor]
    count = sum(totals.bonus_raw > totals.bonus for totals in counted)
    return count, count


def _below_floor(spec: SchemeSpec, outcomes: Outcomes) -> Counts:
    if not spec.bonus_items or spec.bonus_floor <= 0:
        return ABSENT
    below = [totals for totals in _totals(outcomes) if totals.base < spec.bonus_floor]
    return len(below), sum(totals.bonus_raw > 0 for totals in below)


def _totals(outcomes: Outcomes) -> list[Totals]:
    return [outcome.totals for outcome in outcomes if outcome.totals]


def _cap_text(spec: SchemeSpec) -> str:
    parts = [f"合计最高 {show(spec.bonus_cap)} 分"] if spec.bonus_cap is not None else []
    return "加分" + "；".join(parts + [f"{group}最高 {show(cap)} 分" for group, cap in spec.bonus_group_caps])


#: Limits that are parameters of the scheme: how they are counted, how they read.
PARAMETERS = {
    "五星比例上限": (_beyond_share, lambda spec: f"五星不超过 {show_rate(spec.five_star_share)}"),
    "加分上限": (_beyond_cap, _cap_text),
    "加分起算分": (_below_floor, lambda spec: f"基础分达到 {show(spec.bonus_floor)} 分才计加分"),
}

# -- why a school moves

#: How many items are named as the ones that moved a total.
MOST_ITEMS = 3


def why(base: SchemeSpec, draft: SchemeSpec, then: Outcome, now: Outcome, pairs: Pairs) -> tuple[str, ...]:
    """What decides: the total and the items behind it, the conditions met or missed, the caps that came or
    went.
    """
    if then.totals is None or now.totals is None:
        return tuple(cap.text for cap in now.verdict.caps)
    reasons = []
    if then.totals.total != now.totals.total:
        reasons.append(f"总分 {show(then.totals.total)} → {show(now.totals.total)}")
        reasons += _item_moves(base, then, now, pairs)[:MOST_ITEMS]
    if then.totals.bonus != now.totals.bonus:
        reasons.append(f"加分 {show(then.totals.bonus)} → {show(now.totals.bonus)}")
    if now.star < then.star:
        reasons += _missed(draft, now, then.star, "本方案")
        reasons += _caps_below(now, then.star)
    elif now.star > then.star:
        year = f"{base.year}年度"
        reasons += _missed(base, then, now.star, year)
        reasons += [f"{year}{text}，本方案不再限制" for text in _caps_below(then, now.star)]
    return tuple(dict.fromkeys(reasons))


def _item_moves(base: SchemeSpec, then: Outcome, now: Outcome, pairs: Pairs) -> list[str]:
    """Every item whose points differ, in words, the largest change first."""
    before = {code: item.points for code, item in then.items.items()}
    moves = []
    for code, pair in pairs.items():
        old = before.get(pair.then.item.code) if pair.then else None
        moves.append((code, pair.now.item.name, old, now.items[code].points))
    continued = {pair.then.item.code for pair in pairs.values() if pair.then}
    for code in before.keys() - continued:
        moves.append((code, base.bound[code].item.name, before[code], None))
    moves.sort(key=lambda move: (-abs(_change(*move[2:])), move[0]))
    return [_move_text(*move) for move in moves if _change(*move[2:])]


def _change(then: Fraction | None, now: Fraction | None) -> Fraction:
    return (now or Fraction(0)) - (then or Fraction(0))


def _move_text(code: str, name: str, then: Fraction | None, now: Fraction | None) -> str:
    """小项 then → now, as one reads it aloud; None where there was or is none."""
    if then is None:
        return f"新增 {code} {name} {show(now)} 分"
    if now is None:
        return f"取消 {code} {name}（当年 {show(then)} 分）"
    return f"{code} {name} {show(then)} → {show(now)} 分"


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


def _caps_below(outcome: Outcome, star: int) -> list[str]:
    return [cap.text for cap in outcome.verdict.caps if cap.star < star]


# -- one point in each threshold


@dataclass(frozen=True)
class Shift:
    """One comparison of one star's condition, as it reads and as it would read with a point more or less; the
    schools per star then, and who would change.
    """

    label: str
    before: str
    after: str
    stars: Counter
    rising: list[str]
    falling: list[str]


def shifts(
    spec: SchemeSpec, outcomes: Mapping[str, Outcome], values: Mapping[str, Mapping[str, Fraction]]
) -> Iterator[Shift]:
    """Every threshold of every star, moved down and up: by one point, or one percentage point where the bound
    is written in percent. `values` are the figures that conditions may name, by school.
    """
    conditions = {band.star: band.condition for band in spec.bands}
    for star, condition in conditions.items():
        for place, compared in enumerate(condition.comparisons):
            for step in (-1, 1):
                by = Fraction(step, 100 if compared.value.percent else 1)
                moved = replace(compared, value=replace(compared.value, value=compared.value.value + by))
                others = list(condition.comparisons)
                others[place] = moved
                stars = _stars(spec, conditions | {star: Condition(tuple(others))}, outcomes, values)
                yield Shift(
                    Star(star).label,
                    to_text(compared),
                    to_text(moved),
                    Counter(stars.values()),
                    [key for key in stars if stars[key] > outcomes[key].star],
                    [key for key in stars if stars[key] < outcomes[key].star],
                )


def _stars(
    spec: SchemeSpec,
    conditions: Mapping[int, Condition],
    outcomes: Mapping[str, Outcome],
    values: Mapping[str, Mapping[str, Fraction]],
) -> dict[str, int]:
    """The star of every school under other conditions, the highest first: the caps stay, the share of five
    stars is drawn anew.
    """
    verdicts, totals = {}, {}
    for key, outcome in outcomes.items():
        by_bands = Star.NONE.value
        if outcome.totals:
            totals[key] = outcome.totals.total
            met = (star for star, condition in conditions.items() if holds(condition, values[key]))
            by_bands = next(met, by_bands)
        caps = tuple(cap for cap in outcome.verdict.caps if cap.code)
        verdicts[key] = Verdict(by_bands, min([by_bands, *(cap.star for cap in caps)]), caps, ("",))
    return {key: verdict.star for key, verdict in apply_share(spec, verdicts, totals).items()}
