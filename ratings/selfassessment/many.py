"""One act at many schools: the act at one school, taken at each by itself, so that the schools at which it
cannot be taken now hold up none of the others and are named with the reason (docs/adr/0032).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django import forms
from django.db import DatabaseError
from django.utils import timezone

from ratings.enums import Stage
from ratings.models import Assessment, Scheme
from ratings.workflow import (
    STAGE_OF,
    STEPS,
    due,
    due_now,
    grant_extension,
    shown_at,
    shown_deadlines,
    take_step,
)
from ratings.workflow.blocking import standing_against
from ratings.workflow.deadlines import day_words, extension_refusal, until_words
from ratings.workflow.requests import open_request
from ratings.workflow.steps import Step
from schools.models import User
from schools.monitoring import reminders
from schools.refusals import passing_trouble
from schools.saving import Refused, Shown, refuse

from .forms import ExtensionForm, StepForm
from .reminding import matter_of, step_words


@dataclass(frozen=True)
class Line:
    """One school on the page of an act: what will be done there, or why it cannot be done."""

    assessment: Assessment
    words: str = ""
    refusal: str = ""
    seen: str = ""
    stage: str = ""

    @property
    def why(self) -> str:
        """Why not, as a sentence."""
        return f"{self.refusal.rstrip('。')}。"

    @property
    def due(self) -> datetime | None:
        """The last moment of the stage the act is about, else of the one the school is in."""
        return due(self.assessment, self.stage) if self.stage else due_now(self.assessment)


@dataclass
class Outcome:
    """At how many schools it was done, by the sentence that says so, and by reason where it was not."""

    done: Counter[str] = field(default_factory=Counter)
    refused: dict[str, list[str]] = field(default_factory=dict)

    @property
    def successes(self) -> list[str]:
        """What was done, and at how many schools."""
        return [f"{words.format(count)}。" for words, count in self.done.items()]

    @property
    def sentences(self) -> list[str]:
        """One for each reason, with the schools it is about."""
        return [
            f"没有办的 {len(names)} 所（{'、'.join(names)}）：{why.rstrip('。')}。"
            for why, names in self.refused.items()
        ]


@dataclass(frozen=True)
class Act:
    """`lines` tells of schools what would be done, in a number of queries that does not grow with them; `do`
    does it at one, says so with a place for the number of schools, and raises Refused. All of them are of one
    stage where the act `asks_stage`.
    """

    label: str
    act: str
    consequence: str
    form: Callable[[Mapping | None, Scheme, str], forms.Form]
    lines: Callable[[Sequence[Assessment], str], list[Line]]
    do: Callable[..., str]
    asks_stage: bool = False

    def carry_out(self, lines: Sequence[Line], sent: Mapping[str, str], facts: dict, *, by: User) -> Outcome:
        """At every school that the page of `sent` said it would be done at.

        Each is a transaction of its own: one for all would hold many schools and the audit trail at once,
        against the order of docs/adr/0014.
        """
        outcome = Outcome()
        for line in lines:
            seen = sent.get(f"seen-{line.assessment.pk}")
            reasons = [line.refusal or "打开本页时还不能办，没有列入。"] if seen is None else []
            if seen is not None:
                try:
                    outcome.done[self.do(line.assessment, by=by, seen=seen, **facts)] += 1
                except Refused as refused:
                    reasons = refused.reasons
                except DatabaseError as error:
                    reasons = [passing_trouble(error, is_save=True)]
                    if not reasons[0]:
                        raise
            for reason in reasons:
                outcome.refused.setdefault(reason, []).append(str(line.assessment.school))
        return outcome


def stage_of_most(rows: Sequence[Assessment]) -> str:
    """The stage in which most of the schools are."""
    counts = Counter(STAGE_OF[row.status] for row in rows if row.status in STAGE_OF)
    return max(Stage, key=lambda stage: counts[stage]).value


def _extension_lines(rows: Sequence[Assessment], stage: str) -> list[Line]:
    return [
        Line(
            row,
            refusal=extension_refusal(row) or _through_with(row, stage),
            seen=shown_deadlines(row).seen,
            stage=stage,
        )
        for row in rows
    ]


def _through_with(row: Assessment, stage: str) -> str:
    """Whoever ticks a county does not mean the schools that are through with the stage."""
    stages, now = list(Stage), STAGE_OF.get(row.status, stage)
    if not stage or stages.index(stage) >= stages.index(now):
        return ""
    return f"状态是“{row.get_status_display()}”，{Stage(stage).label}已经办完，没有延期"


def _extension_form(data: Mapping | None, scheme: Scheme, stage: str) -> ExtensionForm:
    """The stage was asked first, as the list depends on it."""
    form = ExtensionForm(data, scheme=scheme, initial={"stage": stage})
    form.fields["stage"].widget = forms.HiddenInput()
    return form


def _extend(assessment: Assessment, *, stage: str, by: User, seen: str, **facts: Any) -> str:
    refuse(_through_with(assessment, stage))
    extension = grant_extension(assessment, stage, **facts, by=by, seen=seen)
    return f"批准延期：已办 {{}} 所，{extension.get_stage_display()}延至{until_words(extension.due_on)}"


def _of_step(step: Step) -> Act:
    """A step of the office, as it is taken on a page of its own."""

    def line(row: Assessment) -> Line:
        reasons = [blocker.text for blocker in standing_against(row, step.code)]
        if row.status not in step.sources:
            reasons = [f"状态是“{row.get_status_display()}”，不能{step.label}"]
        asked, words = open_request(row), ""
        if asked:
            words = f"{asked.by} {day_words(asked.at)}申请不参评：{asked.comment}"
        return Line(row, words, "；".join(reasons), shown_at(row, step.code).seen)

    def form(data: Mapping | None, *_) -> StepForm:
        made = StepForm(data, step=step)  # one sentence for all of them, not one from each
        made.fields["comment"].required = step.comment
        made.fields["comment"].error_messages["required"] = "请写明理由。"
        return made

    def take(assessment: Assessment, *, by: User, seen: str, **facts: Any) -> str:
        take_step(assessment, step.code, by=by, seen=seen, **facts)
        return f"{step.label}：已办 {{}} 所"

    return Act(
        step.label,
        "take_office_steps",
        step.consequence,
        form,
        lambda rows, _: list(map(line, rows)),
        take,
    )


def _reminder_lines(rows: Sequence[Assessment], _: str) -> list[Line]:
    schools, today = [row.school_id for row in rows], timezone.localdate()
    states, people = reminders.states_of(schools), reminders.people_of(schools)
    return [_reminder_line(row, states.get(row.school_id, {}), people[row.school_id], today) for row in rows]


def _reminder_line(row: Assessment, states: Mapping, people: Mapping, today: date) -> Line:
    matter = matter_of(row)
    if matter is None:
        return Line(row, refusal=f"状态是“{row.get_status_display()}”，没有要学校办的")
    if not reminders.is_manned(people):
        return Line(row, refusal=reminders.NOBODY)
    key, title = matter
    state = states.get(key, reminders.State())
    step = state.next_step(today)
    if step is None:
        days = [] if state.second else [state.passed_on_from]
        return Line(row, refusal=reminders.why_not(days, twice=True))
    return Line(row, f"{title}：{step_words(key, step)}", seen=_shown_reminder(key, step).seen)


def _shown_reminder(key: str, step: int | None) -> Shown:
    return Shown({"催办事项": [key, step]})


def _remind(assessment: Assessment, *, by: User, seen: str) -> str:
    """The same as on the page of monitoring, for the one matter."""
    matter = matter_of(assessment)
    if matter is None:
        raise Refused("已经办结，没有催办")
    states = reminders.states_of([assessment.school_id]).get(assessment.school_id, {})
    step = states.get(matter[0], reminders.State()).next_step(timezone.localdate())
    _shown_reminder(matter[0], step).refuse_changed(seen)
    outcome = reminders.remind(assessment.school, [matter], by=by)
    if not outcome.sent and not outcome.waiting:
        raise Refused(outcome.why_not)
    return "催办：已办 {} 所" if outcome.sent else "已安排催办 {} 所，上班时间送达"


ACTS: dict[str, Act] = {
    "remind": Act(
        "催办",
        "remind",
        "给各校填报人（待负责人确认的给负责人）各发一条消息；已提醒满 3 个工作日的，"
        "转请负责人和县（区）督促。工作时间以外的，等到上班时间送达。",
        lambda data, *_: forms.Form(data),
        _reminder_lines,
        _remind,
    ),
    "extend": Act(
        "批准延期",
        "extend",
        "各校这一阶段延至同一天，这一阶段已经办完的不延；退回补正的，补正截止日随之延后。"
        "延自评的，各校填报人和负责人收到消息。",
        _extension_form,
        _extension_lines,
        _extend,
        asks_stage=True,
    ),
    **{code: _of_step(STEPS[code]) for code in ("decline", "refuse_decline", "lapse")},
}
