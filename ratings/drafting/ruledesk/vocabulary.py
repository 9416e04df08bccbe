"""The names a rule of a scheme may use, and how they are found while writing."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ratings.criteria.fields import METRIC
from ratings.criteria.spec import CategorySpec, CustomMetricSpec, ItemSpec, SchemeSpec
from ratings.criteria.storing import read_row
from ratings.enums import FilledBy
from ratings.models import Scheme
from ratings.rules import MetricInfo
from schools.metrics import METRICS
from schools.metrics.catalogue import DIRECTIONS


@dataclass(frozen=True)
class Entry:
    """One metric as the catalogue shows it."""

    label: str
    unit: str
    definition: str
    direction: str
    arguments: str
    own: bool


def words_of(scheme: Scheme) -> SchemeSpec:
    """The scheme's own metrics and codes, without the rules: three queries, however long the table."""
    categories = scheme.categories.values_list("code", "name")
    items = scheme.items.values_list("code", flat=True)
    return SchemeSpec(
        name=scheme.name,
        year=scheme.year,
        organiser=scheme.organiser,
        city="",
        categories=tuple(CategorySpec(code, name) for code, name in categories),
        items=tuple(ItemSpec(code, "", Fraction(0), "") for code in items),
        bands=(),
        custom_metrics=tuple(read_row(METRIC, row) for row in scheme.custom_metrics.all()),
        has_county_stage=scheme.has_county_stage,
        period_start=scheme.period_start,
        period_end=scheme.period_end,
    )


def catalogue(spec: SchemeSpec, word: str = "") -> list[Entry]:
    """Every metric a rule may name, the scheme's own first; with `word` those that mention it."""
    entries = [_own(one) for one in spec.custom_metrics] + [
        _entry(one, one.definition) for one in METRICS.values()
    ]
    return [one for one in entries if word in f"{one.label}{one.unit}{one.definition}{one.arguments}"]


def _own(metric: CustomMetricSpec) -> Entry:
    return _entry(metric, f"本方案的自定义指标，由{FilledBy(metric.filled_by).label}填报。", own=True)


def _entry(metric: MetricInfo, definition: str, *, own: bool = False) -> Entry:
    arguments = [f"{name}≥…" for name in sorted(metric.accepts)] + list(getattr(metric, "word_order", ()))
    return Entry(
        metric.label, metric.unit, definition, DIRECTIONS[metric.direction], "、".join(arguments), own
    )
