"""X."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from ratings.rules.rounding import rounded
from schools.saving import Refused

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


@dataclass(frozen=True)
class DocumentNumber:
    """发文字号, as the office's own register gives it; str() is the canonical 示组通〔2026〕12号."""

    code: str
    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.code}〔{self.year}〕{self.serial}号"


def parse_number(text: str) -> DocumentNumber:
    """Takes any brackets and full-width digits for the right ones; raises Refused for what only the office
    can correct.
    """
    plain = re.sub(r"\s", "", text).translate(_BRACKETS)
    if not plain:
        raise Refused("发文字号还没有填写，请按本单位发文登记填写，例如：示组通〔2026〕12号。")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        raise Refused("发文字号应依次写机关代字、年份、顺序号，例如：示组通〔2026〕12号。")
    if len(match["year"]) != 4 or not match["year"].startswith(("1", "2", "１", "２")):
        raise Refused("发文字号中的年份应写四位全称，例如〔2026〕。")
    if match["ordinal"]:
        raise Refused("发文字号的顺序号前不加“第”字，例如：示组通〔2026〕12号。")
    if int(match["serial"]) == 0 or str(int(match["serial"])) != "".join(
        str(int(digit)) for digit in match["serial"]
    ):
        raise Refused("发文字号的顺序号不编虚位，“12号”不写作“012号”。")
    return DocumentNumber(match["code"], int(match["year"]), int(match["serial"]))


def numeral(number: int) -> str:
    """Chinese numeral of 1 to 99, for headings."""
    tens, units = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_NUMERALS[tens]}十")
    return head + (_NUMERALS[units] if units else "")


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
