"""Two thousand and more damaged workbooks: a clean result or a WorkbookError, nothing else, and never a long
wait.
"""

import io
import random
import re
import zipfile

import pytest

from schools.workbooks import ColumnOut, Row, SheetOut, WorkbookError, read_workbook
from tests.xlsx import book, with_parts, written

pytestmark = pytest.mark.usefixtures("workbooks_opened_here")
HEADINGS = ["学校编码", "得分", "日期", "完成率"]
ROWS = [
    ["1001", 8.5, "2026.3.5", "85%"],
    ["0012", "9分", "3月5日", 0.3],
    [1003, None, "20260305", "x"],
    ["乙", "#N/A", "2026/3/5", True],
]
SPLICES = [
    b"<", b">", b'"', b"&", b"&#0;", b"&lol;", b"\x00", b"\xff\xfe", b"<!DOCTYPE a>", b"<![CDATA[", b"-->",
    b"</row>", b"<row>", b"<c>",
    b' r="XFD1048576"', b' r="A0"', b' r="ZZZZZZZ99999999999"', b' t="s"', b' t="e"', b' t="d"', b' t="b"',
    b' t="inlineStr"', b"<v>-1</v>",
    b"<v>99999999999999999999</v>", b"<v>1e999</v>", b"<v>nan</v>", b"<is/>", b"<f/>",
    b'<f t="shared" si="4294967295"/>',
    b'<f t="shared" ref="A1:XFD1048576" si="0">A1</f>', b'<mergeCell ref="A1:XFD1048576"/>',
    b'<dimension ref="A1:XFD1048576"/>',
    b' s="4294967295"', b' count="99999999999"', b"<a>" * 2000, b"\xf0\x28\x8c\x28", "𠮷".encode(),
]  # fmt: skip
CELL_VALUES = [
    "", " ", "=1+1", "#REF!", "1e400", "-" * 50, "9" * 400, "２０２６．１３．４０", "99999999", "\u202e8",
    "0" * 30, "1,,2",
    "3月", "一", "%", "-0", ".", True, -1, 1e308, 2**70, "0x10", "٣", "²", "①",
]  # fmt: skip


def _seeds():
    table = [HEADINGS, *ROWS]
    columns = [
        "学校编码",
        ColumnOut("得分", "decimal"),
        ColumnOut("日期", "date"),
        ColumnOut("完成率", "percent"),
    ]
    yield book(["评分表"], *table, formats={"D4": "0%"}, merge="A1:D1")
    yield written(SheetOut("成绩", columns, ROWS), SheetOut("说明", ["注"], [("无",)]))


def _read(content):
    """Read everything an import would read."""
    opened = read_workbook(content, name="a.xlsx")
    for name in opened.sheet_names:
        sheet = opened.sheet(name)
        if sheet is not None and not sheet.is_blank:
            for row in sheet.table(HEADINGS):
                _parse(row)
    opened.problems.raise_if_any()


def _parse(row: Row) -> None:
    row.text("学校编码", required=True)
    row.decimal("得分", unit="分", lowest=0, highest=100, places=2)
    row.integer("得分")
    row.date("日期", year=2026)
    row.decimal("完成率")
    row.boolean("完成率")
    row.choice("学校编码", ["1001", "乙"])


def _flip(dice, content):
    data = bytearray(content)
    for _ in range(dice.choice([1, 1, 2, 5, 40])):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return bytes(data)


def _cut(dice, content):
    place = dice.randrange(len(content))
    return (
        content[:place]
        if dice.random() < 0.6
        else content[:place] + content[place + dice.randrange(1, 400) :]
    )


def _parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _swap_entries(dice, content):
    parts = _parts(content)
    first, second = dice.sample(sorted(parts), 2)
    return with_parts(content, **{first: parts[second], second: dice.choice([parts[first], b"", None])})


def _mutate_xml(dice, content):
    parts = _parts(content)
    name = dice.choice([name for name in sorted(parts) if not name.startswith("docProps")])
    part = parts[name]
    for _ in range(dice.choice([1, 1, 2, 4])):
        place = dice.randrange(len(part) + 1)
        kind = dice.randrange(5)
        if kind == 0:
            part = part[:place] + dice.choice(SPLICES) + part[place:]
        elif kind == 1:
            part = part[:place] + part[place + dice.randrange(1, 60) :]
        elif kind == 2:
            part = re.sub(
                rb'"[^"]*"',
                lambda match: (
                    b'"' + dice.choice([b"", b"-1", b"99999999999", b"x"]) + b'"'
                    if dice.random() < 0.1
                    else match[0]
                ),
                part,
            )
        elif kind == 3:
            part = part[:place] + part[dice.randrange(len(part) + 1) :][: dice.randrange(200)] + part[place:]
        else:
            # At a tag, where a splice is more likely to stay well-formed.
            marks = [match.end() for match in re.finditer(rb"<\w+", part)] or [0]
            place = dice.choice(marks)
            part = part[:place] + dice.choice(SPLICES) + part[place:]
    return with_parts(content, **{name: part})


def _replace_cells(dice, content):
    rows = [list(row) for row in [HEADINGS, *ROWS]]
    for _ in range(dice.randrange(1, 6)):
        dice.choice(rows)[dice.randrange(4)] = dice.choice(CELL_VALUES)
    return written(SheetOut("成绩", [str(heading) for heading in rows[0]], rows[1:]))


@pytest.mark.parametrize(
    ("mutate", "times"),
    [(_flip, 600), (_cut, 300), (_swap_entries, 250), (_mutate_xml, 900), (_replace_cells, 100)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_damaged_workbook_is_read_or_refused_with_sentences(mutate, times):
    dice = random.Random(f"{mutate.__name__} 20261120")
    seeds = list(_seeds())

    for number in range(times):
        content = mutate(dice, seeds[number % len(seeds)])
        try:
            _read(content)
        except WorkbookError as error:
            assert str(error).startswith("a.xlsx")
            assert re.search("[一-鿿]", str(error))
