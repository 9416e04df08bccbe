"""Zip containers from strangers: what is refused before anything inside is looked at, for workbooks and
uploaded documents alike. Then the XML of a workbook before the fast reader sees it: sizes bounded, faults
made visible.

That reader allocates a dense grid from the outermost cells and copies a shared text into every cell that
names it, so a few bytes of XML can ask for all memory, and a memory it cannot have ends the whole process:
there is nothing to catch. It also returns nothing for error cells and for formulas never computed, which
would be read as blanks. Each part of `rebuild` has a file in tests/schools/workbooks (test_hostile,
test_reading) that passes it by when the part is left out.
"""

import html
import io
import json
import re
import zipfile
from dataclasses import dataclass
from itertools import pairwise

MEGABYTE = 1024 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CENTRAL_RECORD = b"PK\x01\x02"
SMALL_ENTRY = 64 * 1024
ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Limits:
    """How large a container may be, packed and unpacked."""

    packed: int = 10 * MEGABYTE
    entries: int = 2_000
    unpacked: int = 150 * MEGABYTE
    ratio: int = 100


LIMITS = Limits()


class ArchiveError(ValueError):
    """A container is refused; the text is a Chinese sentence."""


def refuse_if(is_wrong: object, sentence: str) -> None:
    """Raises ArchiveError."""
    if is_wrong:
        raise ArchiveError(sentence)


def refuse_old_format(content: bytes, sentence: str) -> None:
    """What .doc and .xls are kept in, and whatever has a password; `sentence` is for the former."""
    if content.startswith(OLE_MAGIC):
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in content
        refuse_if(is_encrypted, "文件设有打开密码，请在 WPS 中取消密码后重新保存。")
        raise ArchiveError(sentence)


def open_archive(data: bytes) -> zipfile.ZipFile:
    """Open a zip whose directory promises no more than the limits allow.

    The directory can lie, so members are read with `read_member` only.
    """
    check_packed_size(len(data))
    # Counted before the directory is parsed: parsing hundreds of thousands of records is itself the attack.
    too_many = f"文件内部条目超过 {LIMITS.entries} 个，疑似异常文件，已拒绝。"
    refuse_if(data.count(CENTRAL_RECORD) > LIMITS.entries, too_many)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise ArchiveError("文件已损坏或不完整，请在 WPS 中打开确认后重新保存。") from error
    members = archive.infolist()
    refuse_if(len(members) > LIMITS.entries, too_many)
    _check_directory(members)
    return archive


def check_packed_size(size: int) -> None:
    """Refuse an empty or too large file by its size alone."""
    refuse_if(size == 0, "文件是空的（0 字节），请重新选择。")
    refuse_if(size > LIMITS.packed, f"文件超过 {LIMITS.packed // MEGABYTE} MB，请精简后再上传。")


