"""What a person reads of a page, one line a block, row or field; no markup, no addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from xml.etree.ElementTree import Element, TreeBuilder

#: Longer lists of choices are counted.
CHOICES_SHOWN = 30
UNREAD = {"script", "style", "template", "noscript", "head"}
#: Of every page of an account the same; they are kept once, with the front page.
FRAME = {"header", "footer"}
INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "br",
    "button",
    "cite",
    "code",
    "dfn",
    "em",
    "i",
    "kbd",
    "label",
    "mark",
    "meter",
    "output",
    "progress",
}
INLINE |= {
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "time",
    "u",
    "var",
    "input",
    "select",
    "textarea",
    "option",
    "wbr",
    "img",
}
INLINE |= {"svg", "text", "tspan", "title", "g"}
CELLS = {"td", "th"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
#: What is read may be a part cut out of a page.
OUTERMOST = {"html", "body"}
_LINK = re.compile(r'<a [^>]*?href="([^"]*)"')
_SPACE = re.compile(r"\s+")
#: Lines of a textarea or of a paragraph set with breaks stay one line.
BREAK = " ⏎ "


class _Builder(HTMLParser):
    """The tree of a page whose elements are all closed, as those of the templates are."""

    def __init__(self):
        super().__init__()
        self._tree = TreeBuilder()
        self._tree.start("html", {})

    def tree(self, html: str) -> Element:
        self.feed(html)
        self.close()
        self._tree.end("html")
        return self._tree.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in OUTERMOST:
            return
        self._tree.start(tag, {name: value or "" for name, value in attrs})
        if tag in VOID:
            self._tree.end(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID | OUTERMOST:
            self._tree.end(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tree.start(tag, {name: value or "" for name, value in attrs})
        self._tree.end(tag)

    def handle_data(self, data: str) -> None:
        self._tree.data(data)


def lines_of(html: str, *, frame: bool = False) -> list[str]:
    """The title and the lines of the page, with what is around it if `frame`."""
    tree = _Builder().tree(html)
    title = next(tree.iter("title"), None)
    heading = [f"《{_clean(title.text or '')}》"] if title is not None else []
    if title is not None:
        title.text = ""
    return heading + _Reader(_labels(tree), frame).read(tree)


def links_of(html: str) -> list[str]:
    """Where the page leads to, in its order."""
    return [unescape(one) for one in _LINK.findall(html)]


def _labels(tree: Element) -> dict[str, str]:
    """Words of each label by the id of its field."""
    return {one.get("for"): _clean("".join(one.itertext())) for one in tree.iter("label") if one.get("for")}


def _clean(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


class _Reader:
    """Walks a tree; inline words are gathered until a block begins or ends."""

    def __init__(self, labels: dict[str, str], frame: bool):
        self._labels, self._frame = labels, frame
        self._lines: list[str] = []
        self._words: list[str] = []

    def read(self, tree: Element) -> list[str]:
        self._walk(tree)
        self._end()
        return self._lines

    def _end(self, mark: str = "") -> None:
        text = _clean("".join(self._words)).removesuffix(BREAK.strip()).strip()
        self._words = []
        if text:
            self._lines.append(mark + text)

    def _walk(self, element: Element) -> None:
        name = element.tag
        if name in UNREAD or element.get("hidden") is not None or (name in FRAME and not self._frame):
            return
        if name == "tr":
            self._row(element)
        elif name in INLINE:
            self._inline(element, name)
        else:
            self._end()
            self._inside(element)
            self._end("#" * int(name[1]) + " " if name in HEADINGS else "- " if name == "li" else "")

    def _inside(self, element: Element) -> None:
        self._words.append(element.text or "")
        for child in element:
            self._walk(child)
            self._words.append(child.tail or "")

    def _row(self, element: Element) -> None:
        self._end()
        cells = [
            " / ".join(_Reader(self._labels, self._frame).read(cell)) for cell in element if cell.tag in CELLS
        ]
        self._lines.append("| " + " | ".join(cells) + " |")

    def _inline(self, element: Element, name: str) -> None:
        if name == "br":
            self._words.append(BREAK)
        elif name in ("input", "select", "textarea"):
            self._words.append(self._field(element, name))
        elif name == "img":
            self._words.append(element.get("alt") or "")
        elif name in ("a", "button"):
            self._words.append(" [" if name == "a" else " <")
            self._inside(element)
            self._words.append("" if "".join(element.itertext()).strip() else element.get("aria-label") or "")
            self._words.append("] " if name == "a" else "> ")
        elif name in ("svg", "text", "tspan", "title", "g"):
            self._words.append(" " + " ".join(map(_clean, element.itertext())) + " ")
        else:
            self._inside(element)

    def _field(self, element: Element, name: str) -> str:
        kind = element.get("type", "text")
        if kind == "hidden":
            return ""
        unlabelled = element.get("id") not in self._labels
        label = f"{element.get('aria-label')}：" if unlabelled and element.get("aria-label") else ""
        off = (
            "（不可改）" if element.get("disabled") is not None or element.get("readonly") is not None else ""
        )
        return f" {label}{self._value(element, name, kind)}{off} "

    def _value(self, element: Element, name: str, kind: str) -> str:
        if kind in ("checkbox", "radio"):
            left, right = "[]" if kind == "checkbox" else "()"
            return f"{left}{'x' if element.get('checked') is not None else ' '}{right}"
        if kind in ("submit", "button"):
            return f"<{element.get('value', '')}>"
        if name == "select":
            return self._choices(element)
        value = "".join(element.itertext()) if name == "textarea" else element.get("value") or ""
        hint = f"（{element.get('placeholder')}）" if element.get("placeholder") and not value else ""
        return f"_{BREAK.join(map(_clean, value.strip().splitlines()))}{hint}_"

    def _choices(self, element: Element) -> str:
        options = [one for one in element.iter() if one.tag == "option"]
        chosen = [_clean("".join(one.itertext())) for one in options if one.get("selected") is not None]
        if not chosen and options and element.get("multiple") is None:
            chosen = [_clean("".join(options[0].itertext()))]
        words = list(_words(options)) if len(options) <= CHOICES_SHOWN else [f"{len(options)} 项"]
        return f"_{'、'.join(chosen)}_ {{{'；'.join(words)}}}"


def _words(options: list[Element]) -> Iterator[str]:
    for one in options:
        yield _clean("".join(one.itertext()))
