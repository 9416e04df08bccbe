"""A made-up bulletin of 示例市, and rulers to measure its PDF with."""

import datetime
import re
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle

import pytest
from PIL import Image

from ratings.documents.official import DocumentContext
from ratings.publication.bulletin import draft_addressee, draft_annexes, draft_text, draft_title
from ratings.publication.facts import BulletinFacts, RatedSchool

TOWNS = re.findall(
    r"\w+",
    "东溪 云岭 石桥 南浦 梅坑 青屿 古塘 双江 松岗 柳塘 白鹭 清河 金坪 龙潭 鹤山 新圩 塘㙍 𠮷安 "
    "埇桥 沙湾 北渡 望江 竹园 茶亭 花桥 "
    "银坑 长岭 麦田 上洋 下浦 大埔头 西陂 凤栖 林尾 石鼓 杨梅 山前 溪口 水尾 平沙 马栏 湖东 "
    "樟树 苏坑 官渡 黄坭 东陂 兰田 永宁",
)
COUNTIES = ("甲区", "乙区", "丙县", "丁区")
CATEGORIES = (("组织领导", 95), ("场地建设", 90), ("教学培训", 82), ("队伍建设", 88), ("后勤保障", 80))
POINT = 25.4 / 72


def city(**changes) -> BulletinFacts:
    """49 schools in four counties: 33 five, 14 four, 2 three stars."""
    stars = [3 if number in (5, 40) else 4 if number % 7 in (2, 4) else 5 for number in range(49)]
    counties = [COUNTIES[(number >= 13) + (number >= 28) + (number >= 45)] for number in range(49)]
    schools = tuple(
        RatedSchool(f"{name}镇委党校", county, star=star)
        for name, county, star in zip(TOWNS, counties, stars, strict=True)
    )
    rates = tuple((name, Fraction(rate, 100)) for name, rate in CATEGORIES)
    facts = {
        "year": 2026,
        "scheme": "示例市镇街党校规范化建设星级评定办法",
        "levels": (5, 4, 3),
        "schools": schools,
        "counties": COUNTIES,
    }
    return BulletinFacts(**{**facts, "category_rates": rates, "last_year": {5: 31, 4: 14, 3: 4}, **changes})


def county_level_city() -> BulletinFacts:
    """15 schools without counties, five levels of stars."""
    kinds = cycle(("镇委党校", "街道党工委党校"))
    stars = (5, 5, 4, 4, 3, 4, 2, 1, 3, 5, 4, 3, 2, 4, 3)
    schools = tuple(
        RatedSchool(f"{name}党校", kind=kind, star=star)
        for name, kind, star in zip(TOWNS, kinds, stars, strict=False)
    )
    return BulletinFacts(
        2026,
        "示例县级市镇街党校评星定级办法",
        (5, 4, 3, 2, 1),
        schools,
        steps=("学校自评", "市级评审", "公示"),
    )


def bulletin(facts: BulletinFacts | None = None, **changes) -> DocumentContext:
    """A complete bulletin of these figures; `changes` replace single fields."""
    facts = facts or city()
    fields = {
        "organ": "中共示例市委组织部",
        "title": draft_title(facts),
        "addressee": draft_addressee(facts),
        "body": draft_text(facts),
        "issued_on": datetime.date(2026, 12, 30),
        "number": "示组通〔2026〕12号",
        "cc": "市委办公室，市委党校",
        "printer": "中共示例市委组织部办公室",
        "printed_on": datetime.date(2026, 12, 31),
        "annexes": draft_annexes(facts),
    }
    return DocumentContext(**{**fields, **changes})


@dataclass(frozen=True)
class Line:
    """A line of the PDF; all lengths in mm from the top left corner of the page."""

    page: int
    left: float
    top: float
    right: float
    bottom: float
    text: str


def lines(pdf: bytes) -> list[Line]:
    """Every line with its box, from top to bottom."""
    found = []
    pages = tool("pdftotext", "-bbox-layout", "-", "-", given=pdf).decode().split("<page ")[1:]
    for number, page in enumerate(pages, 1):
        for box, content in re.findall(r"<line ([^>]*)>(.*?)</line>", page, re.DOTALL):
            left, top, right, bottom = (float(value) * POINT for value in re.findall(r'"([\d.]+)"', box))
            found.append(
                Line(number, left, top, right, bottom, "".join(re.findall(r">([^<>]*)</word>", content)))
            )
    return sorted(found, key=lambda line: (line.page, line.top))


def text(pdf: bytes) -> str:
    """All text without white space."""
    return re.sub(r"\s", "", tool("pdftotext", "-", "-", given=pdf).decode())


def ink(
    pdf: bytes, page: int, left: float, top: float, right: float, bottom: float, dpi: int = 300
) -> tuple[float, float, float, float]:
    """The box of what is really printed inside this part of a page, in mm."""
    data = tool("pdftoppm", "-r", str(dpi), "-f", str(page), "-l", str(page), "-gray", "-", given=pdf)
    width, height = (int(value) for value in data.split(maxsplit=4)[1:3])
    image = Image.frombytes("L", (width, height), data[-width * height :])
    scale = dpi / 25.4
    part = image.crop(tuple(round(value * scale) for value in (left, top, right, bottom)))
    box = part.point(lambda value: 255 if value < 140 else 0).getbbox()
    assert box, "nothing is printed there"
    return tuple(value / scale + offset for value, offset in zip(box, (left, top, left, top), strict=True))


def tool(name: str, *arguments: str, given: bytes) -> bytes:
    """Output of a poppler tool; a missing one fails the test instead of skipping it."""
    if shutil.which(name) is None:
        pytest.fail(f"{name} is needed to measure documents: install Debian's poppler-utils")
    return subprocess.run([name, *arguments], input=given, capture_output=True, check=True).stdout
