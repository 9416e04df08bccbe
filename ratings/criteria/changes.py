"""What one year's criteria change against another's, or one version's against the one before: pure values, no
database.

`compare(old, new)` gives the rows of 本年度调整说明 and of an erratum. The office's note on each row
(变化说明) is kept by the row's `key`; `ratings.criteria.years` reads both for a scheme.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import chain, groupby
from operator import attrgetter, itemgetter
from typing import Any

from ratings.rules.rounding import plain

from .fields import ITEM, POINTS, RULE, SECTIONS, WORDING, Parameters, Section, fields_of
from .spec import SchemeSpec, shifted

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
KINDS = {ADDED: "新增", REMOVED: "取消", CHANGED: "调整"}
PARAMETER, PARAMETERS_TITLE = "parameter", "评定办法"


@dataclass(frozen=True)
class FieldChange:
    """One field of a row, as text on either side; `kind` is 分值, 计分规则, 文字 or 设置."""

    label: str
    kind: str
    old: str
    new: str

    @property
    def pieces(self) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """Both texts in pieces, those that differ marked."""
        return differing(self.old, self.new)


@dataclass(frozen=True)
class RowChange:
    """A row that came, went or changed. `key` stays the same while the draft is worked on, so that a note can
    hang on it.
    """

    section: str
    kind: str
    code: str
    title: str
    fields: tuple[FieldChange, ...]
    detail: str = ""

    @property
    def key(self) -> str:
        return f"{self.section}:{self.code}"

    @property
    def label(self) -> str:
        """新增, 取消, or what was changed: 调整分值、计分规则."""
        return KINDS[self.kind] + "、".join(self.kinds)

    @property
    def kinds(self) -> list[str]:
        """The kinds of what was changed, each once."""
        return list(dict.fromkeys(field.kind for field in self.fields))

    @property
    def anchor(self) -> str:
        """For links within the page."""
        return f"{self.section}-{self.code}"


@dataclass(frozen=True)
class Changes:
    """Everything that differs, in the order of the table; `totals` are 大项 whose full points differ (name,
    old, new).
    """

    old_year: int
    new_year: int
    rows: tuple[RowChange, ...]
    totals: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def sections(self) -> list[tuple[str, list[RowChange]]]:
        """(Chinese name, rows) of every part of the scheme that changed."""
        titles = {PARAMETER: PARAMETERS_TITLE} | {section.key: section.title for section in SECTIONS}
        return [(titles[key], list(rows)) for key, rows in groupby(self.rows, key=attrgetter("section"))]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """小项 added, removed, with other points, rule or wording: the overview above the list."""
        items = [row for row in self.rows if row.section == ITEM.key]
        came_or_went = Counter(row.kind for row in items)
        touched = Counter(chain.from_iterable(row.kinds for row in items))
        return [
            *((f"{KINDS[kind]}小项", came_or_went[kind]) for kind in (ADDED, REMOVED)),
            *((f"{kind}有变化", touched[kind]) for kind in (POINTS, RULE, WORDING)),
        ]


def compare(old: SchemeSpec, new: SchemeSpec, *, origins: Mapping[str, str] | None = None) -> Changes:
    """Everything `new` changes. Year, name and dates that only moved on with the year are no change.

    `origins` maps codes of `new` to the codes the same items had in `old`; items that are not in it are
    matched by code, then by name.
    """
    rows = [*_parameters(old, new)]
    for section in SECTIONS:
        known = (origins or {}) if section is ITEM else {}
        rows += _rows(section, _paired(section, _named(section, old), _named(section, new), known))
    return Changes(old.year, new.year, tuple(rows), _totals(old, new))


def _named(section: Section, spec: SchemeSpec) -> tuple:
    """The rows of a section; of an item its 大项 by name, because that is what a reader compares."""
    rows = getattr(spec, section.rows)
    if section is not ITEM:
        return rows
    names = {category.code: category.name for category in spec.categories}
    return tuple(replace(item, category=names.get(item.category)) for item in rows)


def _paired(
    section: Section, old: Iterable, new: Iterable, origins: Mapping[str, str]
) -> list[tuple[Any | None, Any | None]]:
    """(old, new) rows in the new order, what went at the end; matched by origin, then identity, then an equal
    name.
    """
    key = attrgetter(section.identity)
    left = {key(row): row for row in old}
    partners: dict[Any, Any] = {}

    def same_name(row: Any) -> Any:
        named = (known for known, other in left.items() if section.is_named and other.name == row.name)
        return next(named, None)

    for known_as in (
        lambda row: origins.get(key(row)),
        lambda row: None if key(row) in origins else key(row),
        same_name,
    ):
        for row in new:
            if partners.get(key(row)) is None:
                partners[key(row)] = left.pop(known_as(row), None)
    return [(partners[key(row)], row) for row in new] + [(row, None) for row in left.values()]


def _rows(section: Section, pairs: Iterable[tuple[Any | None, Any | None]]) -> Iterator[RowChange]:
    """One RowChange per pair that differs."""
    for old, new in pairs:
        row = new or old
        code, title = str(getattr(row, section.identity)), section.called(row)
        if old is None or new is None:
            kind = ADDED if old is None else REMOVED
            yield RowChange(section.key, kind, code, title, (), section.summary(row))
        elif changed := tuple(_fields(section, old, new)):
            yield RowChange(section.key, CHANGED, code, title, changed)


def _fields(section: Section, old: Any, new: Any) -> Iterator[FieldChange]:
    """The fields that say something else. Texts are made only where the values differ: reading a rule takes
    time.
    """
    compared = (field for field in section.fields if field.change)
    for (label, kind), alike in groupby(compared, key=attrgetter("label", "change")):
        fields = tuple(alike)
        if any(getattr(old, field.name) != getattr(new, field.name) for field in fields):
            before, after = ("".join(field.text(row) for field in fields) for row in (old, new))
            if before != after:
                yield FieldChange(label, kind, before, after)


def _parameters(old: SchemeSpec, new: SchemeSpec) -> Iterator[RowChange]:
    expected = shifted(old, new.year)
    for field in fields_of(Parameters):
        if field.change and getattr(expected, field.name) != getattr(new, field.name):
            changed = FieldChange(field.label, field.change, field.text(old), field.text(new))
            yield RowChange(PARAMETER, CHANGED, field.name, field.label, (changed,))


def _totals(old: SchemeSpec, new: SchemeSpec) -> tuple[tuple[str, str, str], ...]:
    before, after = (
        {category.name: plain(spec.category_points[category.code]) for category in spec.categories}
        for spec in (old, new)
    )
    return tuple(
        (name, before.get(name, "—"), after.get(name, "—"))
        for name in after | before
        if before.get(name) != after.get(name)
    )


#: Numbers and Latin words stay whole, Chinese is taken sign by sign.
_TOKENS = re.compile(r"[0-9]+(?:\.[0-9]+)?%?|[A-Za-z]+|\s+|.", re.DOTALL)
#: Above this many tokens on either side a whole text is marked, because comparing takes the square of it.
MOST_TOKENS = 3_000


@dataclass(frozen=True)
class Piece:
    """Part of a text; `marked` where the other text does not have it."""

    text: str
    marked: bool


def differing(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts cut into pieces, those that differ marked; joined again each gives its text unchanged."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    if max(len(before), len(after)) > MOST_TOKENS:
        return (Piece(old, True),) if old else (), (Piece(new, True),) if new else ()
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return (
        _joined((tag, before[start:end]) for tag, start, end, _, _ in steps),
        _joined((tag, after[start:end]) for tag, _, _, start, end in steps),
    )


def _joined(runs: Iterable[tuple[str, list[str]]]) -> tuple[Piece, ...]:
    signs = ((sign, tag != "equal") for tag, run in runs for sign in run)
    grouped = groupby(signs, key=itemgetter(1))
    return tuple(Piece("".join(sign for sign, _ in group), marked) for marked, group in grouped)
