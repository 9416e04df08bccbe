"""An official document as shown and set: one frozen context feeds the page and the PDF. Reads no database."""

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from ratings.rules.rounding import rounded
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

#: A bulletin of this kind keeps within 4000 characters.
CHARACTER_LIMIT = 4000
#: Words that a rating notice must not use, with the reason that the office reads.
UNWELCOME = {
    "一票否决": "请用“限制性情形”",
    "排行榜": "不公布排名",
    "排名": "不公布排名",
    "打卡": "不以打卡留痕评价工作",
    "积分": "请用“得分”或不写",
    "创建": "年度评定不是创建示范活动，请用“星级评定”",
    "表彰": "年度评定不是表彰活动，请用“评定结果”",
    "评比": "请用“评定”",
}
_BRACKETS = str.maketrans({**dict.fromkeys("[(（［【﹝", "〔"), **dict.fromkeys("])）］】﹞", "〕")})
_NUMBER = re.compile(r"(?P<code>[^〔〕\d\s]+)〔(?P<year>\d+)〕(?P<ordinal>第?)(?P<serial>\d+)号")
_NUMERALS = "零一二三四五六七八九"


def parse_number(text: str, *, name: str = "发文字号") -> str:
    """发文字号 in its canonical form, 示组通〔2026〕12号, as the office's own register gives it.

    Takes any brackets and full-width digits for the right ones; raises Refused for what only the office can
    correct.
    """
    plain = re.sub(r"\s", "", text).translate(_BRACKETS)
    if not plain:
        raise Refused(f"{name}还没有填写，请按本单位发文登记填写，例如：示组通〔2026〕12号。")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise Refused(f"{name}应依次写机关代字、年份、顺序号，例如：示组通〔2026〕12号。")
    if len(match["year"]) != 4 or not match["year"].startswith(("1", "2", "１", "２")):
        raise Refused(f"{name}中的年份应写四位全称，例如〔2026〕。")
    if match["ordinal"]:
        raise Refused(f"{name}的顺序号前不加“第”字，例如：示组通〔2026〕12号。")
    if int(match["serial"][0]) == 0:
        raise Refused(f"{name}的顺序号不编虚位，“12号”不写作“012号”。")
    return f"{match['code']}〔{int(match['year'])}〕{int(match['serial'])}号"


def numeral(number: int) -> str:
    """Chinese numeral of 1 to 99, for headings."""
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_NUMERALS[tens]}十")
    return head + (_NUMERALS[units] if units else "")


def in_sections(first: str, sections: Iterable[tuple[str, list[str]]]) -> str:
    """The text of a document, one paragraph per line: the first one, then every section that says something
    under its numbered heading.
    """
    lines = [first]
    telling = ((heading, paragraphs) for heading, paragraphs in sections if paragraphs)
    for number, (heading, paragraphs) in enumerate(telling, 1):
        lines += [f"{numeral(number)}、{heading}", *paragraphs]
    return "\n".join(lines)


def percentage(part: int, whole: int) -> str:
    """Share with one decimal, half up; 0.0% of nothing."""
    share = Fraction(part * 100, whole) if whole else Fraction(0)
    return f"{rounded(share, 1)}%"


def count_characters(text: str) -> int:
    """Characters of the text without any white space, as the limit of 4000 is counted."""
    return sum(not character.isspace() for character in text)


def wording_problems(text: str) -> list[str]:
    """One sentence per word that does not belong into a rating notice; advice, the office decides."""
    return [f"文中有“{word}”：{advice}。" for word, advice in UNWELCOME.items() if word in text]


# The document


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
            return parse_number(self.number)
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
