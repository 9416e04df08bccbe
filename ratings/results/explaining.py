"""How a result explains itself: figures, the steps in their order, and the way to the next star."""

from __future__ import annotations

from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.scoring import Outcome, SchoolInput, advise, in_words, show, show_rate


def figures_of(spec: SchemeSpec, outcome: Outcome) -> dict[str, Any]:
    """Every figure as shown (two decimals, which is also its exact value); null for an item that does not apply."""
    totals = outcome.totals
    if totals is None:
        return {}
    return {
        "items": {code: None if item.points is None else show(item.points) for code, item in outcome.items.items()},
        "categories": {code: show(points) for code, points in totals.categories.items()},
        "rates": {code: show_rate(rate) for code, rate in totals.rates.items()},
        "lowest_rate": show_rate(totals.lowest_rate),
        "base": show(totals.base),
        "bonus_raw": show(totals.bonus_raw),
        "bonus": show(totals.bonus),
        "total": show(totals.total),
    }


def trace_of(spec: SchemeSpec, outcome: Outcome, *, decided: int | None = None) -> dict[str, Any]:
    """The steps that made the star, in the printed order; aggregated figures only, never a single judge's."""
    items = [
        {
            "code": code,
            "name": spec.bound[code].item.name,
            "full": show(spec.bound[code].item.points),
            "points": None if item.points is None else show(item.points),
            "steps": list(item.steps),
        }
        for code, item in outcome.items.items()
    ]
    star = list(outcome.verdict.steps)
    if decided is not None:
        agreed = decided == outcome.verdict.star
        star.append(f"评委会审定：{Star(decided).label}{'（与计算一致）' if agreed else '（与计算不同，理由见审定意见）'}")
    return {"items": items, "totals": list(outcome.totals.steps) if outcome.totals else [], "star": star}


def next_star_of(spec: SchemeSpec, school: SchoolInput, outcome: Outcome) -> dict[str, Any]:
    """What the school is told about the next level; empty at the top and without scores."""
    return in_words(advise(spec, school, outcome))
