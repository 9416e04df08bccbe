"""What is known of one school when it is scored: figures, sheets, adjustments, proven restrictions; and what
is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from ratings.rules import Answer

ANSWERS, TOTAL, SYSTEM, NOT_APPLICABLE = "答", "得分", "系统", "不适用"
Metrics = Mapping[str, Fraction | None]
T = TypeVar("T")


@dataclass(frozen=True)
class Entry:
    """What one stage (or one judge) said of one item.

    Either `answers` by asked name; or `total`, the points of the whole item as typed, with the exact `system`
    part it was read against, so that the asked part is their difference; or `not_applicable`.
    """

    answers: Mapping[str, Answer] | None = None
    total: Fraction | None = None
    system: Fraction | None = None
    not_applicable: bool = False


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Exact and readable: ticks stay booleans, counts integers, levels words, other numbers become text."""
    if entry.not_applicable:
        return {NOT_APPLICABLE: True}
    if entry.answers is not None:
        return {
            ANSWERS: {
                name: answer if isinstance(answer, bool | int | str) else str(answer)
                for name, answer in entry.answers.items()
            }
        }
    return {TOTAL: str(entry.total), SYSTEM: str(entry.system)}


def entry_from_json(content: dict[str, Any]) -> Entry:
    """Read what `entry_to_json` wrote; raises KeyError or ValueError on anything else."""
    if content.get(NOT_APPLICABLE):
        return Entry(not_applicable=True)
    if ANSWERS in content:
        return Entry(answers=content[ANSWERS])
    return Entry(total=Fraction(content[TOTAL]), system=Fraction(content[SYSTEM]))


@dataclass(frozen=True)
class Sheet:
    """One judge's entries by item code."""

    judge: str
    entries: Mapping[str, Entry]


@dataclass(frozen=True)
class SchoolInput:
    """Everything that decides one school's star, in exact values.

    `adjustments` is keyed by (stage, item code); `cases` holds the codes of restrictions that a person
    confirmed; `submitted` tells whether the school handed in a self-assessment (自评).
    """

    key: str
    metrics: Metrics
    county: Mapping[str, Entry] = field(default_factory=dict)
    city: tuple[Sheet, ...] = ()
    adjustments: Mapping[tuple[str, str], Fraction] = field(default_factory=dict)
    cases: frozenset[str] = frozenset()
    submitted: bool = True

    @property
    def has_reviews(self) -> bool:
        """Whether any reviewer or judge scored anything at all."""
        return bool(self.county or self.city or self.adjustments)


@dataclass(frozen=True)
class Problem:
    """Why a school cannot be given a total yet: unscored is not zero, it blocks.

    `undefined` says that nothing is missing and no record mends it: a computed rate divides by 0, and a 核定
    has to say what it is worth.
    """

    text: str
    code: str = ""
    undefined: bool = False


class Blocked(Exception):
    """Raised inside scoring where a figure or a sheet is missing; carries every problem found so far."""

    def __init__(self, *problems: Problem):
        super().__init__("；".join(problem.text for problem in problems))
        self.problems = problems


def known(compute: Callable[..., T], *arguments: Any) -> T | None:
    """What a computation gives, for showing: None while something is missing."""
    try:
        return compute(*arguments)
    except Blocked:
        return None


def known_figures(metrics: Metrics) -> dict[str, Fraction]:
    """The figures without those that nobody knows."""
    return {reference: value for reference, value in metrics.items() if value is not None}
