"""A draft applied to one year's schools: the engine of the rating wherever it has what it needs, last year's
share elsewhere, and nothing assumed in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from django.db.models import QuerySet

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Aggregation, Star, Trigger
from ratings.rules import names, reference_key, to_text
from ratings.rules.rounding import round2
from ratings.scoring import Blocked, Entry, ItemOutcome, Outcome, SchoolInput, Sheet, score_all, was_visited
from ratings.scoring.items import score_item
from ratings.scoring.outcome import finish, owing, score_school
from ratings.sheets.evaluation import Evaluation
from schools.metrics import COMPUTED, METRICS, figures
from schools.models import MetricValue, School

#: How far a figure must lie from the bound of a comparison to meet it.
ABOVE = {"≥": 0, ">": 1, "=": 0, "≤": 0, "<": -1, "≠": 1}
Metrics = Mapping[str, Fraction | None]


class Assumption(NamedTuple):
    """One thing the earlier year does not tell, how it was counted instead, and for how many schools."""

    where: str
    text: str
    counted: str
    schools: int | None = None


class Assumptions:
    """Notes while the schools are gone through; the same note of many schools becomes one line with their
    number.
    """

    def __init__(self) -> None:
        self.schools: dict[tuple[str, str, str], set[str | None]] = defaultdict(set)

    def note(self, where: str, text: str, counted: str, *, school: str | None = None) -> None:
        """Of the whole rehearsal, or of one school."""
        self.schools[where, text, counted].add(school)

    def lines(self) -> tuple[Assumption, ...]:
        """What holds for all schools first, the rest in the order it came up."""
        whole = [Assumption(*note) for note, schools in self.schools.items() if None in schools]
        single = [
            Assumption(*note, len(schools)) for note, schools in self.schools.items() if None not in schools
        ]
        return (*whole, *single)


# -- items and what was said of them


@dataclass(frozen=True)
class Pair:
    """A draft's item beside the item it continues; `then` is None for a new one."""

    now: BoundItem
    then: BoundItem | None

    @property
    def new_names(self) -> tuple[str, ...]:
        """Names the draft asks for that were not asked, or were asked for another kind of answer."""
        asked = {(question.name, question.kind) for question in self.then.asked} if self.then else set()
        return tuple(
            question.name for question in self.now.asked if (question.name, question.kind) not in asked
        )

    def is_same(self, parts: str) -> bool:
        """Whether the `asked_parts` or the `system_parts` say the same, so that points typed for them, or a
        核定 of them, still stand. An unstated 满分 or 上限 is the item's 分值, so this must be the same as
        well.
        """
        if self.then is None or self.now.item.points != self.then.item.points:
            return False
        now, then = (
            [to_text(bound.item.rule.parts[index]) for index in getattr(bound, parts)]
            for bound in (self.now, self.then)
        )
        return now == then


Pairs = Mapping[str, Pair]


def paired(draft: SchemeSpec, base: SchemeSpec, origins: Mapping[str, str]) -> dict[str, Pair]:
    """Items of the draft by code. `origins` says which item a copied one came from; others are matched by
    code.
    """
    taken = set(origins.values()) & base.bound.keys()
    found = {}
    for code, bound in draft.bound.items():
        then = base.bound.get(origins.get(code) or ("" if code in taken else code))
        found[code] = Pair(bound, then if then and then.item.bonus == bound.item.bonus else None)
    return found


