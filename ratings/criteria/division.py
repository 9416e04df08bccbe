"""Large criteria in parts: with more items than a person reads at once, pages show one 大项 at a time and can
be searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from .spec import ItemSpec, SchemeSpec

#: Above this many items a page is divided, searched and given jumps.
MANY = 40
EVERYTHING, BONUS = "all", "bonus"


@dataclass(frozen=True)
class Part:
    """One 大项, or the bonus items."""

    key: str
    name: str
    codes: frozenset[str]


@dataclass(frozen=True)
class Division:
    """The parts of a large scheme and the one that is shown; no parts where the scheme is small enough for
    one page.
    """

    parts: tuple[Part, ...] = ()
    chosen: Part | None = None
    everything: str = field(default=EVERYTHING)

    def shows(self, code: str) -> bool:
        return self.chosen is None or code in self.chosen.codes


def division_of(spec: SchemeSpec, wanted: str = "", waiting: Iterable[str] = ()) -> Division:
    """What to show of a scheme: all of a small one; of a large one the part asked for, else the first with a
    `waiting` item.
    """
    if len(spec.items) <= MANY:
        return Division()
    parts = tuple(_parts(spec))
    if wanted == EVERYTHING:
        return Division(parts)
    codes = set(waiting)
    first = next((part for part in parts if part.codes & codes), parts[0])
    return Division(parts, next((part for part in parts if part.key == wanted), first))


def _parts(spec: SchemeSpec) -> Iterator[Part]:
    for category in spec.scored_categories:
        yield Part(
            category.code,
            f"{category.code} {category.name}",
            _codes(item for item in spec.base_items if item.category == category.code),
        )
    if spec.bonus_items:
        yield Part(BONUS, "加分项", _codes(spec.bonus_items))


def _codes(items: Iterable[ItemSpec]) -> frozenset[str]:
    return frozenset(item.code for item in items)


#: A page that shows every item.
WHOLE = Division()


def spans_of(items: Iterable[ItemSpec]) -> tuple[tuple[str, int], ...]:
    """(分组, how many items in a row belong to it); nothing where no item has a group."""
    runs = [(name, len(list(run))) for name, run in groupby(items, key=lambda item: item.group)]
    return tuple(runs) if any(name for name, _ in runs) else ()


def matches(item: ItemSpec, word: str) -> bool:
    """Whether an item is meant by what was typed: its code, its name, its group or its original code."""
    return any(word.casefold() in text.casefold() for text in (item.code, item.name, item.group, item.label))


def narrowed(groups: Iterable[Any], word: str, *, open_only: bool = False) -> list[tuple[Any, list[Any]]]:
    """Groups of lines with the lines that match; a group without any falls out."""
    found = [
        (
            group,
            [line for line in group.lines if matches(line.item, word) and (line.is_open or not open_only)],
        )
        for group in groups
    ]
    return [(group, lines) for group, lines in found if lines]
