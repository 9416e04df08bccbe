"""The small forms of a rule: each part as controls with their texts and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ratings.rulebuilder import KINDS, Composed, Draft
from ratings.rulebuilder.composing import LIMIT
from ratings.rulebuilder.drafts import Values
from ratings.rulebuilder.kinds import COMPARISONS, GRADED, LIMITS, MOST_SUBJECTS, RANGE, Box
from ratings.rules import Vocabulary
from ratings.rules.building import MAX_ENTRIES
from ratings.rules.parsing import MAX_LENGTH
from schools.metrics.metric import Metric

#: Above this many controls a page would be refused by the server's limit on fields.
MOST_CONTROLS = 600
SIGNS = tuple((sign, sign) for sign in COMPARISONS)
RANGED = (*SIGNS, (RANGE, "介于（含两头）"))


@dataclass(frozen=True)
class Control:
    """One control with its label, its text and what is wrong with it."""

    id: str
    name: str
    label: str
    value: str
    error: str = ""
    hint: str = ""
    width: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    suggests: bool = False
    is_box: bool = False
    is_long: bool = False
    longest: int = MAX_LENGTH


@dataclass(frozen=True)
class RowOfControls:
    """One line, or one metric of a 档; the orders of its buttons end in `place`."""

    part: int
    number: int
    controls: tuple[Control, ...]

    @property
    def leading(self) -> tuple[Control, ...]:
        """Of a metric: its name, and whether people type it."""
        return self.controls[:2]

    @property
    def limiting(self) -> tuple[Control, ...]:
        """Of a metric: which records count."""
        return self.controls[2:]

    @property
    def is_limited(self) -> bool:
        return any((control.value and not control.choices) or control.error for control in self.limiting)

    @property
    def place(self) -> str:
        return f"{self.part}:{self.number}"

    @property
    def called(self) -> str:
        """For who hears the page."""
        return f"第 {self.part + 1} 部分第 {self.number + 1} 行"


class PartForm:
    """One part on the page."""

    def __init__(self, index: int, draft: Draft, errors: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self.index, self.draft, self.errors, self.vocabulary = index, draft, errors, vocabulary
        self.prefix, self.table = f"p{index}-", KINDS.get(draft.kind)

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def place(self) -> str:
        """For the orders of the buttons."""
        return str(self.index)

    @property
    def said(self) -> str:
        return str(self.number)

    @property
    def kind(self) -> str:
        return self.draft.kind

    @property
    def title(self) -> str:
        return self.table.word if self.table else "文字"

    @property
    def purpose(self) -> str:
        return self.table.purpose if self.table else "小表单表示不了这一部分，按原文保留，可以直接改"

    @property
    def has_rows(self) -> bool:
        return bool(self.table and self.table.rows)

    @property
    def rows_error(self) -> str:
        """Where not a single line was filled in."""
        return "至少写一行" if self.errors.get("rows") == "还没有填写" else self.errors.get("rows", "")

    @property
    def may_add_row(self) -> bool:
        return self.has_rows and len(self.draft.rows) < MAX_ENTRIES

    @property
    def may_add_subject(self) -> bool:
        return self.kind == GRADED and len(self.draft.subjects) < MOST_SUBJECTS

    @cached_property
    def subjects(self) -> list[RowOfControls]:
        """The metrics of a 档, each with its conditions on records."""
        return [RowOfControls(self.index, place, tuple(self._subject(place, values))) for place, values in enumerate(self.draft.subjects)]

    def _subject(self, place: int, values: Values):
        at = f"s{place}-"
        yield self._control(f"{at}metric", "指标", values.get("metric", ""), hint=self._about(values), width="wide", suggests=True)
        yield self._control(f"{at}ask", "由人填数字（不是指标）", values.get("ask", ""), is_box=True)
        for number in range(_slots(values)):
            yield self._control(f"{at}lname{number}", "只计", values.get(f"lname{number}", ""), hint="如 学时", width="short")
            sign = values.get(f"lop{number}", COMPARISONS[0])
            yield self._control(f"{at}lop{number}", "比较", sign, choices=SIGNS[:5], width="sign")
            yield self._control(f"{at}lvalue{number}", "数", values.get(f"lvalue{number}", ""), width="number")
        yield self._control(f"{at}words", "只看这些种类", values.get("words", ""), hint="用顿号隔开，可不填", width="short")

    def _about(self, values: Values) -> str:
        metric = self.vocabulary.metrics.get(values.get("metric", "").strip())
        return about(metric) if metric else ""

    @cached_property
    def before(self) -> list[Control]:
        """Single fields above the lines."""
        if self.table is None:
            return [self._control("line", "原文", self.draft.values.get("line", ""), is_long=True)]
        return [self._boxed(box, self.draft.values) for box in self.table.before]

    @cached_property
    def after(self) -> list[Control]:
        """Single fields below the lines."""
        return [self._boxed(box, self.draft.values) for box in self.table.after] if self.table else []

    @cached_property
    def rows(self) -> list[RowOfControls]:
        """The lines."""
        return [RowOfControls(self.index, place, tuple(self._row(f"r{place}-", row))) for place, row in enumerate(self.draft.rows)]

    def _row(self, at: str, row: Values):
        yield from self._conditions(at, row)
        for box in self.table.rows if self.table else ():
            yield self._boxed(box, row, at)

    def _conditions(self, at: str, row: Values):
        single = len(self.draft.subjects) == 1 and not self.draft.values.get("whole")
        for place, subject in enumerate(self.draft.subjects):
            metric = subject.get("metric", "").strip()
            told = f"{metric or f'指标{place + 1}'} " if len(self.draft.subjects) > 1 else ""
            sign = row.get(f"op{place}", COMPARISONS[0])
            yield self._control(f"{at}op{place}", f"{told}比较", sign, choices=RANGED if single else SIGNS, width="sign")
            yield self._control(f"{at}value{place}", f"{told}数", row.get(f"value{place}", ""), width="number")
            if single:
                yield self._control(f"{at}high{place}", "到（选“介于”时填）", row.get(f"high{place}", ""), width="number")

    @property
    def headings(self) -> list[str]:
        """Labels over the lines."""
        return [control.label for control in self.rows[0].controls] if self.rows else []

    @property
    def controls(self) -> list[Control]:
        """Every control of the part."""
        lines = [control for line in (*self.subjects, *self.rows) for control in line.controls]
        return [*self.before, *lines, *self.after]

    def _boxed(self, box: Box, values: Values, at: str = "") -> Control:
        looks = {"hint": box.hint, "width": box.width, "suggests": box.suggests, "choices": box.choices}
        return self._control(f"{at}{box.key}", box.label, values.get(box.key, ""), **looks)

    def _control(self, path: str, label: str, value: str, **more) -> Control:
        name = self.prefix + path
        return Control(f"id_{name}", name, label, value, self.errors.get(path, ""), **more)


def _slots(values: Values) -> int:
    """Conditions on records that a metric shows: those written, and never fewer than usual."""
    written = [int(found[1]) + 1 for key in values if (found := LIMIT.fullmatch(key))]
    return min(max([LIMITS, *written]), MAX_ENTRIES)


def part_forms(drafts: Sequence[Draft], composed: Composed | None, vocabulary: Vocabulary, *, strict: bool) -> list[PartForm]:
    """The parts with what is wrong beside the fields; `strict` also names the empty ones."""
    errors = (composed.errors if strict else composed.wrong()) if composed else ({},) * len(drafts)
    return [PartForm(index, draft, wrong, vocabulary) for index, (draft, wrong) in enumerate(zip(drafts, errors, strict=True))]


def about(metric: Metric) -> str:
    """单位：期；可限定：学时、人次."""
    said = [f"单位：{metric.unit}{'，写成 60% 这样' if metric.unit == '%' else ''}"] if metric.unit else []
    limits = sorted(metric.accepts)
    said += [f"可限定：{'、'.join(limits)}"] if limits else []
    words = list(getattr(metric, "word_order", ()))
    return "；".join([*said, *([f"种类：{'、'.join(words)}"] if words else [])])
