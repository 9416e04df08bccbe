"""What is known of one school's assessment at a time: figures, rows by stage, 核定, and what follows from
them. Read from the database for the school itself, or for whoever reviews it and many others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from django.db.models import Q
from django.urls import reverse

from ratings.criteria.spec import SchemeSpec
from ratings.enums import UNFINISHED, FilledBy, Stage, Status
from ratings.models import Adjustment, Assessment, Evidence, MetricSnapshot, Score
from ratings.rules.rounding import with_unit
from ratings.scoring import (
    Entry,
    StageSheet,
    answered_apart,
    difference,
    entry_from_json,
    known_points,
    owed_at,
    stage_sheet,
)
from ratings.workflow import live_figures, returned_items, scheme_spec
from schools.metrics import COMPUTED, IMPORTED, METRICS, Figure, worded
from schools.registry.overview import address

from .answering import LIVE
from .lines import FigureLine, Group, Line

Row = TypeVar("Row", Score, Adjustment)
NONE: Mapping = MappingProxyType({})
#: Nothing of any stage.
NO_STAGE = dict.fromkeys((Stage.SELF, Stage.COUNTY, Stage.CITY), NONE)
BONUS = "加分项"
UNKNOWN = Figure(None, COMPUTED)


@dataclass(frozen=True, eq=False)
class SchoolSheet:
    """One school, as far as `reader` (the stage whose people read it) may know it.

    `figures` are those that count for the reader. `rows` holds the saved rows by stage and item code: of the
    city's stage those of one judge, or the agreed ones. `adjustments` are kept by stage and item code as
    well. `elsewhere` are items that another reviewer of the county scores; `codes` names the items where not
    all were loaded.
    """

    spec: SchemeSpec
    assessment: Assessment
    reader: str
    figures: Mapping[str, Figure] = field(repr=False)
    rows: Mapping[str, Mapping[str, Score]] = field(repr=False)
    adjustments: Mapping[str, Mapping[str, Adjustment]] = field(repr=False)
    snapshot: MetricSnapshot | None = None
    evidence: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict, repr=False)
    requests: Mapping[str, str] = field(default_factory=dict, repr=False)
    elsewhere: frozenset[str] = frozenset()
    codes: tuple[str, ...] = ()

    @property
    def submitted(self) -> bool:
        """Whether there is anything to review: a school's draft is not shown to anybody else."""
        return self.assessment.status not in UNFINISHED and self.snapshot is not None

    @property
    def is_readable(self) -> bool:
        return self.reader == Stage.SELF or self.submitted

    @cached_property
    def metrics(self) -> dict[str, Fraction | None]:
        return {name: figure.value for name, figure in self.figures.items()}

    @cached_property
    def entries(self) -> dict[str, dict[str, Entry]]:
        """What was answered, by stage and item code."""
        found = {stage: _entries(self.rows[stage]) for stage in NO_STAGE}
        return found if self.is_readable else {**found, Stage.SELF: {}}

    @cached_property
    def adjusted(self) -> dict[str, dict[str, Fraction]]:
        """System parts as each stage starts from them: the city from the county's unless it set its own."""
        county, city = (_points(self.adjustments[stage]) for stage in (Stage.COUNTY, Stage.CITY))
        return {Stage.SELF: {}, Stage.COUNTY: county, Stage.CITY: {**county, **city}}

    def points(self, code: str, stage: str) -> Fraction | None:
        """Points of one item at a stage; None while they are not known, and for 不适用."""
        return self.points_by(self.entries[stage].get(code), code, stage) if self.is_readable else None

    def points_by(self, entry: Entry | None, code: str, stage: str) -> Fraction | None:
        """The same for any answers, such as those of another judge."""
        return known_points(
            self.spec, self.spec.bound[code], self.metrics, entry, stage, self.adjusted[stage].get(code)
        )

    @cached_property
    def own_sheet(self) -> StageSheet | None:
        """自评: for the school as it stands, for everybody else as submitted and None before."""
        return self._at(Stage.SELF)

    @cached_property
    def county_sheet(self) -> StageSheet | None:
        """初评 so far."""
        return self._at(Stage.COUNTY)

    def _at(self, stage: str) -> StageSheet | None:
        if not self.is_readable:
            return None
        return stage_sheet(self.spec, stage, self.metrics, self.entries[stage], self.adjusted[stage])

    def figure_line(self, reference: str) -> FigureLine:
        """A figure with its unit. The school itself is led on to what it can mend; a metric of the scheme has
        no records.
        """
        figure, school, year = self.figures.get(reference, UNKNOWN), self.assessment.school_id, self.spec.year
        label, is_own = reference.partition("[")[0], self.reader == Stage.SELF
        metric = METRICS.get(label)
        if metric:
            url = f"{reverse('schools:school', args=[school])}?year={year}#{metric.section}"
        else:
            url = reverse("ratings:scheme_figures", args=[self.assessment.scheme_id]) if is_own else ""
        return FigureLine(
            reference,
            worded(reference),
            with_unit(figure.value, self.spec.metrics[label].unit),
            url,
            imported=figure.source == IMPORTED and metric is not None,
            note=figure.note if is_own else "",
            registry=address(school, metric.section, year) if metric and is_own else "",
        )

    # Arranged for reading.

    @cached_property
    def lines(self) -> list[Line]:
        """Every item, or those that were loaded, in the order of the scheme."""
        return [
            Line(self, bound)
            for code, bound in self.spec.bound.items()
            if not self.codes or code in self.codes
        ]

    def line(self, code: str) -> Line | None:
        return next((line for line in self.lines if line.code == code), None)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The lines by category, the bonus items last."""
        spec = self.spec
        found = [
            Group(self, one.code, one.name, spec.category_points[one.code], self._members(one.code))
            for one in spec.scored_categories
        ]
        return (
            (*found, Group(self, "", BONUS, spec.bonus_cap, self._members()))
            if spec.bonus_items
            else tuple(found)
        )

    def _members(self, category: str = "") -> tuple[Line, ...]:
        if not category:
            return tuple(line for line in self.lines if line.item.bonus)
        return tuple(line for line in self.lines if not line.item.bonus and line.item.category == category)

    # 自评.

    @property
    def typed_figures(self) -> tuple[tuple[str, Figure | None], ...]:
        """自定义指标 whose values the school types, with what was typed so far."""
        return tuple(
            (one.label, self.figures.get(one.label))
            for one in self.spec.custom_metrics
            if one.filled_by == FilledBy.SCHOOL
        )

    @property
    def owed(self) -> list[Line]:
        """Items the school answers."""
        return [line for line in self.lines if line.own is not None]

    @property
    def done(self) -> int:
        return sum(not line.is_open for line in self.owed)

    @property
    def total(self) -> Fraction | None:
        """自评 so far; what reviewers alone judge is not in it, nor a bonus that does not count yet."""
        return self.own_sheet.so_far.total if self.own_sheet.so_far else None

    # 初评.

    @cached_property
    def waiting(self) -> tuple[str, ...]:
        """Codes of the items that still need this reviewer's answer."""
        entries = self.entries[Stage.COUNTY]
        return tuple(
            code
            for code, bound in self.spec.bound.items()
            if code not in self.elsewhere and owed_at(bound, entries.get(code), Stage.COUNTY)
        )

    @property
    def figures_accepted(self) -> bool:
        """Whether a reviewer accepted the figures that count now; new figures after a correction
        ask again.
        """
        return bool(
            self.snapshot
            and self.snapshot.accepted_at
            and self.snapshot.accepted_at >= self.snapshot.taken_at
        )

    @property
    def is_waiting(self) -> bool:
        """待判断: the county's turn, and something is left to judge."""
        return self.assessment.status == Status.COUNTY and bool(
            self.waiting or not self.figures_accepted or self.to_recheck
        )

    @cached_property
    def differences(self) -> dict[str, Fraction]:
        """初评 minus 自评 by item, where both say something that compares."""
        own, county = self.entries[Stage.SELF], self.entries[Stage.COUNTY]
        found = {
            code: difference(
                self.spec,
                bound,
                self.metrics,
                own.get(code),
                county.get(code),
                self.adjusted[Stage.COUNTY].get(code),
            )
            for code, bound in self.spec.bound.items()
        }
        return {code: value for code, value in found.items() if value is not None}

    @property
    def difference(self) -> Fraction | None:
        """初评 minus 自评 over the items that compare; None before the county has said anything."""
        if self.county_sheet is None or not (self.entries[Stage.COUNTY] or self.adjusted[Stage.COUNTY]):
            return None
        return sum(self.differences.values(), Fraction(0))

    @cached_property
    def reasons_owed(self) -> tuple[str, ...]:
        """Codes of the items whose answers lie far apart and whose remark does not say why."""
        own, county = self.entries[Stage.SELF], self.entries[Stage.COUNTY]
        return tuple(
            code
            for code, entry in county.items()
            if answered_apart(self.spec, self.spec.bound[code], self.metrics, own.get(code), entry)
            and not self.rows[Stage.COUNTY][code].remark.strip()
        )

    @cached_property
    def to_recheck(self) -> tuple[str, ...]:
        """Adjusted items whose figures changed since (待复核)."""
        values = self.snapshot.values if self.snapshot else {}
        adjusted = self.adjustments[Stage.COUNTY].items()
        return tuple(
            code
            for code, one in adjusted
            if any(values.get(name) != seen for name, seen in one.metric_values.items())
        )


