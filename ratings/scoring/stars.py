"""From totals to a star: bands from the top, then the minimum of all caps, then the share of five-star
schools.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from ratings.criteria.spec import RestrictionSpec, SchemeSpec
from ratings.enums import Star, Trigger
from ratings.rules import comparisons, holds, names
from ratings.rules.figures import Gate

from .inputs import Blocked, Problem, SchoolInput


@dataclass(frozen=True)
class Cap:
    """A limit on the star and where it comes from; `code` is empty for the share of five-star schools."""

    code: str
    text: str
    star: int


@dataclass(frozen=True)
class Verdict:
    """`by_bands` is what the points give; `star` is what is left after every cap."""

    by_bands: int
    star: int
    caps: tuple[Cap, ...]
    steps: tuple[str, ...]


def band_star(spec: SchemeSpec, values: Mapping[str, Fraction]) -> int:
    """The highest star whose condition holds; a school that meets none is 不授星."""
    return next((band.star for band in spec.bands if holds(band.condition, values)), Star.NONE.value)


def require(spec: SchemeSpec, values: Mapping[str, Fraction]) -> None:
    """Raises Blocked for figures that a star's condition names and nobody knows: without them no star can be
    told.
    """
    named = dict.fromkeys(name for band in spec.bands for name in sorted(names(band.condition)))
    missing = [Problem(f"星级标准要用的“{name}”没有数据") for name in named if name not in values]
    if missing:
        raise Blocked(*missing)


def _applies(restriction: RestrictionSpec, school: SchoolInput, values: Mapping[str, Fraction]) -> bool:
    if restriction.code in school.cases:
        return True
    if restriction.trigger == Trigger.NO_SUBMISSION:
        return not school.submitted
    if restriction.trigger == Trigger.CONDITION and names(restriction.condition) <= values.keys():
        return holds(restriction.condition, values)
    return False


def verdict(spec: SchemeSpec, school: SchoolInput, values: Mapping[str, Fraction], *, rated: bool) -> Verdict:
    """The star of one school. `rated` is False for a school without totals: no band can hold then."""
    by_bands = band_star(spec, values) if rated else Star.NONE.value
    caps = tuple(
        Cap(
            restriction.code,
            f"限制性情形 {restriction.code}（{restriction.name}）：{restriction.effect_text}",
            restriction.effect.star,
        )
        for restriction in spec.restrictions
        if _applies(restriction, school, values)
    )
    star = min([by_bands, *(cap.star for cap in caps)])
    steps = (
        *(_band_steps(spec, values, by_bands) if rated else ()),
        *([cap.text for cap in caps] or ["无限制性情形"]),
        f"计算星级：{Star(star).label}",
    )
    return Verdict(by_bands, star, caps, steps)


def _band_steps(spec: SchemeSpec, values: Mapping[str, Fraction], reached: int) -> Iterator[str]:
    """The band that was reached with its figures, and what kept the school from the next one."""
    for band in reversed(spec.bands):
        if band.star < reached:
            continue
        gates = comparisons(band.condition, values)
        if band.star > reached:
            yield f"未达到{Star(band.star).label}标准：{_figures(gate for gate in gates if not gate.holds)}"
            return
        yield f"达到{Star(band.star).label}标准：{_figures(gates)}"


def _figures(gates: Iterable[Gate]) -> str:
    return "，".join(gate.text for gate in gates)


def ties_schools(spec: SchemeSpec) -> bool:
    """Whether one school's star may depend on the others: a share below all of them."""
    return spec.five_star_share is not None and spec.five_star_share < 1


def apply_share(
    spec: SchemeSpec, verdicts: Mapping[str, Verdict], totals: Mapping[str, Fraction]
) -> dict[str, Verdict]:
    """Cap five-star schools beyond the share (五星比例上限) to four stars.

    `totals` holds the rated schools only. Schools tied at the line fall out together, so the share is never
    exceeded and the outcome never depends on the order of rows.
    """
    if spec.five_star_share is None:
        return dict(verdicts)
    limit = floor(spec.five_star_share * len(totals))
    candidates = [key for key, found in verdicts.items() if found.star == Star.FIVE]
    first_out = sorted((totals[key] for key in candidates), reverse=True)[limit:]
    fallen = [key for key in candidates if first_out and totals[key] <= first_out[0]]
    return {**verdicts, **{key: _capped(verdicts[key], limit) for key in fallen}}


def _capped(found: Verdict, limit: int) -> Verdict:
    text = f"五星比例上限 {limit} 所，按总分未进入，最高四星"
    return replace(
        found,
        star=Star.FOUR.value,
        caps=(*found.caps, Cap("", text, Star.FOUR.value)),
        steps=(*found.steps[:-1], text, f"计算星级：{Star.FOUR.label}"),
    )
