"""Half and full width made equal, one character for one, so that every position stays the position in the
text as typed; and names as a rule must write them.
"""

import re

from .errors import RuleError

_QUOTED = re.compile(r"[“”\"＂][^“”\"＂\n]*[“”\"＂]|「[^「」\n]*」")
_QUOTE_MARK = re.compile(r"[“”\"＂「」]")
_BARE = re.compile(r"[0-9]*[^\W\d每](?:[0-9]*[^\W\d每]|·[^\W\d每])*|[A-Z][A-Za-z0-9]*(?:[-.][0-9A-Za-z]+)*")
_KEYWORD = re.compile(r"(?:满分|下限|上限|步长)(?:[0-9].*)?|其他|问|且")
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


def name_text(name: str) -> str:
    """The name as a rule must write it: bare where it can be, else in quotes."""
    if _BARE.fullmatch(name) and not _KEYWORD.fullmatch(name) and folded(name) == name:
        return name
    return f"「{name}」" if any(mark in name for mark in '“”"＂') else f"“{name}”"
