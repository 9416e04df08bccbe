"""Which words of two texts differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby

#: Numbers and Latin words stay whole, Chinese is taken sign by sign.
_TOKENS = re.compile(r"[0-9]+(?:\.[0-9]+)?%?|[A-Za-z]+|\s+|.", re.DOTALL)
#: Above this many tokens on either side a whole text is marked, because comparing takes the square of it.
MOST_TOKENS = 3_000


@dataclass(frozen=True)
class Piece:
    """Part of a text; `marked` where the other text does not have it."""

    text: str
    marked: bool


def differing(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts cut into pieces, those that differ marked; joined again each gives its text unchanged."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    if max(len(before), len(after)) > MOST_TOKENS:
        return (Piece(old, True),) if old else (), (Piece(new, True),) if new else ()
    left, right = [], []
    for tag, start, end, other_start, other_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left.append(("".join(before[start:end]), tag != "equal"))
        right.append(("".join(after[other_start:other_end]), tag != "equal"))
    return _joined(left), _joined(right)


def _joined(pieces: list[tuple[str, bool]]) -> tuple[Piece, ...]:
    grouped = groupby((piece for piece in pieces if piece[0]), key=lambda piece: piece[1])
    return tuple(Piece("".join(text for text, _ in group), marked) for marked, group in grouped)
