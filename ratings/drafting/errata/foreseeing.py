"""Whether an answer given to the old question still answers the new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ratings.criteria.fields import ITEM
from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Stage, Star, Status
from ratings.models import Adjustment, Assessment, MetricSnapshot, Scheme, Score
from ratings.rules import Answer, format_answers
from ratings.rules.rounding import show
from ratings.scoring import (
    Entry,
    Outcome,
    SchoolInput,
    entry_from_json,
    entry_to_json,
    known_points,
    most_of,
    score_all,
)
from ratings.sheets.evaluation import evaluate
from ratings.workflow import city_figures
from schools.models import School
from schools.numbers import NO_POINTS


@dataclass(frozen=True)
class Fit:
    """What is left of one row: `kept` is stored, `lost` are answers that fit no question any more, `owed`
    what is newly asked.
    """

    kept: dict[str, Any] | None
    lost: dict[str, Answer] = field(default_factory=dict)
    owed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether the row can stay as it is."""
        return not self.lost and not self.owed

    @property
    def entry(self) -> Entry | None:
        """What counts from now on."""
        return entry_from_json(self.kept) if self.kept else None


def fit(old: BoundItem, new: BoundItem, content: dict[str, Any], stage: str) -> Fit:
    """Judge a stored row by the corrected item. Answers that fit are kept as they are, nothing is guessed."""
    entry = entry_from_json(content)
    if entry.not_applicable:
        return Fit(content)
    if entry.answers is None:
        return Fit(None, {"得分": str(entry.total)}) if new.asked else Fit(content)
    before = {question.name: question for question in old.asked}
    after = {question.name: question for question in new.asked if question.name not in new.excluded(stage)}
    lost = {
        name: answer
        for name, answer in entry.answers.items()
        if name not in after or not _answers(before.get(name), after[name], answer)
    }
    kept = {name: answer for name, answer in entry.answers.items() if name not in lost}
    owed = tuple(name for name in after if name not in before)
    return Fit(entry_to_json(Entry(answers=kept)) if kept else None, lost, owed)


def _answers(old, new, answer: Answer) -> bool:
    """Same kind of question, and the answer within what it allows."""
    if old is None or old.kind != new.kind:
        return False
    if new.kind == "level":
        return answer in {word for word, _ in new.levels}
    if new.kind == "points":
        points = Fraction(str(answer))
        return new.low <= points <= new.high and not (new.step and (points - new.low) % new.step)
    return True


#: Nothing of the year is left to correct there.
OUTSIDE = (Status.DECLINED, Status.LAPSED)


@dataclass(frozen=True)
class Misfit:
    """One row with answers that fit no longer, or with questions that are new."""

    score: int
    stage: str
    judge_label: str
    code: str
    fit: Fit
    words: str


@dataclass(frozen=True)
class Affected:
    """One school as the correction leaves it. `items` are (code, points before, after), as people
    read them.
    """

    assessment: int
    school: str
    status: str
    items: tuple[tuple[str, str, str], ...]
    total: tuple[str, str]
    star: tuple[str, str]
    misfits: tuple[Misfit, ...] = ()
    adjustments: tuple[tuple[int, str, str], ...] = ()

    @property
    def gone(self) -> list[str]:
        """Answers and 核定 that no longer fit, in words."""
        rows = [
            f"{Stage(one.stage).label}{one.judge_label and f'（{one.judge_label}）'} {one.code} {one.words}"
            for one in self.misfits
        ]
        return rows + [f"{code} {words}" for _, code, words in self.adjustments]

    @property
    def own_gone(self) -> list[str]:
        """Those of the school itself: who reviews and judges, and how, is not told to it."""
        return [f"{one.code} {one.words}" for one in self.misfits if one.stage == Stage.SELF]

    def as_json(self) -> dict[str, Any]:
        """What the signed erratum keeps."""
        named = ("assessment", "school", "status", "items", "total", "star", "gone", "own_gone")
        return {name: getattr(self, name) for name in named}


