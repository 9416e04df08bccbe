"""Evidence files: honest ones pass, hostile ones get a sentence and leave nothing behind."""

import importlib
import io
import resource
import zipfile
import zlib
from pathlib import Path

import pikepdf
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from pikepdf import Name
from PIL import Image

from schools.uploads import check_upload
from schools.workbooks import SheetOut, write_workbook
from tests.small_pdf import SMALL_PDF, small_pdf, stream

RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

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


def _rels(*relationships, part="document.xml"):
    """A document with relationships as they are written."""
    written = "".join(f"<Relationship {one}/>" for one in relationships)
    return _docx(**{f"word/_rels/{part}.rels": f'<Relationships xmlns="{RELS}">{written}</Relationships>'})


def _outside(kind, target, mode="External"):
    return f'Id="r1" Type="{KIND}/{kind}" Target="{target}" TargetMode="{mode}"'


def _nested(depth):
    return _docx(**({"word/embeddings/a.docx": _nested(depth - 1)} if depth else {}))


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


def _packed(kind=b"/Type/ObjStm", nested=b""):
    """The script is within a stream of objects."""
    packed = zlib.compress(b"5 0 <</S/Java#53cript/JS(app.alert(1))>>")
    entries = kind + nested + b"/N 1/First 4/Filter/FlateDecode"
    return small_pdf(b"/OpenAction 5 0 R", more=[stream(packed, entries)])


def _saved(script="", **options):
    """A form with a field and a link, as an office program writes it: objects packed in streams."""
    document = pikepdf.new()
    page = document.add_blank_page()
    field = document.make_indirect(
        {"/Type": Name.Annot, "/Subtype": Name.Widget, "/FT": Name.Tx, "/T": "name", "/F": 4, "/V": "东溪"}
    )
    link = {"/Type": Name.Annot, "/Subtype": Name.Link, "/A": {"/S": Name.URI, "/URI": "https://a.cn/"}}
    page.Annots = pikepdf.Array([field, pikepdf.Dictionary(link)])
    document.Root.AcroForm = pikepdf.Dictionary({"/Fields": pikepdf.Array([field])})
    document.Root.OpenAction = pikepdf.Array([page.obj, Name.Fit])
    if script:
        document.Root.OpenAction = document.make_indirect({"/S": Name("/JavaScript"), "/JS": script})
    buffer = io.BytesIO()
    document.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate, **options)
    return buffer.getvalue()


