"""Small forms → line and back. Every box is read for itself, so that what is wrong can be said beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as altered
from typing import Any

from ratings.rules import Part, Question, Reference, Rule, RuleError, parse_rule, to_text
from ratings.rules.syntax import Cases, Graded, Limit, Number, Operand

from .acting import Draft, Values, is_blank
from .kinds import (
    COMPARISONS,
    GRADED,
    KINDS,
    MOST_SUBJECTS,
    NO_SIGN,
    RANGE,
    TEXT,
    Box,
    PartKind,
    Unreadable,
    joined,
    read_name,
    read_number,
    read_operand,
    read_points,
    read_sign,
    shown,
    spelled,
)

MISSING = "还没有填写"
#: A field of a condition on records.
LIMIT = re.compile(r"l(?:name|value)([0-9]{1,2})", re.ASCII)


@dataclass(frozen=True)
class Composed:
    """`line` is None while anything is missing or wrong; `errors[i]` are sentences of part i by field,
    `general` is about the whole.
    """

    line: str | None
    errors: tuple[dict[str, str], ...]
    general: str = ""

    def wrong(self) -> tuple[dict[str, str], ...]:
        """Only what was typed wrongly: while somebody is still typing, empty fields are no mistakes."""
        return tuple(
            {path: sentence for path, sentence in part.items() if sentence != MISSING} for part in self.errors
        )


def compose(drafts: Sequence[Draft]) -> Composed:
    """The canonical line of all parts together."""
    read = [text_of(draft) for draft in drafts]
    errors = tuple(wrong for _, wrong in read)
    if not drafts:
        return Composed(None, errors, "还没有任何部分，请先加一部分")
    if any(errors):
        return Composed(None, errors)
    try:
        return Composed(to_text(parse_rule(" + ".join(text for text, _ in read))), errors)
    except RuleError as error:
        return Composed(None, errors, error.message)


def text_of(draft: Draft) -> tuple[str, dict[str, str]]:
    """The text of the part a draft means, and what is wrong by field."""
    reader = _Reader()
    text = reader.graded(draft) if draft.kind == GRADED else reader.part(draft)
    if not reader.errors:
        reader.check(draft, text)
    return text, reader.errors


@dataclass
class _Reader:
    """Reads one draft; a box that fails leaves its sentence in `errors` and nothing behind."""

    errors: dict[str, str] = field(default_factory=dict)

    def read(self, path: str, text: str, read: Callable[[str], Any], *, owed: bool = True) -> Any:
        """The value of a box, None where it is empty or wrong."""
        if not text.strip():
            if owed:
                self.errors[path] = NO_SIGN if read is read_sign else MISSING
            return None
        try:
            return read(text)
        except Unreadable as wrong:
            self.errors[path] = str(wrong)
            return None

    def spelled(self, boxes: Iterable[Box], values: Values, at: str = "") -> dict[str, str]:
        """The boxes of a row or of the part as the line says them; those with nothing in them are
        left out.
        """
        read = {
            box.key: (self.read(at + box.key, values.get(box.key, ""), box.read, owed=box.owed), box.read)
            for box in boxes
        }
        return {key: spelled(value, by) for key, (value, by) in read.items() if value is not None}

    def part(self, draft: Draft) -> str:
        if draft.kind == TEXT:
            return draft.values.get("line", "")
        kind = KINDS[draft.kind]
        texts = self.spelled((*kind.before, *kind.after), draft.values)
        rows = (
            [joined(kind.row, self.spelled(_boxes(kind, row), row, at)) for at, row in self.filled(draft)]
            if kind.rows
            else []
        )
        return joined(kind.pieces, texts | {"rows": "; ".join(rows)})

    def filled(self, draft: Draft) -> list[tuple[str, Values]]:
        """Lines with anything in them, each with the beginning of its fields' names."""
        kept = [(f"r{place}-", row) for place, row in enumerate(draft.rows) if not is_blank(row)]
        if not kept:
            self.errors["rows"] = MISSING
        return kept

    def check(self, draft: Draft, text: str) -> None:
        """What the grammar refuses stands beside the box that it is about; of rows, in the row that it is
        about.
        """
        try:
            parse_rule(text)
            return
        except RuleError as error:
            if draft.kind == TEXT:
                self.errors["line"] = str(error)
                return
            sentence = error.message
        path = KINDS[draft.kind].blamed(sentence)
        for place, row in enumerate(draft.rows):
            if not is_blank(row) and self._fails(altered(draft, rows=[row])):
                path = f"r{place}-{path}" if path != "rows" else path
                break
        self.errors[path] = sentence

    def _fails(self, draft: Draft) -> bool:
        reader = _Reader()
        try:
            parse_rule(reader.graded(draft) if draft.kind == GRADED else reader.part(draft))
        except RuleError:
            return True
        return False

    # -- 档 compares one metric, or several at once

    def graded(self, draft: Draft) -> str:
        kind = KINDS[GRADED]
        subjects = [self.subject(f"s{place}-", values) for place, values in enumerate(draft.subjects)]
        if not subjects:
            self.errors["rows"] = "还没有选指标"
        texts = self.spelled(kind.after, draft.values)
        single = len(subjects) == 1 and not draft.values.get("whole")
        rows = []
        for at, row in self.filled(draft) if subjects else ():
            test = self.band(row, at) if single else self.condition(row, at, subjects)
            rows.append(f"{test}→{self.spelled(kind.rows, row, at).get('points', '')}")
        return joined(
            kind.pieces, texts | {"subject": subjects[0] if single else "", "rows": "; ".join(rows)}
        )

    def subject(self, at: str, values: Values) -> str:
        metric = values.get("metric", "")
        if metric and values.get("ask"):
            name = self.read(f"{at}metric", metric, read_name)
            return to_text(Question(name)) if name else ""
        operand = self.read(f"{at}metric", metric, read_operand)
        limits = tuple(self.limits(values, at))
        typed = [word.strip() for word in re.split("[、,，;；]", values.get("words", "")) if word.strip()]
        words = tuple(filter(None, (self.read(f"{at}words", word, read_name) for word in typed)))
        if not operand or not (limits or words):
            return to_text(operand) if operand else ""
        if isinstance(operand, Question):
            self.errors[f"{at}metric"] = "由人填写的数字不能限定口径"
            return ""
        return to_text(Reference(operand.name, (*operand.limits, *limits), (*operand.words, *words)))

    def limits(self, values: Values, at: str) -> Iterable[Limit]:
        places = sorted(
            {int(match[1]) for name in values if (match := LIMIT.fullmatch(name)) and values[name].strip()}
        )
        for place in places:
            name = self.read(f"{at}lname{place}", values.get(f"lname{place}", ""), read_name)
            op = self.sign(values, f"lop{place}", at, COMPARISONS[:5])
            value = self.read(f"{at}lvalue{place}", values.get(f"lvalue{place}", ""), read_points)
            if name and value:
                yield Limit(name, op, value)

    def band(self, row: Values, at: str) -> str:
        op, low = self.sign(row, "op0", at, (*COMPARISONS, RANGE)), self.number(row, "value0", at)
        return f"{low}{RANGE}{self.number(row, 'high0', at)}" if op == RANGE else f"{op}{low}"

    def condition(self, row: Values, at: str, subjects: Sequence[str]) -> str:
        compared = [place for place in range(len(subjects)) if row.get(f"value{place}", "").strip()]
        if not compared:
            self.errors[f"{at}value0"] = "这一档至少写一个条件"
        told = (
            f"{subjects[i]}{self.sign(row, f'op{i}', at)}{self.number(row, f'value{i}', at)}"
            for i in compared
        )
        return " 且 ".join(told)

    def number(self, row: Values, key: str, at: str) -> str:
        value = self.read(at + key, row.get(key, ""), read_number)
        return "" if value is None else to_text(value)

    def sign(self, row: Values, key: str, at: str, allowed: tuple[str, ...] = COMPARISONS) -> str:
        if row.get(key, "") not in allowed:
            self.errors[at + key] = NO_SIGN
        return row.get(key, "")


