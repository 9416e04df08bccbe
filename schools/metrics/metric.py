"""What a metric is, and the shapes most of them share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .loading import SchoolData
from .references import Reference

Select = Callable[[SchoolData, Reference], Sequence[Any]]
Reduce = Callable[[Sequence[Any], SchoolData, Reference], Fraction | None]

ONE = Fraction(1)
YUAN_PER_UNIT = 10_000
#: The part of the school's page on which records stand, where it is not called like their source.
SECTIONS = {"lessons": "classes", "planned": "plan", "plans": "plan"}


def number_of(rows: Sequence[Any], data: SchoolData, reference: Reference) -> Fraction:
    """How many records were picked."""
    return Fraction(len(rows))


@dataclass(frozen=True)
class Metric:
    """A named figure of a school and a period.

    `select` picks the records that count, else all of the first of `sources` do, else the school's own entry;
    `reduce` makes the figure of them: whoever asks why a figure is what it is sees the very rows it was made
    of. `accepts` names the conditions on records a reference may carry, `word_order` the words it may list;
    `since` is the first year counted by this definition. An unknown figure is None, never 0.
    """

    label: str
    unit: str
    definition: str
    sources: tuple[str, ...]
    select: Select | None = None
    reduce: Reduce = number_of
    direction: str = "up"
    upper: Fraction | None = None
    accepts: frozenset[str] = frozenset()
    word_order: tuple[str, ...] = ()
    since: int = 2026

    @property
    def section(self) -> str:
        """The part of the school's page on which the records stand."""
        first = self.sources[0] if self.sources else "profile"
        return SECTIONS.get(first, first)

    @property
    def accepts_words(self) -> frozenset[str] | None:
        """The words a reference may list; None where it may list none."""
        return frozenset(self.word_order) or None

    def picked(self, data: SchoolData, reference: Reference) -> Sequence[Any]:
        """The records that count."""
        if self.select:
            return self.select(data, reference)
        return getattr(data, self.sources[0]) if self.sources else [data.school]

    def measure(self, data: SchoolData, reference: Reference) -> Fraction | None:
        """The exact figure, or None while something it needs is not recorded."""
        return self.reduce(self.picked(data, reference), data, reference)


def stated(column: str) -> Reduce:
    """A figure that is not counted but recorded as such, on the only row; unknown where there is none."""
    return lambda rows, data, reference: exact(getattr(rows[0], column)) if rows else None


def sum_of(column: str) -> Reduce:
    """The exact sum of one column of the picked records."""
    return lambda rows, data, reference: total(getattr(row, column) for row in rows)


def share(hit: Callable[[Any], bool]) -> Reduce:
    """The share of the picked records that `hit`; unknown where none was picked."""
    return lambda rows, data, reference: Fraction(sum(map(hit, rows)), len(rows)) if rows else None


def exact(value: object) -> Fraction | None:
    """An integer or Decimal as a fraction; what is not recorded stays None."""
    return None if value is None else Fraction(value)


def total(values: Iterable[object]) -> Fraction:
    """The exact sum of integers or Decimals."""
    return Fraction(sum(values))


def rate(part: Fraction | None, whole: Fraction | None, *, cap: Fraction | None = None) -> Fraction | None:
    """part ÷ whole; unknown where either is, or where the whole is zero."""
    if part is None or not whole:
        return None
    return part / whole if cap is None else min(part / whole, cap)
