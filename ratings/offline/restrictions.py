"""restrictions.xlsx: restrictions that people confirmed, with the document each rests on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ratings.criteria.spec import SchemeSpec
from schools.workbooks import Column, read_workbook


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
