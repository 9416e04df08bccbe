"""版式 by GB/T 9704-2012: the text as paragraphs, the title in lines, where 署名 and 成文日期 stand."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

#: Characters of a body line.
LINE = 28
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
_NUMERALS = "一二三四五六七八九十百"
_LEVELS = (
    (1, re.compile(f"[{_NUMERALS}]+、")),
    (2, re.compile(f"（[{_NUMERALS}]+）")),
    (3, re.compile(r"\d+[.．](?!\d)")),
    (4, re.compile(r"（\d+）")),
)
_HALF_WIDTH_LEVEL = re.compile(f"\\(([{_NUMERALS}]+|\\d+)\\)")


def width(text: str) -> Fraction:
    """Width in characters as set: ASCII takes half a character, everything else a whole one."""
    return sum((Fraction(1, 2) if character.isascii() else Fraction(1) for character in text), Fraction(0))


# 正文


@dataclass(frozen=True)
class Paragraph:
    """`lead` is set in the face of its level, up to and with the first full stop; `rest` is body text."""

    level: int
    lead: str
    rest: str

    @property
    def is_heading(self) -> bool:
        """A line of its own, which must not stand last on a page."""
        return self.level in (1, 2) and not self.rest


def split_paragraphs(text: str) -> tuple[Paragraph, ...]:
    """One paragraph per line; typed blank lines and indents are dropped, the layout makes its own."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(_paragraph(line) for line in lines if line)


def _paragraph(line: str) -> Paragraph:
    line = _HALF_WIDTH_LEVEL.sub(r"（\1）", line, count=1) if _HALF_WIDTH_LEVEL.match(line) else line
    for level, mark in _LEVELS:
        if mark.match(line):
            end = line.find("。")
            cut = len(line) if end < 0 else end + 1
            return Paragraph(level, line[:cut], line[cut:])
    return Paragraph(0, "", line)


# 标题


def break_title(title: str, widest: int = WIDEST) -> tuple[str, ...]:
    """Lines of the title: the office's own breaks if it typed any, else the most balanced ones between words.

    A title that four lines cannot hold is cut into full lines, so that it stays on the paper.
    """
    typed = tuple(line.strip() for line in title.splitlines() if line.strip())
    if len(typed) != 1:
        return typed
    tokens = _tokens(typed[0], widest)
    fewest = -(-width(typed[0]) // widest)
    for lines in range(int(fewest), MOST_LINES + 1):
        balanced = _balance(tokens, lines, widest)
        if balanced:
            return balanced
    return _fill(typed[0], widest)


def _balance(tokens: list[str], lines: int, widest: int) -> tuple[str, ...] | None:
    """The cheapest way to set all tokens on so many lines, None if they do not fit."""
    mean = sum(map(width, tokens)) / lines

    @cache
    def best(start: int, left: int) -> tuple[Fraction, tuple[str, ...]] | None:
        if start == len(tokens):
            return None if left else (Fraction(0), ())
        options = []
        for end in range(start + 1, len(tokens) + 1):
            line = "".join(tokens[start:end])
            if width(line) > widest:
                break
            if left and (rest := best(end, left - 1)):
                cost = (width(line) - mean) ** 2 + _break_cost(*tokens[end - 1 : end + 1])
                options.append((cost + rest[0], (line, *rest[1])))
        return min(options, default=None)

    cheapest = best(0, lines)
    return cheapest[1] if cheapest else None


def _fill(text: str, widest: int) -> tuple[str, ...]:
    lines = [""]
    for character in text:
        if width(lines[-1] + character) > widest:
            lines.append("")
        lines[-1] += character
    return tuple(lines)


def _tokens(text: str, widest: int) -> list[str]:
    """What a break may fall between; a mark or 的 stays with the word before, an opening bracket with the
    next.
    """
    tokens = []
    for token in _TOKEN.findall(text):
        if tokens and (token[0] in _CLOSING or tokens[-1][-1] in _OPENING):
            tokens[-1] += token
        else:
            tokens.append(token)
    return [part for token in tokens for part in (token if width(token) > widest else [token])]


def _break_cost(before: str, after: str = "") -> int:
    """What it costs to end a line between the two; the end of the title costs nothing."""
    sure = len(before) > 1 or len(after) > 1
    return 0 if not after or (sure and before != "关于") else _UNSURE


# 署名


@dataclass(frozen=True)
class Signature:
    """`style` names the arrangement of the stylesheet; the offsets follow there from the widths actually set.

    sealed        date 4 characters from the right, the 署名 centred on it
    sealed-row    several organs side by side, the last one centred on the date, room for a seal over each
    sealed-stack  several organs too long for one line, one below the other
    … wide        an organ too long to be centred on that date: both are centred at the right margin
    by-organ      no seal: 署名 2 characters from the right, the date begins 2 characters right of it
    by-date       no seal and the date is the longer line: the date stands 2 characters from the right
    """

    signers: tuple[str, ...]
    date: str
    style: str

    @property
    def last(self) -> str:
        """The organ whose seal also covers the date."""
        return self.signers[-1]

    @property
    def beside(self) -> tuple[str, ...]:
        """Organs on the same line, left of the last one."""
        return self.signers[:-1] if self.style == "sealed-row" else ()

    @property
    def above(self) -> tuple[str, ...]:
        """Organs on lines of their own, above the last one."""
        return () if self.style == "sealed-row" else self.signers[:-1]


def arrange(signers: tuple[str, ...], date: str, *, sealed: bool) -> Signature:
    """Chooses the arrangement for these organs."""
    if not sealed:
        by_organ = max(map(width, signers)) >= width(date)
        return Signature(signers, date, "by-organ" if by_organ else "by-date")
    gap = 4 - (max(map(width, signers)) - width(date)) / 2
    wide = " wide" if gap < 0 else ""
    if len(signers) == 1:
        return Signature(signers, date, f"sealed{wide}")
    right = 4 - (width(signers[-1]) - width(date)) / 2
    room = LINE - right - sum(map(width, signers)) - 2 * (len(signers) - 1)
    return Signature(signers, date, "sealed-row" if room >= 0 and right >= 0 else f"sealed-stack{wide}")
