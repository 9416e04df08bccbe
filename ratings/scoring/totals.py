"""From items to categories, 基础分, 加分 and 总分: exact sums of rounded items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.spec import CategorySpec, SchemeSpec
from ratings.rules.rounding import exact_sum, round2, show, show_rate

from .inputs import Blocked, Problem, known_figures

#: Rounded points by item code; None where the item does not apply.
Points = Mapping[str, Fraction | None]


@dataclass(frozen=True)
class Totals:
    """`rates` and `lowest_rate` are exact; they are compared with thresholds before any rounding."""

    categories: Mapping[str, Fraction]
    rates: Mapping[str, Fraction]
    base: Fraction
    bonus: Fraction
    bonus_raw: Fraction
    total: Fraction
    lowest_rate: Fraction
    steps: tuple[str, ...]

    def values(self, points: Points) -> dict[str, Fraction]:
        """Every figure that a star band or a restriction may name; `points` are those that were added up."""
        return {
            **known_figures(points),
            **self.categories,
            "总分": self.total,
            "基础分": self.base,
            "加分": self.bonus,
            "最低大项得分率": self.lowest_rate,
        }


def add_up(spec: SchemeSpec, points: Points) -> Totals:
    """Categories, base, bonus and total of one school from the points of all its items (None: 不适用).

    Raises Blocked where a whole category does not apply.
    """
    steps: list[str] = []
    categories = {
        category.code: category_sum(spec, category, points, steps) for category in spec.scored_categories
    }
    rates = {code: reached / spec.category_points[code] for code, reached in categories.items()}
    base = exact_sum(categories.values())
    steps.append(f"基础分合计 {show(base)} 分")
    raw, bonus = _bonus(spec, points, base, steps)
    lowest = min(rates.values())
    steps.append(
        f"总分 {show(base)} + {show(bonus)} = {show(base + bonus)} 分，最低大项得分率 {show_rate(lowest)}"
    )
    return Totals(categories, rates, base, bonus, raw, base + bonus, lowest, tuple(steps))


def category_sum(spec: SchemeSpec, category: CategorySpec, points: Points, steps: list[str]) -> Fraction:
    """Sum of the items; with 不适用 items the rest is scaled up to the full 分值 and rounded, once."""
    members = [item for item in spec.base_items if item.category == category.code]
    applicable = [item for item in members if points[item.code] is not None]
    full = spec.category_points[category.code]
    if not applicable:
        raise Blocked(Problem(f"{category.code} {category.name} 各小项均不适用，无法计分", category.code))
    reached = exact_sum(points[item.code] for item in applicable)
    if len(applicable) < len(members):
        counted = exact_sum(item.points for item in applicable)
        scaled = round2(reached * full / counted)
        reckoning = f"{show(reached)} 分 × {show(full)} ÷ {show(counted)} = {show(scaled)} 分"
        steps.append(f"{category.code} {category.name} 适用小项 {reckoning}（不适用小项不计）")
        return scaled
    steps.append(
        f"{category.code} {category.name} {show(reached)} 分，满分 {show(full)} 分，得分率 "
        f"{show_rate(reached / full)}"
    )
    return reached


def _bonus(spec: SchemeSpec, points: Points, base: Fraction, steps: list[str]) -> tuple[Fraction, Fraction]:
    """Bonus before and after caps: per group, then overall, and nothing below the unlocking base."""
    if not spec.bonus_items:
        return Fraction(0), Fraction(0)
    groups = dict.fromkeys((item.group for item in spec.bonus_items), Fraction(0))
    for item in spec.bonus_items:
        groups[item.group] += points[item.code] or 0
    raw = exact_sum(groups.values())
    if base < spec.bonus_floor:
        steps.append(f"基础分不足加分起算分 {show(spec.bonus_floor)} 分，加分 {show(raw)} 分不计")
        return raw, Fraction(0)
    caps = dict(spec.bonus_group_caps)
    bonus = exact_sum(min(reached, caps.get(group, reached)) for group, reached in groups.items())
    if spec.bonus_cap is not None:
        bonus = min(bonus, spec.bonus_cap)
    limited = f"（加分项合计 {show(raw)} 分，按上限计）" if bonus < raw else ""
    steps.append(f"加分 {show(bonus)} 分{limited}")
    return raw, bonus
