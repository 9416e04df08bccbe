"""The rule line of an item while it is written: the line, its check and the small forms, always in step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ratings.enums import ItemKind
from ratings.models import Scheme
from ratings.rules import MetricInfo, RuleError, Vocabulary, parse_rule
from ratings.rules.building import MAX_ENTRIES, MAX_PARTS
from ratings.rules.parsing import MAX_LENGTH

from .checking import check_line, words_of
from .composing import (
    LIMIT,
    MISSING,
    Composed,
    Draft,
    Values,
    act,
    compose,
    drafts_of,
    read_drafts,
)
from .kinds import GRADED, KINDS, LIMITS, MOST_SUBJECTS, Box, PartKind, comparing, limiting

#: Buttons that do not touch the small forms.
LOOKING = ("", "read", "clear", "preview", "trial")
#: Sent by themselves after every change: of a small form, of the line. Empty fields are not complained about
#: yet.
LIVE, CHECK = "live", "check"
WRITE = "write"
#: Above this many controls a page would be refused by the server's limit on fields.
MOST_CONTROLS = 600
#: Texts of an item that its preview shows, and how much of each is looked at.
LENGTHS = {"code": 20, "name": 60, "standard": 2000, "evidence": 200}
_POINTS = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?)\s*分?")
_SEPARATORS = re.compile(r"[、，,；;\s]+")
Facts = dict[str, Any]


def facts_of(get: Callable[[str], object]) -> Facts:
    """What the rest of the item's form says, as far as the line depends on it: from a posted form or from the
    fields of a form. Whatever cannot be read counts as not typed yet.
    """

    def text(name: str, longest: int | None = None) -> str:
        return str(get(name) or "").strip()[:longest]

    points = _POINTS.fullmatch(text("points"))
    return {name: text(name, longest) for name, longest in LENGTHS.items()} | {
        "points": (Fraction(points[1]) or None) if points else None,
        "bonus": text("kind") == ItemKind.BONUS,
        "verified": tuple(filter(None, _SEPARATORS.split(text("verified", 400)))),
        "onsite": bool(get("onsite")),
        "may_be_na": bool(get("may_be_na")),
    }


class RuleDesk:
    """`data` is what was posted, the small forms included; without it they are read from the line. Nothing is
    stored here.
    """

    kinds = [(key, kind.word, kind.purpose) for key, kind in KINDS.items()]
    length_limit = MAX_LENGTH

    def __init__(
        self,
        scheme: Scheme,
        line: str,
        facts: Facts,
        *,
        data: Mapping[str, str] | None = None,
        do: str = "",
        readonly: bool = False,
        errors: Sequence[str] = (),
    ) -> None:
        self.facts, self.do, self.readonly, self.errors = facts, do, readonly, errors
        self.line = "" if do == "clear" else line[: MAX_LENGTH + 1]
        self.reread = False
        drafts = self._drafts(data)
        composed = self._write(drafts, data) if drafts is not None and data is not None else None

        self.spec = words_of(scheme)
        checked = {name: facts[name] for name in ("points", "bonus", "verified")}
        self.checked = check_line(self.line, self.spec.vocabulary, **checked)
        self.metric_names = [(label, metric.unit) for label, metric in self.spec.metrics.items()]
        self.unreadable = drafts is None
        self.parts = part_forms(drafts or [], composed, self.spec.vocabulary, strict=do == WRITE)
        self.too_long = sum(len(part.controls) for part in self.parts) > MOST_CONTROLS
        self.may_add_part = len(self.parts) < MAX_PARTS
        #: Whether the line now says what the small forms say.
        self.is_written = composed is None or composed.line is not None
        #: What is wrong with the parts as a whole.
        self.general = composed.general if composed and do == WRITE else ""
        #: Unfolded while somebody works with them, and for who starts with nothing.
        self.shows_parts = do == "read" or do not in LOOKING or not self.line.strip()

    def _drafts(self, data: Mapping[str, str] | None) -> list[Draft] | None:
        """The posted forms while they still belong to the line; else the line taken apart; None where it
        cannot be read.
        """
        line = self.line.strip()
        posted = data is not None and "p-count" in data and self.do not in ("read", "clear")
        if posted and (data.get("p-line", "").strip() == line or not (line or self.do == CHECK)):
            return read_drafts(data)
        self.reread = posted and self.do not in (*LOOKING, CHECK)
        try:
            return drafts_of(parse_rule(self.line)) if line else []
        except RuleError:
            return None

    def _write(self, drafts: list[Draft], data: Mapping[str, str]) -> Composed | None:
        """Carry out the button, then put the forms into words; the line stays as it was while they are
        unfinished.
        """
        if self.do in LOOKING:
            return None
        if self.do not in (LIVE, CHECK, WRITE):
            act(drafts, self.do, kind=data.get("p-new", ""))
        if not drafts:
            self.line = ""
            return None
        composed = compose(drafts)
        if composed.line is not None:
            self.line = composed.line
        return composed


@dataclass(frozen=True)
class Control:
    """One control with its label, its text and what is wrong with it."""

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


class PartForm:
    """One part on the page. `place`, of the part and of its lines, is what the orders of their buttons end
    in.
    """

    def __init__(self, index: int, draft: Draft, errors: Mapping[str, str], vocabulary: Vocabulary) -> None:
        self.draft, self.errors, self.vocabulary = draft, errors, vocabulary
        self.index, self.place, self.number = index, str(index), str(index + 1)
        self.prefix, self.kind, table = f"p{index}-", draft.kind, KINDS.get(draft.kind)
        self.title = table.word if table else "文字"
        self.purpose = table.purpose if table else "小表单表示不了这一部分，按原文保留，可以直接改"
        self.has_rows = bool(table and table.rows)
        #: Where not a single line was filled in.
        rows_error = errors.get("rows", "")
        self.rows_error = "至少写一行" if rows_error == MISSING else rows_error
        self.may_add_row = self.has_rows and len(draft.rows) < MAX_ENTRIES
        self.may_add_subject = draft.kind == GRADED and len(draft.subjects) < MOST_SUBJECTS

        self.subjects = [self._subject(place, values) for place, values in enumerate(draft.subjects)]
        self.rows = list(self._rows(table)) if table else []
        self.headings = [control.label for control in self.rows[0]["controls"]] if self.rows else []
        self.before, self.after = [self._control("line", "原文", draft.values, is_long=True)], []
        if table:
            self.before = self._boxed(table.before, draft.values)
            self.after = self._boxed(table.after, draft.values)
        self.controls = [*self.before, *self._lines(), *self.after]

    def _rows(self, table: PartKind) -> Iterator[dict[str, Any]]:
        """The lines, for who sees the page and for who hears it."""
        for place, row in enumerate(self.draft.rows):
            at = f"r{place}-"
            yield {
                "place": f"{self.index}:{place}",
                "called": f"第 {self.number} 部分第 {place + 1} 行",
                "controls": [*self._comparing(at, row), *self._boxed(table.rows, row, at)],
            }

    def _lines(self) -> Iterator[Control]:
        """The controls of metrics and lines."""
        for subject in self.subjects:
            yield from (*subject["leading"], *subject["limiting"])
        for row in self.rows:
            yield from row["controls"]

    def _subject(self, place: int, values: Values) -> dict[str, Any]:
        """A metric of a 档: its name and whether people type it, then which records count."""
        at = f"s{place}-"
        limiting = list(self._limiting(at, values))
        return {
            "place": f"{self.index}:{place}",
            "leading": [
                self._control(
                    "metric", "指标", values, at, hint=self._about(values), width="wide", suggests=True
                ),
                self._control("ask", "由人填数字（不是指标）", values, at, is_box=True),
            ],
            "limiting": limiting,
            "is_limited": any(
                (control.value and not control.choices) or control.error for control in limiting
            ),
        }

    def _about(self, values: Values) -> str:
        metric = self.vocabulary.metrics.get(values.get("metric", "").strip())
        return about(metric) if metric else ""

    def _limiting(self, at: str, values: Values) -> Iterator[Control]:
        """Conditions on records: those written, and never fewer than usual."""
        written = [int(match[1]) + 1 for key in values if (match := LIMIT.fullmatch(key))]
        for place in range(min(max([LIMITS, *written]), MAX_ENTRIES)):
            yield from self._boxed(limiting(place), values, at)
        yield self._control("words", "只看这些种类", values, at, hint="用顿号隔开，可不填", width="short")

    def _comparing(self, at: str, row: Values) -> Iterator[Control]:
        """What a line of a 档 asks of each metric."""
        subjects = self.draft.subjects
        for place, subject in enumerate(subjects):
            metric = subject.get("metric", "").strip() or f"指标{place + 1}"
            of = f"{metric} " if len(subjects) > 1 else ""
            yield from self._boxed(comparing(place, of, ranged=self.draft.is_single), row, at)

    def _boxed(self, boxes: Sequence[Box], values: Values, at: str = "") -> list[Control]:
        return [
            self._control(
                box.key,
                box.label,
                {box.key: box.default, **values},
                at,
                hint=box.hint,
                width=box.width,
                suggests=box.suggests,
                choices=box.choices,
            )
            for box in boxes
        ]

    def _control(self, key: str, label: str, values: Values, at: str = "", **looks) -> Control:
        path = at + key
        return Control(self.prefix + path, label, values.get(key, ""), self.errors.get(path, ""), **looks)


def part_forms(
    drafts: Sequence[Draft], composed: Composed | None, vocabulary: Vocabulary, *, strict: bool
) -> list[PartForm]:
    """The parts with what is wrong beside the fields; `strict` also names the empty ones."""
    errors = (composed.errors if strict else composed.wrong()) if composed else ({},) * len(drafts)
    return [
        PartForm(index, draft, wrong, vocabulary)
        for index, (draft, wrong) in enumerate(zip(drafts, errors, strict=True))
    ]


def about(metric: MetricInfo) -> str:
    """单位：期；可限定：学时、人次."""
    unit = f"{metric.unit}，写成 60% 这样" if metric.unit == "%" else metric.unit
    known = {"单位": unit, "可限定": "、".join(sorted(metric.accepts))}
    known["种类"] = "、".join(getattr(metric, "word_order", ()))
    return "；".join(f"{name}：{text}" for name, text in known.items() if text)
