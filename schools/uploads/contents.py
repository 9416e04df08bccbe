"""What a file really is, told from its bytes, and what inside it is refused."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from PIL import Image, ImageFile

from schools.workbooks.archive import ArchiveError, open_archive, read_member
from schools.workbooks.reading import OLE_MAGIC
from schools.workbooks.text import INVISIBLE, clean_text, narrow

MOST_PIXELS = 60_000_000
MOST_UNPACKED_OBJECTS = 8 * 1024 * 1024
MARKUP = re.compile(rb"<script|<\?php|<html|<svg|<iframe|javascript:", re.IGNORECASE)
PDF_STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)
PDF_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm[^>]{0,400}>>\s*stream\r?\n", re.DOTALL)
PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
PDF_LOCK = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
PDF_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|GoToE|ImportData|SubmitForm)(?![A-Za-z0-9])"
)
XML_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
EXTERNAL_TEMPLATE = re.compile(
    rb"<Relationship\b(?=[^>]*attachedTemplate)(?=[^>]*TargetMode\s*=\s*[\"']External)", re.IGNORECASE
)


@dataclass(frozen=True)
class Kind:
    """A kind of file that may be kept."""

    label: str
    content_type: str
    endings: tuple[str, ...]


PDF = Kind("PDF", "application/pdf", ("pdf",))
JPEG = Kind("JPG 图片", "image/jpeg", ("jpg", "jpeg"))
PNG = Kind("PNG 图片", "image/png", ("png",))
DOCX = Kind("DOCX 文档", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",))
XLSX = Kind("XLSX 表格", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
OFFICE_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}
PICTURES = {b"\xff\xd8\xff": (JPEG, "JPEG"), b"\x89PNG\r\n\x1a\n": (PNG, "PNG")}


def kind_of(content: bytes) -> Kind:
    """The kind of a harmless file; ArchiveError with a sentence for anything else."""
    if content.startswith(OLE_MAGIC):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise ArchiveError("文件设有打开密码，请在 WPS 中取消密码后重新保存。")
        raise ArchiveError(
            "这是旧格式文档（.doc、.xls、.wps、.et），请用 WPS 另存为 .docx、.xlsx 或 PDF 后再上传。"
        )
    if content.startswith(b"PK\x03\x04"):
        return _office_kind(content)
    # Readers find a zip by its end and a page by its tags, whatever stands at the beginning.
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise ArchiveError("文件后面附带了压缩包，疑似伪装文件，已拒绝。")
    if content.startswith(b"%PDF-"):
        return _pdf_kind(content)
    for beginning, picture in PICTURES.items():
        if content.startswith(beginning):
            return _picture_kind(content, *picture)
    if content.startswith((b"MZ", b"\x7fELF", b"#!")):
        raise ArchiveError(f"这是可执行程序，不能上传。{ALLOWED_SENTENCE}")
    if MARKUP.search(content[:8192]):
        raise ArchiveError(f"这是网页或带脚本的图形文件，不能上传。{ALLOWED_SENTENCE}")
    raise ArchiveError(f"文件内容不是允许的类型，{ALLOWED_SENTENCE}")


def _office_kind(content: bytes) -> Kind:
    archive = open_archive(content)
    names = archive.namelist()
    kind = next((kind for part, kind in OFFICE_PARTS.items() if part in names), None)
    if kind is None or "[Content_Types].xml" not in names:
        raise ArchiveError(f"这是压缩包，不是文档或表格，{ALLOWED_SENTENCE}")
    if archive.comment:
        raise ArchiveError("文件末尾附带了额外内容，疑似伪装文件，已拒绝。")
    for member in archive.infolist():
        name = member.filename.lower()
        if name.startswith(("/", "\\")) or ".." in name or ":" in name or "\\" in name:
            raise ArchiveError("文件内部含有越界路径，疑似恶意文件，已拒绝。")
        if "/activex/" in name or ("/embeddings/" in name and not name.endswith((".xlsx", ".docx", ".pptx"))):
            raise ArchiveError("文档里嵌入了对象或控件，请删除后再上传，或另存为 PDF。")
        part = read_member(archive, member)
        if name.endswith((".xml", ".rels")) and XML_DECLARATION.search(part):
            raise ArchiveError("文件内含有不允许的 XML 声明（如 DOCTYPE、实体），已拒绝。")
        if name == "[content_types].xml" and b"macroenabled" in part.lower():
            raise ArchiveError("文件带有宏，不能接收，请另存为不带宏的文档后再上传。")
        if name.endswith(".rels") and EXTERNAL_TEMPLATE.search(part):
            raise ArchiveError("文档引用了外部模板，请改用本机模板后重新保存，或另存为 PDF。")
    return kind


def _pdf_kind(content: bytes) -> Kind:
    if b"%%EOF" not in content[-4096:]:
        raise ArchiveError("PDF 文件不完整，请重新导出或扫描。")
    # Outside streams only: compressed pictures contain every short word by chance.
    frame = PDF_STREAM.sub(b"", content)
    if PDF_LOCK.search(frame):
        raise ArchiveError("PDF 设有密码或权限限制，请解除后再上传。")
    if MARKUP.search(frame):
        raise ArchiveError("PDF 里夹带了网页脚本，已拒绝，请重新导出。")
    objects = _decoded_names(frame) + b"".join(_decoded_names(stream) for stream in _object_streams(content))
    if PDF_ACTIVE.search(objects):
        raise ArchiveError("PDF 里含有脚本、附件或自动动作，已拒绝，请用“打印为 PDF”重新生成。")
    return PDF


def _decoded_names(content: bytes) -> bytes:
    """PDF names may spell any letter as #xx."""
    return PDF_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), content)


