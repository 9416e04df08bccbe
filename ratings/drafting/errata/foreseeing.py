"""What a correction would do: whether an answer given to the old question still answers the new one, and what
becomes of every school under the corrected criteria.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ratings.criteria.fields import ITEM
from ratings.criteria.spec import BoundItem, ItemSpec, SchemeSpec
from ratings.enums import Stage, Star, Status
from ratings.models import Adjustment, Assessment, Scheme, Score
from ratings.rules import Answer, Asked, format_answers
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

Entries = Mapping[str, Entry]
#: A 核定 that no longer fits: its key, the code of its item, why in words.
Voided = tuple[int, str, str]
Figures = Mapping[int, Mapping[str, Fraction | None]]


@dataclass(frozen=True)
class Fit:
    """What is left of one row: `kept` is stored, `lost` are answers that fit no question any more, `owed`
    what is newly asked.
    """

    kept: dict[str, Any] | None
    lost: dict[str, Answer] = field(default_factory=dict)
    owed: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether the row can stay as it is."""
        return not self.lost and not self.owed


def fit(old: BoundItem, new: BoundItem, content: dict[str, Any], stage: str) -> Fit:
    """Judge a stored row by the corrected item. Answers that fit are kept as they are, nothing is guessed."""
    entry = entry_from_json(content)
    if entry.answers is not None:
        return _fit_answers(old, new, entry.answers, stage)
    if entry.not_applicable or not new.asked:
        return Fit(content)
    return Fit(None, {"得分": str(entry.total)})


def _fit_answers(old: BoundItem, new: BoundItem, answers: Mapping[str, Answer], stage: str) -> Fit:
    before, after = _by_name(old.asked), _by_name(new.asked)
    for name in new.excluded(stage):
        after.pop(name, None)
    kept = {
        name: answer
        for name, answer in answers.items()
        if _still_answers(before.get(name), after.get(name), answer)
    }
    lost = {name: answer for name, answer in answers.items() if name not in kept}
    owed = tuple(name for name in after if name not in before)
    return Fit(entry_to_json(Entry(answers=kept)) if kept else None, lost, owed)


def _by_name(questions: Iterable[Asked]) -> dict[str, Asked]:
    return {question.name: question for question in questions}


def _still_answers(old: Asked | None, new: Asked | None, answer: Answer) -> bool:
    """Same kind of question, and the answer within what it allows."""
    if old is None or new is None or old.kind != new.kind:
        return False
    if new.kind == "level":
        return answer in dict(new.levels)
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
class Foresight:
    """The whole year under the corrected criteria. `affected` are schools as the signed erratum keeps them;
    `misfits` are rows and `voided` 核定 by assessment. `figures` are system figures that no
    snapshot holds yet.
    """

    affected: list[dict[str, Any]]
    misfits: Mapping[int, list[Misfit]]
    voided: Mapping[int, list[Voided]]
    figures: Figures
    changed: Collection[str]


class Side:
    """Every school by the old criteria, or by the new ones; `own` are the self-assessments."""

    def __init__(self, spec: SchemeSpec, schools: dict[str, SchoolInput], own: dict[str, Entries]) -> None:
        self.spec, self.schools, self.own = spec, schools, own
        self.outcomes = score_all(spec, schools.values())

    def points(self, key: str, code: str) -> str:
        """Of one item, as far as the school has come."""
        return _shown(
            points_so_far(self.spec, self.schools[key], self.outcomes[key], self.own.get(key, {}), code)
        )

    def total(self, key: str) -> str:
        totals = self.outcomes[key].totals
        return _shown(totals.total if totals else None)

    def star(self, key: str) -> str:
        outcome = self.outcomes[key]
        return Star(outcome.star).label if outcome.verdict else NO_POINTS


def foresee(scheme: Scheme, old: SchemeSpec, new: SchemeSpec) -> Foresight:
    """Recompute every school by both criteria; a number of queries that does not grow with the schools."""
    changed = [code for code in new.bound if _differs(old.bound[code].item, new.bound[code].item)]
    assessments = (
        Assessment.objects.filter(scheme=scheme).exclude(status__in=OUTSIDE).select_related("school")
    )
    rows = {row.pk: row for row in assessments}
    misfits = _misfits(old, new, changed, rows)
    voided = _voided(old, new, changed, rows)
    evaluation = evaluate(scheme, with_self=True, with_drafts=True)
    figures = _figures(new, rows, evaluation.inputs)
    schools = {
        key: replace(school, metrics={**school.metrics, **figures.get(int(key), {})})
        for key, school in evaluation.inputs.items()
    }
    then = Side(old, schools, evaluation.own)
    now = Side(
        new,
        {key: _corrected(school, misfits[int(key)], voided[int(key)]) for key, school in schools.items()},
        {key: _kept(entries, misfits[int(key)], Stage.SELF) for key, entries in evaluation.own.items()},
    )
    schools_in_order = sorted(rows.values(), key=lambda row: (row.school.order, row.school.code))
    affected = [
        _affected(row, then, now, changed) | _gone(misfits[row.pk], voided[row.pk])
        for row in schools_in_order
    ]
    return Foresight(list(filter(_is_touched, affected)), misfits, voided, figures, changed)


def _affected(row: Assessment, then: Side, now: Side, changed: Iterable[str]) -> dict[str, Any]:
    """One school as the correction leaves it, in words: items whose points differ, total and star before and
    after.
    """
    key = str(row.pk)
    points = [(code, then.points(key, code), now.points(key, code)) for code in changed]
    return {
        "assessment": row.pk,
        "school": row.school.name,
        "status": row.get_status_display(),
        "items": [(code, before, after) for code, before, after in points if before != after],
        "total": (then.total(key), now.total(key)),
        "star": (then.star(key), now.star(key)),
    }


