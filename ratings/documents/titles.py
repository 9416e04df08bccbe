"""Breaking a long title into balanced lines, by sense."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from .wording import width

#: 2号 characters that fit a line of the 版心, less one so that a title never touches both edges.
WIDEST = 19
#: The same across a landscape sheet.
WIDEST_LANDSCAPE = 28
MOST_LINES = 4
#: Words that stay whole. Longer ones first: the first alternative that matches wins.
_WORDS = (
    r"《[^》]{1,16}》|（[^）]{1,8}）|\d+年度?|\d+所?|镇街党校|乡镇党校|街道党校|党校|规范化建设|星级评定|组织部|委员会|评定|结果名单|结果|名单|情况统计表|统计表|"
    r"情况|工作|建设|各县|市委|中共|办法|标准|印发|开展|关于|的通报|的通知|的决定|的公示"
)
_TOKEN = re.compile(f"{_WORDS}|[A-Za-z]+|.", re.DOTALL)
_CLOSING = "，。、；：）》〕”的"
_OPENING = "（《〔“"
#: Cost of a break between two characters of no known word, in squared characters of imbalance.
_UNSURE = 40


def break_title(title: str, widest: int = WIDEST) -> tuple[str, ...]:
    """Lines of the title: the office's own line breaks if it typed any, else the most balanced breaks between words.

    A title that four lines cannot hold is cut into full lines, so that it stays on the paper.
    """
    typed = tuple(line.strip() for line in title.splitlines() if line.strip())
    if len(typed) != 1:
        return typed
    tokens = _tokens(typed[0], widest)
    fewest = -(-width(typed[0]) // widest)
    for lines in range(int(fewest), MOST_LINES + 1):
        found = _balance(tokens, lines, widest)
        if found:
            return found
    return _fill(typed[0], widest)


def _balance(tokens: list[str], lines: int, widest: int) -> tuple[str, ...] | None:
    """The cheapest way to set all tokens on so many lines, None if they do not fit."""
    mean = sum(map(width, tokens)) / lines

    @cache
    def best(start: int, left: int) -> tuple[Fraction, tuple[str, ...]] | None:
        options = []
        for end in range(start + 1, len(tokens) + 1) if left > 1 else [len(tokens)]:
            line = "".join(tokens[start:end])
            if width(line) > widest:
                break
            rest = best(end, left - 1) if left > 1 and end < len(tokens) else (Fraction(0), ())
            if rest is None or (left > 1 and end == len(tokens)):
                continue
            cost = (width(line) - mean) ** 2 + (_break_cost(tokens[end - 1], tokens[end]) if left > 1 else 0)
            options.append((cost + rest[0], (line, *rest[1])))
        return min(options, default=None)

    found = best(0, lines)
    return found[1] if found else None


def _fill(text: str, widest: int) -> tuple[str, ...]:
    lines = [""]
    for character in text:
        if width(lines[-1] + character) > widest:
            lines.append("")
        lines[-1] += character
    return tuple(lines)


def _tokens(text: str, widest: int) -> list[str]:
    """Pieces that a break may fall between; a mark or 的 stays with the word before it, an opening bracket with the one after."""
    tokens: list[str] = []
    for token in _TOKEN.findall(text):
        if tokens and (token[0] in _CLOSING or tokens[-1][-1] in _OPENING):
            tokens[-1] += token
        else:
            tokens.append(token)
    return [part for token in tokens for part in (token if width(token) > widest else [token])]


def _break_cost(before: str, after: str) -> int:
    if before == "关于":
        return _UNSURE
    return 0 if len(before) > 1 or len(after) > 1 else _UNSURE
