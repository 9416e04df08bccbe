"""docs/计分规则.md as a page: the few shapes of text it uses, and nothing that could carry markup
of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "计分规则.md"

_STYLED = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*)")
STYLES = {"`": "code", "*": "strong"}
_RULE_OF_TABLE = re.compile(r"\|[-:| ]+\|")
_HEADING = re.compile(r"(#{1,3}) (.+)")


@dataclass(frozen=True)
class Span:
    """A run of text; `style` is code, strong or nothing."""

    text: str
    style: str = ""


Spans = tuple[Span, ...]


@dataclass(frozen=True)
class Block:
    """One block: h1 h2 h3 with `anchor`, p, ul, pre, or table with its first row as headings."""

    kind: str
    lines: tuple[tuple[Spans, ...], ...]
    anchor: str = ""

    @property
    def first(self) -> Spans:
        return self.lines[0][0]

    @property
    def rest(self) -> tuple[tuple[Spans, ...], ...]:
        return self.lines[1:]

    @property
    def title(self) -> str:
        return "".join(span.text for span in self.first)


@dataclass(frozen=True)
class Manual:
    title: str
    blocks: tuple[Block, ...]

    @property
    def contents(self) -> list[Block]:
        return [block for block in self.blocks if block.kind == "h2"]


@lru_cache(maxsize=1)
def manual() -> Manual:
    """The page as it came with the program."""
    return read(PAGE.read_text(encoding="utf-8"))


def read(text: str) -> Manual:
    """Blocks of the page; the first heading is its title."""
    blocks: list[Block] = []
    for chunk in re.split(r"\n\s*\n", text.strip("\n")):
        lines = chunk.split("\n")
        while lines and (heading := _HEADING.fullmatch(lines[0])):
            spans = _spans(heading[2])
            blocks.append(Block(f"h{len(heading[1])}", ((spans,),), f"part-{len(blocks)}"))
            lines = lines[1:]
        if lines:
            blocks.append(_block(lines))
    title = next((block.title for block in blocks if block.kind == "h1"), "")
    return Manual(title, tuple(block for block in blocks if block.kind != "h1"))


def _block(lines: list[str]) -> Block:
    """What is no heading."""
    if all(line.startswith("    ") for line in lines):
        return Block("pre", (((Span(re.sub("(?m)^    ", "", "\n".join(lines))),),),))
    if lines[0].startswith("|"):
        rows = [line.strip("|").split("|") for line in lines if not _RULE_OF_TABLE.fullmatch(line)]
        return Block("table", tuple(tuple(_spans(cell.strip()) for cell in row) for row in rows))
    if lines[0].startswith("- "):
        joined = re.sub(r"\n(?!- )\s*", "", "\n".join(lines))
        return Block("ul", tuple((_spans(line.removeprefix("- ")),) for line in joined.split("\n")))
    return Block("p", ((_spans("".join(lines)),),))


def _spans(text: str) -> Spans:
    spans = []
    for place, piece in enumerate(_STYLED.split(text)):  # every second piece is a styled one
        styled = place % 2 == 1
        if piece:
            spans.append(Span(piece.strip(piece[0]), STYLES[piece[0]]) if styled else Span(piece))
    return tuple(spans)
