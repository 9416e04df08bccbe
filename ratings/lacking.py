"""审定前所缺: what stands against settling, school by school, narrowed to one kind and one county."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ratings.enums import Status
from ratings.models import Assessment
from ratings.results import Gap, GapKind


@dataclass(frozen=True)
class Lacking:
    """One school with what it lacks; which pages mend it follows from the kinds."""

    assessment: Assessment
    gaps: tuple[Gap, ...]

    @property
    def away(self) -> bool:
        """Not yet with the judges: its progress tells whose turn it is."""
        return self._lacks(GapKind.AWAY)

    @property
    def unscored(self) -> bool:
        """Judges owe scores or sheets."""
        return self._lacks(GapKind.SCORES, GapKind.SHEETS)

    @property
    def adjusted(self) -> bool:
        """A 核定 must be looked at again, which the office does while the school is under review."""
        return self._lacks(GapKind.ADJUSTED) and self.assessment.status == Status.CITY

    @property
    def restricted(self) -> bool:
        """A restriction waits for a named person."""
        return self._lacks(GapKind.RESTRICTION)

    @property
    def undecided(self) -> bool:
        """The committee owes a decision on the school, and nothing else stands before it."""
        return all(gap.kind == GapKind.DECISION for gap in self.gaps)

    def _lacks(self, *kinds: GapKind) -> bool:
        return any(gap.kind in kinds for gap in self.gaps)


@dataclass(frozen=True)
class Missing:
    """All gaps of a year."""

    gaps: Sequence[Gap]

    @property
    def schools(self) -> int:
        return _schools(self.gaps)

    @property
    def counties(self) -> list[str]:
        return list(dict.fromkeys(name for gap in self.gaps if (name := _county(gap))))

    @property
    def ready(self) -> int:
        """Schools on which only the decision is owed."""
        return sum(line.undecided for line in _by_school(self.gaps))

    def kinds(self, county: str) -> list[tuple[str, str, int]]:
        """The kinds that occur in the county, or anywhere: (code, label, number of schools)."""
        here = [gap for gap in self.gaps if _in(county, gap)]
        found = [(kind, _schools([gap for gap in here if gap.kind == kind])) for kind in GapKind]
        return [("", "全部", _schools(here)), *((kind.value, kind.label, number) for kind, number in found if number)]

    def chosen(self, *, kind: str = "", county: str = "") -> list[Lacking]:
        """School by school what fits."""
        return _by_school([gap for gap in self.gaps if _in(county, gap) and kind in ("", gap.kind)])


def _by_school(gaps: Sequence[Gap]) -> list[Lacking]:
    """The gaps of a school stand together already."""
    return [Lacking(row, tuple(found)) for row, found in groupby(gaps, key=lambda gap: gap.assessment)]


def _schools(gaps: Sequence[Gap]) -> int:
    return len({gap.assessment.pk for gap in gaps})


def _county(gap: Gap) -> str:
    county = gap.assessment.school.county
    return county.name if county else ""


def _in(county: str, gap: Gap) -> bool:
    return county in ("", _county(gap))
