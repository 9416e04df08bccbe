"""Text → tree. Everything that can be wrong with a text leaves here as a RuleError, in the words of the
person who typed it: what stands there, and what was expected instead.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from .building import Building
from .characters import half_width
from .errors import RuleError
from .syntax import Condition, Effect, Operand, Rule

MAX_LENGTH = 2000
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
    "_TIMES": "“×”",
    "PER": "“每项”一类的单位",
    "_AND": "“且”",
    "_ASK": "“问 名称”",
    "OTHERWISE": "“其他→”",
    "_FULL": "“满分 数字”",
    "_FLOOR": "“下限 数字”",
    "_CAP": "“上限 数字”",
    "_STEP": "“步长 数字”",
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


def parse_rule(text: str) -> Rule:
    """Read one 计分规则. Raises RuleError with the position and what was expected there."""
    return _parse(text, "rule", "计分规则")


def parse_condition(text: str) -> Condition:
    """Read the condition of a star or a restriction, e.g. 总分≥90 且 A3≥28."""
    return _parse(text, "condition", "条件")


def parse_effect(text: str) -> Effect:
    """Read the effect of a restriction: 不授星 or 最高三星."""
    return _parse(text, "effect", "后果")


def parse_operand(text: str) -> Operand:
    """Read one name alone: of a metric, with or without arguments, or 问 名称."""
    return _parse(text, "operand", "名称")


@lru_cache(maxsize=4096)
def _parse(text: str, start: str, kind: str) -> Any:
    """Trees never change, so a line is read once: the pages of a draft ask for hundreds of lines, nearly all
    as before.
    """
    if len(text) > MAX_LENGTH:
        raise RuleError(f"{kind}太长，最多 {MAX_LENGTH} 个字", MAX_LENGTH)
    source = half_width(text)
    if not source.strip():
        raise RuleError(f"{kind}是空的")
    try:
        return _parser().parse(source, start=start)
    except UnexpectedInput as error:
        raise _explained(error, text) from None


@cache
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar, parser="lalr", start=["rule", "condition", "effect", "operand"], transformer=Building()
    )


def _explained(error: UnexpectedInput, text: str) -> RuleError:
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
