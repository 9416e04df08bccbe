"""The draft on one page: sections of items with their sums, the other tables, what the checks found."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from django.db.models import prefetch_related_objects

from ratings.criteria.checking import FULL_SCORE, errors
from ratings.criteria.fields import ItemSpec
from ratings.criteria.storing import read_scheme
from ratings.enums import Star
from ratings.models import Category, Item, Scheme
from ratings.rules.rounding import plain
from ratings.workflow.opening import findings_of, period_findings

#: Up to this many items the sections stand open; more are folded behind the jump list.
OPEN_ITEMS = 30


def overview_of(scheme: Scheme, *, word: str = "", unfolded: str = "") -> dict[str, Any]:
    """Everything the editor's first page shows; `word` narrows the items, `unfolded` is the section to open.

    The rows of the smaller tables stay with the scheme, each with the number of its `faults`. The number of
    queries does not depend on the size of the scheme.
    """
    prefetch_related_objects([scheme], "categories", "bands", "restrictions", "custom_metrics")
    spec = read_scheme(scheme)
    findings = [*findings_of(spec), *period_findings(scheme)]
    faults = Counter(finding.where for finding in findings if finding.where)
    _count_faults(scheme, faults)
    shown = [item for item in spec.items if _mentions(item, word)]
    sections = _sections(scheme, shown, faults)
    open_all = bool(word) or len(spec.items) <= OPEN_ITEMS
    bonus_heads = {item.category for item in spec.bonus_items if item.category}
    for section in sections:
        section["is_open"] = open_all or unfolded == section["key"]
        section["bonus_only"] = not section["count"] and section["code"] in bonus_heads
    total, wrong = _sum(spec.base_items), len(errors(findings))
    return {
        "spec": spec,
        "sections": [section for section in sections if section["count"] or not word],
        "findings": findings,
        "errors": wrong,
        "warnings": len(findings) - wrong,
        "word": word,
        "count": len(shown),
        "total": plain(total),
        "adds_up": total == FULL_SCORE,
    }


def _count_faults(scheme: Scheme, faults: Counter) -> None:
    for band in scheme.bands.all():
        band.faults = faults[Star(band.star).label]
    for restriction in scheme.restrictions.all():
        restriction.faults = faults[restriction.code]
    for metric in scheme.custom_metrics.all():
        metric.faults = faults[metric.name]


def _sections(scheme: Scheme, shown: Iterable[ItemSpec], faults: Counter) -> list[dict[str, Any]]:
    """The categories in their order, the bonus items last."""
    keys = dict(Item.objects.filter(scheme=scheme).values_list("code", "pk"))
    items: dict[str, list[ItemSpec]] = defaultdict(list)
    for item in shown:
        items["" if item.bonus else item.category].append(item)
    sections = [
        _section(category, items[category.code], keys, faults) for category in scheme.categories.all()
    ]
    return [*sections, _section(None, items[""], keys, faults)]


def _mentions(item: ItemSpec, word: str) -> bool:
    texts = (item.code, item.label, item.name, item.group, item.standard, item.rule_text)
    return not word or any(word.casefold() in text.casefold() for text in texts)


def _sum(items: Iterable[ItemSpec]) -> Fraction:
    return sum((item.points for item in items), Fraction(0))


def _section(
    category: Category | None, items: list[ItemSpec], keys: dict[str, int], faults: Counter
) -> dict[str, Any]:
    """The items of a category, or the bonus items, under the headings of their groups; an empty name is no
    heading.
    """
    groups: dict[str, list[ItemSpec]] = defaultdict(list)
    for item in items:
        groups[item.group].append(item)
    code, name = (category.code, category.name) if category else ("", "加分项")
    return {
        "category": category,
        "key": str(category.pk) if category else "bonus",
        "code": code,
        "name": name,
        "points": plain(_sum(items)),
        "count": len(items),
        "faults": faults[code] + sum(faults[item.code] for item in items),
        "groups": [
            (heading, plain(_sum(rows)), [_line(item, keys, faults) for item in rows])
            for heading, rows in groups.items()
        ],
    }


def _line(item: ItemSpec, keys: dict[str, int], faults: Counter) -> dict[str, Any]:
    marks = {"现场": item.onsite, "可不适用": item.may_be_na, "有核定要素": item.verified}
    return {
        "pk": keys.get(item.code, 0),
        "item": item,
        "points": plain(item.points),
        "marks": "、".join(mark for mark, applies in marks.items() if applies),
        "faults": faults[item.code],
    }
