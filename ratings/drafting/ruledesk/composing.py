"""Small forms → line and back. Every box is read for itself, so that what is wrong can be said beside it; the
buttons of the forms add, remove and reorder without a script.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ratings.rules import Part, Question, Reference, Rule, RuleError, parse_rule, to_text
from ratings.rules.building import MAX_ENTRIES, MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH
from ratings.rules.syntax import Cases, Condition, Graded, Limit, Operand, Test
from schools.site.asked import number

from .kinds import (
    GRADED,
    KINDS,
    MOST_SUBJECTS,
    NO_SIGN,
    RANGE,
    TEXT,
    Box,
    Unreadable,
    comparing,
    joined,
    limiting,
    read_name,
    read_operand,
    read_sign,
    shown,
)

MISSING = "还没有填写"
Values = dict[str, str]
#: A field of a condition on records.
LIMIT = re.compile(r"l(?:name|value)([0-9]{1,2})", re.ASCII)


@dataclass
class Draft:
    """One part. `values` are the single fields, `rows` the lines below them; `subjects` are the metrics that
    a 档 compares.
    """

    kind: str
    values: Values = field(default_factory=dict)
    rows: list[Values] = field(default_factory=list)
    subjects: list[Values] = field(default_factory=list)

    @property
    def is_single(self) -> bool:
        """Whether a 档 compares one metric with a number or a range; else its lines are whole conditions."""
        return len(self.subjects) == 1 and not self.values.get("whole")

    @property
    def filled(self) -> dict[str, Values]:
        """Lines with anything typed, by the beginning of their fields' names; a comparison that was merely
        preselected does not count.
        """
        return {
            f"r{place}-": row
            for place, row in enumerate(self.rows)
            if any(text.strip() for name, text in row.items() if not name.startswith("op"))
        }


def empty_draft(kind: str) -> Draft:
    """A fresh part with room for what it usually holds."""
    fresh = KINDS[kind]
    rows = [dict(row) for row in fresh.usual_rows]
    return Draft(kind, dict(fresh.usual), rows, [{}] if kind == GRADED else [])


# -- what a browser sends


def read_drafts(data: Mapping[str, str]) -> list[Draft]:
    """The drafts that a browser sent, however the form was tampered with: counts are bounded, texts cut."""
    return [_read_part(data, f"p{index}-") for index in range(_count(data.get("p-count", ""), MAX_PARTS))]


def _count(text: str, most: int) -> int:
    return min(number(text) or 0, most)


def _read_part(data: Mapping[str, str], prefix: str) -> Draft:
    sent: dict[str, Values] = defaultdict(dict)
    for name in data:
        if name.startswith(prefix):
            line, _, key = name.removeprefix(prefix).rpartition("-")
            sent[line][key] = data[name][:MAX_LENGTH]
    values = sent[""]
    kind = values.pop("kind", TEXT)
    rows = _count(values.pop("rows", ""), MAX_ENTRIES)
    subjects = _count(values.pop("subjects", ""), MOST_SUBJECTS) if kind == GRADED else 0
    if not values.get("whole"):
        values.pop("whole", None)
    return Draft(
        kind if kind in KINDS else TEXT,
        values,
        [sent[f"r{place}"] for place in range(rows)],
        [sent[f"s{place}"] for place in range(subjects)],
    )


# -- what the buttons do

_ORDER = re.compile(r"([a-z-]{1,20})(?::([0-9]{1,3}))?(?::([0-9]{1,3}))?")


def act(drafts: list[Draft], order: str, *, kind: str = "") -> None:
    """Carry out one button, such as `row-up:0:2`; an order that fits nothing (a page gone stale) changes
    nothing.
    """
    match = _ORDER.fullmatch(order)
    what, part, place = match.groups() if match else ("", None, None)
    if what == "add-part":
        if kind in KINDS and len(drafts) < MAX_PARTS:
            drafts.append(empty_draft(kind))
    elif part and int(part) < len(drafts):
        if what in ("part-up", "part-down", "drop-part"):
            _move(drafts, int(part), what)
        else:
            _within(drafts[int(part)], what, int(place or -1))


def _within(draft: Draft, what: str, place: int) -> None:
    if what == "add-row" and len(draft.rows) < MAX_ENTRIES:
        draft.rows.append({})
    elif what == "add-subject" and draft.kind == GRADED and len(draft.subjects) < MOST_SUBJECTS:
        draft.subjects.append({})
    elif what == "drop-subject" and 0 <= place < len(draft.subjects) > 1:
        _drop_subject(draft, place)
    elif what in ("drop-row", "row-up", "row-down") and 0 <= place < len(draft.rows):
        _move(draft.rows, place, what)


def _move(things: list, place: int, what: str) -> None:
    """Take a thing out, or swap it with its neighbour."""
    if what.startswith("drop"):
        things.pop(place)
        return
    other = place - 1 if what.endswith("up") else place + 1
    if 0 <= other < len(things):
        things[place], things[other] = things[other], things[place]


def _drop_subject(draft: Draft, place: int) -> None:
    """Without the metric go its comparisons; those of later metrics move up."""
    draft.subjects.pop(place)
    last = len(draft.subjects)
    for row in draft.rows:
        for key in ("op", "value", "high"):
            for subject in range(place, last):
                row[f"{key}{subject}"] = row.get(f"{key}{subject + 1}", "")
            row.pop(f"{key}{last}", None)


# -- small forms → line


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
    text = reader.part(draft)
    if not reader.errors and (refused := _refusal(text)):
        reader.errors[_blamed(draft, refused)] = str(refused) if draft.kind == TEXT else refused.message
    return text, reader.errors


def _refusal(text: str) -> RuleError | None:
    try:
        parse_rule(text)
    except RuleError as error:
        return error
    return None


def _blamed(draft: Draft, refused: RuleError) -> str:
    """The field that a sentence of the grammar is about; of rows, that in the row that is refused alone."""
    if draft.kind == TEXT:
        return "line"
    blame = KINDS[draft.kind].blame
    path = next((key for word, key in blame if word in refused.message), "rows")
    if path == "rows":
        return path
    for at, row in draft.filled.items():
        if _refusal(_Reader().part(replace(draft, rows=[row]))):
            return at + path
    return path


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

    def read_all(self, boxes: Iterable[Box], values: Values, at: str = "") -> list[tuple[Box, Any]]:
        """The boxes of a row or of the part with their values; those with nothing in them are left out."""
        read = []
        for box in boxes:
            value = self.read(at + box.key, values.get(box.key, ""), box.read, owed=box.owed)
            if value is not None and box.choices and value not in dict(box.choices):
                self.errors[at + box.key] = NO_SIGN  # a comparison that this box does not offer
            elif value is not None:
                read.append((box, value))
        return read

    def spelled(self, boxes: Iterable[Box], values: Values, at: str = "") -> dict[str, str]:
        """The same as the line says them."""
        return {box.key: box.spelled(value) for box, value in self.read_all(boxes, values, at)}

    def part(self, draft: Draft) -> str:
        """The text of a part."""
        if draft.kind == TEXT:
            return draft.values.get("line", "")
        kind = KINDS[draft.kind]
        texts = self.spelled((*kind.before, *kind.after), draft.values)
        subjects = [self.subject(f"s{place}-", values) for place, values in enumerate(draft.subjects)]
        if draft.is_single:
            texts["subject"] = subjects[0]
        if kind.rows and not draft.filled:
            self.errors["rows"] = MISSING
        if draft.kind == GRADED and not subjects:
            self.errors["rows"] = "还没有选指标"
        rows = [self.row(draft, row, at, subjects) for at, row in draft.filled.items()]
        return joined(kind.pieces, texts | {"rows": "; ".join(rows)})

    def row(self, draft: Draft, row: Values, at: str, subjects: Sequence[str]) -> str:
        """The text of one line."""
        kind = KINDS[draft.kind]
        texts = self.spelled(_boxes(kind.rows, row), row, at)
        if subjects:
            texts["test"] = self.test(draft, row, at, subjects)
        return joined(kind.row, texts)

    def test(self, draft: Draft, row: Values, at: str, subjects: Sequence[str]) -> str:
        """What a line of a 档 asks: of one metric a comparison or a range, of several a whole condition."""
        if draft.is_single:
            ranged = row.get("op0") == RANGE
            texts = self.spelled(comparing(0, ranged=ranged), row, at)
            return RANGE.join([*texts.values()][1:]) if ranged else "".join(texts.values())
        compared = [
            subject + "".join(self.spelled(comparing(place), row, at).values())
            for place, subject in enumerate(subjects)
            if row.get(f"value{place}", "").strip()
        ]
        if not compared:
            self.errors[f"{at}value0"] = "这一档至少写一个条件"
        return " 且 ".join(compared)

    def subject(self, at: str, values: Values) -> str:
        """One metric that a 档 compares, with its conditions on records; or a number that people type."""
        path, metric = f"{at}metric", values.get("metric", "")
        if metric and values.get("ask"):
            name = self.read(path, metric, read_name)
            return to_text(Question(name)) if name else ""
        operand = self.read(path, metric, read_operand)
        limits, words = list(self.limits(values, at)), list(self.words(values, at))
        if operand is None:
            return ""
        if isinstance(operand, Question):
            if limits or words:
                self.errors[path] = "由人填写的数字不能限定口径"
            return to_text(operand)
        return to_text(replace(operand, limits=(*operand.limits, *limits), words=(*operand.words, *words)))

    def words(self, values: Values, at: str) -> Iterable[str]:
        """Kinds of records, typed in one field."""
        for typed in re.split("[、,，;；]", values.get("words", "")):
            if word := self.read(f"{at}words", typed.strip(), read_name, owed=False):
                yield word

    def limits(self, values: Values, at: str) -> Iterable[Limit]:
        """Conditions on records, in the order of their fields."""
        places = {
            int(match[1]) for name in values if (match := LIMIT.fullmatch(name)) and values[name].strip()
        }
        for place in sorted(places):
            read = [value for _, value in self.read_all(limiting(place), values, at)]
            if len(read) == 3:
                yield Limit(*read)


def _boxes(boxes: tuple[Box, ...], row: Values) -> tuple[Box, ...]:
    """The boxes of a row; where it compares, both sides are owed and a number that people type may be
    compared.
    """
    if not (row.get("op") or row.get("value", "").strip()):
        return boxes
    comparing = {"name": {"read": read_operand}, "op": {"owed": True}, "value": {"owed": True}}
    return tuple(replace(box, **comparing.get(box.key, {})) for box in boxes)


# -- line → small forms: what they cannot show stays a piece of text, word for word


def drafts_of(rule: Rule) -> list[Draft]:
    """One draft per part. Whatever would not come back as the very same part is kept as text instead."""
    return [_faithful(part) for part in rule.parts]


def _faithful(part: Part) -> Draft:
    draft = _graded(part) if isinstance(part, Graded | Cases) else _plain(part)
    if draft is not None:
        text, errors = text_of(draft)
        if not errors and parse_rule(text).parts == (part,):
            return draft
    return Draft(TEXT, {"line": to_text(part)})


def _plain(part: Part) -> Draft:
    name, kind = next((name, kind) for name, kind in KINDS.items() if kind.node is type(part))
    lines = getattr(part, kind.lines) if kind.lines else ()
    return Draft(
        name,
        {box.key: box.shown(part) for box in (*kind.before, *kind.after)},
        [{box.key: box.shown(line) for box in kind.rows} for line in lines],
    )


def _graded(part: Graded | Cases) -> Draft | None:
    """The lines of a 档 with what they ask of each subject; None where 其他 does not stand at the end."""
    if isinstance(part, Graded):
        subjects, values = [part.subject], {}
        lines = [(band.test and _test(band.test), band.points) for band in part.bands]
    else:
        subjects, values = list(dict.fromkeys(part.operands)), {"whole": "1"}
        lines = [
            (case.condition and _conditions(case.condition, subjects), case.points) for case in part.cases
        ]
    other = lines.pop()[1] if lines[-1][0] is None else None
    if not lines or len(subjects) > MOST_SUBJECTS or any(asked is None for asked, _ in lines):
        return None
    rows = [asked | {"points": to_text(points)} for asked, points in lines]
    return Draft(GRADED, values | {"other": shown(other)}, rows, [_subject(subject) for subject in subjects])


def _test(test: Test) -> Values:
    high = {} if test.high is None else {"high0": to_text(test.high)}
    return {"op0": test.op, "value0": to_text(test.low)} | high


def _conditions(condition: Condition, subjects: list[Operand]) -> Values:
    row: Values = {}
    for comparison in condition.comparisons:
        place = subjects.index(comparison.left)
        row |= {f"op{place}": comparison.op, f"value{place}": to_text(comparison.value)}
    return row


def _subject(operand: Operand) -> Values:
    """A metric in its own boxes: name, conditions on records, words; or the name of a number that people
    type.
    """
    values = {"metric": shown(Reference(operand.name))}
    if isinstance(operand, Question):
        return values | {"ask": "1"}
    values["words"] = "、".join(operand.words)
    for place, limit in enumerate(operand.limits):
        values |= {
            f"lname{place}": limit.name,
            f"lop{place}": limit.op,
            f"lvalue{place}": to_text(limit.value),
        }
    return values
