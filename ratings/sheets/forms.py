"""The answers of one row as fields: built from what the rule of the item asks, posted by the names of the
questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django import forms

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.models import Score
from ratings.rules import Asked
from ratings.rules.rounding import decimal_text, show
from ratings.rules.syntax import Deduct
from ratings.scoring import entry_from_json, owed_at
from schools.models import User
from schools.refusals import Difference
from schools.site.asked import TextArea, number
from schools.site.typed import NumberField

from .answering import CONFLICT, REMARK, SAVED, YES, Posted, Saved, differs, read_posted, save
from .answering import save_rows as save_of_one


@dataclass(frozen=True)
class AnswerField:
    """One question: its control's name and id, what is filled in, and what is wrong with it."""

    name: str
    id: str
    kind: str
    label: str
    hint: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    error: str = ""

    @property
    def ticked(self) -> bool:
        return self.value == YES


def prefix_of(score_pk: int) -> str:
    """Begins the name of every control of a row, so that many rows fit into one form."""
    return f"s{score_pk}-"


def read_row(data: Mapping[str, str], score_pk: int) -> Posted:
    """The row's values out of a form that may hold many rows; a version that is no number counts
    as outdated.
    """
    prefix = prefix_of(score_pk)
    answer = f"{prefix}answer-"
    version = number(data.get(f"{prefix}version", ""))
    return Posted(
        version=-1 if version is None else version,
        answers={name.removeprefix(answer): data[name] for name in data if name.startswith(answer)},
        remark=data.get(f"{prefix}remark"),
        na=bool(data.get(f"{prefix}na")),
        declared=bool(data.get(f"{prefix}declared")),
        complete=f"{prefix}version" in data,
    )


class AnswersForm:
    """A row on a page: stored values, or after an unsuccessful save the typed ones beside what is wrong with
    them.

    `locked` is the sentence why nothing may be written; the controls are then shown as text.
    """

    def __init__(
        self,
        score: Score,
        bound: BoundItem,
        *,
        locked: str = "",
        posted: Posted | None = None,
        saved: Saved | None = None,
    ):
        self.score, self.bound, self.locked, self.saved = score, bound, locked, saved
        self.posted = posted if saved is not None and saved.state != SAVED else None
        self.prefix = prefix_of(score.pk)
        self.stage = score.stage

    @property
    def state(self) -> str:
        """What the last save came to; empty before any."""
        return self.saved.state if self.saved else ""

    @property
    def sentence(self) -> str:
        return self.saved.sentence if self.saved else ""

    @property
    def is_conflict(self) -> bool:
        return self.state == CONFLICT

    @property
    def fields(self) -> list[AnswerField]:
        """What this stage is asked, in the order of the rule."""
        excluded = self.bound.excluded(self.stage)
        return [
            self._field(place, one) for place, one in enumerate(self.bound.asked) if one.name not in excluded
        ]

    @property
    def later(self) -> list[str]:
        """核定要素 that this stage is not asked for."""
        excluded = self.bound.excluded(self.stage)
        return [one.name for one in self.bound.asked if one.name in excluded]

    @property
    def remark(self) -> str:
        return self.score.remark if self.posted is None or self.posted.remark is None else self.posted.remark

    @property
    def remark_error(self) -> str:
        return self.saved.errors.get(REMARK, "") if self.saved else ""

    @property
    def row_errors(self) -> list[tuple[str, str]]:
        """Every error with the id of its control, for a summary on top of the page."""
        found = [(field.id, f"{self.bound.item.code} {field.error}") for field in self.fields if field.error]
        return [*found, (f"{self.prefix}remark", self.remark_error)] if self.remark_error else found

    @property
    def is_na(self) -> bool:
        return self.posted.na if self.posted else _is_na(self.score)

    @property
    def may_declare(self) -> bool:
        """Boxes and counts may all rightly stay empty; until a first save somebody has to say that
        they do.
        """
        return self.score.answers is None and all(field.kind in ("tick", "count") for field in self.fields)

    @property
    def left_open(self) -> str:
        """A sentence where it was sent without an answer, which is none of 0; "" where it has one."""
        if self.score.answers is not None:
            return ""
        way = "确实都没有的，请勾选“以上都没有”再保存。" if self.may_declare else "请作答后再保存。"
        return f"{self.bound.item.code}没有作答，没有计为 0。{way}"

    @property
    def status(self) -> str:
        """Of the stored answers, in the words of the task list."""
        if self.score.answers is None:
            return "尚未开始"
        owed = owed_at(self.bound, entry_from_json(self.score.answers), self.stage)
        return "填写中" if owed else "已完成"

    @property
    def differences(self) -> list[Difference]:
        """Where the stored row and the typed one are not the same."""
        stored = {one.name: said(one.kind, _shown(one, self._stored)) for one in self.bound.asked}
        was_na, is_na = _is_na(self.score), self.is_na
        both = [
            *(
                Difference(field.label, stored[field.label], said(field.kind, field.value))
                for field in self.fields
            ),
            Difference("不适用", _yes_no(was_na), _yes_no(is_na)),
            Difference("说明", self.score.remark or "（空）", self.remark.strip() or "（空）"),
        ]
        return [one for one in both if one.theirs != one.mine]

    @property
    def _stored(self) -> Mapping[str, object]:
        return (self.score.answers or {}).get("答", {})

    def _field(self, place: int, one: Asked) -> AnswerField:
        value = self.posted.answers.get(one.name, "") if self.posted else _shown(one, self._stored)
        return AnswerField(
            name=f"{self.prefix}answer-{one.name}",
            id=f"{self.prefix}a{place}",
            kind=one.kind,
            label=one.name,
            hint=_hint(one, self.bound),
            value=value,
            choices=tuple((word, f"{word}（{decimal_text(points)} 分）") for word, points in one.levels),
            error=self.saved.errors.get(one.name, "") if self.saved else "",
        )


