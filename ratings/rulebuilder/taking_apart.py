"""Line → small forms. What they cannot show stays a piece of text, word for word."""

from __future__ import annotations

from ratings.rules import Part, Reference, Rule, to_text
from ratings.rules.syntax import (
    JUDGED_NAME,
    Add,
    Cases,
    Checklist,
    Condition,
    Deduct,
    Graded,
    Judged,
    Levels,
    Number,
    Operand,
    Question,
    Ratio,
    Term,
    Test,
)
from ratings.rules.walking import operands

from .composing import part_of
from .drafts import ADD, CHECKLIST, DEDUCT, GRADED, JUDGED, LEVELS, MOST_SUBJECTS, RATIO, TEXT, Draft, Values
from .operands import operand_text, per_text


def drafts_of(rule: Rule) -> list[Draft]:
    """One draft per part. Whatever would not come back as the very same part is kept as text instead."""
    return [_faithful(part) for part in rule.parts]


def _faithful(part: Part) -> Draft:
    draft = _draft(part)
    if draft is not None:
        parts, errors = part_of(draft)
        if not errors and parts == (part,):
            return draft
    return Draft(TEXT, {"line": to_text(part)})


def _draft(part: Part) -> Draft | None:
    match part:
        case Checklist(ticks=ticks):
            return Draft(CHECKLIST, {}, [{"name": operand_text(one.subject), "points": to_text(one.points)} for one in ticks])
        case Graded():
            return _graded(part)
        case Cases():
            return _cases(part)
        case Ratio():
            return _ratio(part)
        case Deduct(full=full, terms=terms, floor=floor):
            return _with_terms(DEDUCT, terms, {"full": _text(full), "floor": _text(floor)})
        case Add(terms=terms, cap=cap):
            return _with_terms(ADD, terms, {"cap": _text(cap)})
        case Levels(name=name, levels=levels):
            return Draft(LEVELS, {"name": name}, [{"word": one.word, "points": to_text(one.points)} for one in levels])
        case Judged(name=name, low=low, high=high, step=step):
            shown = "" if name == JUDGED_NAME else name
            return Draft(JUDGED, {"name": shown, "low": to_text(low), "high": to_text(high), "step": _text(step)})
    return None


def _text(number: Number | None) -> str:
    return to_text(number) if number else ""


def _subject(operand: Operand) -> Values:
    """A metric in its own fields: name, conditions on records, words; or the name of a number that people type."""
    if isinstance(operand, Question):
        return {"metric": operand_text(_bare(operand.name)), "ask": "1"}
    found = {"metric": operand_text(_bare(operand.name)), "words": "、".join(operand.words)}
    for place, limit in enumerate(operand.limits):
        found |= {f"lname{place}": limit.name, f"lop{place}": limit.op, f"lvalue{place}": to_text(limit.value)}
    return found


def _bare(name: str) -> Operand:
    return Reference(name)


def _graded(part: Graded) -> Draft | None:
    bands = list(part.bands)
    other = bands.pop().points if bands[-1].test is None else None
    if not bands or any(band.test is None for band in bands):
        return None
    rows = [{**_test(band.test), "points": to_text(band.points)} for band in bands]
    return Draft(GRADED, {"other": _text(other)}, rows, [_subject(part.subject)])


def _test(test: Test) -> Values:
    found = {"op0": test.op, "value0": to_text(test.low)}
    return found | ({"high0": to_text(test.high)} if test.high is not None else {})


def _cases(part: Cases) -> Draft | None:
    subjects = list(dict.fromkeys(operands(part)))
    cases = list(part.cases)
    other = cases.pop().points if cases[-1].condition is None else None
    if not cases or len(subjects) > MOST_SUBJECTS or any(case.condition is None for case in cases):
        return None
    rows = []
    for case in cases:
        row = {"points": to_text(case.points)}
        for comparison in case.condition.comparisons:
            place = subjects.index(comparison.left)
            row |= {f"op{place}": comparison.op, f"value{place}": to_text(comparison.value)}
        rows.append(row)
    return Draft(GRADED, {"other": _text(other), "whole": "1"}, rows, [_subject(one) for one in subjects])


def _ratio(part: Ratio) -> Draft:
    below = operand_text(part.denominator) if part.denominator else ""
    values = {"over": operand_text(part.numerator), "under": below, "target": _text(part.target), "points": to_text(part.points)}
    return Draft(RATIO, values)


def _with_terms(kind: str, terms: tuple[Term, ...], values: Values) -> Draft | None:
    rows = []
    for term in terms:
        row = {"per": per_text(term.per), "points": to_text(term.points)}
        if isinstance(term.subject, Condition):
            first = term.subject.comparisons[0]
            row |= {"name": operand_text(first.left), "op": first.op, "value": to_text(first.value)}
        else:
            row["name"] = operand_text(term.subject)
        rows.append(row)
    return Draft(kind, values, rows)
