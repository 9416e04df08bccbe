"""Names of uploaded files: shown to people, offered for download, and read for secrecy marks."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from schools.workbooks.text import INVISIBLE, clean_text, narrow

LONGEST_NAME = 150
ALLOWED_ENDINGS = frozenset({"pdf", "jpg", "jpeg", "png", "docx", "xlsx"})
OLD_ENDINGS = {"doc": "docx", "wps": "docx", "rtf": "docx", "xls": "xlsx", "et": "xlsx", "csv": "xlsx"}
# Endings that run or render when a name is shortened, by Windows or by a person.
RUNNING_ENDINGS = frozenset({
    "exe", "com", "scr", "pif", "bat", "cmd", "msi", "jar", "js", "jse", "vbs", "vbe", "wsf", "hta", "ps1", "sh", "php", "asp",
    "aspx", "jsp", "py", "dll", "lnk", "url", "reg", "html", "htm", "xhtml", "shtml", "svg", "xml", "swf", "docm", "xlsm",
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
        raise ValidationError("文件名带有密级字样（绝密、机密、秘密★）。本系统为非涉密系统，严禁上传涉密文件。")
    if len(name) > LONGEST_NAME:
        raise ValidationError(f"文件名超过 {LONGEST_NAME} 个字，请缩短后再上传。")
    stem, dot, ending = name.rpartition(".")
    ending = ending.lower()
    if not dot or not stem.strip(". "):
        raise ValidationError(f"文件名没有扩展名或只有扩展名，{ALLOWED_SENTENCE}")
    if ending in OLD_ENDINGS:
        raise ValidationError(f"不接收 .{ending} 文件，请用 WPS 另存为 .{OLD_ENDINGS[ending]} 或 PDF 后再上传。")
    if ending not in ALLOWED_ENDINGS:
        raise ValidationError(f"不接收 .{ending[:20]} 文件，{ALLOWED_SENTENCE}")
    if RUNNING_ENDINGS & {part.strip().lower() for part in stem.split(".")[1:]}:
        raise ValidationError("文件名有双重扩展名，疑似伪装的程序或网页，请改名后再上传。")
    if RESERVED.fullmatch(stem) or re.search(r'[<>:"|?*]', name):
        raise ValidationError('文件名是系统保留名或含有 < > : " | ? * 等符号，请改名后再上传。')
    return name
