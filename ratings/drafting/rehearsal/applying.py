"""A draft applied to one year's schools: the engine of the rating wherever it has what it needs, last year's
share elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Aggregation, Star, Trigger
from ratings.rules import names, reference_key
from ratings.rules.rounding import round2
from ratings.scoring import Blocked, ItemOutcome, Outcome, SchoolInput, was_visited
from ratings.scoring.items import score_item
from ratings.scoring.outcome import finish, owing, score_school
from ratings.scoring.stars import apply_share

from .matching import Assumptions, Pair, carried, carried_sheets

ABOVE = {"≥": 0, ">": 1, "=": 0, "≤": 0, "<": -1}


@dataclass(frozen=True)
class Year:
    """The earlier year as it was scored."""

    spec: SchemeSpec
    inputs: Mapping[str, SchoolInput]
    outcomes: Mapping[str, Outcome]


def apply(
    draft: SchemeSpec,
    year: Year,
    pairs: Mapping[str, Pair],
    metrics: Mapping[str, Mapping[str, Fraction | None]],
    notes: Assumptions,
) -> dict[str, Outcome]:
    """The outcome of every school of `year` under `draft`; schools that could not be scored then are left
    out.
    """
    spec = _fitting(draft, year.spec, notes)
    cases = _cases(spec, year.spec, notes)
    found = {}
    for key in year.inputs:
        if year.outcomes[key].problems:
            continue
        school = _school(spec, year, pairs, key, metrics[key], cases, notes)
        found[key] = (
            _scored(spec, year, pairs, school, notes) if year.outcomes[key].totals else _lapsed(spec, school)
        )
    totals = {key: outcome.totals.total for key, outcome in found.items() if outcome.totals}
    verdicts = apply_share(spec, {key: outcome.verdict for key, outcome in found.items()}, totals)
    return {key: replace(outcome, verdict=verdicts[key]) for key, outcome in found.items()}


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
    """Restrictions found then, by the code they have in the draft: the same code, else the same wording."""
    codes = {entry.code for entry in draft.restrictions}
    names = {entry.name: entry.code for entry in draft.restrictions}
    found = {}
    for entry in base.restrictions:
        code = names.get(entry.name) or (entry.code if entry.code in codes else None)
        if code:
            found[entry.code] = code
        elif entry.trigger == Trigger.MANUAL:
            notes.note(
                entry.code, f"{base.year}年度的限制性情形“{entry.name}”在本方案没有对应的一条", "不再限制"
            )
    return found


def _school(
    spec: SchemeSpec, year: Year, pairs, key: str, metrics, cases: Mapping[str, str], notes: Assumptions
) -> SchoolInput:
    then = year.inputs[key]
    adjustments = {}
    for code, pair in pairs.items():
        for (stage, old), points in then.adjustments.items():
            if pair.then is None or old != pair.then.item.code:
                continue
            if pair.same_system:
                adjustments[stage, code] = points
            else:
                notes.note(code, "计分规则已改，当年对系统取数部分的核定不再适用", "按系统取数计", school=key)
    return SchoolInput(
        key=key,
        metrics=metrics,
        county=carried(pairs, then.county),
        city=carried_sheets(pairs, then.city),
        adjustments=adjustments,
        cases=frozenset(cases[code] for code in then.cases if code in cases),
        submitted=then.submitted,
    )


def _scored(spec: SchemeSpec, year: Year, pairs, school: SchoolInput, notes: Assumptions) -> Outcome:
    visited = was_visited(year.spec, year.inputs[school.key])
    items = {}
    for code, bound in spec.bound.items():
        try:
            items[code] = score_item(spec, bound, school, owing(bound, school.city, visited))
        except Blocked as blocked:
            points, counted = _share(year, pairs[code], school.key)
            notes.note(code, _why(pairs[code], bound, school, blocked), counted, school=school.key)
            items[code] = ItemOutcome(code, points, Fraction(0), False, (f"没有可对应的数据，{counted}",))
    return finish(spec, _gates_met(spec, school, notes), items)


def _gates_met(spec: SchemeSpec, school: SchoolInput, notes: Assumptions) -> SchoolInput:
    """Figures that a star's condition names and nobody knows count as just met; restrictions on them stay
    away. Both are said.
    """
    known = dict(school.metrics)
    for entry in spec.restrictions:
        unknown = (
            {name for name in names(entry.condition) if name in known and known[name] is None}
            if entry.condition
            else ()
        )
        for name in unknown:
            notes.note(entry.code, f"触发条件要用的“{name}”当年没有数据", "按不触发计", school=school.key)
    for band in spec.bands:
        for compared in band.condition.comparisons:
            name = reference_key(compared.left)
            if name in known and known[name] is None:
                known[name] = compared.value.value + ABOVE[compared.op]
                notes.note(
                    Star(band.star).label,
                    f"条件要用的“{name}”当年没有数据",
                    "按刚好达到计",
                    school=school.key,
                )
    return replace(school, metrics=known)


def _lapsed(spec: SchemeSpec, school: SchoolInput) -> Outcome:
    """A school that handed in nothing then: only the restriction for that can apply."""
    return replace(score_school(spec, replace(school, county={}, city=(), adjustments={})), problems=())


def _why(pair: Pair, bound: BoundItem, school: SchoolInput, blocked: Blocked) -> str:
    """Why last year's data do not do, in the order in which a person would ask."""
    missing = sorted(reference for reference in bound.references if school.metrics.get(reference) is None)
    if missing:
        return f"当年没有“{'、'.join(missing)}”的数据"
    if pair.then is None:
        return "新小项，当年没有评过"
    if pair.new_names:
        return f"当年没有评过“{'、'.join(pair.new_names)}”"
    return "当年的评分对不上现在的计分规则" if bound.asked else str(blocked)


def _share(year: Year, pair: Pair, key: str) -> tuple[Fraction, str]:
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
    full = sum((one.points for one in year.spec.base_items), Fraction(0))
    return round2(outcome.totals.base / full * item.points), "按当年基础分得分率计"