@dataclass(frozen=True)
class Foresight:
    """The whole year under the corrected criteria. `figures` are system figures that no snapshot
    holds yet.
    """

    affected: tuple[Affected, ...]
    figures: Mapping[int, Mapping[str, Fraction | None]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


def foresee(scheme: Scheme, old: SchemeSpec, new: SchemeSpec) -> Foresight:
    """Recompute every school by both criteria; a number of queries that does not grow with the schools."""
    changed = tuple(code for code in new.bound if _differs(old.bound[code].item, new.bound[code].item))
    rows = {
        row.pk: row
        for row in Assessment.objects.filter(scheme=scheme)
        .exclude(status__in=OUTSIDE)
        .select_related("school")
    }
    misfits = _misfits(scheme, old, new, changed, rows)
    adjustments = _adjustments(scheme, old, new, changed, rows)
    evaluation = evaluate(scheme, with_self=True, with_drafts=True)
    figures = _figures(scheme, new, rows, evaluation.inputs)
    before = _inputs(evaluation.inputs, figures)
    after = {key: _corrected(one, misfits[int(key)], adjustments[int(key)]) for key, one in before.items()}
    then, now = score_all(old, before.values()), score_all(new, after.values())
    own = {key: _own(entries, misfits[int(key)]) for key, entries in evaluation.own.items()}
    found = []
    for pk, row in sorted(rows.items(), key=lambda one: (one[1].school.order, one[1].school.code)):
        key = str(pk)
        sides = (
            (old, before[key], then[key], evaluation.own.get(key, {})),
            (new, after[key], now[key], own.get(key, {})),
        )
        points = [(code, *(points_so_far(*side, code) for side in sides)) for code in changed]
        school = Affected(
            assessment=pk,
            school=row.school.name,
            status=row.get_status_display(),
            items=tuple(
                (code, _shown(first), _shown(second)) for code, first, second in points if first != second
            ),
            total=(_total(then[key]), _total(now[key])),
            star=(_star(then[key]), _star(now[key])),
            misfits=tuple(misfits[pk]),
            adjustments=tuple(adjustments[pk]),
        )
        if (
            school.items
            or school.misfits
            or school.adjustments
            or school.total[0] != school.total[1]
            or school.star[0] != school.star[1]
        ):
            found.append(school)
    return Foresight(tuple(found), figures, changed)


def _differs(old, new) -> bool:
    """Points or rule: what answers and points hang on."""
    rule = ITEM.field("rule_text")
    return old.points != new.points or rule.text(old) != rule.text(new)


def _misfits(scheme, old: SchemeSpec, new: SchemeSpec, changed, rows) -> dict[int, list[Misfit]]:
    found: dict[int, list[Misfit]] = defaultdict(list)
    scores = Score.objects.filter(assessment__in=list(rows), item__code__in=changed, answers__isnull=False)
    for score in scores.select_related("item", "judge").order_by(
        "assessment_id", "item__order", "stage", "judge_id"
    ):
        code = score.item.code
        judged = fit(old.bound[code], new.bound[code], score.answers, score.stage)
        if not judged:
            label = score.judge.label if score.judge else ""
            words = _words(old.bound[code], judged)
            found[score.assessment_id].append(Misfit(score.pk, score.stage, label, code, judged, words))
    return found


def _words(old: BoundItem, judged: Fit) -> str:
    """The answers that fall away as they stood, and what is asked anew."""
    stood = [question for question in old.asked if question.name in judged.lost]
    gone = (
        format_answers(judged.lost, stood)
        if stood
        else "；".join(f"{name}={answer}" for name, answer in judged.lost.items())
    )
    parts = [
        f"原作答“{gone}”不再适用" if judged.lost else "",
        f"新增须填“{'、'.join(judged.owed)}”" if judged.owed else "",
    ]
    return "，".join(part for part in parts if part)


def _adjustments(
    scheme, old: SchemeSpec, new: SchemeSpec, changed, rows
) -> dict[int, list[tuple[int, str, str]]]:
    """核定 above what the corrected rule can give, or made on other figures than it reads."""
    found: dict[int, list[tuple[int, str, str]]] = defaultdict(list)
    for one in Adjustment.objects.filter(assessment__in=list(rows), item__code__in=changed).select_related(
        "item"
    ):
        code = one.item.code
        moved = old.bound[code].references != new.bound[code].references
        if moved or Fraction(one.points) > most_of(new.bound[code], new.bound[code].system_parts):
            found[one.assessment_id].append(
                (one.pk, code, f"{Stage(one.stage).label}核定 {one.points} 分（{one.reason}）不再适用")
            )
    return found


def _figures(scheme, new: SchemeSpec, rows, inputs) -> dict[int, dict[str, Fraction | None]]:
    """Figures the corrected criteria read and the snapshot of a school does not hold; a school without one is
    read live.
    """
    snapped = set(
        MetricSnapshot.objects.filter(assessment__in=list(rows)).values_list("assessment_id", flat=True)
    )
    lacking = {pk: new.references - inputs[str(pk)].metrics.keys() if pk in snapped else None for pk in rows}
    wanted = {pk for pk, names in lacking.items() if names is None or names}
    if not wanted:
        return {}
    live = city_figures(new, School.objects.filter(pk__in=[rows[pk].school_id for pk in wanted]))
    return {
        pk: {
            name: figure.value
            for name, figure in live[rows[pk].school_id].items()
            if lacking[pk] is None or name in lacking[pk]
        }
        for pk in wanted
    }


def _inputs(inputs: Mapping[str, SchoolInput], figures) -> dict[str, SchoolInput]:
    return {
        key: replace(one, metrics={**one.metrics, **figures.get(int(key), {})}) for key, one in inputs.items()
    }


def _corrected(school: SchoolInput, misfits: list[Misfit], adjustments) -> SchoolInput:
    """The school with what still fits, and nothing else."""
    kept = {(one.stage, one.judge_label, one.code): one.fit.entry for one in misfits}
    voided = {code for _, code, _ in adjustments}
    return replace(
        school,
        county=_kept(school.county, kept, Stage.COUNTY, ""),
        city=tuple(
            replace(sheet, entries=_kept(sheet.entries, kept, Stage.CITY, sheet.judge))
            for sheet in school.city
        ),
        adjustments={key: points for key, points in school.adjustments.items() if key[1] not in voided},
    )


def _own(entries: Mapping, misfits: list[Misfit]) -> dict:
    return _kept(entries, {(one.stage, "", one.code): one.fit.entry for one in misfits}, Stage.SELF, "")


def _kept(entries: Mapping, kept: Mapping, stage: str, judge: str) -> dict:
    found = {code: kept.get((stage, judge, code), entry) for code, entry in entries.items()}
    return {code: entry for code, entry in found.items() if entry is not None}


def points_so_far(
    spec: SchemeSpec, school: SchoolInput, outcome: Outcome, own: Mapping, code: str
) -> Fraction | None:
    """Points of one item as far as the school has come: by the panel, else by 初评, else by its
    own answers.
    """
    if code in outcome.items:
        return outcome.items[code].points
    stage, entry = (
        (Stage.COUNTY, school.county[code]) if code in school.county else (Stage.SELF, own.get(code))
    )
    return known_points(
        spec, spec.bound[code], school.metrics, entry, stage, school.adjustments.get((stage, code))
    )


def _shown(points: Fraction | None) -> str:
    return NO_POINTS if points is None else show(points)


def _total(outcome: Outcome) -> str:
    return _shown(outcome.totals.total if outcome.totals else None)


def _star(outcome: Outcome) -> str:
    return Star(outcome.star).label if outcome.verdict else NO_POINTS
