"""An entry as the JSON of a Score row, and back."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .inputs import Entry

ANSWERS, TOTAL, SYSTEM, NOT_APPLICABLE = "答", "得分", "系统", "不适用"


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """Exact and readable: ticks stay booleans, counts integers, levels words, other numbers become text."""
    if entry.not_applicable:
        return {NOT_APPLICABLE: True}
    if entry.answers is not None:
        return {
            ANSWERS: {
                name: answer if isinstance(answer, bool | int | str) else str(answer)
                for name, answer in entry.answers.items()
            }
        }
    return {TOTAL: str(entry.total), SYSTEM: str(entry.system)}


def entry_from_json(content: dict[str, Any]) -> Entry:
    """Read what `entry_to_json` wrote; raises KeyError or ValueError on anything else."""
    if content.get(NOT_APPLICABLE):
        return Entry(not_applicable=True)
    if ANSWERS in content:
        return Entry(answers=content[ANSWERS])
    return Entry(total=Fraction(content[TOTAL]), system=Fraction(content[SYSTEM]))
