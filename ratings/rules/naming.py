"""Checks of names: unknown metrics with their nearest, arguments a metric does not take, names too like a
metric.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ratings.rules.binding import Vocabulary, asked, reference_key
from ratings.rules.printing import to_text
from ratings.rules.syntax import (
    Add,
    Checklist,
    Condition,
    Deduct,
    Judged,
    Levels,
    Operand,
    Question,
    Reference,
    Rule,
)
from ratings.rules.walking import bare, operands

MAX_EDITS = 2
_SHOWN = 3
RESERVED_ANSWERS = frozenset({"无", "不适用", "全部"})


@dataclass(frozen=True)
class Finding:
    """Something a check found. An error refuses the rule; a warning is to be acknowledged. `position` is in
    the text as typed.
    """

    level: str
    message: str
    position: int | None = None


def error(message: str, position: int | None = None) -> Finding:
    return Finding("error", message, position)


def warning(message: str, position: int | None = None) -> Finding:
    return Finding("warning", message, position)


def bind(rule: Rule, vocabulary: Vocabulary) -> list[Finding]:
    """Everything that is wrong or doubtful about the names of a rule."""
    found = [finding for operand in operands(rule) for finding in _operand(operand, vocabulary)]
    for reference in bare(rule):
        found += (
            _arguments(reference, vocabulary)
            if vocabulary.metric(reference)
            else _asked_name(reference, vocabulary)
        )
    for part in rule.parts:
        if isinstance(part, Levels | Judged) and part.name in vocabulary.metrics:
            found.append(error(f"“{part.name}”是系统取数指标，不能由人评定，请换一个名称", part.position))
        if isinstance(part, Levels):
            found += [
                error(f"等次“{word}”写了两次", part.position)
                for word in _twice(level.word for level in part.levels)
            ]
    return found + list(_duplicates(rule, vocabulary))


def bind_condition(condition: Condition, vocabulary: Vocabulary) -> list[Finding]:
    """The same for the condition of a star or a restriction, which may also name totals and codes but asks
    nobody.
    """
    known = vocabulary.totals | vocabulary.codes
    found = []
    for operand in operands(condition):
        if isinstance(operand, Question):
            found.append(error("星级标准和限制性情形里不能写“问”", operand.position))
        elif operand.name not in known or operand.limits or operand.words:
            found += (
                _arguments(operand, vocabulary)
                if vocabulary.metric(operand)
                else [_unknown(operand, {*known, *vocabulary.metrics})]
            )
    return found


def _operand(operand: Operand, vocabulary: Vocabulary) -> list[Finding]:
    if isinstance(operand, Question):
        if operand.name in vocabulary.metrics:
            return [warning(f"“{operand.name}”是系统取数指标，写了“问”就要人工填写", operand.position)]
        return _too_alike(operand.name, operand.position, vocabulary)
    if vocabulary.metric(operand):
        return _arguments(operand, vocabulary)
    if operand.name in vocabulary.totals | vocabulary.codes:
        return [error(f"“{operand.name}”只能用在星级标准和限制性情形里", operand.position)]
    return [_unknown(operand, vocabulary.metrics)]


def _unknown(reference: Reference, known: Iterable[str]) -> Finding:
    near = nearest(reference.name, known)
    hint = f"；相近的有：{'、'.join(near)}" if near else ""
    return error(
        f"没有名为“{reference.name}”的系统取数指标{hint}。要由人填写数字的，请写“问 {reference.name}”",
        reference.position,
    )


def _asked_name(reference: Reference, vocabulary: Vocabulary) -> list[Finding]:
    if reference.limits or reference.words:
        return [_unknown(reference, vocabulary.metrics)]
    return _too_alike(reference.name, reference.position, vocabulary)


def _too_alike(name: str, position: int, vocabulary: Vocabulary) -> list[Finding]:
    """A short name is within two edits of anything short, so at most half of the longer name may differ."""
    away = {label: distance(name, label) for label in vocabulary.metrics}
    alike = [
        label
        for label, edits in away.items()
        if edits <= MAX_EDITS and 2 * edits <= max(len(name), len(label))
    ]
    if not alike or name in vocabulary.metrics:
        return []
    return [
        warning(
            f"“{name}”将由人填写；它与系统取数指标“{'”“'.join(alike[:_SHOWN])}”很像，请确认不是写错", position
        )
    ]


def _arguments(reference: Reference, vocabulary: Vocabulary) -> list[Finding]:
    metric, at = vocabulary.metric(reference), reference.position
    found = [
        error(f"指标“{metric.label}”不能限定“{limit.name}”{_choices(metric.accepts)}", at)
        for limit in reference.limits
        if limit.name not in metric.accepts
    ]
    words = metric.accepts_words or frozenset()
    found += [
        error(f"指标“{metric.label}”没有“{word}”这一类{_choices(words)}", at)
        for word in reference.words
        if word not in words
    ]
    found += [
        error(f"方括号里的“{to_text(limit)}”应是与普通数字的 ≥、>、≤、< 或 = 比较", at)
        for limit in reference.limits
        if limit.op == "≠" or limit.value.percent
    ]
    written = [*reference.words, *(f"{limit.name}{limit.op}" for limit in reference.limits)]
    return found + [error(f"指标“{metric.label}”的方括号里“{word}”写了两次", at) for word in _twice(written)]


def _choices(words: Iterable[str]) -> str:
    return f"；可以写：{'、'.join(sorted(words))}" if words else "；它不带方括号"


def _duplicates(rule: Rule, vocabulary: Vocabulary) -> Iterator[Finding]:
    names = [(one.name, one.kind) for one in asked(rule, vocabulary)]
    once = [name for name, kind in names if kind != "number"] + list(
        {name for name, kind in names if kind == "number"}
    )
    for name in _twice(once):
        yield error(f"“{name}”在一条规则里写了两次，请改成不同的名称")
    for name in RESERVED_ANSWERS.intersection(once):
        yield error(f"“{name}”在作答里另有意思，不能作名称")
    for part in rule.parts:
        if isinstance(part, Checklist | Deduct | Add):
            computed = [reference_key(one) for one in bare(part) if vocabulary.metric(one)]
            yield from (error(f"指标“{key}”在同一部分里写了两次", part.position) for key in _twice(computed))


def _twice(words: Iterable[str]) -> list[str]:
    return [word for word, times in Counter(words).items() if times > 1]


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known names most like this one: few edits, or one contained in the other."""
    scored = sorted((distance(name, label), label) for label in known)
    return [label for away, label in scored if _is_like(name, label, away)][:_SHOWN]


def _is_like(name: str, label: str, away: int) -> bool:
    longest = max(len(name), len(label))
    return 2 * away <= longest or label in name or name in label


def distance(left: str, right: str) -> int:
    """Edits (insert, delete, replace) from one word to the other."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]
