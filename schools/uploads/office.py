"""Whether a document or workbook of an office program is plain: no macro, no object, nothing fetched from
elsewhere; runs apart.

What a document draws in stands in its relationship parts, so these are parsed; how the text spells them
does not matter then.
"""

import re
import zipfile
from urllib.parse import unquote
from xml.parsers import expat

from schools.workbooks.archive import (
    DAMAGED,
    LIMITS,
    XML_DECLARED,
    ArchiveError,
    open_archive,
    read_member,
    refuse_if,
    refuse_wide_encoding,
)

from .contents import is_harmless_link

KINDS = {"word/document.xml": b"docx", "xl/workbook.xml": b"xlsx"}
#: Embedded documents, charts have one, are opened as well; no program puts more of them into one another.
DEEPEST = 2
NESTED = (".xlsx", ".docx", ".pptx")
#: Out of the folder into which a document is unpacked.
STRAYING = re.compile(r"\A[/\\]|\.\.|[:\\]")
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MACRO_TYPES = ("macroenabled", "vbaproject")

HAS_MACROS = "文件带有宏，不能接收，请另存为不带宏的文档后再上传。"
HAS_OBJECTS = "文档里嵌入了对象或控件，请删除后再上传，或另存为 PDF。"
HAS_PARTS = "文档引用了外部的内容（不在文件里），请删除或断开链接后重新保存，或另存为 PDF。"
HAS_TEMPLATE = "文档引用了外部模板，请改用本机模板后重新保存，或另存为 PDF。"
HAS_LINKS = "表格引用了其他工作簿或数据源，请在“数据”中断开链接后重新保存，或另存为 PDF。"
HAS_PICTURES = "文档里的图片没有存进文件（链接到别处），请把图片插入文档后重新保存，或另存为 PDF。"
#: Kinds of relationship, by the last word of their type, that are refused wherever they lead.
REFUSED_KINDS = {
    "oleobject": HAS_OBJECTS,
    "control": HAS_OBJECTS,
    "activexcontrolbinary": HAS_OBJECTS,
    "webextension": HAS_OBJECTS,
    "webextensiontaskpanes": HAS_OBJECTS,
    "vbaproject": HAS_MACROS,
    "wordvbadata": HAS_MACROS,
    "attachedtemplate": HAS_TEMPLATE,
    "afchunk": HAS_PARTS,
    "frame": HAS_PARTS,
    "subdocument": HAS_PARTS,
    "mailmergesource": HAS_PARTS,
    "mailmergeheadersource": HAS_PARTS,
    "externallink": HAS_LINKS,
    "externallinkpath": HAS_LINKS,
    "connections": HAS_LINKS,
}


def inspect(content: bytes) -> bytes:
    """Which kind it is, docx or xlsx; ArchiveError with a sentence for anything else."""
    names = set(open_archive(content).namelist())
    kind = next((kind for part, kind in KINDS.items() if part in names), b"")
    refuse_if(
        not kind or "[Content_Types].xml" not in names,
        "这是压缩包，不是文档或表格，只接收 PDF、JPG、PNG、DOCX、XLSX 文件。",
    )
    _examine(content, LIMITS.unpacked, 0)
    return kind


def _examine(content: bytes, budget: int, depth: int) -> int:
    """Every part, embedded documents too; how much may still be unpacked after that."""
    archive = open_archive(content)
    refuse_if(archive.comment, "文件末尾附带了额外内容，疑似伪装文件，已拒绝。")
    members = archive.infolist()
    budget -= sum(member.file_size for member in members)
    refuse_if(budget < 0 or depth > DEEPEST, "文档里层层嵌入了过多文件，请另存为 PDF 后再上传。")
    for member in members:
        name = part_name(member)
        part = read_member(archive, member)
        refuse_if("/embeddings/" in name and not name.endswith(NESTED), HAS_OBJECTS)
        if name.endswith(NESTED):
            budget = _examine(part, budget, depth + 1)
        elif name.endswith((".xml", ".rels")):
            _check_xml(name, part)
    return budget


def part_name(member: zipfile.ZipInfo) -> str:
    """As office programs understand it: letters in any case, and some of them as %xx."""
    name = unquote(member.filename).lower()
    refuse_if(STRAYING.search(name), "文件内部含有越界路径，疑似恶意文件，已拒绝。")
    refuse_if("/activex/" in name, HAS_OBJECTS)
    refuse_if(name.endswith(".piece"), DAMAGED)  # one part in pieces, each of which would look like nothing
    return name


def _check_xml(name: str, part: bytes) -> None:
    refuse_wide_encoding(part)
    refuse_if(DECLARATION.search(part), XML_DECLARED)
    if name.endswith(".rels"):
        for relationship in elements(part, "Relationship"):
            _check_relationship(relationship)
    elif name == "[content_types].xml":
        for tag in ("Default", "Override"):
            for entry in elements(part, tag):
                content_type = entry.get("ContentType", "").lower()
                refuse_if(any(word in content_type for word in MACRO_TYPES), HAS_MACROS)


def elements(part: bytes, tag: str) -> list[dict[str, str]]:
    """The attributes of all elements of a name, as an XML parser reads them: entities and prefixes undone."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == tag:
            found.append(attributes)

    def refuse(*_) -> None:
        raise ArchiveError(XML_DECLARED)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise ArchiveError(DAMAGED) from error
    return found


def _check_relationship(relationship: dict[str, str]) -> None:
    """Inside the file everything but objects and the like; outside only pages and mailboxes that one
    clicks.
    """
    kind = relationship.get("Type", "").rstrip("/").rpartition("/")[2].lower()
    target = relationship.get("Target", "")
    is_outside = relationship.get("TargetMode", "Internal") != "Internal"
    leads_out = is_outside or "://" in target or target.lower().startswith(("file:", "\\\\", "//"))
    refuse_if(kind in REFUSED_KINDS, REFUSED_KINDS.get(kind, ""))
    refuse_if(leads_out and kind == "image", HAS_PICTURES)
    refuse_if(leads_out and kind != "hyperlink", HAS_PARTS)
    refuse_if(
        leads_out and not is_harmless_link(target),
        f"文档里有不指向网页或邮箱的超链接（{target[:60]}），请取消这个超链接后重新保存，或打印为 PDF。",
    )
