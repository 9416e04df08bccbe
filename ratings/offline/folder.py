"""What a folder of workbooks says about one year, checked as a whole before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ratings.criteria.checking import check_scheme, errors
from ratings.criteria.spec import SchemeSpec
from ratings.criteria.workbook import SchemeSource, read_scheme_workbook
from schools.importing.schools import SchoolRow, read_schools
from schools.workbooks import Problem, WorkbookError, read_workbook

from .tables import CaseRow, ScoreRow, read_cases, read_metrics, read_scores

SCHOOLS, METRICS, SCORES, RESTRICTIONS = "schools.xlsx", "metrics.xlsx", "scores.xlsx", "restrictions.xlsx"


@dataclass
class YearFolder:
    """A year as its workbooks tell it. `metrics` holds imported values only, by school code and reference."""

    source: SchemeSource
    schools: list[SchoolRow]
    metrics: dict[str, dict[str, Fraction]]
    scores: list[ScoreRow]
    cases: list[CaseRow]
    warnings: list[str] = field(default_factory=list)

    @property
    def spec(self) -> SchemeSpec:
        return self.source.spec


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

    schools.xlsx must be there; metrics, scores and restrictions may be absent where the scheme does not need
    them. Rows of scores are read but not yet judged against the figures: that needs them all.
    """
    problems: list[Problem] = []
    source = _collect(problems, lambda: read_scheme(scheme))
    if not (folder / SCHOOLS).is_file():
        problems.append(Problem(SCHOOLS, "", None, None, f"文件夹 {folder.name} 里没有 {SCHOOLS}"))
    schools = (
        _collect(problems, lambda: read_schools(read_workbook(folder / SCHOOLS)))
        if (folder / SCHOOLS).is_file()
        else None
    )
    if source is None or schools is None:
        raise WorkbookError(problems)
    codes = {school.code for school in schools}
    warnings = list(source.warnings)
    metrics = _collect(problems, lambda: read_metrics(folder / METRICS, source.spec, codes, warnings))
    scores = _collect(problems, lambda: read_scores(folder / SCORES, source.spec, codes, warnings))
    cases = _collect(problems, lambda: read_cases(folder / RESTRICTIONS, source.spec, codes, warnings))
    if problems:
        raise WorkbookError(problems)
    return YearFolder(source, schools, metrics, scores, cases, warnings)


def _collect(problems: list[Problem], read):
    """The result of `read`, or None with its problems kept for the common report."""
    try:
        return read()
    except WorkbookError as error:
        problems.extend(error.problems)
        return None
