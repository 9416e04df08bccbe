"""The plain text that the office edits, read as paragraphs and headings of an official document."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CHINESE = "一二三四五六七八九十百"
_LEVELS = (
    (1, re.compile(f"[{_CHINESE}]+、")),
    (2, re.compile(f"（[{_CHINESE}]+）")),
    (3, re.compile(r"\d+[.．](?!\d)")),
    (4, re.compile(r"（\d+）")),
)
_HALF_WIDTH_LEVEL = re.compile(f"\\(([{_CHINESE}]+|\\d+)\\)")


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
    """One paragraph per line; blank lines and indents the office typed are dropped, the layout makes its own."""
    lines = (line.strip() for line in text.splitlines())
    return tuple(_read(line) for line in lines if line)


def _read(line: str) -> Paragraph:
    line = _HALF_WIDTH_LEVEL.sub(r"（\1）", line, count=1) if _HALF_WIDTH_LEVEL.match(line) else line
    for level, mark in _LEVELS:
        if mark.match(line):
            end = line.find("。")
            cut = len(line) if end < 0 else end + 1
            return Paragraph(level, line[:cut], line[cut:])
    return Paragraph(0, "", line)