def _is_na(score: Score) -> bool:
    return bool((score.answers or {}).get("不适用"))


def _yes_no(answer: bool) -> str:
    return "是" if answer else "否"


def said(kind: str, value: str) -> str:
    """An answer in words: an empty box is 否, an empty count 0."""
    if kind == "tick":
        return _yes_no(value == YES)
    return value or ("0" if kind == "count" else "未填写")


def answers_in_words(score: Score, bound: BoundItem) -> list[tuple[str, str]]:
    """Question and stored answer, for pages that only show; empty while nothing was saved."""
    if score.answers is None:
        return []
    if _is_na(score):
        return [("是否适用", "不适用")]
    stored, excluded = score.answers.get("答", {}), bound.excluded(score.stage)
    return [
        (one.name, said(one.kind, _shown(one, stored))) for one in bound.asked if one.name not in excluded
    ]


def _shown(one: Asked, stored: Mapping[str, object]) -> str:
    """A stored answer as its control holds it."""
    answer = stored.get(one.name)
    if answer is None or answer is False:
        return ""
    if answer is True:
        return YES
    return decimal_text(Fraction(answer)) if one.kind in ("number", "points") else str(answer)


def _hint(one: Asked, bound: BoundItem) -> str:
    """What an answer moves, beside its control."""
    verb = (
        "扣" if isinstance(bound.item.rule.parts[one.part], Deduct) else "得" if one.kind == "tick" else "加"
    )
    match one.kind:
        case "tick":
            return f"{verb} {decimal_text(one.points)} 分"
        case "count":
            return f"{one.per}{verb} {decimal_text(one.points)} 分，没有填 0"
        case "points":
            step = f"，每 {decimal_text(one.step)} 分一级" if one.step else ""
            return f"{decimal_text(one.low)}—{decimal_text(one.high)} 分{step}"
        case "number":
            return "填数字"
    return ""


