"""metrics.xlsx: imported values of the figures a scheme reads."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from pathlib import Path

from ratings.criteria.spec import SchemeSpec
from schools.metrics import MetricError, canonical
from schools.workbooks import CellError, Column, Row, cell_bool, cell_decimal, read_workbook
from schools.workbooks.text import heading_key

#: Unit of figures that are either there or not; typed as 是 / 否 or 1 / 0.
YES_NO = "是否"


def read_metrics(path: Path, spec: SchemeSpec, codes: set[str], warnings: list[str]) -> dict[str, dict[str, Fraction]]:
    """Values by school code and metric reference, in the units of the metric.

    A label without arguments stands for the one variant of it that the scheme uses. Figures the scheme does not read
    are ignored with a warning. Raises WorkbookError for unknown schools, doubles and values that cannot be.
    """
    if not path.is_file():
        return {}
    workbook = read_workbook(path)
    table = workbook.first_sheet.table([Column("学校编码", aliases=("编码",)), Column("指标"), Column("数值")])
    warnings.extend(str(warning) for warning in table.warnings)
    variants = _variants(spec)
    values: dict[str, dict[str, Fraction]] = defaultdict(dict)
    ignored: set[str] = set()
    for row in table:
        code, label = row.text("学校编码", required=True), row.text("指标", required=True)
        if code and code not in codes:
            row.problem("学校编码", f"schools.xlsx 里没有编码“{code}”")
        named = variants.get(heading_key(label)) or variants.get(heading_key(canonical_reference(label)))
        if named is None:
            ignored.add(label)
            continue
        if len(named) > 1:
            row.problem("指标", f"方案里“{label}”有几种口径，请写明其中一种：{'；'.join(sorted(named))}")
            continue
        reference = next(iter(named))
        if reference in values[code]:
            row.problem("指标", f"学校“{code}”的“{label}”重复")
        value = _value(row, spec, reference)
        if value is not None:
            values[code][reference] = value
    table.raise_if_any()
    warnings.extend(f"metrics.xlsx：方案没有用到指标“{label}”，已忽略" for label in sorted(ignored) if label)
    return values


def _variants(spec: SchemeSpec) -> dict[str, set[str]]:
    """What may stand in the column 指标: every reference in full, and each bare label for the references under it."""
    found: dict[str, set[str]] = defaultdict(set)
    for reference in spec.references:
        found[heading_key(reference.split("[")[0])].add(reference)
    for reference in spec.references:
        found[heading_key(reference)] = found[heading_key(canonical_reference(reference))] = {reference}
    return found


def canonical_reference(text: str) -> str:
    """The reference with its arguments in the registry's order; a scheme's own metric, or a stranger, as it is."""
    try:
        return canonical(text)
    except MetricError:
        return text


def _value(row: Row, spec: SchemeSpec, reference: str) -> Fraction | None:
    metric = spec.metrics[reference.split("[")[0]]
    try:
        value = _yes_no(row) if metric.unit == YES_NO else cell_decimal(row.get("数值"), unit=metric.unit, lowest=0)
    except CellError as error:
        row.problem("数值", error.reason)
        return None
    if value is None:
        row.problem("数值", "不能为空")
        return None
    number = Fraction(value)
    if metric.upper is not None and number > metric.upper:
        hint = "，百分比请写成 85% 或 0.85" if metric.unit == "%" else ""
        row.problem("数值", f"“{reference}”不能大于 {_bound(metric)}{hint}")
        return None
    return number


def _bound(metric) -> str:
    return "100%" if metric.unit == "%" and metric.upper == 1 else f"{metric.upper}{metric.unit}"


def _yes_no(row: Row) -> int | None:
    answer = cell_bool(row.get("数值") if not isinstance(row.get("数值"), int) else str(int(row.get("数值"))))
    return None if answer is None else int(answer)