def _entries(rows: Mapping[str, Score]) -> dict[str, Entry]:
    return {code: entry_from_json(row.answers) for code, row in rows.items() if row.answers is not None}


def _points(adjustments: Mapping[str, Adjustment]) -> dict[str, Fraction]:
    return {code: Fraction(one.points) for code, one in adjustments.items()}


def own_sheet(assessment: Assessment, *, only: str = "", live: bool = False) -> SchoolSheet:
    """自评 as the school itself reads it, or with `only` the one item of that code and nothing that other
    items need.

    Figures are live while the school may still change its records, then those it submitted; with `live` they
    are today's.
    """
    spec = wanted = scheme_spec(assessment.scheme)
    if only:
        items = tuple(item for item in spec.items if item.code == only)
        wanted = replace(spec, items=items, bands=(), restrictions=())
    signed = not live and assessment.status not in LIVE
    snapshot = assessment.snapshots.order_by("taken_at", "id").last() if signed else None
    rows = _by_stage(assessment.scores.filter(stage=Stage.SELF).select_related("item", "updated_by"))
    own = rows[assessment.pk, Stage.SELF]
    for score in own.values():
        score.assessment = assessment
    return SchoolSheet(
        spec=spec,
        assessment=assessment,
        reader=Stage.SELF,
        figures=signed_figures(snapshot) if snapshot else live_figures(assessment, wanted),
        rows={**NO_STAGE, Stage.SELF: own},
        adjustments=NO_STAGE,
        snapshot=snapshot,
        evidence=by_item(Evidence.objects.filter(assessment=assessment).kept().select_related("item", "by")),
        requests=returned_items(assessment, "item__code") if assessment.status == Status.RETURNED else NONE,
        codes=(only,) if only else (),
    )


