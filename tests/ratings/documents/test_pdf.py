"""The renderer: our fonts, our files, no socket, the same bytes."""

import hashlib
import socket
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from ratings.documents import font_sources, fonts, pdf
from ratings.documents.fonts import FontMissing
from ratings.documents.official import document_pdf
from ratings.documents.papers import paper_html
from tests.documents import bulletin, text, tool

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
RARE = "㙍𠮷埇洺堃喆赟玥镕翀汫堽崀𬒗𫚖𪨰"


def page(body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><body><article '
        f'class="bulletin">{body}</article></body></html>'
    )


def test_every_font_is_embedded_and_subset():
    rows = tool("pdffonts", "-", given=document_pdf(bulletin())).decode().splitlines()[2:]
    assert len(rows) >= 5
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows)


@pytest.mark.parametrize("role", ["title", "fang", "kai", "hei", "song"])
def test_rare_characters_have_glyphs_in_every_role(role):
    made = pdf.render_pdf(f"<html><style>p{{font:16pt var(--{role})}}</style><p>中{RARE}2026〔〕—</p></html>")
    assert RARE in text(made)


@pytest.mark.parametrize("character", ["😀", "\U0001f3db", "\ue123"])
def test_character_no_font_has_is_an_error_and_not_a_box(character):
    with pytest.raises(FontMissing, match=f"U\\+{ord(character):04X}"):
        pdf.render_pdf(page(f"<p>党校{character}</p>"))


def test_bulletin_is_small():
    assert len(document_pdf(bulletin())) < 2 * 1024 * 1024


def test_same_bulletin_gives_the_same_bytes():
    assert document_pdf(bulletin()) == document_pdf(bulletin())


@pytest.fixture(scope="module")
def another_process(tmp_path_factory):
    """A process of its own that makes the same bulletin: its output, and what it left in its temporary
    folder.
    """
    scratch = tmp_path_factory.mktemp("scratch")
    script = (
        "import django, hashlib; django.setup()\n"
        "from tests.documents import bulletin\nfrom ratings.documents.official import document_pdf\n"
        "print(hashlib.sha256(document_pdf(bulletin())).hexdigest())"
    )
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PATH": "/usr/bin:/bin",
        "TMPDIR": str(scratch),
        "PYTHONHASHSEED": "9704",
    }
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True, text=True
    ), list(scratch.iterdir())


def test_same_bulletin_gives_the_same_bytes_in_another_process(another_process):
    assert another_process[0].stdout.strip() == hashlib.sha256(document_pdf(bulletin())).hexdigest()


def test_no_copy_of_the_fonts_is_left_behind(another_process):
    done, left = another_process
    assert (done.stderr, left) == ("", [])


