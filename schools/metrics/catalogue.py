"""Every metric by its Chinese name, and the check that a text names one of them."""

import difflib

from .metric import Metric
from .references import MetricError, Reference, parse_reference
from .standing import STANDING
from .teaching import ARGUMENTS, TEACHING

METRICS: dict[str, Metric] = {metric.label: metric for metric in (*STANDING, *TEACHING)}
_ARGUMENT_ORDER = list(ARGUMENTS)


def resolve(text: str) -> tuple[Metric, Reference]:
    """The metric a text names and the reference in canonical order; raises MetricError with a sentence
    otherwise.
    """
    reference = parse_reference(text)
    metric = METRICS.get(reference.label)
    if metric is None:
        raise MetricError(f"没有名为“{reference.label}”的系统取数指标{_nearest(reference.label)}。")
    for comparison in reference.comparisons:
        if comparison.name not in metric.accepts:
            raise MetricError(
                f"指标“{metric.label}”不接受口径“{comparison.name}”{_choices(metric.accepts)}。"
            )
    for word in reference.words:
        if word not in metric.word_order:
            hint = "，口径应写成比较，如：学时≥2" if metric.accepts else _choices(metric.word_order)
            raise MetricError(f"指标“{metric.label}”不接受“{word}”{hint}。")
    return metric, _ordered(metric, reference)


def canonical(text: str) -> str:
    """The one way a reference is stored, so that two spellings of it meet."""
    return str(resolve(text)[1])


def _ordered(metric: Metric, reference: Reference) -> Reference:
    comparisons = sorted(
        set(reference.comparisons), key=lambda one: (_ARGUMENT_ORDER.index(one.name), one.operator, one.value)
    )
    words = sorted(set(reference.words), key=metric.word_order.index)
    return Reference(metric.label, tuple(comparisons), tuple(words))


def _nearest(label: str) -> str:
    near = difflib.get_close_matches(label, METRICS, n=3, cutoff=0.4)
    return f"，相近的有：{'、'.join(near)}" if near else ""


def _choices(names: frozenset[str] | tuple[str, ...]) -> str:
    listed = [name for name in (*_ARGUMENT_ORDER, *names) if name in names]
    return f"，可用的有：{'、'.join(dict.fromkeys(listed))}" if listed else "，后面不能带方括号"


#: Which way a metric counts: what workbooks, forms, pages and methodology say.
DIRECTIONS = {"up": "越高越好", "down": "越低越好", "none": "无方向"}
#: One entry for each list of `SchoolData`.
SOURCES = {
    "teachers": "师资库",
    "points": "现场教学点（含共用）",
    "regulations": "管理制度",
    "budgets": "经费来源、下达和到位",
    "figures": "年度人数",
    "plans": "年度培训计划",
    "planned": "计划班次",
    "classes": "开班登记（作废的不计）",
    "lessons": "课次和授课人",
    "reports": "月报",
    "visits": "走访指导（作废的不计）",
}
