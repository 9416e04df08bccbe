"""What a node names: the one place that knows which children each kind of node has."""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from ratings.rules.syntax import (
    Add,
    Cases,
    Checklist,
    Condition,
    Deduct,
    Graded,
    Judged,
    Levels,
    Operand,
    Question,
    Ratio,
    Reference,
    Rule,
)


@singledispatch
def bare(node: Any) -> Iterator[Reference]:
    """Names that stand for themselves in 清单, 扣 and 加: a metric where the vocabulary has it, else asked of
    people.
    """
    return iter(())


@bare.register
def _(node: Rule) -> Iterator[Reference]:
    for part in node.parts:
        yield from bare(part)


@bare.register
def _(node: Checklist) -> Iterator[Reference]:
    return (tick.subject for tick in node.ticks)


@bare.register
def _(node: Deduct | Add) -> Iterator[Reference]:
    return (term.subject for term in node.terms if isinstance(term.subject, Reference))


@singledispatch
def operands(node: Any) -> Iterator[Operand]:
    """Names that are compared or divided, so they must be figures: metrics, typed numbers, totals
    and codes.
    """
    raise TypeError(node)


@operands.register
def _(node: Rule) -> Iterator[Operand]:
    for part in node.parts:
        yield from operands(part)


@operands.register
def _(node: Condition) -> Iterator[Operand]:
    return (comparison.left for comparison in node.comparisons)


@operands.register
def _(node: Checklist | Levels | Judged) -> Iterator[Operand]:
    return iter(())


@operands.register
def _(node: Graded) -> Iterator[Operand]:
    yield node.subject


@operands.register
def _(node: Cases) -> Iterator[Operand]:
    for case in node.cases:
        if case.condition:
            yield from operands(case.condition)


@operands.register
def _(node: Ratio) -> Iterator[Operand]:
    yield node.numerator
    if node.denominator:
        yield node.denominator


@operands.register
def _(node: Deduct | Add) -> Iterator[Operand]:
    for term in node.terms:
        if isinstance(term.subject, Condition):
            yield from operands(term.subject)


def questions(node: Any) -> list[Question]:
    """The typed numbers of a node, in the order of writing, each once."""
    return list(dict.fromkeys(operand for operand in operands(node) if isinstance(operand, Question)))
