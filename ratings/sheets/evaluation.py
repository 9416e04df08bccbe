"""From rows to what scoring reads: a whole scheme in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import current_version, spec_of
from ratings.enums import UNFINISHED, Stage, Status
from ratings.models import (
    Adjustment,
    Assessment,
    MetricSnapshot,
    RestrictionCase,
    Scheme,
    SchemeVersion,
    Score,
)
from ratings.scoring import Entry, Outcome, SchoolInput, Sheet, entry_from_json, score_all, score_school
from ratings.scoring.stars import ties_schools


@dataclass(frozen=True)
class Evaluation:
    """A scheme scored as it stands: everything is keyed by assessment id, as text.

    `own` holds the self-assessments where they were asked for: of every school that handed one in, and of no
    other. `outdated` names items whose 核定 saw figures that have changed since (待复核), `unmet` the
    restrictions that were found without a meeting.
    """

    scheme: Scheme
    version: SchemeVersion
    spec: SchemeSpec
    inputs: dict[str, SchoolInput]
    outcomes: dict[str, Outcome]
    own: dict[str, dict[str, Entry]] = field(default_factory=dict)
    outdated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unmet: dict[str, tuple[str, ...]] = field(default_factory=dict)


#: Entries by item, of each assessment and stage and there by judge; one sheet alone stands under "".
Sheets = Mapping[tuple[int, str], Mapping[str, dict[str, Entry]]]


def evaluate(
    scheme: Scheme,
    *,
    assessments: Iterable[Assessment] | None = None,
    with_self: bool = False,
    with_drafts: bool = False,
    only: int | None = None,
) -> Evaluation:
    """Score every assessment of the scheme by its current version; schools that declined are outside.

    A caller that holds the assessments already passes them on; they must be all of the scheme. What a school
    has not handed in is nobody's to read; `with_drafts` besides is for what changes it. With `only`
    the one assessment of that number is enough, and nothing else is read, unless the share of five stars ties
    its star to the others. The number of queries does not depend on the number of schools.
    """
    version = current_version(scheme)
    spec = spec_of(version)
    alone = only is not None and not ties_schools(spec)
    which = {"assessment": only} if alone else {"assessment__scheme": scheme}
    if assessments is None:
        assessments = Assessment.objects.filter(scheme=scheme).only("status")
    statuses = {
        row.pk: row.status
        for row in assessments
        if row.status != Status.DECLINED and (not alone or row.pk == only)
    }
    metrics, sheets = latest_figures(which), _entries(which, with_self=with_self)
    adjustments, outdated = _adjustments(which, metrics)
    cases, unmet = _cases(which)
    inputs = _inputs(scheme, cases, statuses, metrics, sheets, adjustments)
    outcomes = score_all(spec, inputs.values(), year_of(version.digest).score)
    own = _own(sheets, statuses, with_drafts) if with_self else {}
    return Evaluation(scheme, version, spec, inputs, outcomes, own, outdated, unmet)


def _own(sheets: Sheets, statuses: dict[int, str], with_drafts: bool) -> dict[str, dict[str, Entry]]:
    """The self-assessments, as far as anybody but the school may know of them."""
    readable = [key for key, status in statuses.items() if with_drafts or status not in UNFINISHED]
    return {str(key): sheets[key, Stage.SELF][""] for key in readable}


def _cases(which: dict) -> tuple[dict[int, set[str]], dict[str, tuple[str, ...]]]:
    """The restrictions found at each school, and those of them that no meeting found."""
    cases, unmet = defaultdict(set), defaultdict(list)
    rows = RestrictionCase.objects.filter(**which).order_by("restriction__code")
    for assessment, code, meeting in rows.values_list("assessment_id", "restriction__code", "meeting"):
        cases[assessment].add(code)
        if meeting is None:
            unmet[str(assessment)].append(code)
    return cases, {key: tuple(codes) for key, codes in unmet.items()}


def _inputs(
    scheme: Scheme,
    cases: Mapping[int, set[str]],
    statuses: dict[int, str],
    metrics,
    sheets: Sheets,
    adjustments,
) -> dict[str, SchoolInput]:
    """What decides each school's star, by assessment id."""
    inputs = {}
    for key, status in statuses.items():
        lapsed = status == Status.LAPSED
        school = SchoolInput(
            key=str(key),
            metrics=metrics.get(key, {}),
            county=sheets[key, Stage.COUNTY][""],
            city=tuple(Sheet(*sheet) for sheet in sorted(sheets[key, Stage.CITY].items())),
            adjustments=adjustments.get(key, {}),
            cases=frozenset(cases[key]),
            submitted=not lapsed,
        )
        # A school that lapsed after a return may have been scored in part before; 未申报 is not scored. A
        # year from workbooks says for itself which schools were.
        if lapsed and not scheme.imported:
            school = replace(school, county={}, city=(), adjustments={})
        inputs[str(key)] = school
    return inputs


