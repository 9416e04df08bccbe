"""HTML of our own templates to PDF, with our own fonts, the same bytes every time."""

from __future__ import annotations

import atexit
import importlib
import io
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from .fonts import Face, FontMissing, faces_css, find_faces

#: A bulletin with 300 schools has about 20 pages; anything near the cap belongs into a workbook.
PAGE_CAP = 120
#: Refused before layout, since layout is what costs time and memory.
HTML_CAP = 1_000_000
#: Debian packages whose libraries WeasyPrint loads. It can do without the last, but then takes twenty times as long.
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")

_lock = threading.Lock()
_engines: dict[tuple, Engine] = {}
#: WeasyPrint keeps a copy of the fonts in the temporary folder and forgets it when the interpreter goes down first.
atexit.register(_engines.clear)


class DocumentError(RuntimeError):
    """The document cannot be made; the text is one Chinese sentence for the person at the screen."""


class RendererMissing(DocumentError):
    """The machine lacks a library that WeasyPrint loads; everything but PDF works without it."""

    def __init__(self) -> None:
        packages = " ".join(PACKAGES)
        super().__init__(
            f"暂时不能生成 PDF：服务器缺少系统软件包（{packages}）。请系统管理员以 root 身份在服务器上执行 "
            f"apt-get install {packages} 后重试；其他功能不受影响。"
        )


class ResourceRefused(DocumentError):
    """The HTML asked for something that is not part of the program."""


class TooLong(DocumentError):
    """More pages than a document may have."""


def render_pdf(html: str, *, stylesheets: Sequence[str] = ("documents/bulletin.css",), page_cap: int = PAGE_CAP) -> bytes:
    """The PDF of `html` laid out by the named static stylesheets.

    Without time stamp or random identifier: equal input gives equal bytes, so a digest of the file can be compared later.
    Raises RendererMissing, FontMissing for an absent face or a character that no face has, ResourceRefused, TooLong.
    Renderings of one process take turns: Pango's font map is not made for threads.
    """
    if len(html) > HTML_CAP:
        raise TooLong(f"文档内容超过 {HTML_CAP // 10000} 万字符，无法生成 PDF，请改用电子表格导出。")
    with _lock:
        load_renderer()
        return _engine(find_faces()).render(html, stylesheets, page_cap)


def load_renderer() -> None:
    """Imports WeasyPrint, which costs a second and needs libraries of the system: so not before a PDF is asked for.

    Raises RendererMissing. Tried anew each time, so that a running server prints as soon as the libraries are there.
    """
    try:
        with redirect_stdout(io.StringIO()):  # where WeasyPrint writes advice of its own, in English
            importlib.import_module("weasyprint")
    except OSError as error:
        raise RendererMissing from error


def reason_against() -> str:
    """Why this machine can make no PDF at all, as one sentence; empty when it can."""
    try:
        load_renderer()
        find_faces()
    except (DocumentError, FontMissing) as refused:
        return str(refused)
    return ""


class Engine:
    """What stays the same between documents: the loaded fonts and the parsed stylesheets."""

    def __init__(self, faces: tuple[Face, ...]):
        from weasyprint.text.fonts import FontConfiguration

        from .fetcher import BundleFetcher
        from .justify import install

        install()
        self._fetcher = BundleFetcher({path.name: path for face in faces for path in face.files})
        with _only_our_fonts():
            self._fonts = FontConfiguration()
        self._faces = self._sheet(string=faces_css(faces))
        self._sheets: dict[tuple, object] = {}

    def render(self, html: str, stylesheets: Sequence[str], page_cap: int) -> bytes:
        """One document; see render_pdf."""
        from weasyprint import HTML
        from weasyprint.urls import FatalURLFetchingError

        self._fetcher.refused.clear()
        try:
            sheets = [self._faces, *map(self._stylesheet, stylesheets)]
            document = HTML(string=html, url_fetcher=self._fetcher).render(font_config=self._fonts, stylesheets=sheets)
            if len(document.pages) > page_cap:
                raise TooLong(f"文档共 {len(document.pages)} 页，超过 {page_cap} 页的上限，请改用电子表格导出。")
            content = document.write_pdf(finisher=_refuse_missing_glyphs)
        except FatalURLFetchingError as error:
            raise self._refusal() from error
        if self._fetcher.refused:
            raise self._refusal()
        return content

    def _refusal(self) -> ResourceRefused:
        return ResourceRefused(f"文档引用了系统之外的内容，已停止生成：{'、'.join(self._fetcher.refused)[:200]}")

    def _stylesheet(self, name: str):
        from django.contrib.staticfiles import finders

        path = finders.find(name)
        if path is None:
            raise DocumentError(f"缺少版式文件 {name}，请重新部署程序。")
        key = (name, Path(path).stat().st_mtime_ns)
        if key not in self._sheets:
            self._sheets[key] = self._sheet(filename=path)
        return self._sheets[key]

    def _sheet(self, **source):
        from weasyprint import CSS

        return CSS(**source, url_fetcher=self._fetcher, font_config=self._fonts)


def _engine(faces: tuple[Face, ...]) -> Engine:
    """The engine of these very files; an office that drops in another face gets it with the next document."""
    key = tuple((str(path), path.stat().st_mtime_ns) for face in faces for path in face.files)
    if key not in _engines:
        _engines.clear()
        _engines[key] = Engine(faces)
    return _engines[key]


@contextmanager
def _only_our_fonts() -> Iterator[None]:
    """Keeps the machine's own fonts out: what is installed beside us must not change a document."""
    before = os.environ.get("FONTCONFIG_FILE")
    os.environ["FONTCONFIG_FILE"] = str(Path(__file__).with_name("fontconfig.xml"))
    try:
        yield
    finally:
        if before is None:
            del os.environ["FONTCONFIG_FILE"]
        else:
            os.environ["FONTCONFIG_FILE"] = before


def _refuse_missing_glyphs(document, pdf) -> None:
    """WeasyPrint only logs a character that no font has and prints a box for it."""
    missing = sorted({codepoint for font in document.fonts.values() for codepoint in font.missing})
    if missing:
        listed = "、".join(f"“{chr(codepoint)}”（U+{codepoint:04X}）" for codepoint in missing[:10])
        raise FontMissing(f"现有字体中没有这些字：{listed}，请核对文字，或把含有该字的字体放入字体目录的 office 文件夹。")
