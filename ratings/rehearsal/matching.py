"""Which item of the earlier year a draft's item continues, and what of its answers still says something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.rules import to_text
from ratings.scoring import Entry, Sheet


@dataclass(frozen=True)
class Pair:
    """A draft's item beside the item it continues; `then` is None for a new one."""

    now: BoundItem
    then: BoundItem | None

    @property
    def new_names(self) -> tuple[str, ...]:
        """Names the draft asks for that were not asked, or were asked for another kind of answer."""
        asked = {(one.name, one.kind) for one in self.then.asked} if self.then else set()
        return tuple(one.name for one in self.now.asked if (one.name, one.kind) not in asked)

    @property
    def same_system(self) -> bool:
        """Whether the computed parts are the same, so that a 核定 of them still stands."""
        return self.then is not None and self._texts("system_parts")

    @property
    def same_asked(self) -> bool:
        """Whether the asked parts are the same, so that points typed for them still stand."""
        return self.then is not None and self._texts("asked_parts")

    def _texts(self, parts: str) -> bool:
        """An unstated 满分 or 上限 is the item's 分值, so this must be the same as well."""
        if self.now.item.points != self.then.item.points:
            return False
        texts = ([to_text(bound.item.rule.parts[index]) for index in getattr(bound, parts)] for bound in (self.now, self.then))
        return next(texts) == next(texts)


def paired(draft: SchemeSpec, base: SchemeSpec, origins: Mapping[str, str]) -> dict[str, Pair]:
    """Items of the draft by code. `origins` says which item a copied one came from; others are matched by code."""
    taken = {code for code in origins.values() if code in base.bound}
    found = {}
    for code, bound in draft.bound.items():
        old = origins.get(code) or (code if code not in taken else None)
        then = base.bound.get(old) if old else None
        found[code] = Pair(bound, then if then is None or then.item.bonus == bound.item.bonus else None)
    return found


def carried(pairs: Mapping[str, Pair], entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """What of one sheet can be used: answers by item and name, or points typed for parts that are still the same."""
    found = {}
    for code, pair in pairs.items():
        entry = entries.get(pair.then.item.code) if pair.then else None
        kept = _carried(pair, entry) if entry is not None else None
        if kept is not None:
            found[code] = kept
    return found


def _carried(pair: Pair, entry: Entry) -> Entry | None:
    if entry.not_applicable:
        return entry if pair.now.item.may_be_na else None
    if entry.answers is None:
        return entry if pair.same_asked else None
    if pair.new_names:
        return None
    names = {one.name for one in pair.now.asked}
    return Entry(answers={name: value for name, value in entry.answers.items() if name in names})


def carried_sheets(pairs: Mapping[str, Pair], sheets: tuple[Sheet, ...]) -> tuple[Sheet, ...]:
    """The same for every judge."""
    return tuple(Sheet(sheet.judge, carried(pairs, sheet.entries)) for sheet in sheets)
