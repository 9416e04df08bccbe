"""From totals to a star: bands from the top, then the minimum of all caps, then the share of five-star
schools.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from ratings.criteria.spec import RestrictionSpec, SchemeSpec
from ratings.enums import Star, Trigger
from ratings.rules import comparisons, holds, names

from .inputs import SchoolInput


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


def unknown(spec: SchemeSpec, values: Mapping[str, Fraction]) -> list[str]:
    """Figures that a star's condition names and nobody knows: without them no star can be told."""
    named = dict.fromkeys(name for band in spec.bands for name in sorted(names(band.condition)))
    return [name for name in named if name not in values]


def applying(
    spec: SchemeSpec, school: SchoolInput, values: Mapping[str, Fraction]
) -> tuple[RestrictionSpec, ...]:
    """Restrictions that apply: confirmed by a person, not submitted, or with a condition that holds."""
    return tuple(restriction for restriction in spec.restrictions if _applies(restriction, school, values))


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
        Cap(entry.code, _cap_text(entry), entry.effect.star) for entry in applying(spec, school, values)
    )
    star = min([by_bands, *(cap.star for cap in caps)])
    steps = (
        [*_band_steps(spec, values, by_bands), *(cap.text for cap in caps)]
        if rated
        else [cap.text for cap in caps]
    )
    if not caps:
        steps.append("无限制性情形")
    steps.append(f"计算星级：{Star(star).label}")
    return Verdict(by_bands, star, caps, tuple(steps))


def _cap_text(restriction: RestrictionSpec) -> str:
    return f"限制性情形 {restriction.code}（{restriction.name}）：{restriction.effect_text}"


def _band_steps(spec: SchemeSpec, values: Mapping[str, Fraction], reached: int) -> list[str]:
    """The band that was reached with its figures, and what kept the school from the next one."""
    steps = []
    for band in reversed(spec.bands):
        if band.star == reached:
            steps.append(f"达到{Star(band.star).label}标准：{_figures(band, values)}")
        elif band.star > reached:
            steps.append(f"未达到{Star(band.star).label}标准：{_figures(band, values, failing=True)}")
            break
    return steps


def _figures(band, values: Mapping[str, Fraction], *, failing: bool = False) -> str:
    compared = comparisons(band.condition, values)
    return "，".join(entry.text for entry in compared if not failing or not entry.holds)


def ties_schools(spec: SchemeSpec) -> bool:
    """Whether one school's star may depend on the others: a share below all of them."""
    return spec.five_star_share is not None and spec.five_star_share < 1


def share_limit(spec: SchemeSpec, rated: int) -> int | None:
    """How many schools may hold five stars, or None where the scheme sets no share."""
    return None if spec.five_star_share is None else floor(spec.five_star_share * rated)


def apply_share(
    spec: SchemeSpec, verdicts: Mapping[str, Verdict], totals: Mapping[str, Fraction]
) -> dict[str, Verdict]:
    """Cap five-star schools beyond the share (五星比例上限) to four stars.

    `totals` holds the rated schools only. Schools tied at the line fall out together, so the share is never
    exceeded and the outcome never depends on the order of rows.
    """
    limit = share_limit(spec, len(totals))
    if limit is None:
        return dict(verdicts)
    candidates = sorted(
        (totals[key] for key, found in verdicts.items() if found.star == Star.FIVE), reverse=True
    )
    if len(candidates) <= limit:
        return dict(verdicts)
    first_out = candidates[limit]
    return {
        key: _capped(found, limit) if found.star == Star.FIVE and totals[key] <= first_out else found
        for key, found in verdicts.items()
    }


def _capped(found: Verdict, limit: int) -> Verdict:
    text = f"五星比例上限 {limit} 所，按总分未进入，最高四星"
    steps = (*found.steps[:-1], text, f"计算星级：{Star.FOUR.label}")
    return replace(
        found, star=Star.FOUR.value, caps=(*found.caps, Cap("", text, Star.FOUR.value)), steps=steps
    )
