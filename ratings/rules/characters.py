"""Half and full width made equal, one character for one, so that every position stays the position in the
text as typed.
"""

import re

from ratings.rules.errors import RuleError

_QUOTED = re.compile(r"[“”\"＂][^“”\"＂\n]*[“”\"＂]|「[^「」\n]*」")
_QUOTE_MARK = re.compile(r"[“”\"＂「」]")
_SAME = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_SAME |= {
    "〔": "[",
    "〕": "]",
    "【": "[",
    "】": "]",
    "﹣": "-",
    "−": "-",
    "‐": "-",
    "‑": "-",
    "─": "—",
    "―": "—",
    "〜": "~",
    "∶": ":",
}
_SAME |= dict.fromkeys("\u3000\u00a0\u200b\u2060\ufeff", " ")
_TABLE = str.maketrans(_SAME)


def half_width(text: str) -> str:
    """Punctuation, figures, letters and spaces in half width; ideographs, and whatever stands in quotes, stay
    as they are.
    """
    pieces, end = [], 0
    for quoted in _QUOTED.finditer(text):
        pieces.append(_outside(text, end, quoted.start()))
        name = quoted.group()
        pieces.append(name if name[0] == "「" else name.replace("＂", '"'))
        end = quoted.end()
    return "".join([*pieces, _outside(text, end, len(text))])


def _outside(text: str, start: int, end: int) -> str:
    stray = _QUOTE_MARK.search(text, start, end)
    if stray:
        raise RuleError(f"引号 {stray.group()} 没有成对", stray.start())
    return text[start:end].translate(_TABLE)


def folded(text: str) -> str:
    """For comparing what people type with a known name: half width throughout, no spaces around."""
    return text.translate(_TABLE).strip()
