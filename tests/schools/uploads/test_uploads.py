"""Evidence files: honest ones pass, hostile ones get a sentence and leave nothing behind."""

import importlib
import io
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from schools.uploads import check_upload
from schools.workbooks import SheetOut, write_workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def _picture(format_name="PNG", size=(40, 30)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "white").save(buffer, format_name)
    return buffer.getvalue()


def _zip(method=zipfile.ZIP_DEFLATED, comment=b"", **parts):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def _docx(**parts):
    return _zip(
        **{"[Content_Types].xml": TYPES, "word/document.xml": "<w:document>正文</w:document>", **parts}
    )


def _xlsx():
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut("成绩", ["学校"], [("东溪",)])])
    return buffer.getvalue()


def _pdf(extra=b"", trailer=b""):
    return (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R"
        + extra
        + b">>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
        b"3 0 obj<</Length 12>>stream\n/JS(<script>)\nendstream endobj\ntrailer<</Root 1 0 R"
        + trailer
        + b">>\n%%EOF\n"
    )


def _lying_size():
    """The directory promises ten bytes, the data unpacks to a megabyte."""
    data = bytearray(_docx(**{"word/media/a.bin": b"\0" * 1_000_000}))
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def _encrypted_flag():
    data = bytearray(_docx())
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


def _packed_script():
    packed = zlib.compress(b"5 0 << /S /Java#53cript /JS (app.alert(1)) >>")
    return _pdf().replace(
        b"trailer",
        b"4 0 obj<</Type /ObjStm /N 1 /Filter/FlateDecode>>stream\n"
        + packed
        + b"\nendstream endobj\ntrailer",
    )


HONEST = {
    "扫描件.pdf": _pdf(),
    "现场照片.JPG": _picture("JPEG"),
    "照片.jpeg": _picture("JPEG"),
    "截图.png": _picture(),
    "商业秘密保护培训方案.docx": _docx(),
    "2026.3.5 签到.xlsx": _xlsx(),
}