def carried(pairs: Pairs, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """What of one sheet can be used: answers by item and name, or points typed for parts that are still the
    same.
    """
    found = {}
    for code, pair in pairs.items():
        entry = entries.get(pair.then.item.code) if pair.then else None
        kept = _carried(pair, entry) if entry else None
        if kept:
            found[code] = kept
    return found


def _carried(pair: Pair, entry: Entry) -> Entry | None:
    if entry.not_applicable:
        return entry if pair.now.item.may_be_na else None
    if entry.answers is None:
        return entry if pair.is_same("asked_parts") else None
    if pair.new_names:
        return None
    asked = {question.name for question in pair.now.asked}
    return Entry(answers={name: answer for name, answer in entry.answers.items() if name in asked})


# -- figures


def figures_then(
    draft: SchemeSpec, base: SchemeSpec, known: Mapping[int, Metrics], *, recording: Collection[int]
) -> dict[int, dict[str, Fraction | None]]:
    """Every figure `draft` reads by school id; None where the earlier year has none. `known` are that year's
    snapshots, `recording` the schools that registered classes here in its period.

    The number of queries depends on which tables the new figures read, never on the number of schools.
    """
    found = {
        school: {name: values.get(name) for name in draft.references} for school, values in known.items()
    }
    missing = draft.references - base.references
    own = missing & {metric.label for metric in draft.custom_metrics}
    if own:
        rows = MetricValue.objects.filter(school__in=found, year=base.year, reference__in=own)
        for school, reference, value in rows.values_list("school_id", "reference", "value"):
            found[school][reference] = Fraction(value)
    if registry := sorted(missing - own):
        schools = School.objects.filter(pk__in=found)
        for school, reference, value in _from_records(registry, schools, base, recording):
            found[school][reference] = value
    return found


def _from_records(
    references: list[str], schools: QuerySet[School], base: SchemeSpec, recording: Collection[int]
) -> Iterator[tuple[int, str, Fraction | None]]:
    """Figures of the earlier period, from records as they stood at its end. A school that registered no class
    then kept no records here: only what stands in its profile is known of it, and counting the rest would
    make silent zeros.
    """
    start, end = base.period_start, base.period_end
    computed = figures(references, schools=schools, year=base.year, start=start, end=end, as_of=end)
    for school, values in computed.items():
        for reference, figure in values.items():
            standing = not METRICS[reference.partition("[")[0]].sources
            if school in recording or standing or figure.source != COMPUTED:
                yield school, reference, figure.value


def just_met(spec: SchemeSpec, metrics: Metrics) -> dict[str, tuple[int, Fraction]]:
    """Figures that a star's condition names and nobody knows: the highest such star, and the value that meets
    it.
    """
    found: dict[str, tuple[int, Fraction]] = {}
    for band in spec.bands:
        for compared in band.condition.comparisons:
            name = reference_key(compared.left)
            if name in metrics and metrics[name] is None:
                found.setdefault(name, (band.star, compared.value.value + ABOVE[compared.op]))
    return found


# -- schools


def apply(
    draft: SchemeSpec,
    year: Evaluation,
    pairs: Pairs,
    metrics: Mapping[str, Metrics],
    notes: Assumptions,
) -> dict[str, Outcome]:
    """The outcome of every school of `year` under `draft`; schools that could not be scored then are left
    out.
    """
    spec = _fitting(draft, year.spec, notes)
    cases = _cases(spec, year.spec, notes)

    def schools() -> Iterator[SchoolInput]:  # one after the other, so that the notes stand in their order
        for key in year.inputs:
            if not year.outcomes[key].problems:
                yield _school(year, pairs, key, metrics[key], cases, notes)

    def score(spec: SchemeSpec, school: SchoolInput) -> Outcome:
        if year.outcomes[school.key].totals is None:
            # It handed in nothing then: only the restriction for that can apply.
            outcome = score_school(spec, replace(school, county={}, city=(), adjustments={}))
        else:
            outcome = _scored(spec, year, pairs, school, notes)
        return replace(outcome, problems=())

    return score_all(spec, schools(), score)


def _fitting(draft: SchemeSpec, base: SchemeSpec, notes: Assumptions) -> SchemeSpec:
    """The draft with the stages the earlier year can fill."""
    if draft.has_county_stage and not base.has_county_stage:
        notes.note("评定程序", f"{base.year}年度没有县级初评", "全部按评审得分计")
        draft = replace(draft, has_county_stage=False, county_weight=Fraction(0), city_weight=Fraction(1))
    if (draft.aggregation == Aggregation.JOINT) != (base.aggregation == Aggregation.JOINT):
        then, now = Aggregation(base.aggregation).label, Aggregation(draft.aggregation).label
        notes.note("评委汇总", f"{base.year}年度是“{then}”，本方案是“{now}”", "按当年已有的评分表汇总")
    return draft


def _cases(draft: SchemeSpec, base: SchemeSpec, notes: Assumptions) -> dict[str, str]:
    """Restrictions found then, by the code they have in the draft: the same wording, else the same code."""
    codes = {entry.code: entry.code for entry in draft.restrictions}
    named = {entry.name: entry.code for entry in draft.restrictions}
    found = {}
    for entry in base.restrictions:
        if code := named.get(entry.name) or codes.get(entry.code):
            found[entry.code] = code
        elif entry.trigger == Trigger.MANUAL:
            lost = f"{base.year}年度的限制性情形“{entry.name}”在本方案没有对应的一条"
            notes.note(entry.code, lost, "不再限制")
    return found


def _school(
    year: Evaluation,
    pairs: Pairs,
    key: str,
    metrics: Metrics,
    cases: Mapping[str, str],
    notes: Assumptions,
) -> SchoolInput:
    """What the draft can use of a school: sheets, 核定 and restrictions under the codes of the draft."""
    then = year.inputs[key]
    adjustments = {}
    for code, pair in pairs.items():
        for (stage, old), points in then.adjustments.items():
            if pair.then is None or old != pair.then.item.code:
                continue
            if pair.is_same("system_parts"):
                adjustments[stage, code] = points
            else:
                notes.note(code, "计分规则已改，当年对系统取数部分的核定不再适用", "按系统取数计", school=key)
    return SchoolInput(
        key=key,
        metrics=metrics,
        county=carried(pairs, then.county),
        city=tuple(Sheet(sheet.judge, carried(pairs, sheet.entries)) for sheet in then.city),
        adjustments=adjustments,
        cases=frozenset(cases[code] for code in then.cases if code in cases),
        submitted=then.submitted,
    )


def _scored(
    spec: SchemeSpec, year: Evaluation, pairs: Pairs, school: SchoolInput, notes: Assumptions
) -> Outcome:
    visited = was_visited(year.spec, year.inputs[school.key])
    items = {}
    for code, bound in spec.bound.items():
        try:
            items[code] = score_item(spec, bound, school, owing(bound, school.city, visited))
        except Blocked as blocked:
            points, counted = _share(year, pairs[code], school.key)
            notes.note(code, _why(pairs[code], school, blocked), counted, school=school.key)
            items[code] = ItemOutcome(code, points, Fraction(0), False, (f"没有可对应的数据，{counted}",))
    return finish(spec, _gates_met(spec, school, notes), items)


def _gates_met(spec: SchemeSpec, school: SchoolInput, notes: Assumptions) -> SchoolInput:
    """Figures that a star's condition names and nobody knows count as just met; restrictions on them stay
    away. Both are said.
    """
    metrics = dict(school.metrics)
    unknown = {name for name, value in metrics.items() if value is None}
    for entry in spec.restrictions:
        for name in unknown & set(names(entry.condition)) if entry.condition else ():
            notes.note(entry.code, f"触发条件要用的“{name}”当年没有数据", "按不触发计", school=school.key)
    for name, (star, value) in just_met(spec, metrics).items():
        metrics[name] = value
        lacking = f"条件要用的“{name}”当年没有数据"
        notes.note(Star(star).label, lacking, "按刚好达到计", school=school.key)
    return replace(school, metrics=metrics)


def _why(pair: Pair, school: SchoolInput, blocked: Blocked) -> str:
    """Why last year's data do not do, in the order in which a person would ask."""
    missing = sorted(name for name in pair.now.references if school.metrics.get(name) is None)
    if missing:
        return f"当年没有“{'、'.join(missing)}”的数据"
    if pair.then is None:
        return "新小项，当年没有评过"
    if pair.new_names:
        return f"当年没有评过“{'、'.join(pair.new_names)}”"
    return "当年的评分对不上现在的计分规则" if pair.now.asked else str(blocked)


def _share(year: Evaluation, pair: Pair, key: str) -> tuple[Fraction, str]:
    """Points by the share the school had then: of the same item, else of the category, else of all base
    items.
    """
    outcome, item = year.outcomes[key], pair.now.item
    then = outcome.items.get(pair.then.item.code) if pair.then else None
    if then is not None and then.points is not None:
        return round2(then.points / pair.then.item.points * item.points), "按当年本项得分率计"
    if item.bonus:
        return Fraction(0), "按 0 分计"
    rate = outcome.totals.rates.get(item.category)
    if rate is not None:
        return round2(rate * item.points), "按当年本大项得分率计"
    full = sum((known.points for known in year.spec.base_items), Fraction(0))
    return round2(outcome.totals.base / full * item.points), "按当年基础分得分率计"
