"""metrics.xlsx: imported values of the figures a scheme reads."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from schools.metrics import MetricError, canonical
from schools.workbooks import (
    CellError,
    Column,
    Problem,
    Row,
    WorkbookError,
    cell_bool,
    cell_decimal,
    read_workbook,
)
from schools.workbooks.text import heading_key

#: Unit of figures that are either there or not; typed as 是 / 否 or 1 / 0.
YES_NO = "是否"


def read_metrics(
    path: Path, spec: SchemeSpec, codes: set[str], warnings: list[str]
) -> dict[str, dict[str, Fraction]]:
    """Values by school code and metric reference, in the units of the metric.

    A label without arguments stands for the one variant of it that the scheme uses. Figures the scheme does
    not read are ignored with a warning. Raises WorkbookError for unknown schools, doubles and values that
    cannot be.
    """
    if not path.is_file():
        return {}
    workbook = read_workbook(path)
    table = workbook.first_sheet.table(
        [Column("学校编码", aliases=("编码",)), Column("指标"), Column("数值")]
    )
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
    """What may stand in the column 指标: every reference in full, and each bare label for the references
    under it.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for reference in spec.references:
        found[heading_key(reference.split("[")[0])].add(reference)
    for reference in spec.references:
        found[heading_key(reference)] = found[heading_key(canonical_reference(reference))] = {reference}
    return found


def canonical_reference(text: str) -> str:
    """The reference with its arguments in the registry's order; a scheme's own metric, or a stranger, as it
    is.
    """
    try:
        return canonical(text)
    except MetricError:
        return text


def _value(row: Row, spec: SchemeSpec, reference: str) -> Fraction | None:
    metric = spec.metrics[reference.split("[")[0]]
    try:
        value = (
            _yes_no(row)
            if metric.unit == YES_NO
            else cell_decimal(row.get("数值"), unit=metric.unit, lowest=0)
        )
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


COLUMNS = [
    Column("学校编码", aliases=("编码",)),
    Column("小项编码"),
    Column("阶段"),
    Column("评委", required=False),
    Column("得分", required=False),
    Column("作答", required=False),
    Column("说明", required=False),
]
STAGES = {stage.label: stage.value for stage in Stage}


@dataclass(frozen=True)
class ScoreRow:
    """A row as typed; `points` is of the whole item. `problem` places a remark on it."""

    school: str
    item: str
    stage: str
    judge: str
    points: Decimal | None
    answers: str
    remark: str
    row: Row

    @property
    def sheet(self) -> tuple[str, str]:
        """Whose sheet of which stage the row belongs to."""
        return self.stage, self.judge

    def problem(self, heading: str, reason: str) -> None:
        self.row.problem(heading, reason)


def read_scores(path: Path, spec: SchemeSpec, codes: set[str], warnings: list[str]) -> list[ScoreRow]:
    """Rows with known school, item and stage, none twice; raises WorkbookError with every other row."""
    if not path.is_file():
        if any(bound.owed_by_reviewers for bound in spec.bound.values()):
            raise WorkbookError([Problem(path.name, "", None, None, f"文件夹里没有 {path.name}")])
        return []
    table = read_workbook(path, row_cap=1_000_000).first_sheet.table(COLUMNS)
    warnings.extend(str(warning) for warning in table.warnings)
    labels = {item.label or item.code: item.code for item in spec.items}
    rows = [_score_row(row, spec, codes, labels) for row in table]
    seen: dict[tuple[str, str, str, str], int] = {}
    for score in rows:
        key = (score.school, score.item, *score.sheet)
        if key in seen and all(key[:3]):
            score.problem(
                "小项编码",
                f"与第 {seen[key]} 行重复：同一学校、小项、阶段{'、评委' if score.judge else ''}只能有一行",
            )
        seen.setdefault(key, score.row.number)
    _mixed_blank_judges(spec, rows)
    table.raise_if_any()
    return rows


def _score_row(row: Row, spec: SchemeSpec, codes: set[str], labels: dict[str, str]) -> ScoreRow:
    school, label = row.text("学校编码", required=True), row.text("小项编码", required=True)
    if school and school not in codes:
        row.problem("学校编码", f"schools.xlsx 里没有编码“{school}”")
    item = labels.get(label) or (label if label in spec.bound else "")
    if label and not item:
        row.problem("小项编码", f"方案里没有小项“{label}”")
    stage = row.choice("阶段", STAGES, required=True) or ""
    if stage == Stage.COUNTY and not spec.has_county_stage:
        row.problem("阶段", "方案没有县级初评")
    judge = row.text("评委", longest=40)
    if judge and stage in (Stage.SELF, Stage.COUNTY):
        judge = ""
    points = row.decimal("得分", unit="分", lowest=0)
    answers = row.text("作答", longest=2000)
    if row.get("得分") is None and not answers:
        row.problem("得分", "得分和作答都没有填；没有发生的请在作答写“无”，得零分的请填 0")
    return ScoreRow(school, item, stage, judge, points, answers, row.text("说明", longest=500), row)


def _mixed_blank_judges(spec: SchemeSpec, rows: list[ScoreRow]) -> None:
    """Several judges, one of them nameless: nobody could tell whose sheet it is."""
    asked = [
        row for row in rows if row.stage == Stage.CITY and row.item and spec.bound[row.item].owed_by_reviewers
    ]
    named = {row.school for row in asked if row.judge}
    for row in asked:
        if not row.judge and row.school in named:
            row.problem("评委", "本校其他评审行写了评委，这一行也要写")


def rows_by_school(rows: list[ScoreRow]) -> dict[str, list[ScoreRow]]:
    found: dict[str, list[ScoreRow]] = {}
    for row in rows:
        found.setdefault(row.school, []).append(row)
    return found


def owed_self_rows(spec: SchemeSpec) -> list[str]:
    """Codes of the items that a self-assessment must answer."""
    return [code for code, bound in spec.bound.items() if bound.owed_by_school]


def incomplete_self(spec: SchemeSpec, rows: list[ScoreRow]) -> Iterator[str]:
    """Items owed at 自评 that a school which handed in something did not answer."""
    present = Counter(row.item for row in rows if row.stage == Stage.SELF)
    if present:
        yield from (code for code in owed_self_rows(spec) if not present[code])


@dataclass(frozen=True)
class CaseRow:
    school: str
    restriction: str
    basis: str


def read_cases(path: Path, spec: SchemeSpec, codes: set[str], warnings: list[str]) -> list[CaseRow]:
    """Confirmed restrictions; each needs its 依据. Raises WorkbookError with every wrong row."""
    if not path.is_file():
        return []
    table = read_workbook(path).first_sheet.table([Column("学校编码", aliases=("编码",)), "情形编码", "依据"])
    warnings.extend(str(warning) for warning in table.warnings)
    known = {restriction.code for restriction in spec.restrictions}
    found: dict[tuple[str, str], CaseRow] = {}
    for row in table:
        school, code = row.text("学校编码", required=True), row.text("情形编码", required=True)
        basis = row.text("依据", required=True, longest=300)
        if school and school not in codes:
            row.problem("学校编码", f"schools.xlsx 里没有编码“{school}”")
        if code and code not in known:
            row.problem("情形编码", f"方案里没有限制性情形“{code}”，现有：{'、'.join(sorted(known)) or '无'}")
        if (school, code) in found:
            row.problem("情形编码", f"学校“{school}”的“{code}”重复")
        found[school, code] = CaseRow(school, code, basis)
    table.raise_if_any()
    return list(found.values())
