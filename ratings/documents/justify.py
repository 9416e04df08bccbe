"""Both edges straight for Chinese lines.

WeasyPrint justifies by stretching spaces, and Chinese has none: a line that ends early because a mark may not begin the next one
stays ragged. This spreads what is left over evenly between the characters of the line. It replaces one private function of
WeasyPrint, which is why the version is pinned exactly and the right edges are measured in a test.
"""

from __future__ import annotations

import re

CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef\U00020000-\U0003ffff]")
#: A gap wider than this part of a character would tear the line apart; such a line stays ragged.
WIDEST_GAP = 0.25


def install() -> None:
    """Makes every later rendering of this process justify Chinese; calling it again changes nothing."""
    from weasyprint.layout import inline

    if inline.justify_line is not justify_line:
        justify_line.original = inline.justify_line
        inline.justify_line = justify_line


def justify_line(context, line, extra_width: float) -> None:
    """Takes WeasyPrint's place for lines with Chinese in them; all other lines go to the original."""
    text = "".join(box.text for box in _texts(line))
    if len(text) < 2 or not CJK.search(text):
        justify_line.original(context, line, extra_width)
        return
    gap = extra_width / (len(text) - 1)
    if gap <= line.style["font_size"] * WIDEST_GAP:
        _spread(context, line, gap, 0)


def _texts(box):
    from weasyprint.formatting_structure import boxes

    if isinstance(box, boxes.TextBox):
        yield box
    elif isinstance(box, boxes.LineBox | boxes.InlineBox):
        for child in box.children:
            yield from _texts(child)


def _spread(context, box, gap: float, shift: float) -> float:
    """Widens the box by the gap after each of its characters; returns how far everything after it moves."""
    from weasyprint.formatting_structure import boxes

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
    from weasyprint.layout.inline import create_layout

    if not box.text:
        return 0
    style = box.style.copy()
    spacing = style["letter_spacing"]
    style["letter_spacing"] = (0 if spacing == "normal" else spacing) + gap
    layout = create_layout(box.text, style, context, max_width=None, justification_spacing=box.justification_spacing)
    layout.deactivate()
    box.style, box.pango_layout = style, layout
    added = gap * len(box.text)
    box.width += added
    return added