def _is_touched(school: Mapping[str, Any]) -> bool:
    moved = any(len(set(school[name])) > 1 for name in ("total", "star"))
    return moved or bool(school["items"] or school["gone"])


def _gone(misfits: Iterable[Misfit], voided: Iterable[Voided]) -> dict[str, list[str]]:
    """Answers and 核定 that no longer fit, in words; the school's own answers apart: who reviews and judges
    it, and how, is not told to it.
    """
    gone, own = [], []
    for misfit in misfits:
        judge = misfit.judge_label and f"（{misfit.judge_label}）"
        gone.append(f"{Stage(misfit.stage).label}{judge} {misfit.code} {misfit.words}")
        if misfit.stage == Stage.SELF:
            own.append(f"{misfit.code} {misfit.words}")
    return {"gone": gone + [f"{code} {words}" for _, code, words in voided], "own_gone": own}


def _differs(old: ItemSpec, new: ItemSpec) -> bool:
    """Points or rule: what answers and points hang on."""
    rule = ITEM.field("rule_text")
    return old.points != new.points or rule.text(old) != rule.text(new)


def _misfits(
    old: SchemeSpec, new: SchemeSpec, changed: Collection[str], rows: Collection[int]
) -> dict[int, list[Misfit]]:
    found: dict[int, list[Misfit]] = defaultdict(list)
    scores = Score.objects.filter(assessment__in=rows, item__code__in=changed, answers__isnull=False)
    for score in scores.select_related("item", "judge").order_by(
        "assessment_id", "item__order", "stage", "judge_id"
    ):
        code = score.item.code
        judged = fit(old.bound[code], new.bound[code], score.answers, score.stage)
        if not judged.is_whole:
            label = score.judge.label if score.judge else ""
            words = _words(old.bound[code], judged)
            found[score.assessment_id].append(Misfit(score.pk, score.stage, label, code, judged, words))
    return found


def _words(old: BoundItem, judged: Fit) -> str:
    """The answers that fall away as they stood, and what is asked anew."""
    parts = []
    if judged.lost:
        stood = [question for question in old.asked if question.name in judged.lost]
        plain = "；".join(f"{name}={answer}" for name, answer in judged.lost.items())
        parts.append(f"原作答“{format_answers(judged.lost, stood) if stood else plain}”不再适用")
    if judged.owed:
        parts.append(f"新增须填“{'、'.join(judged.owed)}”")
    return "，".join(parts)


def _voided(
    old: SchemeSpec, new: SchemeSpec, changed: Collection[str], rows: Collection[int]
) -> dict[int, list[Voided]]:
    """核定 above what the corrected rule can give, or made on other figures than it reads."""
    found: dict[int, list[Voided]] = defaultdict(list)
    adjustments = Adjustment.objects.filter(assessment__in=rows, item__code__in=changed)
    for row in adjustments.select_related("item"):
        before, after = old.bound[row.item.code], new.bound[row.item.code]
        if before.references != after.references or row.points > most_of(after, after.system_parts):
            words = f"{Stage(row.stage).label}核定 {row.points} 分（{row.reason}）不再适用"
            found[row.assessment_id].append((row.pk, row.item.code, words))
    return found


def _figures(new: SchemeSpec, rows: Mapping[int, Assessment], inputs: Mapping[str, SchoolInput]) -> Figures:
    """Figures the corrected criteria read and the snapshot of a school does not hold; a school without one is
    read live.
    """
    missing = {pk: new.references - inputs[str(pk)].metrics.keys() for pk in rows}
    schools = [rows[pk].school_id for pk, names in missing.items() if names]
    if not schools:
        return {}
    live = city_figures(new, School.objects.filter(pk__in=schools))
    return {
        pk: {name: figure.value for name, figure in live[rows[pk].school_id].items() if name in names}
        for pk, names in missing.items()
        if names
    }


def _corrected(school: SchoolInput, misfits: list[Misfit], voided: list[Voided]) -> SchoolInput:
    """The school with what still fits, and nothing else."""
    codes = {code for _, code, _ in voided}
    return replace(
        school,
        county=_kept(school.county, misfits, Stage.COUNTY),
        city=tuple(
            replace(sheet, entries=_kept(sheet.entries, misfits, Stage.CITY, sheet.judge))
            for sheet in school.city
        ),
        adjustments={key: points for key, points in school.adjustments.items() if key[1] not in codes},
    )


def _kept(entries: Entries, misfits: Iterable[Misfit], stage: str, judge: str = "") -> dict[str, Entry]:
    """What counts of one sheet from now on."""
    found = dict(entries)
    for misfit in misfits:
        if (misfit.stage, misfit.judge_label) == (stage, judge):
            found.pop(misfit.code, None)
            if misfit.fit.kept:
                found[misfit.code] = entry_from_json(misfit.fit.kept)
    return found


def points_so_far(
    spec: SchemeSpec, school: SchoolInput, outcome: Outcome, own: Entries, code: str
) -> Fraction | None:
    """Points of one item as far as the school has come: by the panel, else by 初评, else by its
    own answers.
    """
    if code in outcome.items:
        return outcome.items[code].points
    reviewed = code in school.county
    stage, entry = (Stage.COUNTY, school.county[code]) if reviewed else (Stage.SELF, own.get(code))
    adjusted = school.adjustments.get((stage, code))
    return known_points(spec, spec.bound[code], school.metrics, entry, stage, adjusted)


def _shown(points: Fraction | None) -> str:
    return NO_POINTS if points is None else show(points)
