"""What a document may load: fonts of FONTS_DIR, our own static files, data: URLs, and nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from django.contrib.staticfiles import finders
from weasyprint.urls import URLFetcher, URLFetcherResponse

from .font_metrics import level

TYPES = {".css": "text/css", ".otf": "font/otf", ".ttf": "font/ttf", ".svg": "image/svg+xml", ".png": "image/png"}


class BundleFetcher(URLFetcher):
    """Resolves `font:<file>` and `static:<path>` from known folders and refuses every other address.

    WeasyPrint's own openers are never reached except for data:, so no socket and no foreign file can be opened.
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
        found = finders.find(name)
        return Path(found) if found and Path(found).suffix.lower() in TYPES else None
