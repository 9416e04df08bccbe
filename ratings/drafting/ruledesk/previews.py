"""预览和试算: an item as a school and as a reviewer will meet it, made of sample values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage
from ratings.models import Score
from ratings.rules import (
    Answer,
    AnswerError,
    Asked,
    MetricInfo,
    Rule,
    clean_answer,
)
from ratings.rules.rounding import with_unit
from ratings.scoring import Entry, entry_to_json
from ratings.sheets import FigureLine, Line, SchoolSheet
from ratings.sheets.answering import INVALID, Saved
from ratings.sheets.forms import AnswersForm, answers_in_words, read_row
from ratings.sheets.sheet import NO_STAGE
from schools.metrics import Figure, worded

from .checking import bound_line
from .forms import Facts

#: Keys of rows that exist nowhere but on the page.
TRIAL, AT_SCHOOL, AT_REVIEWER = 0, 1, 2
SAMPLE, SAMPLE_RATE = Fraction(6), Fraction(17, 20)


@dataclass(frozen=True)
class Preview:
    """What the templates of the two real pages are given."""

    school: Line
    school_row: AnswersForm | None
    figures: list[tuple[FigureLine, tuple]]
    reviewer: Line
    reviewer_row: AnswersForm | None
    said: list[tuple[str, str]]
    stage: str


class SampleSheet(SchoolSheet):
    """A sheet of sample values, which has no records to lead to."""

    def figure_line(self, reference: str) -> FigureLine:
        unit = self.spec.metrics[reference.partition("[")[0]].unit
        return FigureLine(
            reference,
            worded(reference),
            with_unit(self.figures[reference].value, unit),
            note=self.figures[reference].note,
        )


def preview_of(spec: SchemeSpec, rule: Rule, facts: Facts, points: Fraction) -> Preview:
    """The item with sample figures and answers; nothing of it is stored."""
    described = {
        name: getattr(facts, name)
        for name in ("code", "name", "standard", "evidence", "onsite", "may_be_na", "verified")
    }
    alone, bound = bound_line(spec, rule, points=points, **described)
    values = {reference: _sample(spec.metrics[reference.partition("[")[0]]) for reference in bound.references}
    stage = Stage.COUNTY if spec.has_county_stage else Stage.CITY
    own, theirs = _row(bound, Stage.SELF, AT_SCHOOL), _row(bound, stage, AT_REVIEWER)
    rows = {Stage.SELF: {bound.item.code: own.score}, Stage.COUNTY: {}, Stage.CITY: {}}
    figures = {name: Figure(value, "", "示例数") for name, value in values.items()}
    line = Line(
        SampleSheet(
            replace(alone, has_county_stage=spec.has_county_stage), None, Stage.SELF, figures, rows, NO_STAGE
        ),
        bound,
    )
    return Preview(
        school=line,
        school_row=own if bound.owed_by_school else None,
        figures=[(figure, ()) for figure in line.figures],
        reviewer=line,
        reviewer_row=theirs if bound.asked else None,
        said=answers_in_words(own.score, bound) if bound.owed_by_school else [],
        stage=stage.label,
    )


def _sample(metric: MetricInfo) -> Fraction:
    if metric.unit == "%":
        return SAMPLE_RATE
    return (
        Fraction(1)
        if metric.unit == "是否"
        else SAMPLE
        if metric.upper is None
        else min(SAMPLE, metric.upper)
    )


def _row(bound: BoundItem, stage: str, key: int) -> AnswersForm:
    answers = {one.name: _sample_answer(one) for one in bound.asked}
    return AnswersForm(
        Score(pk=key, stage=stage, version=0, answers=entry_to_json(Entry(answers=answers))), bound
    )


def _sample_answer(one: Asked) -> bool | int | str:
    match one.kind:
        case "tick":
            return True
        case "count":
            return 1
        case "level":
            return one.levels[0][0]
        case "points":
            return str(one.high)
    return str(SAMPLE)


def read_trial(data: Mapping[str, str], bound: BoundItem) -> tuple[dict[str, Answer], AnswersForm]:
    """The answers typed for a trial, and their controls with what is wrong beside them. Empty means not
    answered.
    """
    posted, answers, errors = read_row(data, TRIAL), {}, {}
    for one in bound.asked:
        text = posted.answers.get(one.name, "").strip()[:60]
        if not text:
            continue
        try:
            answers[one.name] = clean_answer(one, text)
        except AnswerError as error:
            errors[one.name] = error.message
    score = Score(pk=TRIAL, stage=Stage.COUNTY, version=0)
    return answers, AnswersForm(score, bound, posted=posted, saved=Saved(score, None, INVALID, errors=errors))
