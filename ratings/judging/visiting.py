"""走访: whether the city visited a school decides who answers its 现场 items."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, JudgeSheet, Scheme, Score
from ratings.workflow import open_city_rows, scheme_spec
from schools import audit
from schools.models import User
from schools.permissions import may
from schools.saving import Refused, refuse

FINISHED = (Status.SETTLED, Status.DECLINED, Status.LAPSED)


def mark_visited(scheme: Scheme, assessments: Iterable[int], visited: bool, *, by: User) -> int:
    """Set 已走访 for several schools, all or none; returns how many changed.

    Judges score 现场 items only where the school was visited; elsewhere 初评 stands for them. The mark cannot change
    once a sheet is submitted, nor be taken back once somebody scored a 现场 item.
    """
    if not may(by, "arrange_panels"):
        raise Refused("走访情况由市评委会办公室登记。")
    if scheme.phase not in (Phase.OPEN, Phase.SCORING):
        raise Refused(f"方案处于“{scheme.get_phase_display()}”阶段，不能再改走访情况。")
    with transaction.atomic():
        found = Assessment.objects.filter(scheme=scheme, pk__in=list(assessments)).exclude(visited=visited)
        rows = list(found.select_for_update(of=("self",)).select_related("school", "scheme", "panel").order_by("pk"))
        refuse(*_refusals(rows, visited))
        spec = scheme_spec(scheme)
        for row in rows:
            row.visited = visited
            row.save(update_fields=["visited"])
            open_city_rows(row, spec)
        if rows:
            detail = {"已走访" if visited else "未走访": [row.school.name for row in rows]}
            audit.record("panel", by=by, city=scheme.city, subject=str(scheme), detail=detail)
    return len(rows)


def _refusals(rows: list[Assessment], visited: bool) -> list[str]:
    reasons = [f"{row.school.name}处于“{row.get_status_display()}”，不能改走访情况。" for row in rows if row.status in FINISHED]
    closed = set(JudgeSheet.objects.filter(assessment__in=rows, submitted_at__isnull=False).values_list("assessment_id", flat=True))
    reasons += [f"{row.school.name}已有评委提交评分表，须先退回评分表，再改走访情况。" for row in rows if row.pk in closed]
    if not visited:
        onsite = Score.objects.filter(assessment__in=rows, stage=Stage.CITY, item__onsite=True, answers__isnull=False)
        scored = set(onsite.values_list("assessment_id", flat=True)) - closed
        reasons += [f"{row.school.name}的现场项已经评分，不能改为未走访。" for row in rows if row.pk in scored]
    return reasons