HONEST = {
    "扫描件.pdf": SMALL_PDF,
    "表单.pdf": _saved(),
    "脚本教材.pdf": small_pdf(more=[stream(b"/JS(<script>) /JavaScripting")]),
    "没有目录.pdf": SMALL_PDF.replace(b"xref", b"%ref"),
    "现场照片.JPG": _picture("JPEG"),
    "照片.jpeg": _picture("JPEG"),
    "截图.png": _picture(),
    "商业秘密保护培训方案.docx": _docx(),
    "带链接.docx": _rels(
        _outside("hyperlink", "https://www.example.cn/a?b=1&amp;c=2"),
        _outside("hyperlink", "mailto:a@example.cn"),
        f'Id="r2" Type="{KIND}/image" Target="media/image1.png"',
        f'Id="r3" Type="{KIND}/package" Target="embeddings/表.xlsx"',
    ),
    "带图表.docx": _docx(**{"word/embeddings/表.xlsx": _xlsx()}),
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
    "pdf with archive": ("图.pdf", SMALL_PDF + _docx(), "附带了压缩包"),
    "pdf with page": ("图.pdf", small_pdf(end=b"<script>1</script>"), "网页脚本"),
    "pdf with a script": (
        "图.pdf",
        small_pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
        "自动动作",
    ),
    "pdf with a hidden script": (
        "图.pdf",
        small_pdf(b"/OpenAction<</S/J#61vaScript>>"),
        "自动动作",
    ),
    "pdf with a packed script": ("图.pdf", _packed(), "自动动作"),
    "packed with a dictionary inside": (
        "图.pdf",
        _packed(nested=b"/A<</B<</C 1>>>>"),
        "自动动作",
    ),
    "packed by another spelling": ("图.pdf", _packed(b"/Type/Obj#53tm"), "自动动作"),
    "packed, and the table is lost": ("图.pdf", _packed().replace(b"xref", b"%ref"), "已损坏"),
    "script between false ends of a stream": (
        "图.pdf",
        small_pdf(b"/A(\nstream\n)/OpenAction<</S/JavaScript/JS(app.alert(1))>>/B(endstream)"),
        "自动动作",
    ),
    "script of a page in short names only": (
        "图.pdf",
        small_pdf(page=b"/A(\nstream\n)/AA<</O<</#4a#53(app.alert(1))>>>>/B(endstream)"),
        "自动动作",
    ),
    "script in packed objects": (
        "图.pdf",
        _saved("app.alert(1)"),
        "自动动作",
    ),
    "form that sends": ("图.pdf", small_pdf(b"/AA<</WC<</S/Submit#46orm/F(//a/b)>>>>"), "自动动作"),
    "link to another file": ("图.pdf", small_pdf(page=b"/A<</S/GoToR/F(\\\\\\\\a\\\\b.pdf)>>"), "自动动作"),
    "link to a program": (
        "图.pdf",
        small_pdf(page=b"/AA<</O<</S/URI/URI(FILE:///c:/windows/a.exe)>>>>"),
        "不指向网页或邮箱的链接",
    ),
    "link from a base": (
        "图.pdf",
        small_pdf(b"/URI<</Base(\\\\\\\\server\\\\share)>>"),
        "不指向网页或邮箱的链接",
    ),
    "attached file by its key": (
        "图.pdf",
        small_pdf(b"/AF[<</F(a.exe)/EF<</F 4 0 R>>>>]", more=[stream(b"MZ")]),
        "自动动作",
    ),
    "stream from elsewhere": ("图.pdf", small_pdf(more=[stream(b"", b"/F(c:/a)")]), "其他文件"),
    "model that moves": ("图.pdf", small_pdf(page=b"/Annots[<</Subtype/3D>>]"), "自动动作"),
    "form of another language": ("图.pdf", small_pdf(b"/AcroForm<</XFA(a)>>"), "自动动作"),
    "no page": ("图.pdf", SMALL_PDF.replace(b"/Kids[3 0 R]", b"/Kids[]"), "已损坏"),
    "stream begun again and again": ("图.pdf", b"%PDF-1.7\n" + b" stream\n" * 50_000 + b"%%EOF", "已损坏"),
    "objects packed again and again": (
        "图.pdf",
        b"%PDF-1.7\n" + b"/Type/ObjStm" * 30_000 + b"%%EOF",
        "已损坏",
    ),
    "pdf with an attachment": (
        "图.pdf",
        small_pdf(b"/Names<</EmbeddedFiles 9 0 R>>"),
        "自动动作",
    ),
    "encrypted pdf": ("图.pdf", _saved(encryption=pikepdf.Encryption(user="a", owner="b")), "密码"),
    "pdf that may not be printed": (
        "图.pdf",
        _saved(encryption=pikepdf.Encryption(user="", owner="b")),
        "密码",
    ),
    "pdf cut off": ("图.pdf", SMALL_PDF[:-8], "不完整"),
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
                "[Content_Types].xml": b"<Types><Default ContentType='application/vnd.ms-word.document"
                b".macroEnabled.main+xml'/></Types>"
            }
        ),
        "宏",
    ),
    "docx with an object": ("文.docx", _docx(**{"word/embeddings/oleObject1.bin": b"x"}), "嵌入了对象"),
    "docx with a remote template": (
        "文.docx",
        _rels(_outside("attachedTemplate", "http://a.cn/a.dotm"), part="settings.xml"),
        "外部模板",
    ),
    "template spelled in entities": (
        "文.docx",
        _rels(_outside("attached&#84;empl&#x61;te", "http://a.cn/a.dotm")),
        "外部模板",
    ),
    "template in large letters": ("文.docx", _rels(_outside("ATTACHEDTEMPLATE", "a.dotm")), "外部模板"),
    "template in single quotes": (
        "文.docx",
        _docx(
            **{
                "word/_rels/settings.xml%2Erels": f"<p:Relationships xmlns:p='{RELS}'><p:Relationship a='>' "
                f"Type='{KIND}/attachedTemplate'\nTarget = 'http://a.cn/a'\tTargetMode='External'/>"
                "</p:Relationships>"
            }
        ),
        "外部模板",
    ),
    "object from elsewhere": ("文.docx", _rels(_outside("oleObject", "http://a.cn/a.html!")), "嵌入了对象"),
    "object by another name": (
        "文.docx",
        _rels(f'Id="r1" Type="{KIND}/oleObject" Target="media/image1.png"'),
        "嵌入了对象",
    ),
    "frame": ("文.docx", _rels(_outside("frame", "http://a.cn/"), part="webSettings.xml"), "外部的内容"),
    "chunk of another format": ("文.docx", _rels(_outside("aFChunk", "a.html", "Internal")), "外部的内容"),
    "picture from elsewhere": ("文.docx", _rels(_outside("image", "http://a.cn/a.png")), "没有存进文件"),
    "picture from a share": ("文.docx", _rels(_outside("image", "\\\\a\\b.png", "Internal")), "没有存进文件"),
    "link to a file": (
        "文.docx",
        _rels(_outside("hyperlink", "file:///c:/a.exe")),
        "超链接（file:///c:/a.exe）",
    ),
    "link to a script": ("文.docx", _rels(_outside("hyperlink", "java&#115;cript:a")), "超链接"),
    "another kind from elsewhere": ("文.docx", _rels(_outside("video", "http://a.cn/")), "外部的内容"),
    "mode of another spelling": (
        "文.docx",
        _rels(_outside("font", "http://a.cn/", " external")),
        "外部的内容",
    ),
    "relationships cut off": (
        "文.docx",
        _docx(
            **{
                "word/_rels/document.xml.rels": "<Relationships>"
                + "".join(f"<Relationship {n} " for n in range(20_000))
            }
        ),
        "已损坏",
    ),
    "relationships in wide letters": (
        "文.docx",
        _docx(**{"word/_rels/a.xml.rels": "<!DOCTYPE a><Relationships/>".encode("utf-16")}),
        "已损坏",
    ),
    "a document within": (
        "文.docx",
        _docx(**{"word/embeddings/a.docx": _rels(_outside("frame", "http://a.cn/"))}),
        "外部的内容",
    ),
    "documents within documents": ("文.docx", _nested(4), "层层嵌入"),
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
    "double ending": ("通知.exe.pdf", SMALL_PDF, "双重扩展名"),
    "right-to-left name": ("通知\u202efdp.exe", SMALL_PDF, "不可见字符"),
    "name with NUL": ("通知.pdf\0.exe", SMALL_PDF, "不可见字符"),
    "climbing name": ("../../media/通知.pdf", SMALL_PDF, "路径符号"),
    "climbing windows name": ("..\\..\\通知.pdf", SMALL_PDF, "路径符号"),
    "reserved name": ("CON.pdf", SMALL_PDF, "保留名"),
    "name with a wildcard": ("通知?.pdf", SMALL_PDF, "保留名"),
    "no ending": ("通知", SMALL_PDF, "没有扩展名"),
    "only an ending": (".pdf", SMALL_PDF, "没有扩展名"),
    "long name": ("通" * 151 + ".pdf", SMALL_PDF, "超过 150 个字"),
    "secret": ("关于XX的绝密材料.pdf", SMALL_PDF, "密级字样"),
    "confidential in parts": ("机 密 材料.pdf", SMALL_PDF, "密级字样"),
    "classified": ("秘密★1年 材料.pdf", SMALL_PDF, "密级字样"),
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
    content = SMALL_PDF

    settings.UPLOAD_LIMIT = len(content)
    assert check_upload(ContentFile(content, "a.pdf"))
    settings.UPLOAD_LIMIT -= 1
    with pytest.raises(ValidationError, match="超过"):
        check_upload(ContentFile(content, "a.pdf"))


def test_file_is_left_at_its_beginning():
    upload = SimpleUploadedFile("a.pdf", SMALL_PDF)

    checked = check_upload(upload)

    assert upload.read() == checked.content == SMALL_PDF


def test_picture_cut_off_is_refused_after_the_pdf_library_was_loaded():
    importlib.import_module("weasyprint.images")  # makes Pillow lenient for the whole process

    with pytest.raises(ValidationError, match="损坏或不完整"):
        check_upload(SimpleUploadedFile("图.jpg", _picture("JPEG", (400, 300))[:700]))


@pytest.mark.parametrize("case", ["stream begun again and again", "relationships cut off"])
def test_what_is_begun_and_never_ended_takes_no_time(case):
    """Half a megabyte kept a worker busy until it was killed."""
    name, content, sentence = HOSTILE[case]
    before = _processor_seconds()

    with pytest.raises(ValidationError, match=sentence):
        check_upload(ContentFile(content, name))

    assert _processor_seconds() - before < 1


def _processor_seconds():
    return sum(
        sum(resource.getrusage(whose)[:2]) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
