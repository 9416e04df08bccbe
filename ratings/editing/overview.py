"""The draft on one page: sections of items with their sums, the other tables, what the checks found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import prefetch_related_objects

from ratings.criteria.checking import FULL_SCORE, Finding
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.storing import read_scheme
from ratings.enums import FilledBy, Star, Trigger
from ratings.models import Category, Item, Scheme
from ratings.rounding import plain
from ratings.workflow.checks import findings_of

#: Up to this many items the sections stand open; more are folded behind the jump list.
OPEN_ITEMS = 30


@dataclass(frozen=True)
class ItemRow:
    """One item as a line of the table."""

    pk: int
    code: str
    name: str
    points: str
    rule: str
    marks: str
    faults: int


@dataclass(frozen=True)
class GroupRows:
    """Items under one heading; an empty name is no heading."""

    name: str
    points: str
    rows: tuple[ItemRow, ...]


@dataclass(frozen=True)
class SectionRows:
    """A category, or the bonus items (`category` None)."""

    category: Category | None
    code: str
    name: str
    points: str
    groups: tuple[GroupRows, ...]
    count: int
    faults: int
    is_open: bool
    bonus_only: bool = False

    @property
    def anchor(self) -> str:
        return f"section-{self.category.pk}" if self.category else "section-bonus"


@dataclass(frozen=True)
class OtherRow:
    """A line of the smaller tables: address, cells and faults."""

    pk: int
    cells: tuple[str, ...]
    faults: int


@dataclass(frozen=True)
class Overview:
    spec: SchemeSpec
    sections: tuple[SectionRows, ...]
    bands: tuple[OtherRow, ...]
    restrictions: tuple[OtherRow, ...]
    metrics: tuple[OtherRow, ...]
    findings: tuple[Finding, ...]
    word: str
    count: int

    @property
    def total(self) -> str:
        """Points of all base items."""
        return plain(sum((item.points for item in self.spec.base_items), Fraction(0)))

    @property
    def adds_up(self) -> bool:
        return sum((item.points for item in self.spec.base_items), Fraction(0)) == FULL_SCORE

    @property
    def errors(self) -> int:
        return sum(finding.level == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def overview_of(scheme: Scheme, *, word: str = "", unfolded: str = "") -> Overview:
    """Everything the editor's first page shows; `word` narrows the items, `unfolded` is the section to open.

    The number of queries does not depend on the size of the scheme.
    """
    prefetch_related_objects([scheme], "categories", "bands", "restrictions", "custom_metrics")
    spec = read_scheme(scheme)
    findings = tuple(findings_of(spec))
    faults = Counter(finding.where for finding in findings)
    keys = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    shown = [item for item in spec.items if _matches(item, word)]
    opened = bool(word) or len(spec.items) <= OPEN_ITEMS
    categories = list(scheme.categories.all())
    headings: list[tuple[Category | None, str, str, list]] = [
        (one, one.code, one.name, [item for item in shown if not item.bonus and item.category == one.code]) for one in categories
    ]
    headings.append((None, "", "加分项", [item for item in shown if item.bonus]))
    heads = {item.category for item in spec.bonus_items}
    sections = [
        SectionRows(
            category=category,
            code=code,
            name=name,
            points=plain(sum((item.points for item in items), Fraction(0))),
            groups=_groups(items, keys, faults),
            count=len(items),
            faults=faults[code] + sum(faults[item.code] for item in items) if code else sum(faults[item.code] for item in items),
            bonus_only=bool(code) and not items and code in heads,
            is_open=opened or unfolded == (str(category.pk) if category else "bonus"),
        )
        for category, code, name, items in headings
    ]
    if word:
        sections = [one for one in sections if one.count]
    return Overview(
        spec=spec,
        sections=tuple(sections),
        bands=tuple(OtherRow(row.pk, (row.get_star_display(), row.condition), faults[Star(row.star).label]) for row in scheme.bands.all()),
        restrictions=tuple(
            OtherRow(row.pk, (row.code, row.name, _trigger(row), row.effect, row.basis or "—"), faults[row.code])
            for row in scheme.restrictions.all()
        ),
        metrics=tuple(
            OtherRow(row.pk, (row.name, row.unit or "—", row.get_direction_display(), FilledBy(row.filled_by).label), faults[row.name])
            for row in scheme.custom_metrics.all()
        ),
        findings=findings,
        word=word,
        count=len(shown),
    )


def _matches(item, word: str) -> bool:
    texts = (item.code, item.label, item.name, item.group, item.standard, item.rule_text)
    return not word or any(word.casefold() in text.casefold() for text in texts)


def _groups(items: Iterable, keys: dict[str, int], faults: Counter) -> tuple[GroupRows, ...]:
    groups: dict[str, list] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    return tuple(
        GroupRows(name, plain(sum((item.points for item in rows), Fraction(0))), tuple(_row(item, keys, faults) for item in rows))
        for name, rows in groups.items()
    )


def _row(item, keys: dict[str, int], faults: Counter) -> ItemRow:
    marks = [
        "现场" if item.onsite else "",
        "可不适用" if item.may_be_na else "",
        "有核定要素" if item.verified else "",
    ]
    return ItemRow(
        pk=keys.get(item.code, 0),
        code=item.code,
        name=item.name,
        points=plain(item.points),
        rule=item.rule_text,
        marks="、".join(mark for mark in marks if mark),
        faults=faults[item.code],
    )


def _trigger(row) -> str:
    return f"条件：{row.condition}" if row.trigger == Trigger.CONDITION else row.get_trigger_display()
