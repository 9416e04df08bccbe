"""What can be printed: the characters that the document fonts hold, and what takes the place of others.

    with replacements_noted() as noted:   # once around a request
        text = fitted(text, "更正理由")
    for sentence in noted: ...            # “更正理由”里“☑”（U+2611）改为“√”。

Forms, workbooks and documents ask here and nowhere else. The characters stand in printable.txt, so that a
machine without fonts refuses the same as one with them; a test makes the file anew from the fonts. Every
ideograph that the fonts hold may be typed, 䶮, 㙍 and 𬭎 among them.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from .text import INVISIBLE

#: What most texts consist of: found to be printable without looking it up.
USUAL = re.compile(r"[\t\n\r\x20-\x7e\u4e00-\u9fa5、。《》“”‘’（），；：？！—…]*+")
#: Ends of lines that no browser and no font knows as such.
LINE_ENDS = dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n")
#: Marks with a plain one beside them; the last are bullets and ticks as Word keeps them.
SAME = {
    **dict.fromkeys("☑✔✅🗸🗹\uf0fc\uf0fe", "√"),
    **dict.fromkeys("☒✗✘✖❌❎", "×"),
    **dict.fromkeys("☐⬜🔲\uf0a8", "□"),
    **dict.fromkeys("⬛\uf06e", "■"),
    **dict.fromkeys("⚫🔴\uf06c", "●"),
    **dict.fromkeys("⭐🌟", "★"),
    **dict.fromkeys("⦁⁃\uf0b7", "•"),
    **dict.fromkeys("➔➜➤➢\uf0d8", "→"),
    **dict.fromkeys("∙⋅", "·"),
    **{"⚪": "○", "❗": "！", "❓": "？", "➕": "＋", "➖": "－", "➗": "÷", "►": "▶", "\u20e3": ""},
}
#: Besides INVISIBLE: how the sign before is to be drawn.
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0000-\U000e01ef]")
#: Compatibility signs of these kinds mean something else without them: 10⁵ is not 105.
KEPT_KINDS = ("<super>", "<sub>", "<fraction>")
#: Stands where bytes were no text: fonts have a sign for it, but nobody typed it.
UNREADABLE = "\ufffd"
MOST_NAMED = 5
#: Sentences about what was replaced since replacements_noted began, each once.
_noted: ContextVar[dict[str, None] | None] = ContextVar("noted", default=None)


class Unprintable(ValueError):
    """The text holds what no document can print and nothing can replace; says so without a full stop."""


@contextmanager
def replacements_noted() -> Iterator[dict[str, None]]:
    """Gathers the sentences about what was replaced inside; whoever gathers around it gets them as well."""
    noted: dict[str, None] = {}
    around, token = _noted.get(), _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)
        if around is not None:
            around.update(noted)


def fitted(text: str, label: str = "", *, lines: bool = True) -> str:
    """The text as it may be stored; `lines` says whether it may have several. Raises Unprintable."""
    if USUAL.fullmatch(text):
        return text
    replaced = _replacements(text)
    if not lines:
        replaced = {letter: " " if instead == "\n" else instead for letter, instead in replaced.items()}
    text = text.translate({ord(letter): instead for letter, instead in replaced.items()})
    if letters := unprintable(text):
        raise Unprintable(_refusal(letters))
    noted = _noted.get()
    if replaced and noted is not None:
        noted[f"{f'“{label}”里' if label else ''}{_in_words(replaced)}。"] = None
    return text


@cache
def _ranges() -> tuple[list[int], list[int]]:
    """The first and the last characters of every run."""
    runs = [line.split("-") for line in Path(__file__).with_name("printable.txt").read_text("ascii").split()]
    return [int(run[0], 16) for run in runs], [int(run[-1], 16) for run in runs]


def is_printable(letter: str) -> bool:
    """Whether every document can show it; tabs and ends of lines are laid out."""
    if letter in "\t\n\r":
        return True
    if letter == UNREADABLE:
        return False
    firsts, lasts = _ranges()
    place = bisect_right(firsts, ord(letter)) - 1
    return place >= 0 and ord(letter) <= lasts[place]


def unprintable(text: str) -> list[str]:
    """The characters that no document can show, each once."""
    if USUAL.fullmatch(text):
        return []
    return [letter for letter in dict.fromkeys(text) if not is_printable(letter)]


def _replacements(text: str) -> dict[str, str]:
    found = {letter: _instead(letter) for letter in unprintable(text)}
    return {letter: instead for letter, instead in found.items() if instead is not None}


def _instead(letter: str) -> str | None:
    if letter in LINE_ENDS:
        return LINE_ENDS[letter]
    if letter in SAME:
        return SAME[letter]
    if SELECTORS.match(letter) or INVISIBLE.match(letter):
        return ""
    plain = unicodedata.normalize("NFKC", letter)
    kept = unicodedata.decomposition(letter).startswith(KEPT_KINDS)
    return None if kept or plain == letter or not all(map(is_printable, plain)) else plain


def named(letters: Iterable[str]) -> str:
    """“👍”（U+1F44D）, and by its number alone what nobody can see."""
    shown = list(letters)
    words = [
        f"U+{ord(letter):04X}"
        if unicodedata.category(letter)[0] in "CMZ"
        else f"“{letter}”（U+{ord(letter):04X}）"
        for letter in shown[:MOST_NAMED]
    ]
    return "、".join(words) + ("等" if len(shown) > MOST_NAMED else "")


def _refusal(letters: list[str]) -> str:
    rare = all("CJK UNIFIED" in unicodedata.name(letter, "") for letter in letters)
    way = "请改用通用的字，或加括号写明读音和写法" if rare else "请删去或改用文字"
    return f"{named(letters)}在公文和用表里印不出来，{way}"


def _in_words(replaced: dict[str, str]) -> str:
    said = {"\n": "换行", " ": "空格", "": ""}
    return "，".join(
        f"{named([letter])}" + ("已去掉" if not instead else f"改为{said.get(instead, f'“{instead}”')}")
        for letter, instead in replaced.items()
    )