def latest_figures(which: dict) -> dict[int, dict[str, Fraction | None]]:
    """The latest snapshot of each assessment counts for every stage."""
    rows = (
        MetricSnapshot.objects.filter(**which)
        .order_by("taken_at", "id")
        .values_list("assessment_id", "values")
    )
    latest = dict(rows)
    exact = cache(Fraction)  # schools share most figures, and reading one takes longer than using it
    return {
        key: {name: None if text is None else exact(text) for name, text in values.items()}
        for key, values in latest.items()
    }


def _entries(which: dict, *, with_self: bool) -> Sheets:
    rows = Score.objects.filter(**which, answers__isnull=False)
    if not with_self:
        rows = rows.exclude(stage=Stage.SELF)
    sheets = defaultdict(lambda: defaultdict(dict))
    for assessment, code, stage, judge, answers in rows.values_list(
        "assessment_id", "item__code", "stage", "judge__label", "answers"
    ):
        sheets[assessment, stage][judge or ""][code] = entry_from_json(answers)
    return sheets


def _adjustments(
    which: dict, metrics: dict[int, dict[str, Fraction | None]]
) -> tuple[dict[int, dict[tuple[str, str], Fraction]], dict[str, tuple[str, ...]]]:
    """核定 by stage and item, and the items whose figures are no longer those that were seen."""
    found: dict[int, dict[tuple[str, str], Fraction]] = defaultdict(dict)
    outdated: dict[str, set[str]] = defaultdict(set)
    rows = Adjustment.objects.filter(**which)
    for assessment, stage, code, points, seen in rows.values_list(
        "assessment_id", "stage", "item__code", "points", "metric_values"
    ):
        found[assessment][stage, code] = Fraction(points)
        now = metrics.get(assessment, {})
        if any(_text(now.get(reference)) != value for reference, value in seen.items()):
            outdated[str(assessment)].add(code)
    return found, {key: tuple(sorted(codes)) for key, codes in outdated.items()}


def _text(value: Fraction | None) -> str | None:
    """A figure as snapshots and 核定 keep it."""
    return None if value is None else str(value)


#: Criteria whose outcomes are kept at a time, and schools of each: the years that people look at, not a
#: nation's.
MOST_YEARS, MOST_SCHOOLS = 4, 400


@dataclass
class Kept:
    """What was last scored of one school; `beside` is a self-assessment with what was worked out of both."""

    school: SchoolInput
    outcome: Outcome
    beside: tuple[Mapping[str, Entry], Any] | None = None


@dataclass
class Year:
    """Everything that is kept of one year's schools, by assessment."""

    schools: dict[str, Kept] = field(default_factory=dict)

    def score(self, spec: SchemeSpec, school: SchoolInput) -> Outcome:
        """`score_school`, for a school that is not the same as when it was scored last."""
        kept = self.schools.get(school.key)
        if kept is not None and kept.school == school:
            return kept.outcome
        outcome = score_school(spec, school)
        if kept is not None or len(self.schools) < MOST_SCHOOLS:
            self.schools[school.key] = Kept(school, outcome)
        return outcome

    def beside(self, school: SchoolInput, own: Mapping[str, Entry], make: Callable[[], Any]) -> Any:
        """What `make` works out of a school's input and its self-assessment, once as long as both stay."""
        kept = self.schools.get(school.key)
        if kept is None or kept.school != school:
            return make()
        before = kept.beside
        if before is None or before[0] != own:
            before = kept.beside = own, make()  # set at once: other threads read it
        return before[1]


@lru_cache(maxsize=MOST_YEARS)
def year_of(digest: str) -> Year:
    """What is kept under criteria of this digest."""
    return Year()
