"""上移、下移: the order of rows, and items kept together by category and group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import models

from ratings.enums import ItemKind
from ratings.models import Category, Item, Scheme
from schools.models import User
from schools.saving import Refused

from .drafting import draft_of


def move_row(row: models.Model, *, up: bool, by: User) -> bool:
    """One place up or down among its neighbours; False where it stands at the end already.

    An item moves within its group, because a group is printed under one heading.
    """
    with draft_of(row.scheme_id) as scheme:
        rows = ordered_items(scheme) if isinstance(row, Item) else list(type(row).objects.filter(scheme=scheme))
        here = next((place for place, one in enumerate(rows) if one.pk == row.pk), None)
        if here is None:
            raise Refused("这一行刚被别人删除。")
        there = here - 1 if up else here + 1
        if not 0 <= there < len(rows) or (isinstance(row, Item) and block(rows[here]) != block(rows[there])):
            return False
        rows[here], rows[there] = rows[there], rows[here]
        write_order(rows)
        if isinstance(row, Category):
            arrange_items(scheme)
    return True


def arrange_items(scheme: Scheme) -> None:
    """Bring the items of the scheme into the order in which they are printed; the caller holds the lock."""
    write_order(ordered_items(scheme))


def ordered_items(scheme: Scheme) -> list[Item]:
    """Base items by category, bonus items last, each group at the place of its first item."""
    places = {category.pk: place for place, category in enumerate(Category.objects.filter(scheme=scheme))}
    items = list(Item.objects.filter(scheme=scheme))
    first: dict[tuple, int] = {}
    for place, item in enumerate(items):
        first.setdefault(block(item), place)
    return sorted(items, key=lambda item: (item.kind == ItemKind.BONUS, places.get(section(item), 0), first[block(item)]))


def section(item: Item) -> int | None:
    """The category a base item stands in; bonus items stand together in a section of their own."""
    return None if item.kind == ItemKind.BONUS else item.category_id


def block(item: Item) -> tuple[int | None, str]:
    """What keeps items together: section and group."""
    return section(item), item.group


def write_order(rows: Sequence[models.Model] | Iterable[models.Model]) -> None:
    """Number the rows as they stand, touching only those whose number changes. An order is no content: versions stay."""
    moved = []
    for place, row in enumerate(rows, start=1):
        if row.order != place:
            row.order = place
            moved.append(row)
    if moved:
        type(moved[0]).objects.bulk_update(moved, ["order"], batch_size=200)
