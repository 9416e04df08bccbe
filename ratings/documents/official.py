"""An official document as shown and set: one frozen context feeds the page and the PDF. Reads no database."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from schools.numbers import chinese_date
from schools.saving import Refused

from .layout import (
    MOST_LINES,
    WIDEST,
    WIDEST_LANDSCAPE,
    Paragraph,
    Signature,
    arrange,
    break_title,
    split_paragraphs,
    width,
)
from .papers import paper_pdf
from .wording import CHARACTER_LIMIT, count_characters, parse_number

STYLESHEET = "documents/bulletin.css"
#: Three lines of 主送; more would push the text off the first page, so it moves to the 版记.
ADDRESSEE_LIMIT = 84
#: The 发文机关标志 stays on one line up to here.
MARK_LIMIT = 24


@dataclass(frozen=True)
class Annex:
    """附件: a title and the fragment that shows the rest; each kind of annex adds what stands in it."""

    title: str

    template: ClassVar[str]
    stylesheet: ClassVar[str] = STYLESHEET
    landscape: ClassVar[bool] = False

    @property
    def title_lines(self) -> tuple[str, ...]:
        return break_title(self.title, WIDEST_LANDSCAPE if self.landscape else WIDEST)


@dataclass(frozen=True)
class DocumentContext:
    """Everything an official document says, without a database behind it.

    A joint document carries the organiser alone in its red mark and all organs in the signature.
    `number` and `printed_on` may be empty in a draft. `body` is plain text as edited, one paragraph per line.
    """

    organ: str
    title: str
    addressee: str
    body: str
    issued_on: datetime.date
    number: str = ""
    co_organs: tuple[str, ...] = ()
    sealed: bool = True
    cc: str = ""
    printer: str = ""
    printed_on: datetime.date | None = None
    annexes: tuple[Annex, ...] = ()

    template: ClassVar[str] = "documents/official/document.html"

    @property
    def stylesheets(self) -> tuple[str, ...]:
        """The layout of the standard, and what the annexes need beyond it."""
        return tuple(dict.fromkeys((STYLESHEET, *(annex.stylesheet for annex in self.annexes))))

    @property
    def mark(self) -> str:
        """发文机关标志."""
        return f"{self.organ}文件"

    @property
    def mark_size(self) -> int:
        """Characters the stylesheet has a type size for, so that the mark fills one line and no more."""
        return min(max(len(self.mark), 8), MARK_LIMIT)

    @property
    def number_line(self) -> str:
        """The canonical 发文字号; a draft without one leaves room for it, a wrong one is shown as typed."""
        if not self.number.strip():
            return f"〔{self.issued_on.year}〕　　号"
        try:
            return str(parse_number(self.number))
        except Refused:
            return self.number.strip()

    @cached_property
    def title_lines(self) -> tuple[str, ...]:
        return break_title(self.title)

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        return split_paragraphs(self.body)

    @property
    def addressee_line(self) -> str:
        """With the full-width colon that ends it."""
        return f"{self.addressee.strip().rstrip(':：')}："

    @property
    def addressee_in_imprint(self) -> bool:
        return width(self.addressee) > ADDRESSEE_LIMIT

    @property
    def signature(self) -> Signature:
        return arrange((self.organ, *self.co_organs), chinese_date(self.issued_on), sealed=self.sealed)

    @property
    def cc_line(self) -> str:
        return f"{self.cc.strip().rstrip('。.')}。"

    @property
    def printed_line(self) -> str:
        return f"{chinese_date(self.printed_on or self.issued_on)}印发"

    @property
    def imprint_apart(self) -> bool:
        """A 版记 cannot lie across a landscape page, so it gets the page after it."""
        return bool(self.annexes) and self.annexes[-1].landscape

    @property
    def characters(self) -> int:
        """Length of the text, as the limit of 4000 counts it."""
        return count_characters(self.body)


def problems_of(context: DocumentContext) -> list[str]:
    """What must be put right in the text before it can be issued, one Chinese sentence each."""
    problems = []
    try:
        parse_number(context.number)
    except Refused as refused:
        problems += refused.reasons
    if not context.title.strip():
        problems.append("请填写标题。")
    elif context.title.strip().endswith(("。", "！", ".")):
        problems.append("标题末尾不用标点。")
    elif len(context.title_lines) > MOST_LINES:
        problems.append(f"标题排了{len(context.title_lines)}行，请压缩到{MOST_LINES}行以内。")
    if not context.addressee.strip(" ：:"):
        problems.append("请填写主送机关。")
    if not context.paragraphs:
        problems.append("请填写正文。")
    if len(context.mark) > MARK_LIMIT:
        problems.append(f"发文机关标志共{len(context.mark)}字，一行排不下，请使用规范化简称。")
    if context.characters > CHARACTER_LIMIT:
        problems.append(f"正文共{context.characters}字，超过{CHARACTER_LIMIT}字，请压缩。")
    return problems


def document_pdf(context: DocumentContext) -> bytes:
    """The PDF in the layout of GB/T 9704-2012; raises FontMissing or another DocumentError."""
    return paper_pdf(context, stylesheets=context.stylesheets)
