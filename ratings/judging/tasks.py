"""What the workbench tells judges and the office about the review."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from ratings.enums import Aggregation, Phase, Stage, Status
from ratings.models import Assessment, JudgeSheet, Score
from ratings.workflow.deadlines import last_day
from schools.desk import Task
from schools.models import User
from schools.permissions import may

from .seats import judged_by


def judging_tasks(user: User) -> Iterator[Task]:
    """One query for either role, whatever the number of schools."""
    if may(user, "judge"):
        yield from _own_tasks(user)
    elif may(user, "arrange_panels"):
        yield from _office_tasks(user)


def _own_tasks(user: User) -> Iterator[Task]:
    """Own sheets that are not handed in; of a 合议 only the leader's."""
    own = Q(judge__user=user) | Q(judge__isnull=True, assessment__panel__leader__user=user)
    sheets = JudgeSheet.objects.filter(own, assessment=OuterRef("pk"), submitted_at__isnull=True, entered_by__isnull=True)
    open_rows = judged_by(user).filter(status=Status.CITY, scheme__phase__in=(Phase.OPEN, Phase.SCORING)).filter(Exists(sheets))
    rows = Score.objects.filter(assessment=OuterRef("pk"), stage=Stage.CITY, answers__isnull=True)
    whose = rows.filter(Q(judge__user=user) | Q(judge__isnull=True, assessment__scheme__aggregation=Aggregation.JOINT))
    found = list(
        open_rows.prefetch_related(None).annotate(unscored=Exists(whose)).values_list("unscored", "scheme__year", "scheme__city_due")
    )
    waiting, ready = [one for one in found if one[0]], [one for one in found if not one[0]]
    desk = reverse("ratings:judging")
    if waiting:
        yield Task(f"评审：{len(waiting)} 所党校待判断", desk, f"{waiting[0][1]}年度，本人评分表", "待判断", due=last_day(waiting[0][2]))
    if ready:
        yield Task(f"评审：{len(ready)} 所党校已评完", desk, "核对后提交评分表", "待提交", due=last_day(ready[0][2]))


def _office_tasks(user: User) -> Iterator[Task]:
    """Schools with the city that no panel has, and sheets still out."""
    rows = Assessment.objects.visible_to(user).filter(
        status=Status.CITY, scheme__phase__in=(Phase.OPEN, Phase.SCORING), scheme__imported=False
    )
    out = Count("sheets", filter=Q(sheets__submitted_at__isnull=True))
    states = list(
        rows.order_by()
        .annotate(out=out, year=F("scheme__year"), due=F("scheme__city_due"))
        .values("scheme_id", "year", "due", "panel_id", "out")
    )
    for scheme in sorted({one["scheme_id"] for one in states}):
        mine = [one for one in states if one["scheme_id"] == scheme]
        board, year, due = reverse("ratings:panel_board", args=[scheme]), mine[0]["year"], last_day(mine[0]["due"])
        unassigned = sum(one["panel_id"] is None for one in mine)
        out_sheets = sum(one["out"] for one in mine)
        if unassigned:
            yield Task(f"{unassigned} 所党校尚未分到评审组", f"{board}?panel=none", f"{year}年度，已报送到市级", "待分组", due=due)
        if out_sheets:
            yield Task(f"{out_sheets} 份评分表尚未提交", board, f"{year}年度，查看各组进度", "评审中", "info", due)
