"""A parser error in the words of the person who typed the rule: what stands there, and what was expected
instead.
"""

from lark.exceptions import UnexpectedInput, UnexpectedToken

from ratings.rules.errors import RuleError

_NAME = "名称"
_KIND = "计分方式（清单、档、比、扣、加、评、分）"
_WORDS = {
    **dict.fromkeys(("CHECKLIST", "GRADED", "RATIO", "DEDUCT", "ADD", "LEVELS", "JUDGED"), _KIND),
    **dict.fromkeys(("NAME", "CODE", "QUOTED"), _NAME),
    "NUMBER": "数字",
    "EQUAL": "“=”",
    "COMPARE": "“≥”“>”“≤”“<”“≠”",
    "ARROW": "“→”",
    "DASH": "“—”",
    "TIMES": "“×”",
    "PER": "“每项”一类的单位",
    "AND": "“且”",
    "ASK": "“问 名称”",
    "OTHERWISE": "“其他→”",
    "FULL": "“满分 数字”",
    "FLOOR": "“下限 数字”",
    "CAP": "“上限 数字”",
    "STEP": "“步长 数字”",
    "NO_STAR": "“不授星”",
    "AT_MOST": "“最高一星”至“最高四星”",
    "LPAR": "“(”",
    "RPAR": "“)”",
    "LSQB": "“[”",
    "RSQB": "“]”",
    "SEMICOLON": "“；”",
    "COLON": "“：”",
    "_COMMA": "“，”",
    "_BY": "“÷”",
    "PLUS": "“+”",
    "SLASH": "“/”",
    "$END": "结束",
}
_ORDER = list(dict.fromkeys(_WORDS.values()))


def explain(error: UnexpectedInput, text: str) -> RuleError:
    """The same error with a position in `text`, which is the text as typed."""
    expected = _expected(error)
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return RuleError(f"没有写完，后面应为{expected}", len(text.rstrip()))
    position = error.pos_in_stream
    return RuleError(f"“{_found(error, text)}”写在这里读不懂，应为{expected}{_hint(error, text)}", position)


def _found(error: UnexpectedInput, text: str) -> str:
    length = len(error.token) if isinstance(error, UnexpectedToken) else 1
    return text[error.pos_in_stream : error.pos_in_stream + min(length, 12)]


def _expected(error: UnexpectedInput) -> str:
    words = {_WORDS[terminal] for terminal in error.interactive_parser.accepts()}
    ordered = sorted(words, key=_ORDER.index)
    return "或".join(ordered) if ordered else "别的写法"


def _hint(error: UnexpectedInput, text: str) -> str:
    rest = text[error.pos_in_stream :]
    if rest.startswith("每"):
        return "；名称里有“每”字的，请加引号，如“每月例会”"
    if rest.startswith("或"):
        return "；不支持“或”，请分成两档来写"
    return ""