def _boxes(kind: PartKind, row: Values) -> tuple[Box, ...]:
    """The boxes of a row; where it compares, both sides are owed and a number that people type may be
    compared.
    """
    if not (row.get("op") or row.get("value", "").strip()):
        return kind.rows
    comparing = {"name": {"read": read_operand}, "op": {"owed": True}, "value": {"owed": True}}
    return tuple(altered(box, **comparing.get(box.key, {})) for box in kind.rows)


# -- line → small forms: what they cannot show stays a piece of text, word for word


def drafts_of(rule: Rule) -> list[Draft]:
    """One draft per part. Whatever would not come back as the very same part is kept as text instead."""
    return [_faithful(part) for part in rule.parts]


def _faithful(part: Part) -> Draft:
    draft = _draft(part)
    if draft is not None:
        text, errors = text_of(draft)
        if not errors and parse_rule(text).parts == (part,):
            return draft
    return Draft(TEXT, {"line": to_text(part)})


def _draft(part: Part) -> Draft | None:
    if isinstance(part, Graded | Cases):
        return _graded(part)
    name, kind = next((name, kind) for name, kind in KINDS.items() if kind.node is type(part))
    values = {box.key: box.shown(part) for box in (*kind.before, *kind.after)}
    rows = (
        [{box.key: box.shown(line) for box in kind.rows} for line in getattr(part, kind.lines)]
        if kind.lines
        else []
    )
    return Draft(name, values, rows)


def _graded(part: Graded | Cases) -> Draft | None:
    """The lines of a 档 with what they ask of each subject; None where 其他 does not stand at the end."""
    single = isinstance(part, Graded)
    lines = (
        [(band.test, band.points) for band in part.bands]
        if single
        else [(case.condition, case.points) for case in part.cases]
    )
    other = lines.pop()[1] if lines[-1][0] is None else None
    subjects = [part.subject] if single else list(dict.fromkeys(part.operands))
    if not lines or len(subjects) > MOST_SUBJECTS or any(asked is None for asked, _ in lines):
        return None
    rows = [
        (_test(asked) if single else _conditions(asked, subjects)) | {"points": to_text(points)}
        for asked, points in lines
    ]
    return Draft(
        GRADED,
        {"other": _text(other)} | ({} if single else {"whole": "1"}),
        rows,
        [_subject(one) for one in subjects],
    )


def _test(test) -> Values:
    return {"op0": test.op, "value0": to_text(test.low)} | (
        {"high0": to_text(test.high)} if test.high is not None else {}
    )


def _conditions(condition, subjects: list[Operand]) -> Values:
    row: Values = {}
    for comparison in condition.comparisons:
        place = subjects.index(comparison.left)
        row |= {f"op{place}": comparison.op, f"value{place}": to_text(comparison.value)}
    return row


def _subject(operand: Operand) -> Values:
    """A metric in its own boxes: name, conditions on records, words; or the name of a number that people
    type.
    """
    name = {"metric": shown(Reference(operand.name))}
    if isinstance(operand, Question):
        return name | {"ask": "1"}
    values = name | {"words": "、".join(operand.words)}
    for place, limit in enumerate(operand.limits):
        values |= {
            f"lname{place}": limit.name,
            f"lop{place}": limit.op,
            f"lvalue{place}": to_text(limit.value),
        }
    return values


def _text(number: Number | None) -> str:
    return to_text(number) if number else ""
