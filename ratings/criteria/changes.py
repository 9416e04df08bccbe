"""What one year's criteria change against another's, or one version's against the one before: pure values, no
database.

`compare(old, new)` gives the rows of 本年度调整说明 and of an erratum. The office's note on each row
(变化说明) is kept by the row's `key`; `ratings.criteria.years` reads both for a scheme.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import groupby
from operator import attrgetter
from typing import Any

from ratings.rules.rounding import plain

from .fields import ITEM, POINTS, RULE, SECTIONS, WORDING, Field, Parameters, Section, fields_of
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
        kinds = dict.fromkeys(field.kind for field in self.fields)
        return KINDS[self.kind] + ("、".join(kinds) if self.kind == CHANGED else "")

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
        found = [(title, [row for row in self.rows if row.section == key]) for key, title in titles.items()]
        return [(name, rows) for name, rows in found if rows]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """小项 added, removed, with other points, rule or wording: the overview above the list."""
        items = [row for row in self.rows if row.section == ITEM.key]
        kinds = [
            (f"{label}小项", sum(row.kind == kind for row in items))
            for kind, label in KINDS.items()
            if kind != CHANGED
        ]
        touched = [
            (f"{kind}有变化", sum(any(one.kind == kind for one in row.fields) for row in items))
            for kind in (POINTS, RULE, WORDING)
        ]
        return kinds + touched


def compare(old: SchemeSpec, new: SchemeSpec, *, origins: Mapping[str, str] | None = None) -> Changes:
    """Everything `new` changes. Year, name and dates that only moved on with the year are no change.

    `origins` maps codes of `new` to the codes the same items had in `old`; items that are not in it are
    matched by code, then by name.
    """
    rows = [*_parameters(old, new)]
    for section in SECTIONS:
        before, after = _named(section, old), _named(section, new)
        rows += _rows(
            section,
            _paired(
                before,
                after,
                section.identity,
                origins if section is ITEM else None,
                by_name=section.is_named,
            ),
        )
    return Changes(old.year, new.year, tuple(rows), _totals(old, new))


def _named(section: Section, spec: SchemeSpec) -> tuple:
    """The rows of a section; of an item its 大项 by name, because that is what a reader compares."""
    rows = getattr(spec, section.rows)
    if section is not ITEM:
        return rows
    names = {category.code: category.name for category in spec.categories}
    return tuple(replace(item, category=names.get(item.category)) for item in rows)


def _paired(
    old: Iterable, new: Iterable, identity: str, origins: Mapping[str, str] | None, *, by_name: bool
) -> list[tuple[Any | None, Any | None]]:
    """(old, new) rows in the new order, what went at the end; matched by origin, then identity, then an equal
    name.
    """
    key, origins = attrgetter(identity), origins or {}
    left = {key(row): row for row in old}
    found: dict[Any, Any] = {
        key(row): left.pop(origins[key(row)], None) for row in new if key(row) in origins
    }
    for row in new:
        if found.get(key(row)) is None and key(row) not in origins:
            found[key(row)] = left.pop(key(row), None)
    for row in new if by_name else ():
        if found.get(key(row)) is None:
            same = next((code for code, one in left.items() if one.name == row.name), None)
            found[key(row)] = left.pop(same, None)
    return [(found.get(key(row)), row) for row in new] + [(row, None) for row in left.values()]


def _rows(section: Section, pairs: Iterable[tuple[Any | None, Any | None]]) -> Iterator[RowChange]:
    """One RowChange per pair that differs."""
    for old, new in pairs:
        row = new or old
        code, title = str(getattr(row, section.identity)), section.called(row)
        if old is None or new is None:
            yield RowChange(
                section.key, ADDED if old is None else REMOVED, code, title, (), section.summary(row)
            )
        elif changed := tuple(_fields(section, old, new)):
            yield RowChange(section.key, CHANGED, code, title, changed)


def _fields(section: Section, old: Any, new: Any) -> Iterator[FieldChange]:
    """The fields that say something else. Texts are made only where the values differ: reading a rule takes
    time.
    """
    compared: dict[tuple[str, str], list[Field]] = {}
    for field in section.fields:
        if field.change:
            compared.setdefault((field.label, field.change), []).append(field)
    for (label, kind), fields in compared.items():
        if all(getattr(old, field.name) == getattr(new, field.name) for field in fields):
            continue
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
        {one.name: spec.category_points[one.code] for one in spec.categories} for spec in (old, new)
    )
    names = [*after, *(name for name in before if name not in after)]
    shown = [
        (name, *(plain(side[name]) if name in side else "—" for side in (before, after))) for name in names
    ]
    return tuple(row for row in shown if row[1] != row[2])


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
    left, right = [], []
    for tag, start, end, other_start, other_end in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        left.append(("".join(before[start:end]), tag != "equal"))
        right.append(("".join(after[other_start:other_end]), tag != "equal"))
    return _joined(left), _joined(right)


def _joined(pieces: list[tuple[str, bool]]) -> tuple[Piece, ...]:
    grouped = groupby((piece for piece in pieces if piece[0]), key=lambda piece: piece[1])
    return tuple(Piece("".join(text for text, _ in group), marked) for marked, group in grouped)
