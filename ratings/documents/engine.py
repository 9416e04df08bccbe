"""WeasyPrint with our fonts, files and Chinese justification; imported only once its libraries are known to
load.

Both edges are straight for Chinese lines: WeasyPrint justifies by stretching spaces, and Chinese has none, so
a line that ends early because a mark may not begin the next one would stay ragged. `justify_line` takes the
place of one private function of WeasyPrint: so its version is pinned exactly and the right edges are measured
in a test.
"""

import os
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from django.contrib.staticfiles import finders
from weasyprint import CSS, HTML
from weasyprint.formatting_structure import boxes
from weasyprint.layout import inline
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .fonts import DocumentError, Face, FontMissing, faces_css
from .missing import missing_sentence
from .pdf import ResourceRefused, TooLong

#: What the program itself may load into a document.
TYPES = {
    ".css": "text/css",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
#: Parts of an em above and below the baseline, as Chinese faces are drawn.
ASCENT, DESCENT = 0.88, 0.12
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")
#: A gap wider than this part of a character would tear the line apart; such a line stays ragged.
WIDEST_GAP = 0.25
#: WeasyPrint's own way, kept for lines without Chinese.
_justify_spaces = inline.justify_line


class Engine:
    """What stays the same between documents: the loaded fonts and the parsed stylesheets."""

    def __init__(self, faces: tuple[Face, ...]):
        inline.justify_line = justify_line
        self._fetcher = BundleFetcher({path.name: path for face in faces for path in face.files})
        with _only_our_fonts():
            self._fonts = FontConfiguration()
        self._faces = self._sheet(string=faces_css(faces))
        self._sheets: dict[tuple, object] = {}

    def render(self, html: str, stylesheets: Sequence[str], page_cap: int) -> bytes:
        """One document; see render_pdf."""
        self._fetcher.refused.clear()
        try:
            sheets = [self._faces, *map(self._stylesheet, stylesheets)]
            source = HTML(string=html, url_fetcher=self._fetcher)
            document = source.render(font_config=self._fonts, stylesheets=sheets)
            if len(document.pages) > page_cap:
                raise TooLong(
                    f"文档共 {len(document.pages)} 页，超过 {page_cap} 页的上限，请改用电子表格导出。"
                )
            content = document.write_pdf(finisher=partial(_refuse_missing_glyphs, source.etree_element))
        except FatalURLFetchingError as error:
            raise self._refusal() from error
        if self._fetcher.refused:
            raise self._refusal()
        return content

    def _refusal(self) -> ResourceRefused:
        return ResourceRefused(
            f"文档引用了系统之外的内容，已停止生成：{'、'.join(self._fetcher.refused)[:200]}"
        )

    def _stylesheet(self, name: str):
        path = finders.find(name)
        if path is None:
            raise DocumentError(f"缺少版式文件 {name}，请重新部署程序。")
        key = (name, Path(path).stat().st_mtime_ns)
        if key not in self._sheets:
            self._sheets[key] = self._sheet(filename=path)
        return self._sheets[key]

    def _sheet(self, **source):
        return CSS(**source, url_fetcher=self._fetcher, font_config=self._fonts)


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


def _refuse_missing_glyphs(root, document, pdf) -> None:
    """WeasyPrint only logs a character that no font has and prints a box for it."""
    missing = {chr(codepoint) for font in document.fonts.values() for codepoint in font.missing}
    if missing:
        raise FontMissing(missing_sentence(root, missing))


class BundleFetcher(URLFetcher):
    """Resolves `font:<file>` and `static:<path>` from known folders and refuses every other address.

    WeasyPrint's own openers are reached for data: only, so no socket and no foreign file can be opened.
    `refused` keeps what was asked for: WeasyPrint swallows some errors, and the caller must not.
    """

    def __init__(self, fonts: dict[str, Path]):
        super().__init__(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
        self._fonts = fonts
        self.refused: list[str] = []

    def fetch(self, url, headers=None):
        scheme, _, rest = url.partition(":")
        if scheme == "data":
            return super().fetch(url, headers)
        path = self._find(scheme, unquote(rest))
        if path is None:
            self.refused.append(url)
            raise ValueError(f"refused: {url}")
        content = level(path.read_bytes()) if scheme == "font" else path.read_bytes()
        return URLFetcherResponse(url, content, {"Content-Type": TYPES[path.suffix.lower()]})

    def _find(self, scheme: str, name: str) -> Path | None:
        if scheme == "font":
            return self._fonts.get(name)
        if scheme != "static" or ".." in name or name.startswith("/"):
            return None
        path = finders.find(name)
        return Path(path) if path and Path(path).suffix.lower() in TYPES else None


def level(font: bytes) -> bytes:
    """The same font on the common baseline: ASCENT and DESCENT in its hhea and OS/2 tables, and no BASE
    table.

    A rare character from another file does not make its line taller then. CSS would have ascent-override for
    this; WeasyPrint does not know it, and Pango moves glyphs by the BASE table on top. The check sums are
    left as they were: no reader compares them, and WeasyPrint embeds a subset of its own making.
    """
    content = bytearray(font)
    tables = _tables(content)
    em = struct.unpack_from(">H", content, tables["head"][1] + 18)[0]
    above, below = round(em * ASCENT), round(em * DESCENT)
    struct.pack_into(">hhh", content, tables["hhea"][1] + 4, above, -below, 0)
    struct.pack_into(">hhhHH", content, tables["OS/2"][1] + 68, above, -below, 0, above, below)
    if "BASE" in tables:  # an unknown name in the same place of the sorted directory hides the table
        struct.pack_into(">4s", content, tables["BASE"][0], b"BASX")
    return bytes(content)


def _tables(content: bytearray) -> dict[str, tuple[int, int]]:
    """Where the directory entry and the data of each table of an OpenType or TrueType file begin."""
    count = struct.unpack_from(">H", content, 4)[0]
    entries = range(12, 12 + 16 * count, 16)
    return {
        content[at : at + 4].decode("latin-1"): (at, struct.unpack_from(">L", content, at + 8)[0])
        for at in entries
    }


def justify_line(context, line, extra_width: float) -> None:
    """Takes WeasyPrint's place for lines with Chinese in them; all other lines go to the original."""
    text = "".join(box.text for box in _texts(line))
    if len(text) < 2 or not CHINESE.search(text):
        _justify_spaces(context, line, extra_width)
        return
    gap = extra_width / (len(text) - 1)
    if gap <= line.style["font_size"] * WIDEST_GAP:
        _spread(context, line, gap, 0)


def _texts(box):
    if isinstance(box, boxes.TextBox):
        yield box
    elif isinstance(box, boxes.LineBox | boxes.InlineBox):
        for child in box.children:
            yield from _texts(child)


def _spread(context, box, gap: float, shift: float) -> float:
    """Widens the box by the gap after each of its characters; returns how far everything after it moves."""
    if isinstance(box, boxes.TextBox):
        box.position_x += shift
        return shift + _widen(context, box, gap)
    if isinstance(box, boxes.LineBox | boxes.InlineBox):
        box.position_x += shift
        end = shift
        for child in box.children:
            if child.is_in_normal_flow():
                end = _spread(context, child, gap, end)
        box.width += end - shift
        return end
    box.translate(shift, 0)
    return shift


def _widen(context, box, gap: float) -> float:
    if not box.text:
        return 0
    style = box.style.copy()
    spacing = style["letter_spacing"]
    style["letter_spacing"] = (0 if spacing == "normal" else spacing) + gap
    layout = inline.create_layout(
        box.text, style, context, max_width=None, justification_spacing=box.justification_spacing
    )
    layout.deactivate()
    box.style, box.pango_layout = style, layout
    added = gap * len(box.text)
    box.width += added
    return added