HOSTILE = {
    "web page renamed": ("证明.pdf", b"<html><script>alert(1)</script></html>", "网页"),
    "svg": ("图.svg", b"<svg onload='alert(1)'/>", "不接收 .svg"),
    "svg renamed": ("图.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "网页"),
    "program renamed": ("图.jpg", b"MZ" + b"\0" * 300, "可执行程序"),
    "elf program renamed": ("图.pdf", b"\x7fELF" + b"\0" * 300, "可执行程序"),
    "shell script renamed": ("表.xlsx", b"#!/bin/sh\nrm -rf /\n", "可执行程序"),
    "program": ("补丁.exe", b"MZ" + b"\0" * 300, "不接收 .exe"),
    "text": ("说明.pdf", "说明".encode(), "不是允许的类型"),
    "gif": ("动图.png", b"GIF89a" + b"\0" * 100, "不是允许的类型"),
    "picture with script": ("图.jpg", _picture("JPEG") + b"<script>alert(1)</script>", "夹带了网页脚本"),
    "picture with archive": ("图.jpg", _picture("JPEG") + _docx(), "附带了压缩包"),
    "pdf with archive": ("图.pdf", _pdf() + _docx(), "附带了压缩包"),
    "pdf with page": ("图.pdf", _pdf().replace(b"trailer", b"<script>1</script>trailer"), "网页脚本"),
    "pdf with a script": (
        "图.pdf",
        _pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
        "脚本、附件或自动动作",
    ),
    "pdf with a hidden script": ("图.pdf", _pdf(b"/OpenAction<</S/J#61vaScript>>"), "脚本、附件或自动动作"),
    "pdf with a packed script": ("图.pdf", _packed_script(), "脚本、附件或自动动作"),
    "pdf with an attachment": ("图.pdf", _pdf(b"/Names<</EmbeddedFiles 9 0 R>>"), "脚本、附件或自动动作"),
    "encrypted pdf": ("图.pdf", _pdf(trailer=b"/Encrypt 5 0 R"), "密码"),
    "pdf cut off": ("图.pdf", _pdf()[:-8], "不完整"),
    "picture cut off": ("图.jpg", _picture("JPEG", (400, 300))[:700], "损坏或不完整"),
    "pixel bomb": ("图.png", _picture(size=(9000, 7000)), "万像素"),
    "content of another kind": ("图.pdf", _picture(), "内容却是 PNG"),
    "zip bomb": ("文.docx", _docx(**{"word/media/a.bin": b"\0" * 30_000_000}), "压缩炸弹"),
    "zip with a lying size": ("文.docx", _lying_size(), "已损坏|不符"),
    "plain archive": ("文.docx", _zip(**{"a.txt": b"x"}), "压缩包"),
    "ten thousand entries": ("文.docx", _zip(**{f"{n}": b"" for n in range(3000)}), "条目超过"),
    "macro docx": ("文.docx", _docx(**{"word/vbaProject.bin": b"x"}), "宏"),
    "macro type only": (
        "文.docx",
        _docx(
            **{
                "[Content_Types].xml": b"<Types><x t='application/vnd.ms-word.document"
                b".macroEnabled.main+xml'/></Types>"
            }
        ),
        "宏",
    ),
    "docx with an object": ("文.docx", _docx(**{"word/embeddings/oleObject1.bin": b"x"}), "嵌入了对象"),
    "docx with a remote template": (
        "文.docx",
        _docx(
            **{
                "word/_rels/settings.xml.rels": "<Relationships>"
                '<Relationship Type="http://x/attachedTemplate" Target="http://evil/a.dotm" '
                'TargetMode="External"/></Relationships>'
            }
        ),
        "外部模板",
    ),
    "docx with entities": (
        "文.docx",
        _docx(**{"word/styles.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "XML 声明",
    ),
    "docx with a climbing path": ("文.docx", _docx(**{"../../etc/cron.d/x": b"x"}), "越界路径"),
    "docx with a tail": (
        "文.docx",
        _zip(**{"[Content_Types].xml": TYPES, "word/document.xml": b"<a/>"}, comment=b"<script>"),
        "附带了额外内容",
    ),
    "docx cut off": ("文.docx", _docx()[:200], "损坏或不完整"),
    "encrypted zip": ("文.docx", _encrypted_flag(), "已加密"),
    "unusual compression": (
        "文.docx",
        _zip(method=zipfile.ZIP_LZMA, **{"word/document.xml": b"x"}),
        "压缩方式",
    ),
    "docx with a password": ("文.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "打开密码"),
    "old document renamed": ("文.docx", OLE, "旧格式"),
    "old document": ("文.doc", OLE, "请用 WPS 另存为 .docx"),
    "double ending": ("通知.exe.pdf", _pdf(), "双重扩展名"),
    "right-to-left name": ("通知\u202efdp.exe", _pdf(), "不可见字符"),
    "name with NUL": ("通知.pdf\0.exe", _pdf(), "不可见字符"),
    "climbing name": ("../../media/通知.pdf", _pdf(), "路径符号"),
    "climbing windows name": ("..\\..\\通知.pdf", _pdf(), "路径符号"),
    "reserved name": ("CON.pdf", _pdf(), "保留名"),
    "name with a wildcard": ("通知?.pdf", _pdf(), "保留名"),
    "no ending": ("通知", _pdf(), "没有扩展名"),
    "only an ending": (".pdf", _pdf(), "没有扩展名"),
    "long name": ("通" * 151 + ".pdf", _pdf(), "超过 150 个字"),
    "secret": ("关于XX的绝密材料.pdf", _pdf(), "密级字样"),
    "confidential in parts": ("机 密 材料.pdf", _pdf(), "密级字样"),
    "classified": ("秘密★1年 材料.pdf", _pdf(), "密级字样"),
    "empty": ("空.pdf", b"", "0 字节"),
    "over the limit": ("大.pdf", b"%PDF-" + b"\0" * (10 * 1024 * 1024), "超过 10 MB"),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_file_is_accepted_with_its_digest(name):
    checked = check_upload(SimpleUploadedFile(name, HONEST[name]))

    assert checked.name == name
    assert checked.size == len(HONEST[name])
    assert len(checked.sha256) == 64
    assert name.rpartition(".")[2].lower() in checked.kind.endings


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_gets_a_sentence_and_leaves_nothing(case, tmp_path, monkeypatch, settings):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    name, content, sentence = HOSTILE[case]

    with pytest.raises(ValidationError, match=sentence) as refusal:
        check_upload(ContentFile(content, name))

    assert len(refusal.value.messages) == 1
    assert refusal.value.messages[0].endswith("。")
    assert not list(tmp_path.iterdir())
    assert not Path(settings.MEDIA_ROOT).exists()


def test_file_at_the_limit_is_accepted_and_one_byte_more_is_not(settings):
    content = _pdf()

    settings.UPLOAD_LIMIT = len(content)
    assert check_upload(ContentFile(content, "a.pdf"))
    settings.UPLOAD_LIMIT -= 1
    with pytest.raises(ValidationError, match="超过"):
        check_upload(ContentFile(content, "a.pdf"))


def test_file_is_left_at_its_beginning():
    upload = SimpleUploadedFile("a.pdf", _pdf())

    checked = check_upload(upload)

    assert upload.read() == checked.content == _pdf()


def test_picture_cut_off_is_refused_after_the_pdf_library_was_loaded():
    importlib.import_module("weasyprint.images")  # makes Pillow lenient for the whole process

    with pytest.raises(ValidationError, match="损坏或不完整"):
        check_upload(SimpleUploadedFile("图.jpg", _picture("JPEG", (400, 300))[:700]))
