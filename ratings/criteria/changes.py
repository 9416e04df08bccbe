"""What one year's criteria change against another's, or one version's against the one before: pure values, no database.

`compare(old, new)` gives the rows of 本年度调整说明 and of an erratum. The office's note on each row (变化说明) is kept
by the row's `key`; `ratings.criteria.years` reads both for a scheme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ratings.rounding import plain

from .columns import (
    BAND,
    CATEGORY,
    METRIC,
    PARAMETERS,
    POINTS,
    RESTRICTION,
    RULE,
    SETTING,
    WORDING,
    band_detail,
    band_title,
    code_of,
    item_detail,
    item_fields,
    label_of,
)
from .shifting import shifted
from .spec import SchemeSpec
from .wording import Piece, differing

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
KINDS = {ADDED: "新增", REMOVED: "取消", CHANGED: "调整"}
SECTIONS = {
    "parameter": "评定办法",
    "category": "大项",
    "item": "小项",
    "band": "星级标准",
    "restriction": "限制性情形",
    "metric": "自定义指标",
}


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
    """A row that came, went or changed. `key` stays the same while the draft is worked on, so that a note can hang on it."""

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
    """Everything that differs, in the order of the table; `totals` are 大项 whose full points differ (name, old, new)."""

    old_year: int
    new_year: int
    rows: tuple[RowChange, ...]
    totals: tuple[tuple[str, str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def sections(self) -> list[tuple[str, list[RowChange]]]:
        """(Chinese name, rows) of every part of the scheme that changed."""
        found = [(name, [row for row in self.rows if row.section == section]) for section, name in SECTIONS.items()]
        return [(name, rows) for name, rows in found if rows]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """小项 added, removed, with other points, rule or wording: the overview above the list."""
        items = [row for row in self.rows if row.section == "item"]
        kinds = [(f"{label}小项", sum(row.kind == kind for row in items)) for kind, label in KINDS.items() if kind != CHANGED]
        touched = [(f"{kind}有变化", sum(any(one.kind == kind for one in row.fields) for row in items)) for kind in (POINTS, RULE, WORDING)]
        return kinds + touched


def compare(old: SchemeSpec, new: SchemeSpec, *, origins: Mapping[str, str] | None = None) -> Changes:
    """Everything `new` changes. Year, name and dates that only moved on with the year are no change.

    `origins` maps codes of `new` to the codes the same items had in `old`; items that are not in it are matched by
    code, then by name.
    """
    rows = (
        *_parameters(old, new),
        *_rows("category", _paired(old.categories, new.categories, code_of), CATEGORY),
        *_rows("item", _paired(old.items, new.items, code_of, origins or {}), item_fields(old, new), item_detail),
        *_rows("band", _paired(old.bands, new.bands, lambda band: band.star, by_name=False), BAND, band_detail, band_title),
        *_rows("restriction", _paired(old.restrictions, new.restrictions, code_of), RESTRICTION, lambda row: row.effect_text),
        *_rows("metric", _paired(old.custom_metrics, new.custom_metrics, lambda row: row.label, by_name=False), METRIC, title=label_of),
    )
    return Changes(old.year, new.year, rows, _totals(old, new))


def _paired(
    old: Iterable, new: Iterable, key: Callable, origins: Mapping = {}, *, by_name: bool = True
) -> list[tuple[Any | None, Any | None]]:
    """(old, new) rows in the new order, what went at the end; matched by origin, then key, then an equal name."""
    left = {key(row): row for row in old}
    new = list(new)
    found: dict[Any, Any] = {key(row): left.pop(origins[key(row)], None) for row in new if key(row) in origins}
    for row in new:
        if found.get(key(row)) is None and key(row) not in origins:
            found[key(row)] = left.pop(key(row), None)
    for row in new if by_name else ():
        if found.get(key(row)) is None:
            same = next((code for code, one in left.items() if one.name == row.name), None)
            found[key(row)] = left.pop(same, None)
    return [(found.get(key(row)), row) for row in new] + [(row, None) for row in left.values()]


def _rows(section: str, pairs, fields, detail=lambda row: "", title=None) -> Iterator[RowChange]:
    """One RowChange per pair that differs; `fields` are (label, kind, text of it), or give them per side as a function."""
    title = title or (lambda row: f"{row.code} {row.name}")
    for old, new in pairs:
        row = new or old
        code = str(getattr(row, "code", None) or getattr(row, "star", None) or row.label)
        if old is None or new is None:
            yield RowChange(section, ADDED if old is None else REMOVED, code, title(row), (), detail(row))
            continue
        texts = [(label, kind, *_texts(read, old, new)) for label, kind, read in fields]
        changed = tuple(FieldChange(*one) for one in texts if one[2] != one[3])
        if changed:
            yield RowChange(section, CHANGED, code, title(row), changed)


def _texts(read, old, new) -> tuple[str, str]:
    before, after = read if isinstance(read, tuple) else (read, read)
    return before(old), after(new)


def _parameters(old: SchemeSpec, new: SchemeSpec) -> Iterator[RowChange]:
    expected = shifted(old, new.year)
    for name, label, words in PARAMETERS:
        if getattr(expected, name) != getattr(new, name):
            field = FieldChange(label, SETTING, words(getattr(old, name)), words(getattr(new, name)))
            yield RowChange("parameter", CHANGED, name, label, (field,))


def _totals(old: SchemeSpec, new: SchemeSpec) -> tuple[tuple[str, str, str], ...]:
    before, after = ({one.name: spec.category_points[one.code] for one in spec.categories} for spec in (old, new))
    names = [*after, *(name for name in before if name not in after)]
    shown = [(name, *(plain(side[name]) if name in side else "—" for side in (before, after))) for name in names]
    return tuple(row for row in shown if row[1] != row[2])
