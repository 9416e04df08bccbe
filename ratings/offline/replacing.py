"""A city and year already in the database: refused, or cleared when it came from workbooks and --replace was said."""

from __future__ import annotations

from ratings import models
from ratings.models import Scheme
from schools import audit
from schools.models import Region
from schools.workbooks import Problem, WorkbookError

#: How each table hangs on the scheme; children before parents, because every foreign key protects.
ROWS = (
    (models.Result, "scheme"),
    (models.Decision, "assessment__scheme"),
    (models.RestrictionCase, "assessment__scheme"),
    (models.Score, "assessment__scheme"),
    (models.Adjustment, "assessment__scheme"),
    (models.MetricSnapshot, "assessment__scheme"),
    (models.ReturnedItem, "move__assessment__scheme"),
    (models.Move, "assessment__scheme"),
    (models.Extension, "assessment__scheme"),
    (models.JudgeSheet, "assessment__scheme"),
    (models.SignedPage, "assessment__scheme"),
    (models.Evidence, "assessment__scheme"),
    (models.Goal, "assessment__scheme"),
    (models.Feedback, "assessment__scheme"),
    (models.Assessment, "scheme"),
    (models.OpeningNotice, "scheme"),
    (models.Panel, "scheme"),
    (models.Judge, "scheme"),
    (models.Bulletin, "scheme"),
    (models.Item, "scheme"),
    (models.Division, "category__scheme"),
    (models.Category, "scheme"),
    (models.CustomMetric, "scheme"),
    (models.StarBand, "scheme"),
    (models.Restriction, "scheme"),
    (models.ChangeNote, "scheme"),
    (models.AcknowledgedWarning, "scheme"),
    (models.OpeningProposal, "scheme"),
    (models.Erratum, "scheme"),
    (models.SchemeVersion, "scheme"),
)


def refuse_or_clear(city: Region, year: int, workbook: str, *, replace: bool) -> None:
    """Make room for a year. Raises WorkbookError where it exists and may not be replaced.

    A year made or published in the application is never replaced. The audit chain keeps what was cleared.
    """
    existing = Scheme.objects.filter(city=city, year=year).first()
    if existing is None:
        return
    if not existing.imported:
        raise _refused(workbook, f"{city} {year} 年度已在系统中开展评定，不能用工作簿替换")
    if not replace:
        raise _refused(workbook, f"{city} {year} 年度已经导入过，如确需重新导入请加 --replace")
    version = existing.versions.order_by("-number").first()
    audit.record("replace_year", by=None, city=city, subject=str(existing), detail={"原版本": version.digest if version else ""})
    for model, path in ROWS:
        model.objects.filter(**{path: existing}).delete()
    existing.delete()


def _refused(workbook: str, reason: str) -> WorkbookError:
    return WorkbookError([Problem(workbook, "方案", None, "年度", reason)])
