"""What the buttons of the small forms do to the drafts: add, remove, reorder; no script needed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ratings.rules.building import MAX_ENTRIES, MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH

from .kinds import COMPARISONS, GRADED, KINDS, MOST_SUBJECTS, TEXT

_ACT = re.compile(r"(?P<what>[a-z-]{1,20})(?P<where>(?::[0-9]{1,3}){0,2})")


def act(drafts: list[Draft], order: str, *, kind: str = "") -> None:
    """Carry out one button, such as `row-up:0:2`; an order that fits nothing (a page gone stale) changes
    nothing.
    """
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
        draft.rows.append(
            {f"op{subject}": COMPARISONS[0] for subject in range(len(draft.subjects))}
            if draft.kind == GRADED
            else {}
        )
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


Values = dict[str, str]
_COUNT = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass
class Draft:
    """One part. `values` are the single fields, `rows` the lines below them; `subjects` are the metrics that
    a 档 compares.
    """

    kind: str
    values: Values = field(default_factory=dict)
    rows: list[Values] = field(default_factory=list)
    subjects: list[Values] = field(default_factory=list)


def empty_draft(kind: str) -> Draft:
    """A fresh part with room for what it usually holds."""
    fresh = KINDS[kind]
    return Draft(
        kind, dict(fresh.usual), [dict(row) for row in fresh.usual_rows], [{}] if kind == GRADED else []
    )


def is_blank(row: Values) -> bool:
    """Nothing typed; a comparison that was merely preselected does not count."""
    return not any(text.strip() for name, text in row.items() if not name.startswith("op"))


def has_drafts(data: Mapping[str, str]) -> bool:
    """Whether the small forms were on the page at all."""
    return "p-count" in data


def read_drafts(data: Mapping[str, str]) -> list[Draft]:
    """The drafts that a browser sent, however the form was tampered with: counts are bounded, texts cut."""
    count = min(_number(data.get("p-count", "")), MAX_PARTS)
    return [_read_part(data, f"p{index}-") for index in range(count)]


def _number(text: str) -> int:
    return int(text) if _COUNT.fullmatch(text) else 0


def _read_part(data: Mapping[str, str], prefix: str) -> Draft:
    kind = data.get(f"{prefix}kind", TEXT)
    kind = kind if kind in KINDS else TEXT
    rows = min(_number(data.get(f"{prefix}rows", "")), MAX_ENTRIES)
    subjects = min(_number(data.get(f"{prefix}subjects", "")), MOST_SUBJECTS) if kind == GRADED else 0
    sent: dict[str, Values] = {}
    for name in data:
        if name.startswith(prefix):
            head, _, key = name.removeprefix(prefix).rpartition("-")
            sent.setdefault(head, {})[key] = data[name][:MAX_LENGTH]
    values = {key: text for key, text in sent.get("", {}).items() if key not in ("kind", "rows", "subjects")}
    if not values.get("whole"):
        values.pop("whole", None)
    return Draft(
        kind,
        values,
        [sent.get(f"r{row}", {}) for row in range(rows)],
        [sent.get(f"s{one}", {}) for one in range(subjects)],
    )
