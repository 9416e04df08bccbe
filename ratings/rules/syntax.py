"""The syntax tree of the rule language: immutable values that compare by meaning, so positions never take
part in equality.

Every node prints itself as canonical text, so that parse(str(x)) == x, and tells what it names. What a kind
is worth and how it is explained stands in the modules that reckon, check and word it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from .characters import name_text
from .rounding import decimal_text

JUDGED_NAME = "得分"
"""What an unnamed 分(…) is asked under."""
POINT_UNIT = "个百分点"
RANGE = "—"
"""The operator of a band with two bounds."""

_HOLDS = {
    "≥": operator.ge,
    ">": operator.gt,
    "≤": operator.le,
    "<": operator.lt,
    "=": operator.eq,
    "≠": operator.ne,
}
_STARS = "零一二三四"

_node = dataclass(frozen=True, slots=True)


def to_text(node: Node) -> str:
    """The canonical line of a rule, a condition, an effect or any part of them."""
    return str(node)


def _list(nodes: Iterable[Node]) -> str:
    return "; ".join(map(str, nodes))


class Node:
    """A piece of a rule. It names what the nodes `inner` name, unless its kind says more."""

    __slots__ = ()

    @property
    def inner(self) -> Iterable[Node]:
        return ()

    @property
    def bare(self) -> list[Reference]:
        """Names that stand for themselves in 清单, 扣 and 加: a metric where the vocabulary has it, else
        asked of people.
        """
        return [name for node in self.inner for name in node.bare]

    @property
    def compared(self) -> list[tuple[Operand, Number]]:
        """What is held against which bound, in the order of writing."""
        return [pair for node in self.inner for pair in node.compared]

    @property
    def operands(self) -> list[Operand]:
        """Names that are compared or divided, so they must be figures: metrics, typed numbers, totals and
        codes.
        """
        return [operand for node in self.inner for operand in node.operands]

    @property
    def questions(self) -> list[Question]:
        """The typed numbers of a node, in the order of writing, each once."""
        return list(dict.fromkeys(operand for operand in self.operands if isinstance(operand, Question)))

    @property
    def rests_on(self) -> list[str]:
        """Answers without which the node says nothing at all."""
        return [question.name for question in self.questions]

    def bounds(self, operand: Operand) -> list[Number]:
        """What one operand is held against."""
        return [bound for left, bound in self.compared if left == operand]


@_node
class Placed(Node):
    """A node that knows where it stands in the text as typed; equality does not ask for it."""

    position: int = field(default=0, compare=False, repr=False, kw_only=True)


@_node
class Number(Placed):
    """An exact decimal. `percent` remembers how it was written; the value of 85% is 17/20."""

    value: Fraction
    percent: bool = False

    def __str__(self) -> str:
        return f"{decimal_text(self.value * 100)}%" if self.percent else decimal_text(self.value)


@_node
class Limit(Node):
    """One comparison among the arguments of a metric: 学时≥2."""

    name: str
    op: str
    value: Number

    def __str__(self) -> str:
        return f"{name_text(self.name)}{self.op}{self.value}"


@_node
class Reference(Placed):
    """A bare name, with arguments if it is a metric that takes them. Whether it is a metric only a vocabulary
    can tell.
    """

    name: str
    limits: tuple[Limit, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def bare(self) -> list[Reference]:
        return [self]

    @property
    def rests_on(self) -> list[str]:
        return [self.name]

    def __str__(self) -> str:
        words = "、".join(map(name_text, self.words))
        arguments = ", ".join([*map(str, self.limits), *([words] if words else [])])
        return name_text(self.name) + (f"[{arguments}]" if arguments else "")


@_node
class Question(Placed):
    """问 名称: a number that people type."""

    name: str

    def __str__(self) -> str:
        return f"问 {name_text(self.name)}"


Operand = Reference | Question
Values = Callable[[Operand], Fraction]
"""Gives the figure of an operand."""


@_node
class Comparison(Node):
    left: Operand
    op: str
    value: Number

    def holds(self, figure: Fraction) -> bool:
        return _HOLDS[self.op](figure, self.value.value)

    def beyond(self, figure: Fraction) -> Fraction:
        """How far a figure lies on the far side of the bound: 5 points for 80% where the rule says <85%."""
        distance = figure - self.value.value
        return max(-distance if self.op in "<≤" else distance, Fraction(0))

    def __str__(self) -> str:
        return f"{self.left}{self.op}{self.value}"


@_node
class Condition(Node):
    """Comparisons joined by 且; all must hold."""

    comparisons: tuple[Comparison, ...]

    @property
    def operands(self) -> list[Operand]:
        return [comparison.left for comparison in self.comparisons]

    @property
    def compared(self) -> list[tuple[Operand, Number]]:
        return [(comparison.left, comparison.value) for comparison in self.comparisons]

    def holds(self, values: Values) -> bool:
        return all(comparison.holds(values(comparison.left)) for comparison in self.comparisons)

    def __str__(self) -> str:
        return " 且 ".join(map(str, self.comparisons))


@_node
class Effect(Node):
    """The highest star a restriction leaves; 0 is 不授星."""

    star: int

    def __str__(self) -> str:
        return f"最高{_STARS[self.star]}星" if self.star else "不授星"


class Reasons(Placed):
    """What 清单, 扣 and 加 have in common: `terms`, each a reason for points."""

    __slots__ = ()

    @property
    def inner(self) -> Iterable[Node]:
        return (term.subject for term in self.terms)

    @property
    def rests_on(self) -> list[str]:
        return []


@_node
class Tick(Node):
    subject: Reference
    points: Number

    @property
    def per(self) -> None:
        """A tick is never counted."""

    def __str__(self) -> str:
        return f"{self.subject}={self.points}"


@_node
class Checklist(Reasons):
    """清单: the points of everything that is ticked."""

    ticks: tuple[Tick, ...]

    @property
    def terms(self) -> tuple[Tick, ...]:
        return self.ticks

    def __str__(self) -> str:
        return f"清单({_list(self.ticks)})"


class Choice(Placed):
    """档: the first of its `lines` that fits gives the points."""

    __slots__ = ()

    def first(self, values: Values) -> Band | Case | None:
        return next((line for line in self.lines if self.fits(line, values)), None)


@_node
class Test(Node):
    """What a band asks of its subject: an operator and a bound, or, where `high` is given, an inclusive
    range.
    """

    op: str
    low: Number
    high: Number | None = None

    @property
    def numbers(self) -> list[Number]:
        return [self.low, self.high] if self.high else [self.low]

    def fits(self, figure: Fraction) -> bool:
        if self.high:
            return self.low.value <= figure <= self.high.value
        return _HOLDS[self.op](figure, self.low.value)

    def __str__(self) -> str:
        if self.high:
            return f"{self.low}—{self.high}"
        return f"{'' if self.op == '=' else self.op}{self.low}"


@_node
class Band(Placed):
    """A line of 档; without a test it is 其他."""

    test: Test | None
    points: Number

    def fits(self, figure: Fraction) -> bool:
        return self.test is None or self.test.fits(figure)

    def __str__(self) -> str:
        return f"{self.test or '其他'}→{self.points}"


@_node
class Graded(Choice):
    """档 over one subject: the first band that fits gives the points."""

    subject: Operand
    bands: tuple[Band, ...]

    @property
    def lines(self) -> tuple[Band, ...]:
        return self.bands

    @property
    def operands(self) -> list[Operand]:
        return [self.subject]

    @property
    def compared(self) -> list[tuple[Operand, Number]]:
        return [(self.subject, number) for band in self.bands if band.test for number in band.test.numbers]

    def fits(self, band: Band, values: Values) -> bool:
        return band.fits(values(self.subject))

    def __str__(self) -> str:
        return f"档({self.subject}: {_list(self.bands)})"


@_node
class Case(Placed):
    """A line of 档 with whole conditions; without a condition it is 其他."""

    condition: Condition | None
    points: Number

    def __str__(self) -> str:
        return f"{self.condition or '其他'}→{self.points}"


@_node
class Cases(Choice):
    """档 over conditions: the first case that holds gives the points."""

    cases: tuple[Case, ...]

    @property
    def lines(self) -> tuple[Case, ...]:
        return self.cases

    @property
    def inner(self) -> Iterable[Node]:
        return (case.condition for case in self.cases if case.condition)

    def fits(self, case: Case, values: Values) -> bool:
        return case.condition is None or case.condition.holds(values)

    def __str__(self) -> str:
        return f"档({_list(self.cases)})"


@_node
class Ratio(Placed):
    """比: numerator over denominator, measured against the target, at most 1, times the points."""

    numerator: Operand
    denominator: Operand | None
    target: Number | None
    points: Number

    @property
    def operands(self) -> list[Operand]:
        return [self.numerator, self.denominator] if self.denominator else [self.numerator]

    def __str__(self) -> str:
        over = f"/{self.denominator}" if self.denominator else ""
        target = f" ÷ {self.target}" if self.target else ""
        return f"比({self.numerator}{over}{target})×{self.points}"


@_node
class Per(Node):
    """每1个百分点, 每10人: whole steps of `amount` are counted."""

    amount: Number
    unit: str

    @property
    def size(self) -> Fraction:
        """One step: a percentage point is a hundredth."""
        return self.amount.value / 100 if self.unit.endswith("百分点") else self.amount.value

    def steps_in(self, quantity: Fraction) -> int:
        """Whole steps in a quantity; nothing below the first."""
        return max(floor(quantity / self.size), 0)

    def __str__(self) -> str:
        plain = self.amount.value == 1 and self.unit != POINT_UNIT
        return f"每{'' if plain else self.amount}{self.unit}"


@_node
class Term(Node):
    """One reason to deduct or add: a name (counted with `per`, else once), or a condition (`per` counts the
    steps beyond its bound).
    """

    subject: Reference | Condition
    per: Per | None
    points: Number

    def __str__(self) -> str:
        return " ".join(str(piece) for piece in (self.subject, self.per, self.points) if piece)


@_node
class Deduct(Reasons):
    """扣: from `full` (the item's 分值 where it is not written) down to `floor`."""

    full: Number | None
    terms: tuple[Term, ...]
    floor: Number

    def __str__(self) -> str:
        full = f"满分 {self.full}; " if self.full else ""
        return f"扣({full}{_list(self.terms)}; 下限 {self.floor})"


@_node
class Add(Reasons):
    """加: from nothing up to `cap` (the item's 分值 where it is not written)."""

    terms: tuple[Term, ...]
    cap: Number | None

    def __str__(self) -> str:
        return f"加({_list(self.terms)}{f'; 上限 {self.cap}' if self.cap else ''})"


@_node
class Level(Node):
    word: str
    points: Number

    def __str__(self) -> str:
        return f"{name_text(self.word)}={self.points}"


@_node
class Levels(Placed):
    """评: a judged level."""

    name: str
    levels: tuple[Level, ...]

    @property
    def rests_on(self) -> list[str]:
        return [self.name]

    def __str__(self) -> str:
        return f"评({name_text(self.name)}: {_list(self.levels)})"


@_node
class Judged(Placed):
    """分: judged points between two bounds, on a step counted from the lower bound."""

    name: str
    low: Number
    high: Number
    step: Number | None

    @property
    def rests_on(self) -> list[str]:
        return [self.name]

    def __str__(self) -> str:
        name = "" if self.name == JUDGED_NAME else f"{name_text(self.name)}: "
        step = f"; 步长 {self.step}" if self.step else ""
        return f"分({name}{self.low}—{self.high}{step})"


Part = Checklist | Graded | Cases | Ratio | Deduct | Add | Levels | Judged


@_node
class Rule(Node):
    parts: tuple[Part, ...]

    @property
    def inner(self) -> Iterable[Node]:
        return self.parts

    def __str__(self) -> str:
        return " + ".join(map(str, self.parts))
