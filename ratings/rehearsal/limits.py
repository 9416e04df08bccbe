"""Which limits bind how often: restrictions, the share of five stars, the bounds of the bonus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.rounding import show, show_rate
from ratings.scoring import Outcome


@dataclass(frozen=True)
class Limit:
    """One limit: how many schools it touches, and how many it holds below what their points give; None where it does not exist."""

    code: str
    text: str
    touched_then: int | None
    bound_then: int | None
    touched_now: int | None
    bound_now: int | None


def limits(spec: SchemeSpec, base: SchemeSpec, cases: Iterable[Any]) -> tuple[Limit, ...]:
    """Restrictions of either year by code, then the share of five stars and the bounds of the bonus."""
    then, now = [case.then for case in cases], [case.now for case in cases]
    names = {entry.code: f"{entry.name}：{entry.effect_text}" for entry in (*base.restrictions, *spec.restrictions)}
    sides = ({entry.code for entry in base.restrictions}, then), ({entry.code for entry in spec.restrictions}, now)
    rows = [Limit(code, text, *_counts(code, *sides[0]), *_counts(code, *sides[1])) for code, text in names.items()]
    for code, text, has, touched, bound in _parameters():
        if has(base) or has(spec):
            counted = [
                (sum(touched(one, side) for one in outcomes), sum(bound(one, side) for one in outcomes)) if has(side) else (None, None)
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
    """(code, text, whether the scheme has it, whether it touches a school, whether it costs the school something)."""

    def shared(one: Outcome, side: SchemeSpec) -> bool:
        return any(not cap.code for cap in one.verdict.caps)

    def over(one: Outcome, side: SchemeSpec) -> bool:
        return bool(one.totals) and one.totals.bonus_raw > one.totals.bonus and one.totals.base >= side.bonus_floor

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
