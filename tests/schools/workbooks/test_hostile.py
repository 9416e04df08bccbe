"""Files that are no honest workbook: one sentence each, at once, without memory."""

import io
import re
import resource
import time
import tracemalloc
import zipfile

import pytest

from schools.workbooks import SheetOut, WorkbookError, archive, read_workbook
from schools.workbooks.archive import LIMITS
from tests.xlsx import MAIN, SHEET, book, with_parts, with_sheet, written

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
GOOD = book(["得分"], [5])
BOMB = b"<x>" + b" " * 30_000_000 + b"</x>"
ENTITIES = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
SHARED = f"<sst {MAIN}><si><t>{'长' * 300_000}</t></si></sst>"


def _cell(reference, attributes=""):
    return f'<c r="{reference}" {attributes}><v>1</v></c>'


def _flagged():
    data = bytearray(GOOD)
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


HOSTILE = {
    "old format": (OLE, "a.xls", "请用 WPS 另存为 .xlsx"),
    "old format renamed": (OLE, "a.xlsx", "请用 WPS 另存为 .xlsx"),
    "wps format": (OLE, "a.et", "请用 WPS 另存为 .xlsx"),
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "打开密码"),
    "csv": ("学校编码,得分\n1,2\n".encode(), "a.csv", "请用 WPS 另存为 .xlsx"),
    "csv renamed": ("学校编码,得分\n1,2\n".encode("gbk"), "a.xlsx", "请用 WPS 另存为 .xlsx"),
    "web page named xls": (
        b"<html><table><tr><td>1</td></tr></table></html>",
        "a.xls",
        "请用 WPS 另存为 .xlsx",
    ),
    "workbook named xls": (GOOD, "a.xls", "请用 WPS 另存为 .xlsx"),
    "pdf": (b"%PDF-1.7", "a.xlsx", "PDF"),
    "word": (
        with_parts(GOOD, **{"xl/workbook.xml": None, "word/document.xml": "<a/>"}),
        "a.xlsx",
        "文字文档",
    ),
    "binary workbook": (
        with_parts(GOOD, **{"xl/workbook.xml": None, "xl/workbook.bin": b"x"}),
        "a.xlsx",
        "xlsb",
    ),
    "open document": (with_parts(GOOD, **{"xl/workbook.xml": None, "content.xml": "<a/>"}), "a.xlsx", "ods"),
    "any zip": (with_parts(GOOD, **{"xl/workbook.xml": None}), "a.xlsx", "不是 .xlsx"),
    "empty": (b"", "a.xlsx", "0 字节"),
    "too large": (b"PK\x03\x04" + b"\0" * LIMITS.packed, "a.xlsx", "超过 10 MB"),
    "cut off": (GOOD[: len(GOOD) // 2], "a.xlsx", "损坏"),
    "macro": (with_parts(GOOD, **{"xl/vbaProject.bin": b"x"}), "a.xlsx", "宏"),
    "encrypted entry": (_flagged(), "a.xlsx", "已加密"),
    "ratio": (with_parts(GOOD, **{"xl/big.xml": BOMB}), "a.xlsx", "压缩炸弹"),
    "total": (
        with_parts(GOOD, **{f"xl/media/{n}.bin": bytes(30_000_000) for n in range(6)}),
        "a.xlsx",
        "压缩炸弹",
    ),
    "entries": (with_parts(GOOD, **{f"xl/media/{n}": b"" for n in range(2001)}), "a.xlsx", "条目超过"),
    "entities": (with_sheet(_cell("A1"), head=ENTITIES), "a.xlsx", "DOCTYPE"),
    "entities in shared texts": (
        with_parts(GOOD, **{"xl/sharedStrings.xml": f"{ENTITIES}<sst>&b;</sst>"}),
        "a.xlsx",
        "DOCTYPE",
    ),
    "wide encoding": (
        with_parts(GOOD, **{"xl/workbook.xml": "<workbook/>".encode("utf-16")}),
        "a.xlsx",
        "损坏",
    ),
    "other encoding": (
        with_parts(GOOD, **{"xl/workbook.xml": '<?xml version="1.0" encoding="GBK"?><workbook/>'}),
        "a.xlsx",
        "UTF-8",
    ),
    "not xml": (with_parts(GOOD, **{"xl/workbook.xml": "nonsense"}), "a.xlsx", "。"),
    "no relations": (with_parts(GOOD, **{"xl/_rels/workbook.xml.rels": None}), "a.xlsx", "。"),
    "far corner": (with_sheet(_cell("A1") + _cell("XFD1048576")), "a.xlsx", "范围过大"),
    "far corner in small letters": (with_sheet(_cell("a1") + _cell("xfd1048576")), "a.xlsx", "范围过大"),
    "far corner by row": (
        with_sheet(
            "<row r='1048576'><c r='A1048576'><v>1</v></c></row><row r='1'><c r='IV1'><v>1</v></c></row>"
        ),
        "a.xlsx",
        "范围过大",
    ),
    "far corner hidden behind a quote": (
        with_sheet(_cell("A1") + "<c s='0'r='XFD1048576'><v>1</v></c>"),
        "a.xlsx",
        "范围过大",
    ),
    "far corner behind a bracket": (
        with_sheet(_cell("A1") + '<c x=">" r="XFD1048576"><v>1</v></c>'),
        "a.xlsx",
        "范围过大",
    ),
    "far corner inside a fake text": (
        with_sheet(_cell("A1") + '<c x="<t>" r="XFD1048576" y="</t>"><v>1</v></c>'),
        "a.xlsx",
        "损坏",
    ),
    "wide row without positions": (
        with_sheet("<row>" + "<c><v>1</v></c>" * 3000 + "</row>" + "<row/>" * 20000),
        "a.xlsx",
        "范围过大",
    ),
    "text copied without end": (
        with_parts(
            with_sheet("".join(_cell(f"A{n}", 't="s"').replace("1<", "0<") for n in range(1, 500))),
            **{"xl/sharedStrings.xml": SHARED},
        ),
        "a.xlsx",
        "文字总量过大",
    ),
}


POISON = {
    "shared texts opened again and again": b"<sst " * 8000,
    "dimensions opened again and again": b"<dimension " * 8000,
    "quotes that never end": b"<sst a='" * 8000 + b'<sst b="' * 8000,
    "cells with attributes only": b"<c" + b' r="A1"' * 8000,
    "comments that never end": b"<!--<sst " * 8000,
}


@pytest.mark.parametrize("case", POISON)
def test_tags_that_never_end_take_no_time(case):
    """Each part took three seconds, and a file has room for many."""
    content = with_parts(GOOD, **{f"xl/p{number}.xml": POISON[case] for number in range(14)})
    before = _processor_seconds()

    with pytest.raises(WorkbookError, match="已损坏"):
        read_workbook(content, name="a.xlsx")

    assert _processor_seconds() - before < 1


def test_no_expression_for_sheets_reads_on_behind_the_next_tag():
    """What passes as well-formed may still be made for the expressions that follow."""
    poison = [
        b"<sst a='>' " * 8000,
        b"<row>" * 20_000,
        b"<c><f>" * 20_000,
        b"<t>" * 20_000,
        b"<c t=" * 20_000,
    ]
    for name, expression in vars(archive).items():
        if isinstance(expression, re.Pattern):
            for content in poison:
                before = time.process_time()
                expression.sub(b"", content)
                assert time.process_time() - before < 0.3, (name, content[:9])


def _processor_seconds():
    return sum(
        sum(resource.getrusage(whose)[:2]) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_gets_a_sentence_in_little_memory(case):
    content, name, sentence = HOSTILE[case]
    tracemalloc.start()

    with pytest.raises(WorkbookError, match=sentence) as refusal:
        read_workbook(content, name=name).first_sheet.table(["得分"])

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(refusal.value).startswith(name)
    assert "Error" not in str(refusal.value)
    assert peak < 150 * 1024 * 1024


def test_name_with_path_and_marks_is_shown_clean():
    with pytest.raises(WorkbookError, match=r"^成绩.xls：") as refusal:
        read_workbook(OLE, name="C:\\fakepath\\成绩\u202e.xls")

    assert "\u202e" not in str(refusal.value)


@pytest.mark.parametrize("number", ["99999999999999", "18446744073709551615", "-1", "x"])
def test_counts_are_not_believed(number):
    """The reader would reserve memory for as many entries as are promised, and end the whole process where
    there is none.
    """
    content = written(SheetOut("表", ["得分"], [("5",)]))
    parts = {
        name: zipfile.ZipFile(io.BytesIO(content)).read(name).decode() for name in ("xl/styles.xml", SHEET)
    }
    shared = (
        f'<s:sst xmlns:s="x" a=">" b="1"count="{number}" uniqueCount = "{number}"><s:si><s:'
        "t>得分</s:t></s:si></s:sst>"
    )
    lying = with_parts(
        content,
        **{
            "xl/sharedStrings.xml": shared,
            "xl/styles.xml": parts["xl/styles.xml"].replace('cellXfs count="', f'cellXfs count="{number}'),
            SHEET: parts[SHEET].replace(
                "<sheetData>",
                f'<dimension x=">" ref="A1:XFD1048576"/><mergeCells count="{number}"/><sheetData>',
            ),
        },
    )

    assert read_workbook(lying, name="a.xlsx").first_sheet.grid[1] == ["5"]


def test_lying_entry_size_is_refused():
    content = bytearray(with_parts(GOOD, **{"xl/extra.xml": b"<x>" + b"1" * 5000 + b"</x>"}))
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")

    with pytest.raises(WorkbookError, match=r"损坏|不符"):
        read_workbook(bytes(content), name="a.xlsx")


def test_double_entries_are_refused(recwarn):
    buffer = io.BytesIO(GOOD)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")

    with pytest.raises(WorkbookError, match="重名条目"):
        read_workbook(buffer.getvalue(), name="a.xlsx")
