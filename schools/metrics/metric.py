"""What a metric is, and the shapes most of them share."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .data import SchoolData
from .references import Reference

Select = Callable[[SchoolData, Reference], Sequence[Any]]
Reduce = Callable[[Sequence[Any], SchoolData, Reference], Fraction | None]


@dataclass(frozen=True)
class Metric:
    """A named figure of a school and a period.

    `select` picks the records that count, `reduce` makes the figure of them: whoever asks why a figure is
    what it is sees the very rows it was made of. `accepts` names the conditions on records a reference may
    carry, `word_order` the words it may list; `since` is the first year counted by this definition. An
    unknown figure is None, never 0.
    """

    key: str
    label: str
    unit: str
    definition: str
    sources: frozenset[str]
    section: str
    select: Select
    reduce: Reduce
    direction: str = "up"
    upper: Fraction | None = None
    accepts: frozenset[str] = frozenset()
    word_order: tuple[str, ...] = ()
    since: int = 2026

    @property
    def accepts_words(self) -> frozenset[str] | None:
        """The words a reference may list; None where it may list none."""
        return frozenset(self.word_order) or None

    def measure(self, data: SchoolData, reference: Reference) -> Fraction | None:
        """The exact figure, or None while something it needs is not recorded."""
        return self.reduce(self.select(data, reference), data, reference)


def number_of(rows: Sequence[Any], data: SchoolData, reference: Reference) -> Fraction:
    """How many records were picked."""
    return Fraction(len(rows))


def nothing(data: SchoolData, reference: Reference) -> tuple[()]:
    """For figures that stand in the registry itself and come from no list of records."""
    return ()


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


def by_label(metrics: Iterable[Metric]) -> dict[str, Metric]:
    """Metrics by their Chinese name; two of one name would silently hide each other, so that is refused."""
    found: dict[str, Metric] = {}
    for metric in metrics:
        if metric.label in found:
            raise ValueError(metric.label)
        found[metric.label] = metric
    return found
