"""Names and numbers between a field and the tree: quotes and brackets are the machine's business, not the typist's."""

from __future__ import annotations

import re

from ratings.rules import Question, Reference, RuleError, parse_condition, parse_rule, to_text
from ratings.rules.characters import folded
from ratings.rules.printing import name_text
from ratings.rules.syntax import Limit, Number, Operand, Per

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*%?")
#: Signs by which a field shows that the line's own writing is meant: arguments, quotes, 问.
_WRITTEN = re.compile(r"[\[\]［］【】〔〕“”\"＂「」]|^问\s")


class Wrong(ValueError):
    """A field that cannot be read; the text is the sentence beside it."""


def operand_text(operand: Operand) -> str:
    """A name as the field shows it: bare where nothing can be mistaken."""
    if isinstance(operand, Reference) and not (operand.limits or operand.words) and not _WRITTEN.search(operand.name):
        return operand.name
    return to_text(operand)


def read_operand(text: str) -> Operand:
    """A metric with or without arguments, 问 名称, or a name for people; raises Wrong."""
    text = text.strip()
    try:
        written = text if _WRITTEN.search(text) else name_text(text)
        comparison = parse_condition(f"{written}≥0").comparisons
    except RuleError as error:
        raise Wrong(f"名称读不懂：{error.message}") from None
    if len(comparison) != 1:
        raise Wrong("这里只写一个名称")
    return comparison[0].left


def read_name(text: str) -> str:
    """A name without arguments."""
    operand = read_operand(text)
    if isinstance(operand, Question) or operand.limits or operand.words:
        raise Wrong("这里只写名称，不带“问”和方括号")
    return operand.name


def read_reference(text: str) -> Reference:
    """A metric or a name for people, but no typed number."""
    operand = read_operand(text)
    if isinstance(operand, Question):
        raise Wrong("这里不能写“问”")
    return operand


def read_number(text: str, *, percent: bool) -> Number:
    """An exact number as the language takes it; `percent` tells whether 85% may stand here."""
    clean = folded(text)
    if not _NUMBER.fullmatch(clean):
        raise Wrong("应写数字，如 2、1.5 或 60%" if percent else "应写分数，如 2 或 1.5")
    if clean.endswith("%") and not percent:
        raise Wrong("这里是分数，不能写百分数")
    try:
        return parse_condition(f"数≥{clean}").comparisons[0].value
    except RuleError as error:
        raise Wrong(error.message) from None


def per_text(per: Per | None) -> str:
    """What stands after 每."""
    return to_text(per).removeprefix("每") if per else ""


def read_per(text: str) -> Per:
    """项, 月, 10人, 1个百分点, with or without the 每 in front."""
    unit = folded(text).removeprefix("每").strip()
    try:
        terms = [term for part in parse_rule(f"加(名称 每{unit} 1)").parts for term in part.terms]
    except (RuleError, AttributeError):
        terms = []
    if len(terms) != 1 or terms[0].per is None:
        raise Wrong("应写单位，如 项、次、月、10人 或 1个百分点")
    return terms[0].per


def read_limit(name: str, op: str, value: str) -> Limit:
    """学时 ≥ 2."""
    number = read_number(value, percent=False)
    return Limit(read_name(name), op, number)
