"""The rule line of an item while it is written: the line, its check and the small forms, always in step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ratings.enums import ItemKind
from ratings.models import Item, Scheme
from ratings.rules import (
    RuleError,
    Vocabulary,
    parse_rule,
)
from ratings.rules.building import MAX_ENTRIES, MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH
from schools.metrics.metric import Metric

from . import KINDS, Checked, Composed, Draft, act, check_line, compose, drafts_of, has_drafts, read_drafts
from .acting import Values
from .composing import LIMIT
from .kinds import COMPARISONS, GRADED, LIMITS, MOST_SUBJECTS, RANGE, Box
from .vocabulary import words_of

#: Buttons that do not touch the small forms.
LOOKING = ("", "read", "clear", "preview", "trial")
#: Sent by themselves after every change: of a small form, of the line. Empty fields are not complained about
#: yet.
LIVE, CHECK = "live", "check"
WRITE = "write"
_POINTS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)\s*分?")
_SEPARATORS = re.compile(r"[、，,；;\s]+")


@dataclass(frozen=True)
class Facts:
    """What the rest of the item's form says, as far as the line depends on it."""

    code: str = ""
    name: str = ""
    standard: str = ""
    evidence: str = ""
    points: Fraction | None = None
    bonus: bool = False
    verified: tuple[str, ...] = ()
    onsite: bool = False
    may_be_na: bool = False


def facts_of(get: Callable[[str], object]) -> Facts:
    """From a posted form or from the fields of a form; whatever cannot be read counts as not typed yet."""
    text = {
        name: str(get(name) or "").strip()
        for name in ("code", "name", "standard", "evidence", "points", "kind", "verified")
    }
    points = _POINTS.fullmatch(text["points"])
    return Facts(
        code=text["code"][:20],
        name=text["name"][:60],
        standard=text["standard"][:2000],
        evidence=text["evidence"][:200],
        points=Fraction(points[1]) if points and Fraction(points[1]) else None,
        bonus=text["kind"] == ItemKind.BONUS,
        verified=tuple(filter(None, _SEPARATORS.split(text["verified"][:400]))),
        onsite=bool(get("onsite")),
        may_be_na=bool(get("may_be_na")),
    )


