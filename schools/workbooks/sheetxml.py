"""The XML of a workbook before the fast reader sees it: sizes bounded, faults made visible.

The reader allocates a dense grid from the outermost cells and copies a shared text into every cell that names
it, so a few bytes of XML can ask for all memory, and a memory it cannot have ends the whole process: there is
nothing to catch. It also returns nothing for error cells and for formulas never computed, which would be read
as blanks. Each part below has a file in tests/schools/test_workbooks_hostile.py or test_workbooks_reading.py
that passes it by when the part is left out.
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise

from .archive import ArchiveError, read_member

CELL_CAP = 4_000_000
COLUMN_CAP = 256
TEXT_CAP = 64 * 1024 * 1024
NOT_COMPUTED = "#未计算"

SHEETS = "xl/worksheets/"
UNUSED_PARTS = ("docprops/", "customxml/", "xl/drawings/", "xl/charts/", "xl/theme/", "xl/comments")
PREFIX = rb"""(?:[^\s<>:/"'=]+:)?"""
# Any other form of r is refused by the reader itself.
REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]{0,7})([0-9]{1,10})["']""")
TAG = re.compile(rb"<" + PREFIX + rb"(?:row|c)[\s/>]")
TAG_WITH_ATTRIBUTES = re.compile(rb"<" + PREFIX + rb"(row|c)(?=[\s/>])([^<]*)")
STYLED_BLANK = re.compile(rb"<" + PREFIX + rb"""c(?:\s+\w+="[\w.]*")*\s*/>""")
EMPTY_ROW = re.compile(
    rb"<" + PREFIX + rb"""row(?:\s+[\w:.-]+="[^"<>]*")*\s*(?:/>|>\s*</""" + PREFIX + rb"""row>)"""
)
PLAIN_TEXT = re.compile(rb"<" + PREFIX + rb"t(?:\s[^<>]*)?>[^<]*<")
# The whole tag, knowing quotes: the reader reserves memory for as many as the attribute promises.
COUNTED = re.compile(
    rb"<"
    + PREFIX
    + rb"""(?:sst|cellXfs|cellStyleXfs|numFmts|mergeCells|tableColumns)\b(?:[^"'>]|"[^"]*"|'[^']*')*>"""
)
COUNT = re.compile(rb"""(?:count|uniqueCount)\s*=\s*(?:"[^"]*"|'[^']*')""")
DIMENSION = re.compile(
    rb"<" + PREFIX + rb"""dimension\b(?:[^"'>]|"[^"]*"|'[^']*')*>(?:\s*</""" + PREFIX + rb"dimension>)?"
)
VALUE = re.compile(rb"<" + PREFIX + rb"v(?:\s[^<>]*)?>([^<]*)<")
SHARED_TEXT = re.compile(rb"<" + PREFIX + rb"si[\s>]")
UNCOMPUTED = re.compile(
    rb"(<"
    + PREFIX
    + rb"c)([^<>]*)>(?:<f[^<>]*/>|<f[^<>]*>[^<]*</f>)(?:<v\s*/>|<v></v>)?(</"
    + PREFIX
    + rb"c>)"
)
CELL_TYPE = re.compile(rb"""\st\s*=\s*["']\w*["']""")
ERROR_TYPE = re.compile(rb"(<" + PREFIX + rb"""c\s[^<>]*?\bt\s*=\s*)(?:"e"|'e')""")
DAMAGED = "文件内容已损坏，请在 WPS 中打开确认后重新保存。"


def rebuild(archive: zipfile.ZipFile) -> io.BytesIO:
    """The same workbook as a plain zip of checked XML parts, so that what was checked is what is read.

    Raises ArchiveError when a part is not plain XML or asks for more cells or text than any honest workbook.
    """
    members = [member for member in archive.infolist() if _is_needed(member.filename.lower())]
    lengths: list[int] = []
    for member in members:
        # By content: relations may give the shared texts any name.
        if not member.filename.lower().startswith(SHEETS):
            lengths += shared_text_lengths(read_member(archive, member))
    text_total = 0
    rebuilt = io.BytesIO()
    with zipfile.ZipFile(rebuilt, "w", zipfile.ZIP_STORED) as target:
        for member in members:
            content = read_member(archive, member)
            refuse_unsafe_xml(content)
            if member.filename.lower().startswith(SHEETS) and SHARED_TEXT.search(content):
                raise ArchiveError(DAMAGED)
            if b"sheetData" in content:
                bound_grid(content)
                text_total += shared_text_size(content, lengths)
                content = show_faults(DIMENSION.sub(b"", content))
            target.writestr(member.filename, COUNTED.sub(_without_count, content))
            if text_total > TEXT_CAP:
                raise ArchiveError("表格文字总量过大，疑似异常文件，已拒绝。")
    rebuilt.seek(0)
    return rebuilt


