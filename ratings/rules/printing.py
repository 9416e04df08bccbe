"""Tree → canonical text, so that parse(to_text(x)) == x."""

import re
from collections.abc import Iterable
from fractions import Fraction
from functools import singledispatch
from typing import Any

from ratings.rules.characters import folded
from ratings.rules.syntax import (
    JUDGED_NAME,
    POINT_UNIT,
    Add,
    Band,
    Case,
    Cases,
    Checklist,
    Comparison,
    Condition,
    Deduct,
    Effect,
    Graded,
    Judged,
    Levels,
    Limit,
    Number,
    Per,
    Question,
    Ratio,
    Reference,
    Rule,
    Term,
    Test,
    Tick,
)

_BARE = re.compile(r"[0-9]*[^\W\d每](?:[0-9]*[^\W\d每]|·[^\W\d每])*|[A-Z][A-Za-z0-9]*(?:[-.][0-9A-Za-z]+)*")
_KEYWORD = re.compile(r"(?:满分|下限|上限|步长)(?:[0-9].*)?|其他|问|且")
_STARS = "零一二三四"


def decimal_text(value: Fraction) -> str:
    """A decimal without trailing zeros: 1.5, 3. Values that are no short decimal are cut to six places, for
    display only.
    """
    whole, rest = divmod(abs(value.numerator) * 10**6 // value.denominator, 10**6)
    return ("-" if value < 0 else "") + f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


def name_text(name: str) -> str:
    """The name as a rule must write it: bare where it can be, else in quotes."""
    if _BARE.fullmatch(name) and not _KEYWORD.fullmatch(name) and folded(name) == name:
        return name
    return f"「{name}」" if any(mark in name for mark in '“”"＂') else f"“{name}”"


@singledispatch
def to_text(node: Any) -> str:
    """The canonical line of a rule, a condition, an effect or any part of them."""
    raise TypeError(node)


def _list(nodes: Iterable[Any]) -> str:
    return "; ".join(to_text(node) for node in nodes)


@to_text.register
def _(node: Number) -> str:
    return f"{decimal_text(node.value * 100)}%" if node.percent else decimal_text(node.value)


@to_text.register
def _(node: Limit) -> str:
    return f"{name_text(node.name)}{node.op}{to_text(node.value)}"


@to_text.register
def _(node: Reference) -> str:
    words = "、".join(name_text(word) for word in node.words)
    arguments = ", ".join([*(to_text(limit) for limit in node.limits), *([words] if words else [])])
    return name_text(node.name) + (f"[{arguments}]" if arguments else "")


@to_text.register
def _(node: Question) -> str:
    return f"问 {name_text(node.name)}"


@to_text.register
def _(node: Comparison) -> str:
    return f"{to_text(node.left)}{node.op}{to_text(node.value)}"


@to_text.register
def _(node: Condition) -> str:
    return " 且 ".join(to_text(comparison) for comparison in node.comparisons)


@to_text.register
def _(node: Effect) -> str:
    return f"最高{_STARS[node.star]}星" if node.star else "不授星"


@to_text.register
def _(node: Tick) -> str:
    return f"{to_text(node.subject)}={to_text(node.points)}"


@to_text.register
def _(node: Checklist) -> str:
    return f"清单({_list(node.ticks)})"


@to_text.register
def _(node: Test) -> str:
    if node.high is not None:
        return f"{to_text(node.low)}—{to_text(node.high)}"
    return to_text(node.low) if node.op == "=" else f"{node.op}{to_text(node.low)}"


@to_text.register
def _(node: Band) -> str:
    return f"{to_text(node.test) if node.test else '其他'}→{to_text(node.points)}"


@to_text.register
def _(node: Graded) -> str:
    return f"档({to_text(node.subject)}: {_list(node.bands)})"


@to_text.register
def _(node: Case) -> str:
    return f"{to_text(node.condition) if node.condition else '其他'}→{to_text(node.points)}"


@to_text.register
def _(node: Cases) -> str:
    return f"档({_list(node.cases)})"


@to_text.register
def _(node: Ratio) -> str:
    over = f"/{to_text(node.denominator)}" if node.denominator else ""
    target = f" ÷ {to_text(node.target)}" if node.target else ""
    return f"比({to_text(node.numerator)}{over}{target})×{to_text(node.points)}"


@to_text.register
def _(node: Per) -> str:
    plain = node.amount.value == 1 and node.unit != POINT_UNIT
    return f"每{'' if plain else to_text(node.amount)}{node.unit}"


@to_text.register
def _(node: Term) -> str:
    return " ".join(to_text(piece) for piece in (node.subject, node.per, node.points) if piece is not None)


@to_text.register
def _(node: Deduct) -> str:
    full = f"满分 {to_text(node.full)}; " if node.full else ""
    return f"扣({full}{_list(node.terms)}; 下限 {to_text(node.floor)})"


@to_text.register
def _(node: Add) -> str:
    return f"加({_list(node.terms)}{f'; 上限 {to_text(node.cap)}' if node.cap else ''})"


@to_text.register
def _(node: Levels) -> str:
    levels = "; ".join(f"{name_text(level.word)}={to_text(level.points)}" for level in node.levels)
    return f"评({name_text(node.name)}: {levels})"


@to_text.register
def _(node: Judged) -> str:
    name = "" if node.name == JUDGED_NAME else f"{name_text(node.name)}: "
    step = f"; 步长 {to_text(node.step)}" if node.step else ""
    return f"分({name}{to_text(node.low)}—{to_text(node.high)}{step})"


@to_text.register
def _(node: Rule) -> str:
    return " + ".join(to_text(part) for part in node.parts)
