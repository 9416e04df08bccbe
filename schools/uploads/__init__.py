"""What may be uploaded as evidence: decided by content, size and name before a byte is stored."""

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.http import FileResponse, Http404

from schools.workbooks.apart import apart
from schools.workbooks.archive import MEGABYTE, ArchiveError, refuse_if, refuse_old_format
from schools.workbooks.text import INVISIBLE, clean_text, narrow, without_blanks

from .contents import MARKUP

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
OFFICE = {b"docx": DOCX, b"xlsx": XLSX}
PICTURES = {b"JPEG": JPEG, b"PNG": PNG}
PICTURE_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


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
    """The kind of a harmless file; ArchiveError with a sentence for anything else.

    Here only beginnings are compared; whatever has to be read is read apart.
    """
    refuse_old_format(
        content,
        "这是旧格式文档（.doc、.xls、.wps、.et），请用 WPS 另存为 .docx、.xlsx 或 PDF 后再上传。",
    )
    if content.startswith(b"PK\x03\x04"):
        return OFFICE[apart("schools.uploads.office", content)]
    # Readers find a zip by its end and a page by its tags, whatever stands at the beginning.
    refuse_if(zipfile.is_zipfile(io.BytesIO(content)), "文件后面附带了压缩包，疑似伪装文件，已拒绝。")
    if content.startswith(b"%PDF-"):
        apart("schools.uploads.pdf", content)
        return PDF
    if content.startswith(PICTURE_BEGINNINGS):
        return PICTURES[apart("schools.uploads.pictures", content)]
    is_program = content.startswith((b"MZ", b"\x7fELF", b"#!"))
    refuse_if(is_program, f"这是可执行程序，不能上传。{ALLOWED_SENTENCE}")
    is_page = MARKUP.search(content[:8192])
    refuse_if(is_page, f"这是网页或带脚本的图形文件，不能上传。{ALLOWED_SENTENCE}")
    raise ArchiveError(f"文件内容不是允许的类型，{ALLOWED_SENTENCE}")


def handed_out(file: File, name: str, content_type: str) -> FileResponse:
    """An uploaded file as an attachment of the type found when it was checked; browsers must not guess
    another. Raises Http404 where the file is gone.
    """
    try:
        content = file.open("rb")
    except FileNotFoundError as missing:
        raise Http404 from missing
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return FileResponse(
        content, as_attachment=True, filename=name, content_type=content_type, headers=headers
    )
