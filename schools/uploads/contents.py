"""What a file really is, told from its bytes, and what inside it is refused."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass

from PIL import Image, ImageFile

from schools.workbooks.archive import ArchiveError, open_archive, read_member
from schools.workbooks.reading import OLE_MAGIC

from .names import ALLOWED_SENTENCE

MOST_PIXELS = 60_000_000
MOST_UNPACKED_OBJECTS = 8 * 1024 * 1024
MARKUP = re.compile(rb"<script|<\?php|<html|<svg|<iframe|javascript:", re.IGNORECASE)
PDF_STREAM = re.compile(rb"\bstream\r?\n.*?endstream", re.DOTALL)
PDF_OBJECT_STREAM = re.compile(rb"/Type\s*/ObjStm[^>]{0,400}>>\s*stream\r?\n", re.DOTALL)
PDF_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
PDF_LOCK = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
PDF_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|GoToE|ImportData|SubmitForm)(?![A-Za-z0-9])")
XML_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
EXTERNAL_TEMPLATE = re.compile(rb"<Relationship\b(?=[^>]*attachedTemplate)(?=[^>]*TargetMode\s*=\s*[\"']External)", re.IGNORECASE)


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
        raise ArchiveError("这是旧格式文档（.doc、.xls、.wps、.et），请用 WPS 另存为 .docx、.xlsx 或 PDF 后再上传。")
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
