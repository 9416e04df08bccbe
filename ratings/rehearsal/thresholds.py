"""What one point more or less in a threshold would do to the stars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Star
from ratings.rules import Comparison, Condition, holds, to_text
from ratings.scoring import Outcome
from ratings.scoring.stars import Verdict, apply_share

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


def thresholds(spec: SchemeSpec, outcomes: Mapping[str, Outcome], values: Mapping[str, Mapping[str, Fraction]]) -> tuple[Threshold, ...]:
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
    condition = Condition((*band.condition.comparisons[:index], moved, *band.condition.comparisons[index + 1 :]))
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
