"""分组: a heading that several items share; it has no row of its own."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, QuerySet

from ratings.enums import ItemKind
from ratings.models import Category, Item, Scheme
from schools.models import User
from schools.saving import Refused

from .arranging import block, ordered_items, section, write_order
from .drafting import draft_of


@dataclass(frozen=True)
class Section:
    """Where a group stands: in a category, or among the bonus items (`category` None)."""

    category: Category | None

    @property
    def pk(self) -> int | None:
        return self.category.pk if self.category else None

    def items(self, scheme: Scheme) -> QuerySet[Item]:
        """Every item of the section."""
        kind = ItemKind.BASE if self.category else ItemKind.BONUS
        rows = Item.objects.filter(scheme=scheme, kind=kind)
        return rows.filter(category=self.category) if self.category else rows


def group_names(scheme: Scheme) -> list[str]:
    """Groups in use, in their order, each once."""
    return list(dict.fromkeys(scheme.items.exclude(group="").values_list("group", flat=True)))


def rename_group(scheme: Scheme, where: Section, old: str, new: str, *, by: User) -> int:
    """Give every item of the group its new heading; an empty name dissolves the group. Returns how many items it had.

    The cap of a group of bonus items goes with it.
    """
    with draft_of(scheme) as locked:
        rows = where.items(locked).filter(group=old)
        count = rows.count()
        if not count or not old:
            raise Refused(f"没有分组“{old}”，可能刚被别人改名。")
        if new and new != old and where.items(locked).filter(group=new).exists():
            raise Refused(f"已经有分组“{new}”，请换一个名称；要并入该组，请在小项里改分组。")
        rows.update(group=new, version=F("version") + 1, edited_by=by)
        if where.category is None and old in locked.bonus_group_caps:
            caps = locked.bonus_group_caps
            locked.bonus_group_caps = {new if name == old else name: cap for name, cap in caps.items() if name != old or new}
            locked.version += 1
            locked.save(update_fields=["bonus_group_caps", "version"])
        write_order(ordered_items(locked))
    return count


def move_group(scheme: Scheme, where: Section, name: str, *, up: bool, by: User) -> bool:
    """The whole group one place up or down within its section; False at the end."""
    with draft_of(scheme) as locked:
        items = ordered_items(locked)
        blocks = list(dict.fromkeys(block(item) for item in items if section(item) == where.pk))
        this = (where.pk, name)
        if this not in blocks:
            raise Refused(f"没有分组“{name}”，可能刚被别人改名。")
        here = blocks.index(this)
        there = here - 1 if up else here + 1
        if not 0 <= there < len(blocks):
            return False
        blocks[here], blocks[there] = blocks[there], blocks[here]
        mine = iter([item for one in blocks for item in items if block(item) == one])
        write_order([next(mine) if section(item) == where.pk else item for item in items])
    return True
