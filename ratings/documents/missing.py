"""Where in a document a character stands that no font has: the line, the column, and who can put it right.

Such text is refused when it is typed; this is for what was stored before, or came from elsewhere. A paper
that is signed is not printed with something else in its place.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from xml.etree.ElementTree import Element

from schools.workbooks.printable import named

#: Who wrote what stands in a column, by a word of its heading.
WRITERS = {
    "初评": "县（市、区）初评人",
    "自评": "学校填报人",
    "填报": "学校填报人",
    "评审": "评委或市评委会办公室",
    "评分": "评委",
    "理由": "市评委会办公室",
}
MOST_PLACES, MOST_SHOWN = 3, 24


def missing_sentence(root: Element, letters: Iterable[str]) -> str:
    """What cannot be printed, where it stands in the HTML below `root`, and who is to change it."""
    letters = sorted(letters)
    places = dict.fromkeys(islice(_places(root, set(letters)), MOST_PLACES))
    where = f"，在{'、'.join(place for place, _ in places)}" if places else ""
    writers = "、".join(dict.fromkeys(writer for _, writer in places)) or "填写的人"
    return (
        f"现有字体中没有这些字：{named(letters)}{where}。请由{writers}改正后再打印，已提交的先退回；"
        "确须印出的字，把含有该字的字体放入字体目录的 office 文件夹。"
    )


def _places(root: Element, letters: set[str]) -> Iterator[tuple[str, str]]:
    """A phrase for each text with one of the letters, and who wrote it."""
    inside = {child: parent for parent in root.iter() for child in parent}
    for element in root.iter():
        for holder, text in ((element, element.text), (inside.get(element), element.tail)):
            if holder is not None and isinstance(holder.tag, str) and letters.intersection(text or ""):
                yield _place(holder, inside, letters)


def _place(element: Element, inside: dict[Element, Element], letters: set[str]) -> tuple[str, str]:
    cell = _up(element, inside, ("td", "th"))
    row = None if cell is None else _up(cell, inside, ("tr",))
    if row is None:
        return f"“{_said(element, letters)}”一段", "填写的人"
    heading, line = _heading(row, cell, inside), f"“{_said(row[0], letters)}”一行"
    writer = next((who for word, who in WRITERS.items() if word in heading), "填写这一栏的人")
    if not heading:
        return line, writer
    return f"{'' if row[0].tag == 'th' else f'{line}的'}“{heading}”一栏", writer


def _up(element: Element, inside: dict[Element, Element], tags: tuple[str, ...]) -> Element | None:
    while element is not None and element.tag not in tags:
        element = inside.get(element)
    return element


def _heading(row: Element, cell: Element, inside: dict[Element, Element]) -> str:
    """What the column is called: the heading of the same place in the table, or of the row itself."""
    table = _up(row, inside, ("table",))
    place = list(row).index(cell)
    if place and row[place - 1].tag == "th":
        return _text(row[place - 1])
    heads = () if table is None else table.iterfind("./thead/tr")
    return next((_text(head[place]) for head in heads if len(head) == len(row)), "")


def _text(element: Element) -> str:
    return "".join("".join(element.itertext()).split())


def _said(element: Element, letters: set[str]) -> str:
    """The beginning of a text, without what cannot be shown."""
    text = "".join("□" if letter in letters else letter for letter in _text(element))
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