def test_no_socket_is_made(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was made")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    pdf._engines.clear()
    assert document_pdf(bulletin()).startswith(b"%PDF")


@pytest.mark.parametrize(
    "payload",
    [
        '<img src="file:///etc/passwd">',
        '<img src="http://169.254.169.254/latest/meta-data/">',
        '<img src="https://example.invalid/a.png">',
        '<img src="ftp://example.invalid/a.png">',
        '<img src="static:../config/settings.py">',
        '<img src="static:/etc/passwd">',
        '<img src="font:../../etc/passwd">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<a rel="attachment" href="file:///etc/passwd">附件</a>',
        '<link rel="stylesheet" href="file:///etc/passwd">',
        '<style>@import "file:///etc/passwd";</style>',
        "<style>@import url(http://example.invalid/a.css);</style>",
        "<style>p{background:url(file:///etc/passwd)}</style><p>文</p>",
        "<style>@font-face{font-family:x;src:url(file:///etc/passwd)}</style>",
        '<object data="file:///etc/passwd"></object>',
        '<embed src="http://example.invalid/a.svg">',
        f'{SVG}<image href="file:///etc/passwd" width="9" height="9"/></svg>',
        (
            f'<img src=\'data:image/svg+xml,{SVG}<image href="file:///etc/passwd" width="9" '
            'height="9"/></svg>\'>'
        ),
        '<base href="file:///etc/"><img src="passwd">',
        '<img src="jar:file:///etc/passwd">',
        '<img src="FILE:///etc/passwd">',
    ],
)
def test_foreign_resource_stops_the_document(payload):
    with pytest.raises(pdf.ResourceRefused, match="系统之外"):
        pdf.render_pdf(page(payload))


@pytest.mark.parametrize(
    "payload", ['<img src="../etc/passwd">', f'{SVG}<use href="file:///etc/passwd#a"/></svg>']
)
def test_relative_or_unused_address_is_never_looked_up(payload, monkeypatch):
    monkeypatch.setattr(
        "ratings.documents.engine.BundleFetcher.fetch", lambda *args: pytest.fail("looked up")
    )
    assert pdf.render_pdf(page(f"<p>文</p>{payload}"), stylesheets=()).startswith(b"%PDF")


def test_markup_typed_by_the_office_is_printed_as_text():
    made = document_pdf(bulletin(body='<img src="file:///etc/passwd">各镇街<script>', annexes=()))
    assert '<imgsrc="file:///etc/passwd">各镇街<script>' in text(made)


def test_document_over_the_page_cap_is_refused():
    with pytest.raises(pdf.TooLong, match="3 页"):
        pdf.render_pdf(page("<p>文</p>" * 200), page_cap=3)


def test_document_of_monstrous_size_is_refused_before_layout():
    with pytest.raises(pdf.TooLong):
        pdf.render_pdf("文" * (pdf.HTML_CAP + 1))


def test_missing_fonts_are_named_with_the_cure(tmp_path):
    with override_settings(FONTS_DIR=tmp_path), pytest.raises(FontMissing, match=r"FandolFang.*fetch_fonts"):
        document_pdf(bulletin())


def test_office_face_takes_the_first_place_of_its_role(tmp_path, settings):
    link_fonts(settings.FONTS_DIR, tmp_path)
    office = tmp_path / fonts.OWN_FOLDER
    office.mkdir()
    (office / "FZXBSJW.TTF").symlink_to(settings.FONTS_DIR / "FandolKai-Regular.otf")
    described = fonts.describe_faces(tmp_path)
    assert described[0] == "小标宋：FZXBSJW（本单位字体）"
    assert described[1] == "仿宋：FandolFang-Regular（替代字体）"


def test_document_is_set_with_the_office_face_once_it_is_there(tmp_path, settings):
    link_fonts(settings.FONTS_DIR, tmp_path)
    before = pdf.render_pdf(page('<p class="mark">红头</p>'))
    (tmp_path / fonts.OWN_FOLDER).mkdir()
    (tmp_path / fonts.OWN_FOLDER / "小标宋.otf").symlink_to(settings.FONTS_DIR / "FandolKai-Regular.otf")
    with override_settings(FONTS_DIR=tmp_path):
        after = pdf.render_pdf(page('<p class="mark">红头</p>'))
    assert before != after


def test_fetch_fonts_with_everything_in_place_fetches_nothing(monkeypatch, capsys):
    monkeypatch.setattr(font_sources, "_run", lambda *args: pytest.fail("something was fetched"))
    call_command("fetch_fonts")
    assert "仿宋：" in capsys.readouterr().out


def test_fetch_fonts_without_a_source_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(font_sources, "SYSTEM_FONTS", tmp_path)
    monkeypatch.setattr(font_sources.shutil, "which", lambda name: None)
    with override_settings(FONTS_DIR=tmp_path / "fonts"), pytest.raises(CommandError, match="apt-get"):
        call_command("fetch_fonts")


def test_face_taken_out_of_a_collection_is_a_font_of_its_own(settings):
    from fontTools.ttLib import TTFont

    face = TTFont(settings.FONTS_DIR / fonts.NOTO_SERIF, lazy=True)
    assert face["name"].getDebugName(4) == "Noto Serif CJK SC"
    assert 0x364D in face.getBestCmap()


def test_renderer_is_not_loaded_before_it_is_needed():
    script = (
        "import sys, django; django.setup(); import ratings.documents.official; "
        "sys.exit('weasyprint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_document_brings_no_style_or_script_of_its_own():
    html = paper_html(bulletin())
    assert not [word for word in ("<style", "style=", "<script", "onload", "<link") if word in html]


def link_fonts(source, target) -> None:
    for file in source.glob("*.?tf"):
        (target / file.name).symlink_to(file)
