"""通报: one frozen context feeds the preview page and the PDF alike."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.template.loader import render_to_string

from schools.dates import chinese_date

from .annexes import Annex
from .paragraphs import Paragraph, split_paragraphs
from .pdf import render_pdf
from .signatures import Signature, arrange
from .titles import MOST_LINES, break_title
from .wording import CHARACTER_LIMIT, DocumentNumberError, count_characters, parse_number, width

STYLESHEETS = ("documents/bulletin.css",)
#: Three lines of 主送; more would push the text off the first page, so it moves to the 版记.
ADDRESSEE_LIMIT = 84
#: The 发文机关标志 stays on one line up to here.
MARK_LIMIT = 24


@dataclass(frozen=True)
class BulletinContext:
    """Everything a bulletin says, without a database behind it.

    A joint bulletin carries the organiser alone in its red mark and all organs in the signature.
    `number` and `printed_on` may be empty in a draft. `body` is plain text as the office edits it, one paragraph per line.
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
        """The canonical 发文字号; a draft without one leaves room for it, a wrong one is shown as typed and stopped by check()."""
        if not self.number.strip():
            return f"〔{self.issued_on.year}〕　　号"
        try:
            return str(parse_number(self.number))
        except DocumentNumberError:
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


def check(context: BulletinContext) -> list[str]:
    """What must be put right before the bulletin can be issued, one Chinese sentence each; empty when it may go out."""
    problems = []
    try:
        parse_number(context.number)
    except DocumentNumberError as error:
        problems.append(str(error))
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


def render_html(context: BulletinContext, *, preview: bool = False) -> str:
    """A whole page. The preview links its stylesheets; for the PDF they are handed to the renderer, already parsed."""
    return render_to_string("documents/bulletin.html", {"bulletin": context, "preview": preview})


def render_pdf_bytes(context: BulletinContext) -> bytes:
    """The PDF in the layout of GB/T 9704-2012; raises FontMissing or DocumentError."""
    return render_pdf(render_html(context), stylesheets=STYLESHEETS)
