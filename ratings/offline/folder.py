"""What a folder of workbooks says about one year, checked as a whole before anything is written: the scheme,
schools.xlsx, metrics.xlsx with imported figures, scores.xlsx, restrictions.xlsx, decisions.xlsx.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from ratings.criteria.checking import check_scheme, errors
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.workbook import SchemeSource, read_scheme_workbook
from ratings.enums import Stage
from ratings.scoring import owed_codes
from schools.importing.schools import SchoolRow, check_school, read_schools
from schools.metrics import MetricError, canonical
from schools.workbooks import (
    ROW_CAP,
    Column,
    Problem,
    Row,
    Table,
    WorkbookError,
    cell_bool,
    cell_name,
    read_workbook,
    same,
)
from schools.workbooks.text import heading_key

from .decisions import DECISIONS, Decisions, read_decisions

SCHOOLS, METRICS, SCORES, RESTRICTIONS = "schools.xlsx", "metrics.xlsx", "scores.xlsx", "restrictions.xlsx"
SCHOOL = Column("学校编码", aliases=("编码",))
#: The schools of the year by their codes.
Schools = Mapping[str, SchoolRow]
#: Unit of figures that are either there or not; typed as 是 / 否 or 1 / 0.
YES_NO = "是否"
STAGES = {stage.label: stage.value for stage in Stage}


@dataclass(frozen=True)
class ScoreRow:
    """A row of scores as typed; `points` is of the whole item. `problem` places a remark on it."""

    school: str
    item: str
    stage: str
    judge: str
    points: Decimal | None
    answers: str
    remark: str
    row: Row

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What only one row may be about."""
        return self.school, self.item, self.stage, self.judge

    def problem(self, heading: str, reason: str) -> None:
        self.row.problem(heading, reason)


@dataclass(frozen=True)
class CaseRow:
    school: str
    restriction: str
    basis: str


@dataclass
class YearFolder:
    """A year as its workbooks tell it. `metrics` holds imported values only, by school code and reference."""

    source: SchemeSource
    schools: list[SchoolRow]
    metrics: dict[str, dict[str, Fraction]]
    scores: list[ScoreRow]
    cases: list[CaseRow]
    decisions: Decisions = field(default_factory=Decisions)
    warnings: list[str] = field(default_factory=list)

    @property
    def spec(self) -> SchemeSpec:
        return self.source.spec

    @property
    def wrong_scores(self) -> list[Problem]:
        """What was found wrong with rows of scores so far."""
        return list(self.scores[0].row.table.problems) if self.scores else []


def read_scheme(path: Path) -> SchemeSource:
    """The scheme, refused when its check finds an error; warnings of the check join those of reading."""
    source = read_scheme_workbook(path)
    findings = check_scheme(source.spec)
    refused = errors(findings)
    if refused:
        raise WorkbookError([source.problem(finding.where, finding.text) for finding in refused])
    source.warnings.extend(str(source.problem(finding.where, finding.text)) for finding in findings)
    return source


def read_folder(scheme: Path, folder: Path) -> YearFolder:
    """Read all workbooks; raises WorkbookError with the problems of every workbook at once.

    schools.xlsx must be there; metrics, scores, restrictions and decisions may be absent where the scheme
    does not need them. Rows of scores are read but not yet judged against the figures: that needs them all.
    """
    problems: list[Problem] = []
    source = _collect(problems, lambda: read_scheme(scheme))
    passed_over: list[Problem] = []
    schools = _collect(problems, lambda: _read_schools(folder, passed_over))
    if source is None or schools is None:
        raise WorkbookError(problems)
    warnings = [*source.warnings, *map(str, passed_over)]
    context = source.spec, {school.code: school for school in schools}, warnings
    metrics = _collect(problems, lambda: read_metrics(folder / METRICS, *context))
    scores = _collect(problems, lambda: read_scores(folder / SCORES, *context))
    cases = _collect(problems, lambda: read_cases(folder / RESTRICTIONS, *context))
    decisions = _collect(problems, lambda: read_decisions(folder / DECISIONS, *context))
    if problems:
        raise WorkbookError(problems)
    return YearFolder(source, schools, metrics, scores, cases, decisions, warnings)


def _read_schools(folder: Path, passed_over: list[Problem]) -> list[SchoolRow]:
    if not (folder / SCHOOLS).is_file():
        raise WorkbookError([Problem(SCHOOLS, "", None, None, f"文件夹 {folder.name} 里没有 {SCHOOLS}")])
    return read_schools(read_workbook(folder / SCHOOLS), warnings=passed_over)


def _collect(problems: list[Problem], read):
    """The result of `read`, or None with its problems kept for the common report."""
    try:
        return read()
    except WorkbookError as error:
        problems.extend(error.problems)
        return None


def _table(
    path: Path, columns: Sequence[Column | str], warnings: list[str], *, row_cap: int = ROW_CAP
) -> Table:
    workbook = read_workbook(path, row_cap=row_cap)
    table = workbook.first_sheet.table(columns)
    warnings.extend(map(str, [*table.warnings, *workbook.left_out()]))
    return table


def read_metrics(
    path: Path, spec: SchemeSpec, schools: Schools, warnings: list[str]
) -> dict[str, dict[str, Fraction]]:
    """Values by school code and metric reference, in the units of the metric.

    A label without arguments stands for the one variant of it that the scheme uses. Figures the scheme does
    not read are ignored with a warning. Raises WorkbookError for unknown schools, doubles and values that
    cannot be.
    """
    if not path.is_file():
        return {}
    table = _table(path, [SCHOOL, "指标", "数值"], warnings)
    variants = _variants(spec)
    values: dict[str, dict[str, Fraction]] = defaultdict(dict)
    ignored: set[str] = set()
    for row in table:
        code, label = row.code("学校编码", required=True), row.text("指标", required=True)
        check_school(row, code, schools)
        references = _named(label, variants)
        if not references:
            ignored.add(label)
        elif len(references) > 1:
            kinds = "；".join(sorted(references))
            row.problem("指标", f"方案里“{label}”有几种口径，请写明其中一种：{kinds}")
        else:
            (reference,) = references
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


