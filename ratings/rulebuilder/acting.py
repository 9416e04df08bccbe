"""What the buttons of the small forms do to the drafts: add, remove, reorder; no script needed."""

from __future__ import annotations

import re

from ratings.rules.building import MAX_ENTRIES, MAX_PARTS

from .drafts import Draft, empty_draft
from .kinds import COMPARISONS, GRADED, KINDS, MOST_SUBJECTS

_ACT = re.compile(r"(?P<what>[a-z-]{1,20})(?P<where>(?::[0-9]{1,3}){0,2})")


def act(drafts: list[Draft], order: str, *, kind: str = "") -> None:
    """Carry out one button, such as `row-up:0:2`; an order that fits nothing (a page gone stale) changes nothing."""
    found = _ACT.fullmatch(order)
    if found is None:
        return
    what, where = found["what"], [int(number) for number in found["where"].split(":") if number]
    if what == "add-part":
        if kind in KINDS and len(drafts) < MAX_PARTS:
            drafts.append(empty_draft(kind))
        return
    if not where or where[0] >= len(drafts):
        return
    if what.startswith(("part-", "drop-part")):
        _move(drafts, where[0], what.removeprefix("part-"))
        return
    _within(drafts[where[0]], what, where[1] if len(where) > 1 else -1)


def _within(draft: Draft, what: str, place: int) -> None:
    if what == "add-row" and len(draft.rows) < MAX_ENTRIES:
        draft.rows.append({f"op{subject}": COMPARISONS[0] for subject in range(len(draft.subjects))} if draft.kind == GRADED else {})
    elif what == "add-subject" and draft.kind == GRADED and len(draft.subjects) < MOST_SUBJECTS:
        draft.subjects.append({})
    elif what == "drop-subject" and 0 <= place < len(draft.subjects) > 1:
        _drop_subject(draft, place)
    elif what in ("drop-row", "row-up", "row-down") and 0 <= place < len(draft.rows):
        _move(draft.rows, place, what.removeprefix("row-"))


def _move(things: list, place: int, where: str) -> None:
    """Take a thing out, or swap it with its neighbour."""
    if where.startswith("drop"):
        things.pop(place)
        return
    other = place - 1 if where == "up" else place + 1
    if 0 <= other < len(things):
        things[place], things[other] = things[other], things[place]


def _drop_subject(draft: Draft, place: int) -> None:
    """Without the metric go its comparisons; those of later metrics move up."""
    draft.subjects.pop(place)
    last = len(draft.subjects)
    for row in draft.rows:
        for key in ("op", "value", "high"):
            for number in range(place, last):
                row[f"{key}{number}"] = row.get(f"{key}{number + 1}", "")
            row.pop(f"{key}{last}", None)
