"""Text → tree. Everything that can be wrong with a text leaves here as a RuleError."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput

from ratings.rules.building import Building
from ratings.rules.characters import half_width
from ratings.rules.errors import RuleError
from ratings.rules.expectations import explain
from ratings.rules.syntax import Condition, Effect, Operand, Rule

MAX_LENGTH = 2000


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
        raise explain(error, text) from None


@cache
def _parser() -> Lark:
    grammar = (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(
        grammar, parser="lalr", start=["rule", "condition", "effect", "operand"], transformer=Building()
    )
