"""A scheme as plain immutable values: what scoring reads, what a version freezes, what a workbook says.

Nothing here touches the database, so that a year can be scored, rehearsed and recomputed from a file alone.
Amounts are exact fractions; texts are the canonical lines of the rule language.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

from ratings.enums import Stage
from ratings.rules import Condition, MetricInfo, Vocabulary, asked, in_words, part_is_computed, references
from schools.metrics import METRICS
from schools.numbers import chinese_date

from .fields import (
    SECTIONS,
    BandSpec,
    CategorySpec,
    CustomMetricSpec,
    ItemSpec,
    Parameters,
    RestrictionSpec,
    fields_of,
    frozen,
    thawed,
)
from .kinds import EVERYTHING

#: Results one item remembers before it starts afresh.
MEMO_LIMIT = 2_000
_NOTHING = object()


@dataclass(frozen=True)
class BoundItem:
    """An item with its names resolved: which parts the system fills, who is asked for what."""

    item: ItemSpec
    system_parts: tuple[int, ...]
    asked_parts: tuple[int, ...]
    asked: tuple
    not_for_school: frozenset[str]
    part_references: tuple[tuple[str, ...], ...]
    memo: dict = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def references(self) -> frozenset[str]:
        """Every figure the item reads."""
        return frozenset().union(*self.part_references)

    def figures(self, parts: tuple[int, ...], metrics) -> tuple:
        """The values that the parts read, in a fixed order: what their points depend on besides answers."""
        return tuple(metrics.get(reference) for index in parts for reference in self.part_references[index])

    def remember(self, key: tuple, make):
        """What `make` gives for `key`, computed once: thousands of sheets say the same of the same item."""
        result = self.memo.get(key, _NOTHING)
        if result is _NOTHING:
            result = make()
            if len(self.memo) >= MEMO_LIMIT:
                self.memo.clear()
            self.memo[key] = result
        return result

    @property
    def owed_by_school(self) -> bool:
        """Whether a self-assessment must answer anything here at all."""
        return any(question.name not in self.not_for_school for question in self.asked)

    @property
    def owed_by_reviewers(self) -> bool:
        return bool(self.asked)

    def excluded(self, stage: str) -> frozenset[str]:
        """Names that `stage` is not asked for: the 核定要素 at 自评."""
        return self.not_for_school if stage == Stage.SELF else frozenset()


@dataclass(frozen=True, kw_only=True)
class SchemeSpec(Parameters):
    """A whole scheme: its parameters, and the rows of every section."""

    categories: tuple[CategorySpec, ...]
    items: tuple[ItemSpec, ...]
    bands: tuple[BandSpec, ...]
    restrictions: tuple[RestrictionSpec, ...] = ()
    custom_metrics: tuple[CustomMetricSpec, ...] = ()

    @cached_property
    def metrics(self) -> dict[str, MetricInfo]:
        """Every metric a rule of this scheme may name: the registry's and the scheme's own."""
        return {**METRICS, **{metric.label: metric for metric in self.custom_metrics}}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        codes = frozenset(row.code for row in (*self.categories, *self.items))
        return Vocabulary(metrics=self.metrics, codes=codes)

    @cached_property
    def base_items(self) -> tuple[ItemSpec, ...]:
        return tuple(item for item in self.items if not item.bonus)

    @cached_property
    def bonus_items(self) -> tuple[ItemSpec, ...]:
        return tuple(item for item in self.items if item.bonus)

    @cached_property
    def bound(self) -> dict[str, BoundItem]:
        return {item.code: bind_item(item, self.vocabulary) for item in self.items}

    @cached_property
    def words(self) -> dict[str, tuple[str, ...]]:
        """Every rule in sentences, one per part, by item code."""
        return {
            item.code: in_words(item.rule, self.vocabulary, item_points=item.points) for item in self.items
        }

    @cached_property
    def star_references(self) -> frozenset[str]:
        """Those that the conditions of the stars name themselves."""
        return self._read_by(band.condition for band in self.bands)

    @cached_property
    def references(self) -> frozenset[str]:
        """Metric references that must have a value for every school: of items, bands and restrictions."""
        by_items = (bound.references for bound in self.bound.values())
        conditions = [entry.condition for entry in self.restrictions if entry.condition is not None]
        return self.star_references.union(self._read_by(conditions), *by_items)

    def _read_by(self, conditions: Iterable[Condition]) -> frozenset[str]:
        return frozenset().union(*(references(condition, self.vocabulary) for condition in conditions))

    @cached_property
    def category_points(self) -> dict[str, Fraction]:
        """分值 of each category: the sum of its base items."""
        totals = {category.code: Fraction(0) for category in self.categories}
        for item in self.base_items:
            totals[item.category] += item.points
        return totals

    @cached_property
    def full_points(self) -> Fraction:
        """分值 of all base items together; 100 where a scheme may open."""
        return sum((item.points for item in self.base_items), Fraction(0))

    @property
    def period(self) -> str:
        """统计期 in words."""
        return f"{chinese_date(self.period_start)}至{chinese_date(self.period_end)}"

    @property
    def scored_categories(self) -> tuple[CategorySpec, ...]:
        """Categories with base items; a heading that holds bonus items only has no score rate."""
        return tuple(category for category in self.categories if self.category_points[category.code])

    @property
    def stages(self) -> tuple[str, ...]:
        return (Stage.SELF, Stage.COUNTY, Stage.CITY) if self.has_county_stage else (Stage.SELF, Stage.CITY)


def bind_item(item: ItemSpec, vocabulary: Vocabulary) -> BoundItem:
    """Resolve the names of one item. A part with at least one asked name is an asked part."""
    parts = item.rule.parts
    system = tuple(index for index, part in enumerate(parts) if part_is_computed(part, vocabulary))
    questions = asked(item.rule, vocabulary)
    names = frozenset(question.name for question in questions)
    return BoundItem(
        item=item,
        system_parts=system,
        asked_parts=tuple(index for index in range(len(parts)) if index not in system),
        asked=questions,
        not_for_school=names if EVERYTHING in item.verified else names & frozenset(item.verified),
        part_references=tuple(tuple(sorted(references(part, vocabulary))) for part in parts),
    )


def digest(content: object) -> str:
    """SHA-256 over canonical JSON (sorted keys, no spaces): the same facts give the same digest
    everywhere.
    """
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(spec: SchemeSpec) -> dict[str, Any]:
    """The whole scheme as JSON values; fractions as text ("13/2"), dates as ISO text."""
    rows = {
        section.rows: [frozen(section.fields, row) for row in getattr(spec, section.rows)]
        for section in SECTIONS
    }
    return frozen(fields_of(Parameters), spec) | rows


def from_json(content: dict[str, Any]) -> SchemeSpec:
    """Read back what `to_json` wrote; raises KeyError or ValueError on anything else."""
    rows = {
        section.rows: tuple(section.table(**thawed(section.fields, row)) for row in content[section.rows])
        for section in SECTIONS
    }
    parameters = {name: value for name, value in content.items() if name not in rows}
    return SchemeSpec(**thawed(fields_of(Parameters), parameters), **rows)


# Another year


_DIGITS = str.maketrans("0123456789", "〇一二三四五六七八九")


def shifted(spec: SchemeSpec, year: int) -> SchemeSpec:
    """The same criteria for `year`: 统计期 moved by as many years, the year in the name replaced."""
    by = year - spec.year
    return replace(
        spec,
        year=year,
        name=renamed(spec.name, spec.year, year),
        period_start=moved(spec.period_start, by),
        period_end=moved(spec.period_end, by),
    )


def renamed(text: str, old: int, new: int) -> str:
    """The text with the one year in place of the other, written in either kind of figures."""
    return text.replace(str(old), str(new)).replace(str(old).translate(_DIGITS), str(new).translate(_DIGITS))


def moved(day: date | None, years: int) -> date | None:
    """The same day of another year; 29 February becomes 28 February."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
