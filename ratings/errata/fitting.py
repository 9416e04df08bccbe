"""Whether an answer given to the old question still answers the new one."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ratings.criteria.spec import BoundItem
from ratings.rules import Answer
from ratings.scoring import Entry, entry_from_json, entry_to_json


@dataclass(frozen=True)
class Fit:
    """What is left of one row: `kept` is stored, `lost` are answers that fit no question any more, `owed` what is newly asked."""

    kept: dict[str, Any] | None
    lost: dict[str, Answer] = field(default_factory=dict)
    owed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the row can stay as it is."""
        return not self.lost and not self.owed

    @property
    def entry(self) -> Entry | None:
        """What counts from now on."""
        return entry_from_json(self.kept) if self.kept else None


def fit(old: BoundItem, new: BoundItem, content: dict[str, Any], stage: str) -> Fit:
    """Judge a stored row by the corrected item. Answers that fit are kept as they are, nothing is guessed."""
    entry = entry_from_json(content)
    if entry.not_applicable:
        return Fit(content)
    if entry.answers is None:
        return Fit(None, {"得分": str(entry.total)}) if new.asked else Fit(content)
    before = {question.name: question for question in old.asked}
    after = {question.name: question for question in new.asked if question.name not in new.excluded(stage)}
    lost = {
        name: answer for name, answer in entry.answers.items() if name not in after or not _answers(before.get(name), after[name], answer)
    }
    kept = {name: answer for name, answer in entry.answers.items() if name not in lost}
    owed = tuple(name for name in after if name not in before)
    return Fit(entry_to_json(Entry(answers=kept)) if kept else None, lost, owed)


def _answers(old, new, answer: Answer) -> bool:
    """Same kind of question, and the answer within what it allows."""
    if old is None or old.kind != new.kind:
        return False
    if new.kind == "level":
        return answer in {word for word, _ in new.levels}
    if new.kind == "points":
        points = Fraction(str(answer))
        return new.low <= points <= new.high and not (new.step and (points - new.low) % new.step)
    return True
