"""Named figures of a school and a period, computed from its records (系统取数指标)."""

from .catalogue import METRICS, canonical, resolve
from .computing import COMPUTED, IMPORTED, Figure, Record, compute, explain, figures, imported_figures
from .metric import Metric
from .references import Comparison, MetricError, Reference, parse_reference, worded

__all__ = [
    "COMPUTED",
    "IMPORTED",
    "METRICS",
    "Comparison",
    "Figure",
    "Metric",
    "MetricError",
    "Record",
    "Reference",
    "canonical",
    "compute",
    "explain",
    "figures",
    "imported_figures",
    "parse_reference",
    "resolve",
    "worded",
]
