"""A draft under lock: whoever changes one of its rows holds the scheme and reads its phase under the lock."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from itertools import chain
from string import ascii_uppercase
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models, transaction
from django.db.models import F, ProtectedError, QuerySet
from django.utils import timezone

from ratings.criteria.spec import renamed
from ratings.criteria.storing import hold_scheme
from ratings.criteria.workbook import usual_period
from ratings.enums import ItemKind, Phase
from ratings.models import Category, ChangeNote, Item, Restriction, Scheme, StarBand
from ratings.rules import Condition, RuleError, parse_condition, to_text
from schools import audit
from schools.models import Region, User
from schools.saving import Refused, Stale, hold_one, save_versioned


@contextmanager
def draft_of(pk: int) -> Iterator[Scheme]:
    """The scheme of this number, locked until the block ends; raises Refused unless it is still being
    drafted.

    Opening takes the same lock, so that no edit slips in between the freezing of a version and the change of
    phase.
    """
    with transaction.atomic():
        locked = hold_scheme(pk)
        if locked.phase != Phase.DRAFTING:
            raise Refused(locked_sentence(locked))
        yield locked


def locked_sentence(scheme: Scheme) -> str:
    """Why a scheme that has been opened cannot be edited."""
    return f"方案处于“{scheme.get_phase_display()}”，内容已经锁定，不能在编制页修改。"


#: Tables whose codes share one name space: a condition names a category or an item by its code alone.
CODED = (Category, Item, Restriction)
_NUMBER = re.compile(r"(.*?)(\d+)$")


def add_row(
    scheme: Scheme, model: type[models.Model], values: Mapping[str, Any], *, by: User
) -> models.Model:
    """A new row at the end of its kind. Raises ValidationError where it does not fit, Refused once the scheme
    is open.
    """
    with draft_of(scheme.pk) as locked:
        row = model(scheme=locked, edited_by=by, edited_at=timezone.now(), **values)
        if hasattr(row, "order"):
            last = model.objects.filter(scheme=locked).aggregate(last=models.Max("order"))["last"]
            row.order = (last or 0) + 1
        _validate(row)
        row.save()
        if isinstance(row, Item):
            arrange_items(locked)
        _record(locked, row, "增加", {}, by)
    return row


def change_row(row: models.Model, values: Mapping[str, Any], *, version: int, by: User) -> models.Model:
    """Write what differs. `version` is the one the person started from: an older one raises Stale and changes
    nothing.

    A scheme's own parameters are changed in the same way. A code that changes is changed in the conditions as
    well.
    """
    before: dict[str, Any] = {}

    def check(stored: models.Model) -> None:
        for name, value in values.items():
            if getattr(stored, name) != value:
                before[name] = getattr(stored, name)
        if before and stored.version == version:
            proposed = copy(stored)
            for name in before:
                setattr(proposed, name, values[name])
            _validate(proposed)

    with draft_of(row.pk if isinstance(row, Scheme) else row.scheme_id) as locked:
        stored = save_versioned(row, values, version=version, by=by, check=check)
        if before:
            _follow(locked, stored, before)
            _record(locked, stored, "修改", before, by)
    return stored


def _follow(scheme: Scheme, row: models.Model, before: Mapping[str, Any]) -> None:
    """What else changes with a row: conditions and notes name it by its code, items stand by category and
    group.
    """
    if "code" in before:
        if isinstance(row, Category | Item):
            _rename_in_conditions(scheme, before["code"], row.code)
        _rename_note(scheme, row, before["code"])
    if isinstance(row, Item) and {"category", "group", "kind"} & before.keys():
        arrange_items(scheme)


def remove_row(row: models.Model, *, version: int, by: User) -> None:
    """Take a row out of the draft, unless somebody changed it since it was looked at, or other rows hang on
    it.
    """
    with draft_of(row.scheme_id) as locked:
        stored = type(row).objects.select_related("edited_by").filter(pk=row.pk).first()
        if stored is None:
            return
        if stored.version != version:
            editor = stored.edited_by or "别人"
            raise Stale(stored, f"{editor}刚修改过这里，还没有删除。请看过下面的内容，再决定是否删除。")
        if isinstance(stored, Category) and (count := stored.items.count()):
            raise Refused(f"大项 {stored.code} 还有 {count} 个小项，请先把它们移到别的大项或删除。")
        _record(locked, stored, "删除", {}, by)
        try:
            stored.delete()
        except ProtectedError:
            raise Refused(f"{stored}已有评分或材料，不能删除。") from None


def next_code(scheme: Scheme, near: str) -> str:
    """The code that follows `near` and is still free: K1-3 after K1-2, C after B. An empty `near`
    gives none.
    """
    if not near:
        return ""
    taken = _codes(scheme)
    if len(near) == 1 and near in ascii_uppercase:
        return next((letter for letter in ascii_uppercase if letter > near and letter not in taken), "")
    match = _NUMBER.fullmatch(near)
    stem, number = (match[1], int(match[2])) if match else (f"{near}-", 0)
    while f"{stem}{number + 1}" in taken:
        number += 1
    return f"{stem}{number + 1}"


def _codes(scheme: Scheme, *, without: models.Model | None = None) -> set[str]:
    found: set[str] = set()
    for model in CODED:
        rows = model.objects.filter(scheme=scheme)
        if isinstance(without, model):
            rows = rows.exclude(pk=without.pk)
        found |= set(rows.values_list("code", flat=True))
    return found


def _validate(row: models.Model) -> None:
    """What the model promises, and that no other row of any kind has the code."""
    if isinstance(row, CODED) and row.code in _codes(row.scheme, without=row):
        raise ValidationError({"code": f"编码“{row.code}”已经用过，请换一个。"})
    try:
        row.full_clean()
    except ValidationError as error:
        if isinstance(row, StarBand) and NON_FIELD_ERRORS in error.error_dict:
            raise ValidationError({"star": f"{row.get_star_display()}已有条件，请直接修改那一行。"}) from None
        raise


def _rename_in_conditions(scheme: Scheme, old: str, new: str) -> None:
    """星级标准 and 限制性情形 name items and categories by code; they follow the code."""
    for row in [
        *StarBand.objects.filter(scheme=scheme),
        *Restriction.objects.filter(scheme=scheme).exclude(condition=""),
    ]:
        try:
            condition = parse_condition(row.condition)
        except RuleError:
            continue
        if all(comparison.left.name != old for comparison in condition.comparisons):
            continue
        comparisons = tuple(
            replace(comparison, left=replace(comparison.left, name=new))
            if comparison.left.name == old
            else comparison
            for comparison in condition.comparisons
        )
        row.condition, row.version = to_text(Condition(comparisons)), row.version + 1
        row.save(update_fields=["condition", "version"])


def _rename_note(scheme: Scheme, row: models.Model, old: str) -> None:
    """变化说明 hangs on section and code (`RowChange.key`) and follows the code, unless the new code has a
    note already.
    """
    section = row._meta.model_name
    notes = ChangeNote.objects.filter(scheme=scheme)
    if not notes.filter(key=f"{section}:{row.code}").exists():
        notes.filter(key=f"{section}:{old}").update(key=f"{section}:{row.code}")


def _record(scheme: Scheme, row: models.Model, act: str, before: Mapping[str, Any], by: User) -> None:
    """The audit trail: what was done to which row, old and new values where it was changed."""
    changed = {
        str(row._meta.get_field(name).verbose_name): [str(value), str(getattr(row, name))]
        for name, value in before.items()
    }
    subject = f"{scheme} {row._meta.verbose_name} {row}" if row != scheme else f"{scheme} 参数"
    audit.record("scheme", by=by, city=scheme.city, subject=f"{act}：{subject}", detail=changed)


def move_row(row: models.Model, *, up: bool, by: User) -> bool:
    """One place up or down among its neighbours; False where it stands at the end already.

    An item moves within its group, because a group is printed under one heading.
    """
    with draft_of(row.scheme_id) as scheme:
        if isinstance(row, Item):
            blocks = item_blocks(scheme)
            siblings = next((items for items in blocks.values() if row in items), [])
        else:
            siblings = list(type(row).objects.filter(scheme=scheme))
        if row not in siblings:
            raise Refused("这一行刚被别人删除。")
        if not _swap(siblings, row, up=up):
            return False
        write_order(chain.from_iterable(blocks.values()) if isinstance(row, Item) else siblings)
        if isinstance(row, Category):
            arrange_items(scheme)
    return True


def _swap(things: list, thing: Any, *, up: bool) -> bool:
    """Let it change places with its neighbour; False where it stands at the end."""
    here = things.index(thing)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(things):
        return False
    things[here], things[there] = things[there], things[here]
    return True


def arrange_items(scheme: Scheme) -> None:
    """Bring the items of the scheme into the order in which they are printed; the caller holds the lock."""
    write_order(chain.from_iterable(item_blocks(scheme).values()))


def item_blocks(scheme: Scheme) -> dict[tuple[int | None, str], list[Item]]:
    """Items by section and group in the order of print: base items by category, bonus items last, each group
    at the place of its first item.
    """
    places = {category.pk: place for place, category in enumerate(Category.objects.filter(scheme=scheme))}
    blocks = defaultdict(list)
    for item in Item.objects.filter(scheme=scheme):
        blocks[section_of(item), item.group].append(item)
    return dict(sorted(blocks.items(), key=lambda entry: places.get(entry[0][0], len(places))))


def section_of(item: Item) -> int | None:
    """The category a base item stands in; bonus items stand together in a section of their own."""
    return None if item.kind == ItemKind.BONUS else item.category_id


def write_order(rows: Iterable[models.Model]) -> None:
    """Number the rows as they stand, touching only those whose number changes. An order is no content:
    versions stay.
    """
    moved = []
    for place, row in enumerate(rows, start=1):
        if row.order != place:
            row.order = place
            moved.append(row)
    if moved:
        type(moved[0]).objects.bulk_update(moved, ["order"], batch_size=200)


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
    """Give every item of the group its new heading; an empty name dissolves the group. Returns how many items
    it had.

    The cap of a group of bonus items goes with it.
    """
    with draft_of(scheme.pk) as locked:
        rows = where.items(locked).filter(group=old)
        count = rows.count()
        if not count or not old:
            raise Refused(f"没有分组“{old}”，可能刚被别人改名。")
        if new and new != old and where.items(locked).filter(group=new).exists():
            raise Refused(f"已经有分组“{new}”，请换一个名称；要并入该组，请在小项里改分组。")
        rows.update(group=new, version=F("version") + 1, edited_by=by)
        if where.category is None:
            _rename_cap(locked, old, new)
        arrange_items(locked)
    return count


def _rename_cap(scheme: Scheme, old: str, new: str) -> None:
    caps = dict(scheme.bonus_group_caps)
    if old not in caps:
        return
    renamed = {new if name == old else name: cap for name, cap in caps.items()}
    renamed.pop("", None)
    scheme.bonus_group_caps, scheme.version = list(renamed.items()), scheme.version + 1
    scheme.save(update_fields=["bonus_group_caps", "version"])


def move_group(scheme: Scheme, where: Section, name: str, *, up: bool, by: User) -> bool:
    """The whole group one place up or down within its section; False at the end."""
    with draft_of(scheme.pk) as locked:
        blocks = item_blocks(locked)
        siblings = [key for key in blocks if key[0] == where.pk]
        if (where.pk, name) not in siblings:
            raise Refused(f"没有分组“{name}”，可能刚被别人改名。")
        if not _swap(siblings, (where.pk, name), up=up):
            return False
        swapped = iter(siblings)
        order = [next(swapped) if key[0] == where.pk else key for key in blocks]
        write_order(item for key in order for item in blocks[key])
    return True


def defaults_for(city: Region) -> dict[str, Any]:
    """The year after the last scheme, with the organiser and the name in the manner of last year."""
    last = Scheme.objects.filter(city=city).order_by("-year").first()
    if last is None:
        year = timezone.localdate().year
        name = f"{city.name}{year}年度镇街党校规范化建设星级评定方案"
        return {"year": year, "name": name, "organiser": f"中共{city.name}委组织部"}
    year = last.year + 1
    return {"year": year, "name": renamed(last.name, last.year, year), "organiser": last.organiser}


def start_scheme(city: Region, *, year: int, name: str, organiser: str, by: User) -> Scheme:
    """An empty draft. Raises ValidationError where the city has a scheme of the year already."""
    with transaction.atomic():
        hold_one(Region.objects.all(), city.pk)
        if Scheme.objects.filter(city=city, year=year).exists():
            raise ValidationError({"year": f"{year}年度已有评定方案，请在评定方案页打开它。"})
        edited = {"edited_by": by, "edited_at": timezone.now()}
        scheme = Scheme(city=city, year=year, name=name, organiser=organiser, **usual_period(year), **edited)
        scheme.full_clean()
        scheme.save()
        audit.record("scheme", by=by, city=city, subject=f"新建：{scheme}", detail={"年度": year})
    return scheme
