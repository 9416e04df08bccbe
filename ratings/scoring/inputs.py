"""What is known of one school when it is scored: figures, sheets, adjustments, proven restrictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ratings.rules import Answer


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
    metrics: Mapping[str, Fraction | None]
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
    """Why a school cannot be given a total yet: unscored is not zero, it blocks."""

    text: str
    code: str = ""
    stage: str = ""


class Blocked(Exception):
    """Raised inside scoring where a figure or a sheet is missing; carries every problem found so far."""

    def __init__(self, *problems: Problem):
        super().__init__("；".join(problem.text for problem in problems))
        self.problems = problems
