"""How far the sheets are, for the office: who has handed in, never what anybody gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from ratings.criteria.spec import SchemeSpec
from ratings.enums import Stage, Status
from ratings.models import Assessment, JudgeSheet, Panel, Scheme, Score
from ratings.scoring import owed_codes
from schools.workbooks import ColumnOut, SheetOut

from .panels import panel_gaps

PROGRESS_COLUMNS = [
    ColumnOut("学校编码", width=14),
    ColumnOut("党校", width=28),
    ColumnOut("县（市、区）", width=14),
    *map(ColumnOut, ("状态", "评审组", "已走访")),
    ColumnOut("评分表", "int"),
    ColumnOut("已提交", "int"),
]


@dataclass(frozen=True)
class PanelState:
    """One panel with its counts; `gaps` says what it needs before it may be given schools."""

    panel: Panel
    gaps: list[str]


@dataclass(frozen=True)
class SheetState:
    """One sheet at one school: how many items are answered of how many owed."""

    sheet: JudgeSheet
    answered: int
    owed: int


def panels_of(scheme: Scheme) -> list[PanelState]:
    """Panels with members, schools and sheets counted, in one query and one more for all."""
    sheets = (
        JudgeSheet.objects.filter(assessment__panel=OuterRef("pk")).order_by().values("assessment__panel")
    )
    rows = Panel.objects.filter(scheme=scheme).select_related("leader", "scheme").prefetch_related("judges")
    rows = rows.annotate(
        schools=Count("assessments", distinct=True),
        sheets=_count(sheets),
        submitted=_count(sheets.filter(submitted_at__isnull=False)),
    )
    return [PanelState(panel, panel_gaps(panel)) for panel in rows]


def schools_of(scheme: Scheme) -> QuerySet[Assessment]:
    """The scheme's schools in administrative order with their panel and how many sheets are in."""
    rows = (
        Assessment.objects.filter(scheme=scheme)
        .exclude(status=Status.DECLINED)
        .select_related("school__county", "panel")
    )
    return rows.annotate(
        sheet_count=Count("sheets"), submitted=Count("sheets", filter=Q(sheets__submitted_at__isnull=False))
    ).in_order()


def sheets_at(assessment: Assessment, spec: SchemeSpec) -> list[SheetState]:
    """Every sheet at one school; two queries."""
    owed = len(owed_codes(spec, Stage.CITY, visited=assessment.visited))
    answered = dict(_answered([assessment]))
    rows = JudgeSheet.objects.filter(assessment=assessment).select_related(
        "judge__user", "submitted_by", "entered_by", "checked_by", "scan"
    )
    return [SheetState(sheet, answered.get(sheet.judge_id, 0), owed) for sheet in rows.order_by("pk")]


def progress_sheet(scheme: Scheme) -> tuple[SheetOut, int]:
    """The list of schools for a workbook, and how many there are: panels, visits, sheets handed in."""
    rows = [
        [
            row.school.code,
            row.school.name,
            row.school.county.name if row.school.county else "",
            row.get_status_display(),
            row.panel.name if row.panel else "",
            "是" if row.visited else "否",
            row.sheet_count,
            row.submitted,
        ]
        for row in schools_of(scheme)
    ]
    return SheetOut("评审进度", PROGRESS_COLUMNS, rows), len(rows)


def _answered(assessments: Iterable[Assessment]):
    rows = Score.objects.filter(assessment__in=assessments, stage=Stage.CITY, answers__isnull=False)
    return rows.order_by().values_list("judge_id").annotate(Count("pk"))


def _count(rows: QuerySet) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(number=Count("pk")).values("number")), 0)
