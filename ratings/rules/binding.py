"""Names meet their meaning: which are metrics, which are asked of people, and for what kind of answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from .characters import name_text
from .syntax import (
    Condition,
    Judged,
    Levels,
    Node,
    Operand,
    Part,
    Question,
    Reasons,
    Reference,
    Rule,
    Term,
    Tick,
)

TOTALS = frozenset({"总分", "基础分", "加分", "最低大项得分率"})


class MetricInfo(Protocol):
    """What a rule must know about a metric. `accepts` names the comparisons it takes as arguments;
    `accepts_words` lists the words it takes, and is None where it takes none.
    """

    label: str
    unit: str
    direction: str
    upper: Fraction | None
    accepts: frozenset[str]
    accepts_words: frozenset[str] | None


@dataclass(frozen=True)
class Vocabulary:
    """The names a rule may use: metrics by label; and, in the conditions of stars and restrictions, totals
    and codes.
    """

    metrics: Mapping[str, MetricInfo]
    codes: frozenset[str] = frozenset()

    @property
    def scores(self) -> frozenset[str]:
        """What only the conditions of stars and restrictions may name: totals and codes."""
        return TOTALS | self.codes

    def metric(self, operand: Operand) -> MetricInfo | None:
        """The metric an operand names, whatever its arguments; None for a typed number or a name asked of
        people.
        """
        return self.metrics.get(operand.name) if isinstance(operand, Reference) else None

    def asks(self, subject: Reference | Condition) -> bool:
        """Whether people tick or count this reason for points."""
        return isinstance(subject, Reference) and not self.metric(subject)


@dataclass(frozen=True)
class Asked:
    """One answer that people owe. `kind`: tick 勾选, count 次数, level 等次, number 数值, points 得分.

    `points` is what a tick or one `per` of a count moves; `levels`, `low`, `high`, `step` bound the other
    kinds.
    """

    name: str
    kind: str
    part: int
    points: Fraction | None = None
    per: str = ""
    levels: tuple[tuple[str, Fraction], ...] = ()
    low: Fraction | None = None
    high: Fraction | None = None
    step: Fraction | None = None


@lru_cache(maxsize=4096)
def reference_key(operand: Operand) -> str:
    """The text under which a figure travels: the name of a typed number; label and arguments of a metric,
    without quotes around the label.
    """
    arguments = "" if isinstance(operand, Question) else str(operand).removeprefix(name_text(operand.name))
    return operand.name + arguments


def references(node: Node, vocabulary: Vocabulary) -> set[str]:
    """Keys of every metric the node reads."""
    return {reference_key(name) for name in (*node.bare, *node.operands) if vocabulary.metric(name)}


def names(condition: Condition) -> set[str]:
    """Keys of everything a condition compares: metrics, totals and codes alike."""
    return {reference_key(operand) for operand in condition.operands if isinstance(operand, Reference)}


def part_is_computed(part: Part, vocabulary: Vocabulary) -> bool:
    """Whether the system alone gives the points of this part; one asked name makes it an asked part."""
    return not _asked_of_part(part, 0, vocabulary)


def asked(rule: Rule, vocabulary: Vocabulary) -> tuple[Asked, ...]:
    """Every answer the rule asks of people, in the order of writing."""
    return tuple(
        answer for index, part in enumerate(rule.parts) for answer in _asked_of_part(part, index, vocabulary)
    )


def _asked_of_part(part: Part, index: int, vocabulary: Vocabulary) -> list[Asked]:
    match part:
        case Levels(name=name, levels=levels):
            graded = tuple((level.word, level.points.value) for level in levels)
            return [Asked(name, "level", index, levels=graded)]
        case Judged(name=name, low=low, high=high, step=step):
            each = step.value if step else None
            return [Asked(name, "points", index, low=low.value, high=high.value, step=each)]
    terms = part.terms if isinstance(part, Reasons) else ()
    ticked = [_asked_of_term(term, index) for term in terms if vocabulary.asks(term.subject)]
    return ticked + [Asked(question.name, "number", index) for question in part.questions]


def _asked_of_term(term: Tick | Term, index: int) -> Asked:
    kind = "count" if term.per else "tick"
    return Asked(term.subject.name, kind, index, term.points.value, str(term.per or ""))
