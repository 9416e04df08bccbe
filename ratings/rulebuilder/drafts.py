"""What stands in the small forms: plain texts, as people typed them, wrong ones included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ratings.rules.building import MAX_ENTRIES, MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH

from .kinds import GRADED, KINDS, MOST_SUBJECTS, TEXT

Values = dict[str, str]
_COUNT = re.compile(r"[0-9]{1,2}", re.ASCII)


@dataclass
class Draft:
    """One part. `values` are the single fields, `rows` the lines below them; `subjects` are the metrics that a 档 compares."""

    kind: str
    values: Values = field(default_factory=dict)
    rows: list[Values] = field(default_factory=list)
    subjects: list[Values] = field(default_factory=list)


def empty_draft(kind: str) -> Draft:
    """A fresh part with room for what it usually holds."""
    fresh = KINDS[kind]
    return Draft(kind, dict(fresh.usual), [dict(row) for row in fresh.usual_rows], [{}] if kind == GRADED else [])


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
    return Draft(kind, values, [sent.get(f"r{row}", {}) for row in range(rows)], [sent.get(f"s{one}", {}) for one in range(subjects)])
