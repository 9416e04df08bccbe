"""Names meet their meaning: which are metrics, which are asked of people, and for what kind of answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from ratings.rules.printing import name_text, to_text
from ratings.rules.syntax import (
    Add,
    Checklist,
    Condition,
    Deduct,
    Judged,
    Levels,
    Operand,
    Part,
    Reference,
    Rule,
)
from ratings.rules.walking import bare, operands, questions

TOTALS = frozenset({"总分", "基础分", "加分", "最低大项得分率"})


class MetricInfo(Protocol):
    """What a rule must know about a metric. `accepts` names the comparisons it takes as arguments;
    `accepts_words` lists
    the words it takes, and is None where it takes none."""

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
    totals: frozenset[str] = TOTALS

    def metric(self, operand: Operand) -> MetricInfo | None:
        """The metric an operand names, whatever its arguments; None for a typed number or a name asked of
        people.
        """
        return self.metrics.get(operand.name) if isinstance(operand, Reference) else None


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
def reference_key(reference: Reference) -> str:
    """The text under which the figure of a metric travels: label and arguments, without quotes around the
    label.
    """
    return reference.name + to_text(reference).removeprefix(name_text(reference.name))


def references(node: Rule | Part | Condition, vocabulary: Vocabulary) -> set[str]:
    """Keys of every metric the node reads."""
    found = [*bare(node), *operands(node)]
    return {reference_key(one) for one in found if isinstance(one, Reference) and vocabulary.metric(one)}


def names(condition: Condition) -> set[str]:
    """Keys of everything a condition compares: metrics, totals and codes alike."""
    return {reference_key(one) for one in operands(condition) if isinstance(one, Reference)}


def part_is_computed(part: Part, vocabulary: Vocabulary) -> bool:
    """Whether the system alone gives the points of this part; one asked name makes it an asked part."""
    return not _asked_of_part(part, 0, vocabulary)


def asked(rule: Rule, vocabulary: Vocabulary) -> tuple[Asked, ...]:
    """Every answer the rule asks of people, in the order of writing."""
    return tuple(
        one for index, part in enumerate(rule.parts) for one in _asked_of_part(part, index, vocabulary)
    )


def _asked_of_part(part: Part, index: int, vocabulary: Vocabulary) -> list[Asked]:
    match part:
        case Checklist(ticks=ticks):
            return [
                Asked(t.subject.name, "tick", index, t.points.value)
                for t in ticks
                if not vocabulary.metric(t.subject)
            ]
        case Levels(name=name, levels=levels):
            return [
                Asked(
                    name, "level", index, levels=tuple((level.word, level.points.value) for level in levels)
                )
            ]
        case Judged(name=name, low=low, high=high, step=step):
            return [
                Asked(
                    name, "points", index, low=low.value, high=high.value, step=step.value if step else None
                )
            ]
        case Deduct(terms=terms) | Add(terms=terms):
            found = [_asked_of_term(term, index) for term in terms if _is_asked(term.subject, vocabulary)]
        case _:
            found = []
    return found + [Asked(question.name, "number", index) for question in questions(part)]


def _is_asked(subject: Reference | Condition, vocabulary: Vocabulary) -> bool:
    return isinstance(subject, Reference) and not vocabulary.metric(subject)


def _asked_of_term(term, index: int) -> Asked:
    per = to_text(term.per) if term.per else ""
    return Asked(term.subject.name, "count" if per else "tick", index, term.points.value, per)
