"""scores.xlsx: one row per school, item and stage (for 评审: and judge)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage
from schools.workbooks import Column, Problem, Row, WorkbookError, read_workbook

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
            score.problem("小项编码", f"与第 {seen[key]} 行重复：同一学校、小项、阶段{'、评委' if score.judge else ''}只能有一行")
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
    asked = [row for row in rows if row.stage == Stage.CITY and row.item and spec.bound[row.item].owed_by_reviewers]
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