def _object_streams(content: bytes) -> list[bytes]:
    """Packed objects, unpacked within a limit; what does not unpack is shown by no reader either."""
    found, left = [], MOST_UNPACKED_OBJECTS
    for match in PDF_OBJECT_STREAM.finditer(content):
        if left <= 0:
            raise ArchiveError("PDF 内部对象过多，请用“打印为 PDF”重新生成。")
        try:
            found.append(zlib.decompressobj().decompress(content[match.end() :], left))
        except zlib.error:
            continue
        left -= len(found[-1])
    return found


def _picture_kind(content: bytes, kind: Kind, format_name: str) -> Kind:
    if MARKUP.search(content):
        raise ArchiveError("图片里夹带了网页脚本，已拒绝，请用看图软件另存后再上传。")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its own limit follows
            picture = Image.open(io.BytesIO(content), formats=[format_name])
            if picture.width * picture.height > MOST_PIXELS:
                raise ArchiveError(f"图片超过 {MOST_PIXELS // 10_000} 万像素，请缩小后再上传。")
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on for the whole process
            picture.draft("L", (1024, 1024))  # a JPEG is decoded at a fraction of its size
            picture.load()
    except ArchiveError:
        raise
    except Image.DecompressionBombError as error:
        raise ArchiveError(f"图片超过 {MOST_PIXELS // 10_000} 万像素，请缩小后再上传。") from error
    except Exception as error:
        raise ArchiveError("图片已损坏或不完整，请重新扫描或另存后再上传。") from error
    return kind


LONGEST_NAME = 150
ALLOWED_ENDINGS = frozenset({"pdf", "jpg", "jpeg", "png", "docx", "xlsx"})
OLD_ENDINGS = {"doc": "docx", "wps": "docx", "rtf": "docx", "xls": "xlsx", "et": "xlsx", "csv": "xlsx"}
# Endings that run or render when a name is shortened, by Windows or by a person.
RUNNING_ENDINGS = frozenset({
    "exe", "com", "scr", "pif", "bat", "cmd", "msi", "jar", "js", "jse", "vbs", "vbe", "wsf", "hta", "ps1",
    "sh", "php", "asp",
    "aspx", "jsp", "py", "dll", "lnk", "url", "reg", "html", "htm", "xhtml", "shtml", "svg", "xml", "swf",
    "docm", "xlsm",
})  # fmt: skip
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# 秘密 alone is a common word (商业秘密); with a star it is a classification mark.
SECRECY = re.compile(r"绝密|机密|秘密[★☆✩✭✮✯⭐*]")
ALLOWED_SENTENCE = "只接收 PDF、JPG、PNG、DOCX、XLSX 文件。"


def checked_name(name: str) -> str:
    """The name as it may be shown and stored, or ValidationError with one sentence."""
    if INVISIBLE.search(name) or "\n" in name or "\t" in name:
        raise ValidationError("文件名含有不可见字符或控制字符，请改名后再上传。")
    if "/" in name or "\\" in name or ".." in name:
        raise ValidationError("文件名含有路径符号，请改名后再上传。")
    name = clean_text(name)
    if SECRECY.search("".join(narrow(name).split())):
        raise ValidationError(
            "文件名带有密级字样（绝密、机密、秘密★）。本系统为非涉密系统，严禁上传涉密文件。"
        )
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"文件名超过 {LONGEST_NAME} 个字，请缩短后再上传。")
    stem, dot, ending = name.rpartition(".")
    ending = ending.lower()
    if not dot or not stem.strip(". "):
        raise ValidationError(f"文件名没有扩展名或只有扩展名，{ALLOWED_SENTENCE}")
    if ending in OLD_ENDINGS:
        raise ValidationError(
            f"不接收 .{ending} 文件，请用 WPS 另存为 .{OLD_ENDINGS[ending]} 或 PDF 后再上传。"
        )
    if ending not in ALLOWED_ENDINGS:
        raise ValidationError(f"不接收 .{ending[:20]} 文件，{ALLOWED_SENTENCE}")
    if RUNNING_ENDINGS & {part.strip().lower() for part in stem.split(".")[1:]}:
        raise ValidationError("文件名有双重扩展名，疑似伪装的程序或网页，请改名后再上传。")
    if RESERVED.fullmatch(stem) or re.search(r'[<>:"|?*]', name):
        raise ValidationError('文件名是系统保留名或含有 < > : " | ? * 等符号，请改名后再上传。')
    return name
