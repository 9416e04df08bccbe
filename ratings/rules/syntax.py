"""The syntax tree of the rule language: immutable values that compare by meaning, so positions never take
part in equality.
"""

from dataclasses import dataclass, field
from fractions import Fraction

JUDGED_NAME = "得分"
"""What an unnamed 分(…) is asked under."""
POINT_UNIT = "个百分点"


def _position() -> int:
    return field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Number:
    """An exact decimal. `percent` remembers how it was written; the value of 85% is 17/20."""

    value: Fraction
    percent: bool = False
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Limit:
    """One comparison among the arguments of a metric: 学时≥2."""

    name: str
    op: str
    value: Number


@dataclass(frozen=True, slots=True)
class Reference:
    """A bare name, with arguments if it is a metric that takes them. Whether it is a metric only a vocabulary
    can tell.
    """

    name: str
    limits: tuple[Limit, ...] = ()
    words: tuple[str, ...] = ()
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Question:
    """问 名称: a number that people type."""

    name: str
    position: int = _position()


Operand = Reference | Question


@dataclass(frozen=True, slots=True)
class Comparison:
    left: Operand
    op: str
    value: Number


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons joined by 且; all must hold."""

    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """The highest star a restriction leaves; 0 is 不授星."""

    star: int


@dataclass(frozen=True, slots=True)
class Tick:
    subject: Reference
    points: Number


@dataclass(frozen=True, slots=True)
class Checklist:
    """清单: the points of everything that is ticked."""

    ticks: tuple[Tick, ...]
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Test:
    """What a band asks of its subject: an operator and a bound, or, where `high` is given, an inclusive
    range.
    """

    op: str
    low: Number
    high: Number | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """A line of 档; without a test it is 其他."""

    test: Test | None
    points: Number
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Graded:
    """档 over one subject: the first band that fits gives the points."""

    subject: Operand
    bands: tuple[Band, ...]
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Case:
    """A line of 档 with whole conditions; without a condition it is 其他."""

    condition: Condition | None
    points: Number
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Cases:
    """档 over conditions: the first case that holds gives the points."""

    cases: tuple[Case, ...]
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Ratio:
    """比: numerator over denominator, measured against the target, at most 1, times the points."""

    numerator: Operand
    denominator: Operand | None
    target: Number | None
    points: Number
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Per:
    """每1个百分点, 每10人: whole steps of `amount` are counted."""

    amount: Number
    unit: str


@dataclass(frozen=True, slots=True)
class Term:
    """One reason to deduct or add: a name (counted with `per`, else once), or a condition (`per` counts the
    steps beyond its bound).
    """

    subject: Reference | Condition
    per: Per | None
    points: Number


@dataclass(frozen=True, slots=True)
class Deduct:
    """扣: from `full` (the item's 分值 where it is not written) down to `floor`."""

    full: Number | None
    terms: tuple[Term, ...]
    floor: Number
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Add:
    """加: from nothing up to `cap` (the item's 分值 where it is not written)."""

    terms: tuple[Term, ...]
    cap: Number | None
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Level:
    word: str
    points: Number


@dataclass(frozen=True, slots=True)
class Levels:
    """评: a judged level."""

    name: str
    levels: tuple[Level, ...]
    position: int = _position()


@dataclass(frozen=True, slots=True)
class Judged:
    """分: judged points between two bounds, on a step counted from the lower bound."""

    name: str
    low: Number
    high: Number
    step: Number | None
    position: int = _position()


Part = Checklist | Graded | Cases | Ratio | Deduct | Add | Levels | Judged


@dataclass(frozen=True, slots=True)
class Rule:
    parts: tuple[Part, ...]


Node = Rule | Condition | Effect | Part
