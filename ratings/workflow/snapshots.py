"""取数: the figures a school's points rest on, live while it fills in, frozen once it has submitted."""

from collections import defaultdict
from collections.abc import Collection
from fractions import Fraction

from django.utils import timezone

from ratings.criteria.spec import SchemeSpec
from ratings.criteria.versions import current_spec
from ratings.enums import Phase, Status
from ratings.models import Assessment, MetricSnapshot
from schools.metrics import IMPORTED, Figure, figures, imported_figures
from schools.models import School
from schools.records.locks import COUNTY, OFFICE, Lock

#: The criteria that count for a scheme now.
scheme_spec = current_spec


def live_figures(assessment: Assessment, spec: SchemeSpec | None = None) -> dict[str, Figure]:
    """Every figure the scheme reads, from the school's records as they stand today."""
    spec = spec or scheme_spec(assessment.scheme)
    return city_figures(spec, School.objects.filter(pk=assessment.school_id))[assessment.school_id]


def city_figures(spec: SchemeSpec, schools) -> dict[int, dict[str, Figure]]:
    """The same for many schools, in a number of queries that does not grow with them."""
    own = {metric.label for metric in spec.custom_metrics}
    registry = [reference for reference in sorted(spec.references) if reference not in own]
    imported = imported_figures(schools, spec.year)
    period = {"year": spec.year, "start": spec.period_start, "end": spec.period_end}
    by_school = figures(registry, schools=schools, imported=imported, **period)
    for school, values in by_school.items():
        for name in sorted(own & spec.references):
            values[name] = imported.get((school, name), Figure(None, IMPORTED))
    return by_school


def take_snapshot(
    assessment: Assessment, moment: str, spec: SchemeSpec | None = None, *, values: dict | None = None
) -> MetricSnapshot:
    """Keep the figures as they are now, or `values` where they were just taken; a second 提交 (after
    a withdrawal) takes the place of the first.
    """
    values = live_figures(assessment, spec) if values is None else values
    snapshot, _ = MetricSnapshot.objects.update_or_create(
        assessment=assessment,
        moment=moment,
        defaults={
            "values": {
                name: None if figure.value is None else str(figure.value) for name, figure in values.items()
            },
            "sources": {name: figure.source for name, figure in values.items() if figure.source == IMPORTED},
            "taken_at": timezone.now(),
        },
    )
    return snapshot


def figures_of(assessment: Assessment) -> dict[str, Fraction | None]:
    """What counts for every stage: the latest snapshot, or the live figures before the first submission."""
    snapshot = assessment.snapshots.order_by("taken_at").last()
    if snapshot is None or assessment.status in ("draft", "confirming"):
        return {name: figure.value for name, figure in live_figures(assessment).items()}
    return {name: None if text is None else Fraction(text) for name, text in snapshot.values.items()}


#: Submitted and not handed back. What was never submitted (未申报, 不参评) was never signed.
SIGNED = (Status.COUNTY, Status.CITY, Status.SETTLED)
#: Until the results are public, facts that stand are read again and again.
READING = (Phase.OPEN, Phase.SCORING, Phase.SETTLED, Phase.NOTICE)


def signed_periods(school_ids: Collection[int]) -> dict[int, list[Lock]]:
    """For `schools.records.locks`: corrections go to the county while it reviews, afterwards to
    the office.
    """
    locks: dict[int, list[Lock]] = defaultdict(list)
    rows = Assessment.objects.filter(school__in=school_ids, status__in=SIGNED).values_list(
        "school", "status", "scheme__phase", "scheme__year", "scheme__period_start", "scheme__period_end"
    )
    for school, status, phase, year, start, end in rows:
        approver = COUNTY if status == Status.COUNTY else OFFICE
        locks[school].append(Lock(f"{year}年度自评", year, start, end, approver, is_open=phase in READING))
    return locks