def load_sheets(
    spec: SchemeSpec,
    assessments: Iterable[Assessment],
    *,
    reader: str = Stage.COUNTY,
    city_rows: Q | None = None,
    elsewhere: frozenset[str] = frozenset(),
) -> list[SchoolSheet]:
    """Three queries for any number of schools, with the figures they signed.

    The county reads 自评 and 初评; a judge besides those rows of the city's stage that `city_rows` picks, and
    no others.
    """
    schools = list(assessments)
    snapshots = {
        one.assessment_id: one
        for one in MetricSnapshot.objects.filter(assessment__in=schools).order_by("taken_at", "id")
    }
    wanted = Q(stage__in=(Stage.SELF, Stage.COUNTY))
    if city_rows is not None:
        wanted |= Q(city_rows, stage=Stage.CITY)
    scores = Score.objects.filter(wanted, assessment__in=schools).select_related("item", "updated_by")
    adjusted = Adjustment.objects.filter(assessment__in=schools).select_related("item", "by")
    if reader != Stage.CITY:  # what the city set is not for the county to see
        adjusted = adjusted.filter(stage=Stage.COUNTY)
    rows, adjustments = _by_stage(scores), _by_stage(adjusted)
    return [
        SchoolSheet(
            spec=spec,
            assessment=one,
            reader=reader,
            figures=signed_figures(snapshots.get(one.pk)),
            rows={stage: rows[one.pk, stage] for stage in NO_STAGE},
            adjustments={stage: adjustments[one.pk, stage] for stage in NO_STAGE},
            snapshot=snapshots.get(one.pk),
            elsewhere=elsewhere,
        )
        for one in schools
    ]


def signed_figures(snapshot: MetricSnapshot | None) -> dict[str, Figure]:
    """Figures as they were kept, exact."""
    if snapshot is None:
        return {}
    return {
        name: Figure(
            None if text is None else Fraction(text), IMPORTED if name in snapshot.sources else COMPUTED
        )
        for name, text in snapshot.values.items()
    }


def by_item(evidence: Iterable[Evidence]) -> dict[str, tuple[Evidence, ...]]:
    """What is attached, by item code; what belongs to no item is left out."""
    found: dict[str, tuple[Evidence, ...]] = defaultdict(tuple)
    for one in evidence:
        if one.item:
            found[one.item.code] += (one,)
    return found


def _by_stage(rows: Iterable[Row]) -> Mapping[tuple[int, str], dict[str, Row]]:
    """Scores or 核定 by item code, of each school and stage."""
    found: dict[tuple[int, str], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        found[row.assessment_id, row.stage][row.item.code] = row
    return found