def save_row(data: Mapping[str, str], score_pk: int, *, by: User) -> AnswersForm:
    """Save one row of the form, whatever else that holds; the row as it comes back."""
    posted = read_row(data, score_pk)
    saved = save(
        score_pk,
        by=by,
        version=posted.version,
        posted=posted.answers,
        remark=posted.remark,
        na=posted.na,
        declared=posted.declared,
    )
    return AnswersForm(saved.score, saved.bound, posted=posted, saved=saved)


#: What became of each row, by id of the score.
Outcome = dict[int, AnswersForm]


def says_something_else(score: Score, bound: BoundItem, posted: Posted) -> bool:
    """Whether a row differs from what is stored."""
    entry, errors = read_posted(score, bound, posted)
    return bool(errors) or differs(score, entry, posted.remark)


def save_rows(
    data: Mapping[str, str],
    rows: Iterable[tuple[Score, BoundItem]],
    *,
    by: User,
    wanted: Callable[[Score, BoundItem, Posted], bool] = says_something_else,
) -> Outcome:
    """Save the `wanted` rows of the form, school by school."""
    schools: dict[int, dict[int, Posted]] = defaultdict(dict)
    for score, bound in rows:
        posted = read_row(data, score.pk)
        if posted.complete and wanted(score, bound, posted):
            schools[score.assessment_id][score.pk] = posted
    return {
        saved.score.pk: AnswersForm(saved.score, saved.bound, posted=typed[saved.score.pk], saved=saved)
        for assessment, typed in schools.items()
        for saved in save_of_one(assessment, typed, by=by)
    }


def failed(outcome: Outcome) -> list[AnswersForm]:
    """The rows that stayed as they were."""
    return [row for row in outcome.values() if row.state != SAVED]


def row_form(score: Score, bound: BoundItem, outcome: Outcome, *, locked: str = "") -> AnswersForm:
    """The row as the page shows it: stored, or as typed beside what was wrong."""
    row = outcome.get(score.pk) or AnswersForm(score, bound)
    row.locked = locked
    return row


COMMENT_LIMIT = 300


class AdjustmentForm(forms.Form):
    """核定 of a system part; the bounds are those of the computed parts."""

    points = NumberField(label="核定得分", max_digits=6, decimal_places=2, min_value=0)
    reason = forms.CharField(label="理由", max_length=500, widget=TextArea(attrs={"rows": 3}))

    def __init__(self, *args, full: Fraction, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.full = full
        self.fields["points"].help_text = f"系统取数部分，0—{show(full)} 分。"
        self.fields["points"].widget.attrs["inputmode"] = "decimal"
        self.fields["reason"].help_text = "写明系统数据哪里不符、依据什么；随评分表存档。"

    def clean_points(self):
        """Within what the computed parts can give."""
        points = self.cleaned_data["points"]
        if Fraction(points) > self.full:
            raise forms.ValidationError(f"系统取数部分最多 {show(self.full)} 分。")
        return points


class ReturnForm(forms.Form):
    """An item is named by writing what it lacks; at least one has to be."""

    def __init__(self, *args, spec: SchemeSpec, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.fields["comment"] = forms.CharField(
            label="退回说明", max_length=500, widget=TextArea(attrs={"rows": 3})
        )
        for code, bound in spec.bound.items():
            label = f"{code} {bound.item.name}"
            widget = TextArea(attrs={"rows": 1})
            self.fields[f"item-{code}"] = forms.CharField(
                label=label, required=False, max_length=COMMENT_LIMIT, widget=widget
            )

    @property
    def items(self) -> dict[str, str]:
        """What was asked for, by item code."""
        written = {code: self.cleaned_data.get(f"item-{code}", "").strip() for code in self.spec.bound}
        return {code: text for code, text in written.items() if text}

    @property
    def facts(self) -> dict[str, Any]:
        """What the step is taken with."""
        return {"comment": self.cleaned_data["comment"], "items": self.items}

    def clean(self) -> dict:
        """Unlocking nothing would send the school away for nothing."""
        if not self.errors and not self.items:
            raise forms.ValidationError("请至少在一个小项里写明要补正什么。")
        return self.cleaned_data
