"""Everything the county may know of its schools' assessments, loaded at once; what the city's judges say is never read here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from django.db.models import Count, OuterRef, Q, QuerySet

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Phase, Stage, Status
from ratings.models import Adjustment, Assessment, MetricSnapshot, Scheme, Score
from ratings.scoring import Entry, entry_from_json
from ratings.workflow import tie
from ratings.workflow.blocking import REASON_SHARE
from schools.models import User

from .points import StageSheet, gap, is_answered, stage_sheet

#: Statuses in which the school's own sheet is still its own business.
WITH_SCHOOL = (Status.DRAFT, Status.CONFIRMING)


@dataclass(frozen=True)
class Dossier:
    """One school: its figures as signed, its own answers and the county's. `elsewhere` are items that another reviewer scores."""

    spec: SchemeSpec
    assessment: Assessment
    snapshot: MetricSnapshot | None
    own: Mapping[str, Score]
    county: Mapping[str, Score]
    adjustments: Mapping[str, Adjustment]
    elsewhere: frozenset[str] = frozenset()

    @property
    def submitted(self) -> bool:
        """Whether there is anything to review: a school's draft is not shown to anybody else."""
        return self.assessment.status not in WITH_SCHOOL and self.snapshot is not None

    @cached_property
    def metrics(self) -> dict[str, Fraction | None]:
        """The figures of the latest snapshot, exact."""
        values = self.snapshot.values if self.snapshot else {}
        return {name: None if text is None else Fraction(text) for name, text in values.items()}

    @cached_property
    def own_entries(self) -> dict[str, Entry]:
        return _entries(self.own) if self.submitted else {}

    @cached_property
    def county_entries(self) -> dict[str, Entry]:
        return _entries(self.county)

    @cached_property
    def adjusted(self) -> dict[str, Fraction]:
        """Adjusted system parts by item."""
        return {code: Fraction(one.points) for code, one in self.adjustments.items()}

    @cached_property
    def own_sheet(self) -> StageSheet | None:
        """自评 as submitted; None before."""
        return stage_sheet(self.spec, Stage.SELF, self.metrics, self.own_entries) if self.submitted else None

    @cached_property
    def county_sheet(self) -> StageSheet | None:
        """初评 so far."""
        return stage_sheet(self.spec, Stage.COUNTY, self.metrics, self.county_entries, self.adjusted) if self.submitted else None

    @cached_property
    def waiting(self) -> tuple[str, ...]:
        """Codes of the items that still need this reviewer's answer."""
        return tuple(
            code
            for code, bound in self.spec.bound.items()
            if code not in self.elsewhere and not is_answered(self.spec, bound, self.county_entries.get(code), Stage.COUNTY)
        )

    @property
    def figures_accepted(self) -> bool:
        """Whether a reviewer accepted the figures that count now; new figures after a correction ask again."""
        return bool(self.snapshot and self.snapshot.accepted_at and self.snapshot.accepted_at >= self.snapshot.taken_at)

    @property
    def is_waiting(self) -> bool:
        """待判断: the county's turn, and something is left to judge."""
        return self.assessment.status == Status.COUNTY and bool(self.waiting or not self.figures_accepted or self.to_recheck)

    @cached_property
    def gaps(self) -> dict[str, Fraction]:
        """初评 minus 自评 by item, where they differ on what both were asked."""
        found = {
            code: gap(self.spec, bound, self.metrics, self.own_entries.get(code), self.county_entries.get(code))
            for code, bound in self.spec.bound.items()
        }
        return {code: value for code, value in found.items() if value}

    def owes_reason(self, code: str) -> bool:
        """A difference of more than a fifth of 分值 without a remark."""
        difference, bound = self.gaps.get(code), self.spec.bound[code]
        if difference is None or bound.not_for_school or abs(difference) <= REASON_SHARE * bound.item.points:
            return False
        return not self.county[code].remark.strip()

    @property
    def reasons_owed(self) -> tuple[str, ...]:
        """Codes of the items whose difference is not explained yet."""
        return tuple(code for code in self.gaps if self.owes_reason(code))

    @cached_property
    def to_recheck(self) -> tuple[str, ...]:
        """Adjusted items whose figures changed since (待复核)."""
        values = self.snapshot.values if self.snapshot else {}
        return tuple(
            code for code, one in self.adjustments.items() if any(values.get(name) != seen for name, seen in one.metric_values.items())
        )


def reviewable(user: User) -> QuerySet[Assessment]:
    """Assessments in reach whose scheme has a county stage, without schools that take no part.

    `tie` is why the reviewer must recuse.
    """
    returns = Count("moves", filter=Q(moves__step="return_", moves__from_status=Status.COUNTY))
    rows = Assessment.objects.visible_to(user).filter(scheme__has_county_stage=True).exclude(status=Status.DECLINED)
    rows = rows.select_related("school__county", "scheme__city").prefetch_related("extensions")
    return rows.annotate(returns=returns, tie=tie(user, OuterRef("school")))


def current_scheme(user: User, year: str = "") -> Scheme | None:
    """The scheme of the wanted year; else the newest still being scored, else the newest of all."""
    schemes = list(Scheme.objects.visible_to(user).filter(has_county_stage=True).exclude(phase=Phase.DRAFTING).order_by("-year"))
    wanted = [one for one in schemes if str(one.year) == year]
    running = [one for one in schemes if one.phase in (Phase.OPEN, Phase.SCORING)]
    return next(iter([*wanted, *running, *schemes]), None)


def load_dossiers(spec: SchemeSpec, assessments: Iterable[Assessment], elsewhere: frozenset[str] = frozenset()) -> list[Dossier]:
    """Three queries for any number of schools. Only 自评 and 初评 are read."""
    rows = list(assessments)
    keys = [row.pk for row in rows]
    own, county = _scores(keys)
    snapshots = {one.assessment_id: one for one in MetricSnapshot.objects.filter(assessment__in=keys).order_by("taken_at", "id")}
    adjustments: dict[int, dict[str, Adjustment]] = defaultdict(dict)
    for one in Adjustment.objects.filter(assessment__in=keys, stage=Stage.COUNTY).select_related("item", "by"):
        adjustments[one.assessment_id][one.item.code] = one
    return [
        Dossier(spec, row, snapshots.get(row.pk), own.get(row.pk, {}), county.get(row.pk, {}), adjustments.get(row.pk, {}), elsewhere)
        for row in rows
    ]


def _scores(keys: list[int]) -> tuple[dict[int, dict[str, Score]], dict[int, dict[str, Score]]]:
    found: dict[str, dict[int, dict[str, Score]]] = {Stage.SELF: defaultdict(dict), Stage.COUNTY: defaultdict(dict)}
    rows = Score.objects.filter(assessment__in=keys, stage__in=(Stage.SELF, Stage.COUNTY)).select_related("item", "updated_by")
    for score in rows:
        found[score.stage][score.assessment_id][score.item.code] = score
    return found[Stage.SELF], found[Stage.COUNTY]


def _entries(scores: Mapping[str, Score]) -> dict[str, Entry]:
    return {code: entry_from_json(score.answers) for code, score in scores.items() if score.answers is not None}