def _named(label: str, variants: dict[str, set[str]]) -> set[str]:
    """The references that a label may mean; none where the scheme reads no such figure."""
    return variants.get(heading_key(label)) or variants.get(heading_key(canonical_reference(label)), set())


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
    if metric.unit == YES_NO:
        value = row.read("数值", _yes_no, required=True)
    else:
        value = row.decimal("数值", required=True, unit=metric.unit, lowest=0)
    if value is None:
        return None
    number, is_rate = Fraction(value), metric.unit == "%"
    if metric.upper is not None and number > metric.upper:
        bound = "100%" if is_rate and metric.upper == 1 else f"{metric.upper}{metric.unit}"
        hint = "，百分比请写成 85% 或 0.85" if is_rate else ""
        row.problem("数值", f"“{reference}”不能大于 {bound}{hint}")
        return None
    return number


def _yes_no(value: Any) -> int | None:
    answer = cell_bool(str(int(value)) if isinstance(value, int) else value)
    return None if answer is None else int(answer)


def read_scores(path: Path, spec: SchemeSpec, schools: Schools, warnings: list[str]) -> list[ScoreRow]:
    """Rows with known school, item and stage, none twice; raises WorkbookError with every other row."""
    if not path.is_file():
        if owed_codes(spec, Stage.CITY):
            raise WorkbookError([Problem(path.name, "", None, None, f"文件夹里没有 {path.name}")])
        return []
    optional = (Column(heading, required=False) for heading in ("评委", "得分", "作答", "说明"))
    table = _table(path, [SCHOOL, "小项编码", "阶段", *optional], warnings, row_cap=1_000_000)
    labels = {same(code): code for code in spec.bound}
    labels |= {same(item.label or item.code): item.code for item in spec.items}
    rows = [_score_row(row, spec, schools, labels) for row in table]
    _refuse_doubles(rows)
    _mixed_blank_judges(spec, rows)
    table.raise_if_any()
    return rows


def _score_row(row: Row, spec: SchemeSpec, schools: Schools, labels: dict[str, str]) -> ScoreRow:
    school, label = row.code("学校编码", required=True), row.text("小项编码", required=True)
    check_school(row, school, schools)
    item = labels.get(same(label), "")
    if label and not item:
        row.problem("小项编码", f"方案里没有小项“{label}”")
    stage = row.choice("阶段", STAGES, required=True) or ""
    if stage == Stage.COUNTY and not spec.has_county_stage:
        row.problem("阶段", "方案没有县级初评")
    judge = row.read("评委", cell_name, longest=40) or ""
    points = row.decimal("得分", unit="分", lowest=0)
    answers = row.text("作答", longest=2000)
    if row.get("得分") is None and not answers:
        row.problem("得分", "得分和作答都没有填；没有发生的请在作答写“无”，得零分的请填 0")
    if stage in (Stage.SELF, Stage.COUNTY):
        judge = ""
    return ScoreRow(school, item, stage, judge, points, answers, row.text("说明", longest=500), row)


def _refuse_doubles(rows: list[ScoreRow]) -> None:
    seen: dict[tuple[str, str, str, str], int] = {}
    for score in rows:
        first = seen.setdefault(score.key, score.row.number)
        if first != score.row.number and all(score.key[:3]):
            whose = "、评委" if score.judge else ""
            score.problem("小项编码", f"与第 {first} 行重复：同一学校、小项、阶段{whose}只能有一行")


def _mixed_blank_judges(spec: SchemeSpec, rows: list[ScoreRow]) -> None:
    """Several judges, one of them nameless: nobody could tell whose sheet it is."""
    owed = owed_codes(spec, Stage.CITY)
    asked = [row for row in rows if row.stage == Stage.CITY and row.item in owed]
    named = {row.school for row in asked if row.judge}
    for row in asked:
        if not row.judge and row.school in named:
            row.problem("评委", "本校其他评审行写了评委，这一行也要写")


def incomplete_self(spec: SchemeSpec, rows: list[ScoreRow]) -> list[str]:
    """Items owed at 自评 that a school which handed in something did not answer."""
    present = {row.item for row in rows if row.stage == Stage.SELF}
    return [code for code in owed_codes(spec, Stage.SELF) if present and code not in present]


def read_cases(path: Path, spec: SchemeSpec, schools: Schools, warnings: list[str]) -> list[CaseRow]:
    """Confirmed restrictions; each needs its 依据. Raises WorkbookError with every wrong row."""
    if not path.is_file():
        return []
    table = _table(path, [SCHOOL, "情形编码", "依据"], warnings)
    known = {restriction.code for restriction in spec.restrictions}
    listed = "、".join(sorted(known)) or "无"
    found: dict[tuple[str, str], CaseRow] = {}
    for row in table:
        school, code = row.code("学校编码", required=True), row.code("情形编码", required=True)
        basis = row.text("依据", required=True, longest=300)
        check_school(row, school, schools)
        if code and code not in known:
            row.problem("情形编码", f"方案里没有限制性情形“{code}”，现有：{listed}")
        if (school, code) in found:
            row.problem("情形编码", f"学校“{school}”的“{code}”重复")
        found[school, code] = CaseRow(school, code, basis)
    table.raise_if_any()
    return list(found.values())
