"""The small forms of a rule as a browser sent them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ratings.rulebuilder import KINDS, Draft
from ratings.rulebuilder.drafts import GRADED, MOST_SUBJECTS, TEXT, Values
from ratings.rules.building import MAX_ENTRIES, MAX_PARTS

from .rule_controls import LONGEST

_COUNT = re.compile(r"[0-9]{1,2}")


def read_drafts(data: Mapping[str, str]) -> list[Draft]:
    """The drafts of a form, however it was tampered with: counts are bounded, texts cut."""
    count = min(_number(data.get("p-count", "")), MAX_PARTS)
    return [_read_part(data, f"p{index}-") for index in range(count)]


def has_drafts(data: Mapping[str, str]) -> bool:
    """Whether the small forms were on the page at all."""
    return "p-count" in data


def _number(text: str) -> int:
    return int(text) if _COUNT.fullmatch(text) and text.isascii() else 0


def _read_part(data: Mapping[str, str], prefix: str) -> Draft:
    kind = data.get(f"{prefix}kind", TEXT)
    kind = kind if kind in KINDS else TEXT
    rows = min(_number(data.get(f"{prefix}rows", "")), MAX_ENTRIES)
    subjects = min(_number(data.get(f"{prefix}subjects", "")), MOST_SUBJECTS) if kind == GRADED else 0
    found: dict[str, Values] = {}
    for name in data:
        if name.startswith(prefix):
            head, _, key = name.removeprefix(prefix).rpartition("-")
            found.setdefault(head, {})[key] = data[name][:LONGEST]
    values = {key: text for key, text in found.get("", {}).items() if key not in ("kind", "rows", "subjects")}
    if not values.get("whole"):
        values.pop("whole", None)
    return Draft(kind, values, [found.get(f"r{one}", {}) for one in range(rows)], [found.get(f"s{one}", {}) for one in range(subjects)])
