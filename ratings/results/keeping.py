"""Outcomes of the years under way, kept in memory: a board that is opened again scores only the schools that
changed.

An outcome follows from the criteria and the input alone, so it holds as long as both are equal; nothing has
to be told that a row was saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.scoring import Entry, Outcome, SchoolInput, score_school

#: Criteria whose outcomes are kept at a time, and schools of each: the years that people look at, not a nation's.
MOST_YEARS, MOST_SCHOOLS = 4, 400


@dataclass
class Kept:
    """What was last scored of one school; `beside` is a self-assessment with what was worked out of both."""

    school: SchoolInput
    outcome: Outcome
    beside: tuple[Mapping[str, Entry], Any] | None = None


@dataclass
class Year:
    """Everything that is kept of one year's schools, by assessment."""

    schools: dict[str, Kept] = field(default_factory=dict)

    def score(self, spec: SchemeSpec, school: SchoolInput) -> Outcome:
        """`score_school`, for a school that is not the same as when it was scored last."""
        kept = self.schools.get(school.key)
        if kept is not None and kept.school == school:
            return kept.outcome
        outcome = score_school(spec, school)
        if kept is not None or len(self.schools) < MOST_SCHOOLS:
            self.schools[school.key] = Kept(school, outcome)
        return outcome

    def beside(self, school: SchoolInput, own: Mapping[str, Entry], make: Callable[[], Any]) -> Any:
        """What `make` works out of a school's input and its self-assessment, once as long as both stay."""
        kept = self.schools.get(school.key)
        if kept is None or kept.school != school:
            return make()
        before = kept.beside
        if before is None or before[0] != own:
            before = kept.beside = own, make()  # set at once: other threads read it
        return before[1]


_years: dict[str, Year] = {}


def year_of(digest: str) -> Year:
    """What is kept under criteria of this digest."""
    if digest not in _years:
        for old in list(_years)[: 1 - MOST_YEARS]:  # a copy, and no fault if gone: other threads clear too
            _years.pop(old, None)
    return _years.setdefault(digest, Year())
