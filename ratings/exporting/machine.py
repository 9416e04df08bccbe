"""The rules of a scheme as expression trees in JSON, so that somebody without this program can evaluate them.

A node is a number as text ("13/2"), `["figure", name]`, `["answer", name, default]`, `["level", name, {word: points}]`,
`["first", [[condition, value], …]]`, or an operator with its operands. Names are resolved here to a figure of the school or
an answer of a person; percentages and unstated bounds become numbers. The reader is recompute.py, which knows nothing else
of the rule language.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Trigger
from ratings.rules import Condition, Part, Question, Reference, Vocabulary, reference_key, to_text
from ratings.rules.evaluation import maximum
from ratings.rules.figures import step_size
from ratings.rules.syntax import Add, Cases, Checklist, Deduct, Graded, Judged, Levels, Number, Operand, Ratio, Term, Test

Node = list | str
NOTHING = "0"
#: The condition of a band or a case that takes whatever is left.
ALWAYS = ["且"]


def rules_of(spec: SchemeSpec) -> dict[str, Any]:
    """Every rule, star and restriction; `text` repeats the line that was parsed."""
    return {
        "items": {code: _item(bound, spec.vocabulary) for code, bound in spec.bound.items()},
        "bands": [{"star": band.star, "text": band.condition_text, "when": _condition(band.condition)} for band in spec.bands],
        "restrictions": [
            {
                "code": entry.code,
                "trigger": entry.trigger,
                "star": entry.effect.star,
                "when": _condition(entry.condition) if entry.trigger == Trigger.CONDITION else None,
            }
            for entry in spec.restrictions
        ],
    }


def _item(bound: BoundItem, vocabulary: Vocabulary) -> dict[str, Any]:
    """`system` is what figures alone give, `asked` what people's answers give; null where nobody is asked."""

    def total(places: Iterable[int]) -> Node:
        return ["+", *(_part(bound.item.rule.parts[place], vocabulary, bound.item.points) for place in places)]

    asked = total(bound.asked_parts) if bound.asked_parts else None
    return {"text": to_text(bound.item.rule), "system": total(bound.system_parts), "asked": asked}


def _part(part: Part, vocabulary: Vocabulary, item_points: Fraction) -> Node:
    match part:
        case Checklist():
            return ["+", *(["×", _number(one.points), _happened(one.subject, vocabulary)] for one in part.ticks)]
        case Graded():
            return ["first", [[_test(band.test, part.subject), _number(band.points)] for band in part.bands]]
        case Cases():
            return ["first", [[_condition(case.condition) if case.condition else ALWAYS, _number(case.points)] for case in part.cases]]
        case Ratio():
            rate = ["÷", _operand(part.numerator), _operand(part.denominator)] if part.denominator else _operand(part.numerator)
            goal = _number(part.target) if part.target else "1"
            return ["×", ["min", ["÷", rate, goal], "1"], _number(part.points)]
        case Deduct():
            return ["max", ["-", str(maximum(part, item_points=item_points)), _terms(part.terms, vocabulary)], _number(part.floor)]
        case Add():
            return ["min", _terms(part.terms, vocabulary), str(maximum(part, item_points=item_points))]
        case Levels():
            return ["level", part.name, {level.word: _number(level.points) for level in part.levels}]
        case Judged():
            return ["answer", part.name]


def _terms(terms: tuple[Term, ...], vocabulary: Vocabulary) -> Node:
    return ["+", *(["×", _number(term.points), _times(term, vocabulary)] for term in terms)]


def _times(term: Term, vocabulary: Vocabulary) -> Node:
    """How often a reason to add or deduct counts."""
    if isinstance(term.subject, Condition):
        return ["first", [[_condition(term.subject), _beyond(term)], [ALWAYS, NOTHING]]]
    if not term.per:
        return _happened(term.subject, vocabulary)
    name = _operand(term.subject) if vocabulary.metric(term.subject) else ["answer", term.subject.name, NOTHING]
    return _steps(term, name)


def _beyond(term: Term) -> Node:
    """Once, or the whole steps beyond the bound of the condition."""
    if not term.per:
        return "1"
    first = term.subject.comparisons[0]
    value, bound = _operand(first.left), _number(first.value)
    return _steps(term, ["-", bound, value] if first.op in "<≤" else ["-", value, bound])


def _steps(term: Term, quantity: Node) -> Node:
    return ["max", ["floor", ["÷", quantity, str(step_size(term.per))]], NOTHING]


def _happened(reference: Reference, vocabulary: Vocabulary) -> Node:
    """1 for a tick or a figure above zero, else 0."""
    name = _operand(reference) if vocabulary.metric(reference) else ["answer", reference.name, NOTHING]
    return [">", name, NOTHING]


def _test(test: Test | None, subject: Operand) -> Node:
    if test is None:
        return ALWAYS
    value = _operand(subject)
    if test.high is not None:
        return ["且", ["≥", value, _number(test.low)], ["≤", value, _number(test.high)]]
    return [test.op, value, _number(test.low)]


def _condition(condition: Condition) -> Node:
    return ["且", *([one.op, _operand(one.left), _number(one.value)] for one in condition.comparisons)]


def _operand(operand: Operand) -> Node:
    return ["answer", operand.name] if isinstance(operand, Question) else ["figure", reference_key(operand)]


def _number(number: Number) -> str:
    return str(number.value)
