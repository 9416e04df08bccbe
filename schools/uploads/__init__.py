"""What may be uploaded as evidence: decided by content, size and name before a byte is stored."""

import hashlib
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from PIL import Image, ImageFile

from schools.workbooks.archive import (
    MEGABYTE,
    ArchiveError,
    open_archive,
    read_member,
    refuse_if,
    refuse_old_format,
)
from schools.workbooks.text import INVISIBLE, clean_text, narrow, without_blanks

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
#: Out of the folder into which a document is unpacked.
STRAYING = re.compile(r"\A[/\\]|\.\.|[:\\]")
XML_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
EXTERNAL_TEMPLATE = re.compile(
    rb"<Relationship\b(?=[^>]*attachedTemplate)(?=[^>]*TargetMode\s*=\s*[\"']External)", re.IGNORECASE
)
LONGEST_NAME = 150
ALLOWED_ENDINGS = frozenset({"pdf", "jpg", "jpeg", "png", "docx", "xlsx"})
OLD_ENDINGS = {"doc": "docx", "wps": "docx", "rtf": "docx", "xls": "xlsx", "et": "xlsx", "csv": "xlsx"}
# Endings that run or render when a name is shortened, by Windows or by a person.
RUNNING_ENDING = re.compile(
    "exe|com|scr|pif|bat|cmd|msi|jar|js|jse|vbs|vbe|wsf|hta|ps1|sh|php|asp|aspx|jsp|py|dll|lnk|url|reg|"
    "html|htm|xhtml|shtml|svg|xml|swf|docm|xlsm"
)
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# 秘密 alone is a common word (商业秘密); with a star it is a classification mark.
SECRECY = re.compile(r"绝密|机密|秘密[★☆✩✭✮✯⭐*]")
ALLOWED_SENTENCE = "只接收 PDF、JPG、PNG、DOCX、XLSX 文件。"


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


@dataclass(frozen=True)
class CheckedUpload:
    """What is worth keeping about an accepted file. `name` is for display; it is never a path."""

    name: str
    kind: Kind
    size: int
    sha256: str
    content: bytes


@contextmanager
def refused_as_invalid() -> Iterator[None]:
    """What is refused inside is a ValidationError with one Chinese sentence."""
    try:
        yield
    except ArchiveError as error:
        raise ValidationError(str(error)) from error


@refused_as_invalid()
def check_upload(upload: File) -> CheckedUpload:
    """Accept a file or raise ValidationError; nothing is written anywhere.

    The file is left at its beginning.
    """
    limit, name = settings.UPLOAD_LIMIT, checked_name(str(upload.name))
    too_large = f"文件超过 {limit // MEGABYTE} MB，请压缩或降低扫描分辨率后再上传。"
    # Asked before reading: the content of what is too large has no business in memory.
    refuse_if(upload.size > limit, too_large)
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    refuse_if(not content, "文件是空的（0 字节），请重新选择。")
    kind = kind_of(content)
    ending = name.rpartition(".")[2].lower()
    refuse_if(
        ending not in kind.endings,
        f"文件名以 .{ending} 结尾，内容却是 {kind.label}，请确认没有选错文件，并改正文件名。",
    )
    return CheckedUpload(name, kind, len(content), hashlib.sha256(content).hexdigest(), content)


@refused_as_invalid()
def checked_name(name: str) -> str:
    """The name as it may be shown and stored, or ValidationError."""
    refuse_if(
        re.search(rf"{INVISIBLE.pattern}|[\n\t]", name), "文件名含有不可见字符或控制字符，请改名后再上传。"
    )
    refuse_if(re.search(r"[/\\]|\.\.", name), "文件名含有路径符号，请改名后再上传。")
    name = clean_text(name)
    refuse_if(
        SECRECY.search(without_blanks(narrow(name))),
        "文件名带有密级字样（绝密、机密、秘密★）。本系统为非涉密系统，严禁上传涉密文件。",
    )
    refuse_if(len(name) > LONGEST_NAME, f"文件名超过 {LONGEST_NAME} 个字，请缩短后再上传。")
    stem, _, ending = name.rpartition(".")
    ending, better = ending.lower(), OLD_ENDINGS.get(ending.lower())
    refuse_if(not stem.strip(". "), f"文件名没有扩展名或只有扩展名，{ALLOWED_SENTENCE}")
    refuse_if(better, f"不接收 .{ending} 文件，请用 WPS 另存为 .{better} 或 PDF 后再上传。")
    refuse_if(ending not in ALLOWED_ENDINGS, f"不接收 .{ending[:20]} 文件，{ALLOWED_SENTENCE}")
    refuse_if(
        any(RUNNING_ENDING.fullmatch(part.strip().lower()) for part in stem.split(".")[1:]),
        "文件名有双重扩展名，疑似伪装的程序或网页，请改名后再上传。",
    )
    refuse_if(
        RESERVED.fullmatch(stem) or re.search(r'[<>:"|?*]', name),
        '文件名是系统保留名或含有 < > : " | ? * 等符号，请改名后再上传。',
    )
    return name


