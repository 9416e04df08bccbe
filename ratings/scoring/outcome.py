"""The whole of one school, and of all schools of a scheme together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ratings.criteria.spec import BoundItem, SchemeSpec
from ratings.enums import Aggregation

from .inputs import Blocked, Problem, SchoolInput, Sheet, known_figures
from .items import LEAST_SHEETS, ItemOutcome, score_item
from .stars import Verdict, apply_share, require, verdict
from .totals import Totals, add_up


@dataclass(frozen=True)
class Outcome:
    """What a school's records give. `totals` is None for a school without scores (未申报);
    with `problems` nothing else may be used: the year cannot be settled."""

    key: str
    items: Mapping[str, ItemOutcome]
    totals: Totals | None
    verdict: Verdict | None
    problems: tuple[Problem, ...] = ()

    @property
    def star(self) -> int:
        return self.verdict.star

    @property
    def points(self) -> dict[str, Fraction | None]:
        """Final points by item code; None where the item does not apply."""
        return {code: item.points for code, item in self.items.items()}


def score_school(spec: SchemeSpec, school: SchoolInput) -> Outcome:
    """Score one school by the printed order: validity, items, categories, base, bonus, star, caps.

    Pure: the same input always gives the same outcome. Problems are collected, never replaced by zero.
    """
    if not school.submitted and not school.has_reviews:
        return _with_star(spec, school, {}, None, known_figures(school.metrics))
    items, problems = {}, list(_panel_problems(spec, school))
    visited = was_visited(spec, school)
    for code, bound in spec.bound.items():
        try:
            items[code] = score_item(spec, bound, school, owing(bound, school.city, visited))
        except Blocked as blocked:
            problems.extend(blocked.problems)
    if problems:
        return Outcome(school.key, items, None, None, tuple(problems))
    return finish(spec, school, items)


def finish(spec: SchemeSpec, school: SchoolInput, items: Mapping[str, ItemOutcome]) -> Outcome:
    """From the items of a school to its totals and star; every item must be there."""
    points = {code: item.points for code, item in items.items()}
    try:
        totals = add_up(spec, points)
        values = {**known_figures(school.metrics), **totals.values(points)}
        require(spec, values)
    except Blocked as blocked:
        return Outcome(school.key, items, None, None, blocked.problems)
    return _with_star(spec, school, items, totals, values)


def _with_star(
    spec: SchemeSpec,
    school: SchoolInput,
    items: Mapping[str, ItemOutcome],
    totals: Totals | None,
    values: Mapping[str, Fraction],
) -> Outcome:
    found = verdict(spec, school, values, rated=totals is not None)
    problems = ()
    if not school.submitted and not found.caps:
        lacking = "" if totals else "，也没有任何评分"
        problems = (Problem(f"未提交自评，方案没有相应的限制性情形{lacking}"),)
    return Outcome(school.key, items, totals, found, problems)


def score_all(
    spec: SchemeSpec,
    schools: Iterable[SchoolInput],
    score: Callable[[SchemeSpec, SchoolInput], Outcome] = score_school,
) -> dict[str, Outcome]:
    """Score every school, then apply the share of five-star schools; the order of schools changes nothing."""
    outcomes = {school.key: score(spec, school) for school in schools}
    if any(outcome.problems for outcome in outcomes.values()):
        return outcomes
    totals = {key: outcome.totals.total for key, outcome in outcomes.items() if outcome.totals}
    verdicts = apply_share(spec, {key: outcome.verdict for key, outcome in outcomes.items()}, totals)
    return {key: replace(outcome, verdict=verdicts[key]) for key, outcome in outcomes.items()}


def was_visited(spec: SchemeSpec, school: SchoolInput) -> bool:
    """A school counts as visited as soon as one judge scored one 现场 item there."""
    onsite = {code for code, bound in spec.bound.items() if bound.item.onsite and bound.owed_by_reviewers}
    return any(onsite & sheet.entries.keys() for sheet in school.city)


def owing(bound: BoundItem, sheets: tuple[Sheet, ...], visited: bool) -> tuple[Sheet, ...]:
    """The sheets that owe the item: none where it is seen on site and nobody went there."""
    return () if bound.item.onsite and not visited else sheets


def _panel_problems(spec: SchemeSpec, school: SchoolInput) -> Iterable[Problem]:
    """Validity of the panel; a scheme in which nobody is asked anything needs no panel.

    What counts is sheets with scores on them, as the sentences say: whether a judge has handed one in is not
    known here.
    """
    if not any(bound.owed_by_reviewers for bound in spec.bound.values()):
        return
    count = len(school.city)
    if spec.aggregation == Aggregation.JOINT:
        if count != 1:
            yield Problem(f"合议须有且只有一份评分表，已有评分的 {count} 份")
    elif count < LEAST_SHEETS:
        yield Problem(f"评委评分表至少 {LEAST_SHEETS} 份，已有评分的 {count} 份")
