"""Small forms → line. Every field is read for itself, so that what is wrong can be said beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ratings.rules import Comparison, Condition, Part, Question, Reference, Rule, RuleError, parse_rule, to_text
from ratings.rules.syntax import (
    JUDGED_NAME,
    Add,
    Band,
    Case,
    Cases,
    Checklist,
    Deduct,
    Graded,
    Judged,
    Level,
    Levels,
    Number,
    Operand,
    Ratio,
    Term,
    Test,
    Tick,
)

from .drafts import TEXT, Draft, Values, is_blank
from .operands import Wrong, read_limit, read_name, read_number, read_operand, read_per, read_reference

COMPARISONS = ("≥", ">", "≤", "<", "=", "≠")
RANGE = "—"
MISSING = "还没有填写"
#: A field of a condition on records.
LIMIT = re.compile(r"l(?:name|value)([0-9]{1,2})", re.ASCII)
_ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class Composed:
    """`line` is None while anything is missing or wrong; `errors[i]` are sentences of part i by field, `general` is about the whole."""

    line: str | None
    errors: tuple[dict[str, str], ...]
    general: str = ""

    def wrong(self) -> tuple[dict[str, str], ...]:
        """Only what was typed wrongly: while somebody is still typing, empty fields are no mistakes."""
        return tuple({path: said for path, said in part.items() if said != MISSING} for part in self.errors)


def compose(drafts: Sequence[Draft]) -> Composed:
    """The canonical line of all parts together."""
    read = [part_of(draft) for draft in drafts]
    errors = tuple(wrong for _, wrong in read)
    if not drafts:
        return Composed(None, errors, "还没有任何部分，请先加一部分")
    if any(errors):
        return Composed(None, errors)
    rule = Rule(tuple(part for parts, _ in read for part in parts))
    try:
        line = to_text(rule)
        return Composed(line, errors) if parse_rule(line) == rule else Composed(None, errors, "名称里有规则行写不出的符号，请换一个名称")
    except RuleError as error:
        return Composed(None, errors, error.message)


def part_of(draft: Draft) -> tuple[tuple[Part, ...], dict[str, str]]:
    """The part a draft means, and what is wrong by field; a piece of text may hold several parts."""
    reader = _Reader()
    if draft.kind == TEXT:
        return reader.text(draft.values), reader.errors
    part = getattr(reader, draft.kind)(draft)
    return ((part,) if not reader.errors else ()), reader.errors


@dataclass
class _Reader:
    """Reads one draft; a field that fails leaves its sentence in `errors` and a stand-in behind."""

    errors: dict[str, str] = field(default_factory=dict)

    def _try(self, path: str, text: str, read, stand_in, *, owed: bool = True):
        if not text.strip():
            if owed:
                self.errors[path] = MISSING
            return stand_in
        try:
            return read(text)
        except Wrong as wrong:
            self.errors[path] = str(wrong)
            return stand_in

    def _points(self, values: Values, key: str = "points", at: str = "", *, owed: bool = True) -> Number | None:
        text = values.get(key, "")
        return self._try(at + key, text, lambda typed: read_number(typed, percent=False), _ZERO if owed else None, owed=owed)

    def _number(self, values: Values, key: str, at: str = "", *, owed: bool = True) -> Number | None:
        text = values.get(key, "")
        return self._try(at + key, text, lambda typed: read_number(typed, percent=True), _ZERO if owed else None, owed=owed)

    def _operand(self, values: Values, key: str, *, owed: bool = True) -> Operand | None:
        return self._try(key, values.get(key, ""), read_operand, None, owed=owed)

    def _rows(self, draft: Draft) -> Iterable[tuple[str, Values]]:
        """Lines with anything in them, each with the beginning of its fields' names."""
        kept = [(f"r{place}-", row) for place, row in enumerate(draft.rows) if not is_blank(row)]
        if not kept:
            self.errors["rows"] = MISSING
        return kept

    def _op(self, row: Values, key: str, at: str, allowed: tuple[str, ...] = COMPARISONS) -> str:
        op = row.get(key, "")
        if op not in allowed:
            self.errors[at + key] = "请选一种比较"
        return op

    # -- one method per kind

    def text(self, values: Values) -> tuple[Part, ...]:
        try:
            return parse_rule(values.get("line", "")).parts
        except RuleError as error:
            self.errors["line"] = str(error)
            return ()

    def checklist(self, draft: Draft) -> Part:
        return Checklist(tuple(Tick(self._reference(row, at), self._points(row, at=at)) for at, row in self._rows(draft)))

    def _reference(self, row: Values, at: str) -> Reference:
        return self._try(f"{at}name", row.get("name", ""), read_reference, Reference(""))

    def graded(self, draft: Draft) -> Part:
        subjects = [self._subject(place, values) for place, values in enumerate(draft.subjects)]
        if not subjects:
            self.errors["rows"] = "还没有选指标"
            return Graded(Reference(""), ())
        other = self._points(draft.values, "other", owed=False)
        if len(subjects) == 1 and not draft.values.get("whole"):
            bands = [Band(self._test(row, at), self._points(row, at=at)) for at, row in self._rows(draft)]
            return Graded(subjects[0], tuple([*bands, Band(None, other)] if other else bands))
        cases = [Case(self._condition(row, at, subjects), self._points(row, at=at)) for at, row in self._rows(draft)]
        return Cases(tuple([*cases, Case(None, other)] if other else cases))

    def _subject(self, place: int, values: Values) -> Operand:
        at = f"s{place}-"
        if len(values.get("metric", "")) and values.get("ask"):
            return Question(self._try(f"{at}metric", values["metric"], read_name, ""))
        read = self._try(f"{at}metric", values.get("metric", ""), read_operand, Reference(""))
        limits = tuple(self._limits(values, at))
        words = tuple(word.strip() for word in re.split("[、,，;；]", values.get("words", "")) if word.strip())
        if not (limits or words):
            return read
        if isinstance(read, Question):
            self.errors[f"{at}metric"] = "由人填写的数字不能限定口径"
            return read
        words = tuple(self._try(f"{at}words", word, read_name, "") for word in words)
        return Reference(read.name, (*read.limits, *limits), (*read.words, *words))

    def _limits(self, values: Values, at: str):
        places = sorted({int(found[1]) for name in values if (found := LIMIT.fullmatch(name)) and values[name].strip()})
        for place in places:
            name, op, value = (values.get(f"l{key}{place}", "") for key in ("name", "op", "value"))
            if not name.strip() or not value.strip():
                self.errors[f"{at}l{'value' if name.strip() else 'name'}{place}"] = MISSING
                continue
            op = self._op({f"lop{place}": op}, f"lop{place}", at, COMPARISONS[:5])
            try:
                yield read_limit(name, op, value)
            except Wrong as wrong:
                self.errors[f"{at}lvalue{place}"] = str(wrong)

    def _test(self, row: Values, at: str) -> Test:
        op = self._op(row, "op0", at, (*COMPARISONS, RANGE))
        low = self._number(row, "value0", at)
        return Test(op, low, self._number(row, "high0", at)) if op == RANGE else Test(op, low)

    def _condition(self, row: Values, at: str, subjects: list[Operand]) -> Condition:
        compared = [place for place in range(len(subjects)) if row.get(f"value{place}", "").strip()]
        if not compared:
            self.errors[f"{at}value0"] = "这一档至少写一个条件"
        return Condition(tuple(Comparison(subjects[i], self._op(row, f"op{i}", at), self._number(row, f"value{i}", at)) for i in compared))

    def ratio(self, draft: Draft) -> Part:
        values = draft.values
        over, under = self._operand(values, "over"), self._operand(values, "under", owed=False)
        target = self._number(values, "target", owed=False)
        if not (under or target) and not {"under", "target"} & set(self.errors):
            self.errors["under"] = "分母和目标至少写一样"
        if target and not target.value:
            self.errors["target"] = "“比”的目标不能是 0"
        return Ratio(over or Reference(""), under, target, self._points(values))

    def deduct(self, draft: Draft) -> Part:
        full, floor = self._points(draft.values, "full", owed=False), self._points(draft.values, "floor", owed=False)
        return Deduct(full, self._terms(draft), floor or _ZERO)

    def add(self, draft: Draft) -> Part:
        return Add(self._terms(draft), self._points(draft.values, "cap", owed=False))

    def _terms(self, draft: Draft) -> tuple[Term, ...]:
        return tuple(self._term(row, at) for at, row in self._rows(draft))

    def _term(self, row: Values, at: str) -> Term:
        compares = bool(row.get("op") or row.get("value", "").strip())
        read = read_operand if compares else read_reference
        subject = self._try(f"{at}name", row.get("name", ""), read, Reference(""))
        if compares:
            subject = Condition((Comparison(subject, self._op(row, "op", at), self._number(row, "value", at)),))
        per = self._try(f"{at}per", row.get("per", ""), read_per, None, owed=False)
        if per and compares and row.get("op") in ("=", "≠"):
            self.errors[f"{at}per"] = "“每”前面只能是大于、小于的比较"
        return Term(subject, per, self._points(row, at=at))

    def levels(self, draft: Draft) -> Part:
        name = self._try("name", draft.values.get("name", ""), read_name, "")
        return Levels(name, tuple(Level(self._word(row, at), self._points(row, at=at)) for at, row in self._rows(draft)))

    def _word(self, row: Values, at: str) -> str:
        return self._try(f"{at}word", row.get("word", ""), read_name, "")

    def judged(self, draft: Draft) -> Part:
        values = draft.values
        name = self._try("name", values.get("name", ""), read_name, "", owed=False) or JUDGED_NAME
        low, high, step = self._points(values, "low"), self._points(values, "high"), self._points(values, "step", owed=False)
        if low.value >= high.value and not {"low", "high"} & set(self.errors):
            self.errors["high"] = "“分”的范围应从小到大写"
        if step and not step.value:
            self.errors["step"] = "步长不能是 0"
        return Judged(name, low, high, step)
