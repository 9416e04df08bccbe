"""预览和试算: an item as a school and as a reviewer will meet it, made of sample values; what its line gives
on the figures of one school.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from ratings.criteria.fields import ItemSpec
from ratings.criteria.spec import BoundItem, SchemeSpec, bind_item, moved
from ratings.enums import Stage
from ratings.models import Scheme, Score
from ratings.rules import (
    Answer,
    AnswerError,
    Asked,
    MetricInfo,
    Part,
    Rule,
    Unresolved,
    clean_answer,
    evaluate_part,
    maximum,
    part_is_computed,
    to_text,
)
from ratings.rules.rounding import with_unit
from ratings.scoring import Entry, entry_to_json
from ratings.sheets import FigureLine, Line, SchoolSheet
from ratings.sheets.answering import INVALID, Saved
from ratings.sheets.forms import AnswersForm, answers_in_words, read_row
from ratings.sheets.sheet import NO_STAGE
from ratings.workflow.snapshots import city_figures
from schools.metrics import IMPORTED, METRICS, Figure, worded
from schools.models import School

#: Keys of rows that exist nowhere but on the page.
TRIAL, AT_SCHOOL, AT_REVIEWER = 0, 1, 2
SAMPLE, SAMPLE_RATE = Fraction(6), Fraction(17, 20)
#: How many years back a school may be looked at.
YEARS_BACK = 3


def bound_line(
    spec: SchemeSpec, rule: Rule, *, points: Fraction, code: str = "", name: str = "", **item
) -> tuple[SchemeSpec, BoundItem]:
    """The line as the only item of a scheme, so that figures and answers are read as they will be."""
    only = ItemSpec(code=code or "本项", name=name, points=points, rule_text=to_text(rule), **item)
    return replace(spec, items=(only,), categories=(), bands=()), bind_item(only, spec.vocabulary)


def metric_of(spec: SchemeSpec, reference: str) -> MetricInfo:
    """The metric of a figure, without its arguments."""
    return spec.metrics[reference.partition("[")[0]]


# -- 预览


class SampleSheet(SchoolSheet):
    """A sheet of sample values, which has no records to lead to."""

    def figure_line(self, reference: str) -> FigureLine:
        figure = self.figures[reference]
        text = with_unit(figure.value, metric_of(self.spec, reference).unit)
        return FigureLine(reference, worded(reference), text, note=figure.note)


def preview_of(
    spec: SchemeSpec, rule: Rule, points: Fraction, described: Mapping[str, Any]
) -> dict[str, Any]:
    """What the templates of the two real pages are given: the item with sample figures and answers. Nothing
    of it is stored.
    """
    alone, bound = bound_line(spec, rule, points=points, **described)
    stage = Stage.COUNTY if spec.has_county_stage else Stage.CITY
    own, theirs = _row(bound, Stage.SELF, AT_SCHOOL), _row(bound, stage, AT_REVIEWER)
    rows = {Stage.SELF: {bound.item.code: own.score}, Stage.COUNTY: {}, Stage.CITY: {}}
    figures = {
        reference: Figure(_sample(metric_of(spec, reference)), "", "示例数") for reference in bound.references
    }
    line = Line(SampleSheet(alone, None, Stage.SELF, figures, rows, NO_STAGE), bound)
    return {
        "line": line,
        "figures": [(figure, ()) for figure in line.figures],
        "school_row": own if bound.owed_by_school else None,
        "reviewer_row": theirs if bound.asked else None,
        "answers": answers_in_words(own.score, bound) if bound.owed_by_school else [],
        "stage": stage.label,
    }


def _sample(metric: MetricInfo) -> Fraction:
    known = {"%": SAMPLE_RATE, "是否": Fraction(1)}
    return known.get(metric.unit) or (SAMPLE if metric.upper is None else min(SAMPLE, metric.upper))


def _row(bound: BoundItem, stage: str, key: int) -> AnswersForm:
    entry = Entry(answers={question.name: _sample_answer(question) for question in bound.asked})
    return AnswersForm(Score(pk=key, stage=stage, version=0, answers=entry_to_json(entry)), bound)


def _sample_answer(question: Asked) -> Answer:
    match question.kind:
        case "tick":
            return True
        case "count":
            return 1
        case "level":
            return question.levels[0][0]
        case "points":
            return str(question.high)
    return str(SAMPLE)


# -- 试算


def read_trial(data: Mapping[str, str], bound: BoundItem) -> tuple[dict[str, Answer], AnswersForm]:
    """The answers typed for a trial, and their controls with what is wrong beside them. Empty means not
    answered.
    """
    posted, answers, errors = read_row(data, TRIAL), {}, {}
    for question in bound.asked:
        text = posted.answers.get(question.name, "").strip()[:60]
        if not text:
            continue
        try:
            answers[question.name] = clean_answer(question, text)
        except AnswerError as error:
            errors[question.name] = error.message
    score = Score(pk=TRIAL, stage=Stage.COUNTY, version=0)
    return answers, AnswersForm(score, bound, posted=posted, saved=Saved(score, None, INVALID, errors=errors))


def years_of(scheme: Scheme) -> list[int]:
    """Last year first, for that is what a draft is compared with."""
    return [scheme.year - 1, scheme.year, *range(scheme.year - 2, scheme.year - YEARS_BACK - 1, -1)]


def period_of(scheme: Scheme, year: int) -> tuple[date, date]:
    """The period of that year's scheme; where there was none, this scheme's days in that year."""
    stored = Scheme.objects.filter(city_id=scheme.city_id, year=year)
    shifted = [moved(day, year - scheme.year) for day in (scheme.period_start, scheme.period_end)]
    return stored.values_list("period_start", "period_end").first() or tuple(shifted)


def try_line(
    scheme: Scheme,
    spec: SchemeSpec,
    rule: Rule,
    school: School,
    year: int,
    answers: Mapping[str, Answer],
    *,
    points: Fraction,
) -> dict[str, Any]:
    """What the line gives at a school: the figures of that year, every part, and what is still missing. The
    total stands as far as every part has points; it is never more than the item is worth.
    """
    start, end = period_of(scheme, year)
    alone, bound = bound_line(spec, rule, points=points)
    alone = replace(alone, year=year, period_start=start, period_end=end)
    figures = city_figures(alone, School.objects.filter(pk=school.pk))[school.pk]
    values = {reference: figures[reference].value for reference in bound.references}
    parts = [_part(spec, part, values, answers, points) for part in rule.parts]
    earned = [part["points"] for part in parts]
    return {
        "school": school,
        "year": year,
        "start": start,
        "end": end,
        "figures": [_figure(spec, reference, figures[reference]) for reference in sorted(bound.references)],
        "parts": parts,
        "points": points,
        "total": None if None in earned else min(max(sum(earned, Fraction(0)), Fraction(0)), points),
    }


def _figure(spec: SchemeSpec, reference: str, figure: Figure) -> dict[str, Any]:
    label = reference.partition("[")[0]
    return {
        "label": reference,
        "text": with_unit(figure.value, spec.metrics[label].unit),
        "imported": figure.source == IMPORTED,
        "section": METRICS[label].section if label in METRICS else "",
    }


def _part(
    spec: SchemeSpec, part: Part, values: Mapping, answers: Mapping[str, Answer], points: Fraction
) -> dict[str, Any]:
    """One part: its points with the steps that made them, or why there are none yet."""
    known = {
        "text": to_text(part),
        "maximum": maximum(part, item_points=points),
        "computed": part_is_computed(part, spec.vocabulary),
        "points": None,
    }
    try:
        result = evaluate_part(part, spec.vocabulary, values, answers, item_points=points)
    except Unresolved as gap:
        return known | {"problem": "；".join(gap.problems)}
    return known | {"points": result.points, "steps": [step.text for step in result.steps]}