def kind_of(content: bytes) -> Kind:
    """The kind of a harmless file; ArchiveError with a sentence for anything else."""
    refuse_old_format(
        content,
        "这是旧格式文档（.doc、.xls、.wps、.et），请用 WPS 另存为 .docx、.xlsx 或 PDF 后再上传。",
    )
    if content.startswith(b"PK\x03\x04"):
        return _office_kind(content)
    # Readers find a zip by its end and a page by its tags, whatever stands at the beginning.
    refuse_if(zipfile.is_zipfile(io.BytesIO(content)), "文件后面附带了压缩包，疑似伪装文件，已拒绝。")
    if content.startswith(b"%PDF-"):
        return _pdf_kind(content)
    for beginning, picture in PICTURES.items():
        if content.startswith(beginning):
            return _picture_kind(content, *picture)
    is_program = content.startswith((b"MZ", b"\x7fELF", b"#!"))
    refuse_if(is_program, f"这是可执行程序，不能上传。{ALLOWED_SENTENCE}")
    is_page = MARKUP.search(content[:8192])
    refuse_if(is_page, f"这是网页或带脚本的图形文件，不能上传。{ALLOWED_SENTENCE}")
    raise ArchiveError(f"文件内容不是允许的类型，{ALLOWED_SENTENCE}")


def _office_kind(content: bytes) -> Kind:
    archive = open_archive(content)
    names = archive.namelist()
    kind = next((kind for part, kind in OFFICE_PARTS.items() if part in names), None)
    is_office = kind and "[Content_Types].xml" in names
    refuse_if(not is_office, f"这是压缩包，不是文档或表格，{ALLOWED_SENTENCE}")
    refuse_if(archive.comment, "文件末尾附带了额外内容，疑似伪装文件，已拒绝。")
    for member in archive.infolist():
        name = member.filename.lower()
        refuse_if(STRAYING.search(name), "文件内部含有越界路径，疑似恶意文件，已拒绝。")
        is_object = "/embeddings/" in name and not name.endswith((".xlsx", ".docx", ".pptx"))
        refuse_if(
            is_object or "/activex/" in name,
            "文档里嵌入了对象或控件，请删除后再上传，或另存为 PDF。",
        )
        _check_part(name, read_member(archive, member))
    return kind


def _check_part(name: str, part: bytes) -> None:
    refuse_if(
        name.endswith((".xml", ".rels")) and XML_DECLARATION.search(part),
        "文件内含有不允许的 XML 声明（如 DOCTYPE、实体），已拒绝。",
    )
    refuse_if(
        name == "[content_types].xml" and b"macroenabled" in part.lower(),
        "文件带有宏，不能接收，请另存为不带宏的文档后再上传。",
    )
    refuse_if(
        name.endswith(".rels") and EXTERNAL_TEMPLATE.search(part),
        "文档引用了外部模板，请改用本机模板后重新保存，或另存为 PDF。",
    )


def _pdf_kind(content: bytes) -> Kind:
    refuse_if(b"%%EOF" not in content[-4096:], "PDF 文件不完整，请重新导出或扫描。")
    # Outside streams only: compressed pictures contain every short word by chance.
    frame = PDF_STREAM.sub(b"", content)
    refuse_if(PDF_LOCK.search(frame), "PDF 设有密码或权限限制，请解除后再上传。")
    refuse_if(MARKUP.search(frame), "PDF 里夹带了网页脚本，已拒绝，请重新导出。")
    objects = b"".join(map(_decoded_names, [frame, *_object_streams(content)]))
    refuse_if(
        PDF_ACTIVE.search(objects),
        "PDF 里含有脚本、附件或自动动作，已拒绝，请用“打印为 PDF”重新生成。",
    )
    return PDF


def _decoded_names(content: bytes) -> bytes:
    """PDF names may spell any letter as #xx."""
    return PDF_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), content)


def _object_streams(content: bytes) -> list[bytes]:
    """Packed objects, unpacked within a limit; what does not unpack is shown by no reader either."""
    found, left = [], MOST_UNPACKED_OBJECTS
    for match in PDF_OBJECT_STREAM.finditer(content):
        refuse_if(left <= 0, "PDF 内部对象过多，请用“打印为 PDF”重新生成。")
        try:
            found.append(zlib.decompressobj().decompress(content[match.end() :], left))
        except zlib.error:
            continue
        left -= len(found[-1])
    return found


def _picture_kind(content: bytes, kind: Kind, format_name: str) -> Kind:
    refuse_if(MARKUP.search(content), "图片里夹带了网页脚本，已拒绝，请用看图软件另存后再上传。")
    too_large = f"图片超过 {MOST_PIXELS // 10_000} 万像素，请缩小后再上传。"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # its own limit follows
            picture = Image.open(io.BytesIO(content), formats=[format_name])
            refuse_if(picture.width * picture.height > MOST_PIXELS, too_large)
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # the PDF library turns it on for the whole process
            picture.draft("L", (1024, 1024))  # a JPEG is decoded at a fraction of its size
            picture.load()
    except ArchiveError:
        raise
    except Image.DecompressionBombError as error:
        raise ArchiveError(too_large) from error
    except Exception as error:
        raise ArchiveError("图片已损坏或不完整，请重新扫描或另存后再上传。") from error
    return kind