def _check_directory(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    too_large = f"文件解压后超过 {LIMITS.unpacked // MEGABYTE} MB，疑似压缩炸弹，已拒绝。"
    refuse_if(unpacked > LIMITS.unpacked, too_large)
    for member in members:
        refuse_if(member.flag_bits & ENCRYPTED_FLAG, "文件已加密，请取消密码后重新保存再上传。")
        # The other methods unpack without any bound on what one call may yield.
        is_known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        refuse_if(not is_known, "文件使用了不常见的压缩方式，请在 WPS 中重新保存后再上传。")
        most = max(SMALL_ENTRY, LIMITS.ratio * max(member.compress_size, 1))
        too_dense = f"文件内有条目压缩比超过 {LIMITS.ratio} 倍，疑似压缩炸弹，已拒绝。"
        refuse_if(member.file_size > most, too_dense)
        has_macros = "vbaproject" in member.filename.lower()
        refuse_if(has_macros, "文件带有宏，不能接收，请另存为不带宏的文档后再上传。")
    names = {member.filename for member in members}
    refuse_if(len(names) != len(members), "文件内部有重名条目，疑似被改动，已拒绝。")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """One member, verified against its own checksum; never more than the directory promised."""
    try:
        with archive.open(member) as stream:
            content = stream.read(LIMITS.unpacked + 1)
    except Exception as error:
        raise ArchiveError("文件已损坏或不完整，请在 WPS 中打开确认后重新保存。") from error
    refuse_if(len(content) != member.file_size, "文件内部的长度与目录不符，疑似被改动，已拒绝。")
    return content


CELL_CAP = 4_000_000
COLUMN_CAP = 256
TEXT_CAP = 64 * 1024 * 1024
NOT_COMPUTED = "#未计算"

SHEETS = "xl/worksheets/"
UNUSED_PARTS = ("docprops/", "customxml/", "xl/drawings/", "xl/charts/", "xl/theme/", "xl/comments")
PREFIX = rb"""(?:[^\s<>:/"'=]+:)?"""
#: To the end of a tag, knowing quotes and never taking anything back. No expression here may run past the
#: next "<", or a tag opened again and again without an end would be read to the end of the file as often.
ATTRIBUTES = rb"""(?:[^"'<>]|"[^"<]*+"|'[^'<]*+')*+"""
#: A part in which every "<" begins a tag or a comment. The reader takes "<" inside quotes, XML does not.
WELL_TAGGED = re.compile(
    rb"(?:[^<]++|<!--(?!-?>)(?:[^-]|-(?!->))*+-->|<(?!!)" + ATTRIBUTES + rb">)*+", re.DOTALL
)
# Any other form of r is refused by the reader itself.
REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["']([A-Za-z]{0,7})([0-9]{1,10})["']""")
TAG = re.compile(rb"<" + PREFIX + rb"(?:row|c)[\s/>]")
TAG_WITH_ATTRIBUTES = re.compile(rb"<" + PREFIX + rb"(row|c)(?=[\s/>])([^<]*)")
STYLED_BLANK = re.compile(rb"<" + PREFIX + rb"""c(?:\s+\w+="[\w.]*")*\s*/>""")
EMPTY_ROW = re.compile(
    rb"<" + PREFIX + rb"""row(?:\s+[\w:.-]+="[^"<>]*")*\s*(?:/>|>\s*</""" + PREFIX + rb"""row>)"""
)
PLAIN_TEXT = re.compile(rb"<" + PREFIX + rb"t(?:\s[^<>]*)?>[^<]*<")
# The whole tag: the reader reserves memory for as many as the attribute promises.
COUNTED = re.compile(
    rb"<"
    + PREFIX
    + rb"""(?:sst|cellXfs|cellStyleXfs|numFmts|mergeCells|tableColumns)\b"""
    + ATTRIBUTES
    + rb">"
)
COUNT = re.compile(rb"""(?:count|uniqueCount)\s*=\s*(?:"[^"]*"|'[^']*')""")
DIMENSION = re.compile(
    rb"<" + PREFIX + rb"dimension\b" + ATTRIBUTES + rb">(?:\s*</" + PREFIX + rb"dimension>)?"
)
VALUE = re.compile(rb"<" + PREFIX + rb"v(?:\s[^<>]*)?>([^<]*)<")
SHARED_TEXT = re.compile(rb"<" + PREFIX + rb"si[\s>]")
UNCOMPUTED = re.compile(
    rb"<(?P<prefix>" + PREFIX + rb")c(?P<attributes>[^<>]*)>\s*"
    rb"(?:<(?P=prefix)f(?:\s[^<>]*)?/>|<(?P=prefix)f(?:\s[^<>]*)?>[^<]*</(?P=prefix)f\s*>)\s*"
    rb"(?:<(?P=prefix)v\s*/>|<(?P=prefix)v>\s*</(?P=prefix)v\s*>)?\s*</(?P=prefix)c\s*>"
)
HIDDEN = re.compile(rb"""\shidden\s*=\s*["'](?:1|true)["']""")
ROW = re.compile(rb"<" + PREFIX + rb"row\b(" + ATTRIBUTES + rb")>")
ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,10})["']""")
COLUMNS = re.compile(rb"<" + PREFIX + rb"col\b(" + ATTRIBUTES + rb")>")
ENDS = re.compile(rb"""\s(min|max)\s*=\s*["'](\d{1,6})["']""")
SHEET = re.compile(rb"<" + PREFIX + rb"sheet\b(" + ATTRIBUTES + rb")>")
RELATION = re.compile(rb"<" + PREFIX + rb"Relationship\b(" + ATTRIBUTES + rb")>")
ATTRIBUTE = re.compile(rb"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
#: What `rebuild` adds: by the name of each sheet, what of it is hidden.
HIDDEN_PART = "hidden.json"
WORKBOOK_PART, RELATIONS_PART = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
CELL_TYPE = re.compile(rb"""\st\s*=\s*["']\w*["']""")
ERROR_TYPE = re.compile(rb"(<" + PREFIX + rb"""c\s[^<>]*?\bt\s*=\s*)(?:"e"|'e')""")
XML_DECLARED = "文件内含有不允许的 XML 声明（如 DOCTYPE、实体），已拒绝。"
DAMAGED = "文件内容已损坏，请在 WPS 中打开确认后重新保存。"


def rebuild(archive: zipfile.ZipFile) -> io.BytesIO:
    """The same workbook as a plain zip of checked XML parts, so that what was checked is what is read.

    Raises ArchiveError when a part is not plain XML or asks for more cells or text than any honest workbook.
    """
    members = []
    for member in archive.infolist():
        name = member.filename.lower()
        if name.endswith((".xml", ".rels")) and not name.startswith(UNUSED_PARTS):
            members.append(member)
    lengths: list[int] = []
    hidden: dict[str, dict[str, list]] = {}
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
            is_sheet = member.filename.lower().startswith(SHEETS)
            refuse_if(is_sheet and SHARED_TEXT.search(content), DAMAGED)
            if b"sheetData" in content:
                bound_grid(content)
                text_total += shared_text_size(content, lengths)
                hidden[member.filename] = hidden_in(content)
                content = show_faults(DIMENSION.sub(b"", content))
            target.writestr(member.filename, COUNTED.sub(lambda tag: COUNT.sub(b"", tag[0]), content))
            refuse_if(text_total > TEXT_CAP, "表格文字总量过大，疑似异常文件，已拒绝。")
        target.writestr(HIDDEN_PART, json.dumps(_by_sheet(archive, hidden)))
    rebuilt.seek(0)
    return rebuilt


def refuse_unsafe_xml(content: bytes) -> None:
    """Refuse document types, entities, CDATA and wide encodings; office programs write none of them into
    these parts.
    """
    refuse_wide_encoding(content)
    refuse_if(re.search(rb"<!(?!--)", content), XML_DECLARED)
    refuse_if(not WELL_TAGGED.fullmatch(content), DAMAGED)


def refuse_wide_encoding(content: bytes) -> None:
    """Refuse XML whose letters are not single bytes, in which a search would find nothing."""
    refuse_if(b"\x00" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")), DAMAGED)
    declared = re.match(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([^"']+)""", content)
    is_wide = declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii")
    refuse_if(is_wide, "文件内部编码不是 UTF-8，请在 WPS 中重新保存。")


def bound_grid(content: bytes) -> None:
    """Refuse a sheet whose outermost cells span more than the reader may allocate; styled blanks do not
    count.
    """
    if _fits(content):
        return
    refuse_if(
        not _fits(EMPTY_ROW.sub(b"", STYLED_BLANK.sub(b"", PLAIN_TEXT.sub(b"<", content)))),
        f"表格范围过大（超过 {COLUMN_CAP} 列或 {CELL_CAP // 10_000} 万格），"
        "请删除数据区以外的多余行列后再上传。",
    )


def _fits(content: bytes) -> bool:
    references = REFERENCE.findall(content)
    columns = max(map(_column_number, {letters for letters, _ in references}), default=0)
    rows = max(map(int, {number for _, number in references}), default=0)
    if len(references) < len(TAG.findall(content)):
        implied_rows, implied_columns = _implied_span(content)
        rows, columns = rows + implied_rows, columns + implied_columns
    return columns <= COLUMN_CAP and rows * max(columns, 1) <= CELL_CAP


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
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
    content = ERROR_TYPE.sub(rb'\1"str"', content)
    return UNCOMPUTED.sub(_show_uncomputed, content) if b"<f" in content or b":f" in content else content


def _show_uncomputed(match: re.Match[bytes]) -> bytes:
    prefix, attributes = match["prefix"], match["attributes"]
    declared = CELL_TYPE.search(attributes)
    if declared and b"str" in declared[0]:
        return match[0]
    return b'<%sc%s t="str"><%sv>%s</%sv></%sc>' % (
        *(prefix, CELL_TYPE.sub(b"", attributes)),
        *(prefix, NOT_COMPUTED.encode(), prefix, prefix),
    )


def hidden_in(content: bytes) -> dict[str, list]:
    """The rows of a sheet that nobody sees, by number, and the columns, from the first to the last of each
    run.
    """
    rows: list[int] = []
    if not HIDDEN.search(content):
        return {}
    number = 0
    for tag in ROW.finditer(content):
        stated = ROW_NUMBER.search(tag[1])
        number = int(stated[1]) if stated else number + 1
        if HIDDEN.search(tag[1]):
            rows.append(number)
    runs = [dict(ENDS.findall(tag[1])) for tag in COLUMNS.finditer(content) if HIDDEN.search(tag[1])]
    return {"rows": rows, "columns": [[int(run.get(end, 0)) for end in (b"min", b"max")] for run in runs]}


def _by_sheet(archive: zipfile.ZipFile, hidden: dict[str, dict[str, list]]) -> dict[str, dict[str, list]]:
    """What is hidden, by the names of the sheets."""
    parts = {name.lower(): name for name in archive.namelist()}
    if not any(hidden.values()) or not {WORKBOOK_PART, RELATIONS_PART} <= parts.keys():
        return {}
    book, relations = (
        read_member(archive, archive.getinfo(parts[part])) for part in (WORKBOOK_PART, RELATIONS_PART)
    )
    targets = {tag.get("Id"): tag.get("Target", "") for tag in _tags(RELATION, relations)}
    found = {}
    for tag in _tags(SHEET, book):
        target = next((targets.get(value, "") for name, value in tag.items() if name.endswith(":id")), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        found[tag.get("name", "")] = hidden.get(path, {})
    return found


def _tags(kind: re.Pattern[bytes], content: bytes) -> list[dict[str, str]]:
    return [
        {
            name.decode(errors="replace"): html.unescape((one or other).decode(errors="replace"))
            for name, one, other in ATTRIBUTE.findall(tag[1])
        }
        for tag in kind.finditer(content)
    ]
