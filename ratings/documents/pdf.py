"""HTML of our own templates to PDF, with our own fonts, the same bytes every time."""

import atexit
import importlib
import io
import threading
from collections.abc import Sequence
from contextlib import redirect_stdout

from .fonts import DocumentError, Face, find_faces

#: A bulletin with 300 schools has about 20 pages; anything near the cap belongs into a workbook.
PAGE_CAP = 120
#: Refused before layout, since layout is what costs time and memory.
HTML_CAP = 1_000_000
#: Debian packages whose libraries WeasyPrint loads. It can do without the last, but then takes twenty times
#: as long.
PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")

_lock = threading.Lock()
_engines: dict[tuple, object] = {}
#: WeasyPrint keeps a copy of the fonts in the temporary folder and forgets it when the interpreter goes down
#: first.
atexit.register(_engines.clear)


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


def render_pdf(
    html: str, *, stylesheets: Sequence[str] = ("documents/bulletin.css",), page_cap: int = PAGE_CAP
) -> bytes:
    """The PDF of `html` laid out by the named static stylesheets.

    Without time stamp or random identifier: equal input gives equal bytes, so a digest of the file can be
    compared later. Raises RendererMissing, FontMissing for an absent face or a character that no face has,
    ResourceRefused, TooLong. Renderings of one process take turns: Pango's font map is not made for threads.
    """
    if len(html) > HTML_CAP:
        raise TooLong(f"文档内容超过 {HTML_CAP // 10000} 万字符，无法生成 PDF，请改用电子表格导出。")
    with _lock:
        load_renderer()
        return _engine(find_faces()).render(html, stylesheets, page_cap)


def load_renderer() -> None:
    """Imports WeasyPrint, which costs a second and needs libraries of the system: so not before a PDF is
    asked for.

    Raises RendererMissing. Tried anew each time, so that a running server prints as soon as the libraries are
    there.
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
    except DocumentError as refused:
        return str(refused)
    return ""


def _engine(faces: tuple[Face, ...]):
    """The engine of these very files; an office that drops in another face gets it with the next document."""
    from .engine import Engine  # not before load_renderer has said that it can be

    key = tuple((str(path), path.stat().st_mtime_ns) for face in faces for path in face.files)
    if key not in _engines:
        _engines.clear()
        _engines[key] = Engine(faces)
    return _engines[key]