def _is_needed(name: str) -> bool:
    return name.endswith((".xml", ".rels")) and not name.startswith(UNUSED_PARTS)


def refuse_unsafe_xml(content: bytes) -> None:
    """Refuse document types, entities, CDATA and wide encodings; office programs write none of them into
    these parts.
    """
    head = content[:4]
    if b"\x00" in content or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ArchiveError(DAMAGED)
    if b"<!" in content and re.search(rb"<!(?!--)", content):
        raise ArchiveError("文件内含有不允许的 XML 声明（如 DOCTYPE、实体），已拒绝。")
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([^"']+)""", content)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
        raise ArchiveError("文件内部编码不是 UTF-8，请在 WPS 中重新保存。")


def bound_grid(content: bytes) -> None:
    """Refuse a sheet whose outermost cells span more than the reader may allocate; styled blanks do not
    count.
    """
    if _fits(content):
        return
    # A raw "<" inside an attribute would let the clean-up below swallow a live cell.
    if re.search(rb"<[^<>]*<", content):
        raise ArchiveError(DAMAGED)
    if not _fits(EMPTY_ROW.sub(b"", STYLED_BLANK.sub(b"", PLAIN_TEXT.sub(b"<", content)))):
        raise ArchiveError(
            f"表格范围过大（超过 {COLUMN_CAP} 列或 {CELL_CAP // 10_000} 万格），"
            "请删除数据区以外的多余行列后再上传。"
        )


def _fits(content: bytes) -> bool:
    references = REFERENCE.findall(content)
    columns = max(
        (_column_number(letters.upper()) for letters in {letters for letters, _ in references}), default=0
    )
    rows = max((int(number) for number in {number for _, number in references}), default=0)
    if len(references) < len(TAG.findall(content)):
        implied_rows, implied_columns = _implied_span(content)
        rows, columns = rows + implied_rows, columns + implied_columns
    return columns <= COLUMN_CAP and rows * max(columns, 1) <= CELL_CAP


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _implied_span(content: bytes) -> tuple[int, int]:
    """Rows and cells may leave out their position and then count on from the one before."""
    rows = widest = width = 0
    for tag in TAG_WITH_ATTRIBUTES.finditer(content):
        if REFERENCE.search(tag[2]):
            continue
        if tag[1] == b"row":
            rows, width = rows + 1, 0
        else:
            width += 1
            widest = max(widest, width)
    return rows, widest


def shared_text_lengths(content: bytes) -> list[int]:
    """The size in bytes of every shared text, markup included: an upper bound of what it unpacks to."""
    if b"si" not in content:
        return []
    starts = [match.start() for match in SHARED_TEXT.finditer(content)]
    return [end - start for start, end in pairwise([*starts, len(content)])]


def shared_text_size(content: bytes, lengths: list[int]) -> int:
    """At most how much text the cells of one sheet take from the shared texts."""
    if not lengths:
        return 0
    longest, total = max(lengths), 0
    for value in VALUE.findall(content):
        if value.isdigit():
            index = int(value[:9])
            total += lengths[index] if index < len(lengths) else 0
        elif b"&" in value:
            total += longest
    return total


def show_faults(content: bytes) -> bytes:
    """Error cells become their text (#N/A), formulas without a stored result become a text that
    names them.
    """
    if ERROR_TYPE.search(content):
        content = ERROR_TYPE.sub(rb'\1"str"', content)
    if b"<f" in content:
        content = UNCOMPUTED.sub(_show_uncomputed, content)
    return content


def _without_count(match: re.Match[bytes]) -> bytes:
    return COUNT.sub(b"", match[0])


def _show_uncomputed(match: re.Match[bytes]) -> bytes:
    declared = CELL_TYPE.search(match[2])
    if declared and b"str" in declared[0]:
        return match[0]
    attributes = CELL_TYPE.sub(b"", match[2])
    return match[1] + attributes + b' t="str"><v>' + NOT_COMPUTED.encode() + b"</v>" + match[3]