class RuleDesk:
    """`data` is what was posted, the small forms included; without it they are read from the line."""

    def __init__(
        self,
        scheme: Scheme,
        line: str,
        facts: Facts,
        *,
        item: Item | None = None,
        data: Mapping[str, str] | None = None,
        do: str = "",
    ) -> None:
        self.scheme, self.item, self.facts, self.do = scheme, item, facts, do
        self.line = "" if do == "clear" else line[: MAX_LENGTH + 1]
        self.readonly, self.label, self.errors, self.hint = False, "计分规则", (), ""
        self.reread = False
        self.composed: Composed | None = None
        self.drafts = self._drafts(data)
        if self.drafts is not None and data is not None and do not in LOOKING:
            self._write(data)

    def _drafts(self, data: Mapping[str, str] | None) -> list[Draft] | None:
        """The posted forms while they still belong to the line; else the line taken apart; None where it
        cannot be read.
        """
        posted = data is not None and has_drafts(data) and self.do not in ("read", "clear")
        emptied = not self.line.strip() and self.do != CHECK
        if posted and (emptied or data.get("p-line", "").strip() == self.line.strip()):
            return read_drafts(data)
        self.reread = posted and self.do not in (*LOOKING, CHECK)
        if not self.line.strip():
            return []
        try:
            return drafts_of(parse_rule(self.line))
        except RuleError:
            return None

    def _write(self, data: Mapping[str, str]) -> None:
        """Carry out the button, then put the forms into words; the line stays as it was while they are
        unfinished.
        """
        if self.do not in (LIVE, CHECK, WRITE):
            act(self.drafts, self.do, kind=data.get("p-new", ""))
        if not self.drafts:
            self.line = ""
            return
        self.composed = compose(self.drafts)
        if self.composed.line is not None:
            self.line = self.composed.line

    @property
    def is_written(self) -> bool:
        """Whether the line now says what the small forms say."""
        return self.composed is None or self.composed.line is not None

    @property
    def general(self) -> str:
        """What is wrong with the parts as a whole."""
        return self.composed.general if self.composed and self.do == WRITE else ""

    @cached_property
    def spec(self):
        return words_of(self.scheme)

    @cached_property
    def checked(self) -> Checked:
        facts = self.facts
        return check_line(
            self.line, self.spec.vocabulary, points=facts.points, bonus=facts.bonus, verified=facts.verified
        )

    @cached_property
    def parts(self) -> list[PartForm]:
        """The small forms; none where the line cannot be read."""
        return part_forms(self.drafts or [], self.composed, self.spec.vocabulary, strict=self.do == WRITE)

    @property
    def too_long(self) -> bool:
        """A page can only send so many fields."""
        return sum(len(part.controls) for part in self.parts) > MOST_CONTROLS

    @property
    def unreadable(self) -> bool:
        return self.drafts is None

    @property
    def may_add_part(self) -> bool:
        return len(self.parts) < MAX_PARTS

    @property
    def kinds(self) -> list[tuple[str, str, str]]:
        return [(key, kind.word, kind.purpose) for key, kind in KINDS.items()]

    @property
    def metric_names(self) -> list[tuple[str, str]]:
        return [(label, metric.unit) for label, metric in self.spec.metrics.items()]

    @property
    def shows_parts(self) -> bool:
        """Unfolded while somebody works with them, and for who starts with nothing."""
        return self.do == "read" or self.do not in LOOKING or not self.line.strip()

    @property
    def length_limit(self) -> int:
        return MAX_LENGTH


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
        return [
            RowOfControls(self.index, place, tuple(self._subject(place, values)))
            for place, values in enumerate(self.draft.subjects)
        ]

    def _subject(self, place: int, values: Values):
        at = f"s{place}-"
        yield self._control(
            f"{at}metric",
            "指标",
            values.get("metric", ""),
            hint=self._about(values),
            width="wide",
            suggests=True,
        )
        yield self._control(f"{at}ask", "由人填数字（不是指标）", values.get("ask", ""), is_box=True)
        for number in range(_slots(values)):
            yield self._control(
                f"{at}lname{number}", "只计", values.get(f"lname{number}", ""), hint="如 学时", width="short"
            )
            sign = values.get(f"lop{number}", COMPARISONS[0])
            yield self._control(f"{at}lop{number}", "比较", sign, choices=SIGNS[:5], width="sign")
            yield self._control(
                f"{at}lvalue{number}", "数", values.get(f"lvalue{number}", ""), width="number"
            )
        yield self._control(
            f"{at}words", "只看这些种类", values.get("words", ""), hint="用顿号隔开，可不填", width="short"
        )

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
        return [
            RowOfControls(self.index, place, tuple(self._row(f"r{place}-", row)))
            for place, row in enumerate(self.draft.rows)
        ]

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
            yield self._control(
                f"{at}op{place}", f"{told}比较", sign, choices=RANGED if single else SIGNS, width="sign"
            )
            yield self._control(
                f"{at}value{place}", f"{told}数", row.get(f"value{place}", ""), width="number"
            )
            if single:
                yield self._control(
                    f"{at}high{place}", "到（选“介于”时填）", row.get(f"high{place}", ""), width="number"
                )

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


def part_forms(
    drafts: Sequence[Draft], composed: Composed | None, vocabulary: Vocabulary, *, strict: bool
) -> list[PartForm]:
    """The parts with what is wrong beside the fields; `strict` also names the empty ones."""
    errors = (composed.errors if strict else composed.wrong()) if composed else ({},) * len(drafts)
    return [
        PartForm(index, draft, wrong, vocabulary)
        for index, (draft, wrong) in enumerate(zip(drafts, errors, strict=True))
    ]


def about(metric: Metric) -> str:
    """单位：期；可限定：学时、人次."""
    said = [f"单位：{metric.unit}{'，写成 60% 这样' if metric.unit == '%' else ''}"] if metric.unit else []
    limits = sorted(metric.accepts)
    said += [f"可限定：{'、'.join(limits)}"] if limits else []
    words = list(getattr(metric, "word_order", ()))
    return "；".join([*said, *([f"种类：{'、'.join(words)}"] if words else [])])
