"""What a rehearsal had to assume, collected so that nothing is assumed in silence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Assumption:
    """One thing the earlier year does not tell, how it was counted instead, and for how many schools."""

    where: str
    text: str
    counted: str
    schools: int | None = None


@dataclass
class Assumptions:
    """Notes while the schools are gone through; the same note of many schools becomes one line with their number."""

    whole: list[Assumption] = field(default_factory=list)
    by_school: dict[tuple[str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, where: str, text: str, counted: str, *, school: str | None = None) -> None:
        """Of the whole rehearsal, or of one school."""
        if school is None:
            self.whole.append(Assumption(where, text, counted))
        else:
            self.by_school[where, text, counted].add(school)

    def lines(self) -> tuple[Assumption, ...]:
        """What holds for all schools first, the rest in the order it came up."""
        single = [Assumption(*note, len(schools)) for note, schools in self.by_school.items()]
        return (*self.whole, *single)
