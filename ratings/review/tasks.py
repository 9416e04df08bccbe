"""What the workbench tells the county: schools to judge, to confirm, to call back."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Phase, Stage, Status
from ratings.models import Assessment, Score
from ratings.workflow.deadlines import last_day
from schools.desk import Task
from schools.models import User
from schools.permissions import may


def review_tasks(user: User) -> Iterator[Task]:
    """One query, whatever the number of schools; a school counts as judged once every row of 初评 has an answer."""
    if not may(user, "review"):
        return
    unscored = Score.objects.filter(assessment=OuterRef("pk"), stage=Stage.COUNTY, answers__isnull=True)
    rows = Assessment.objects.visible_to(user).filter(status__in=(Status.COUNTY, Status.RETURNED), scheme__has_county_stage=True)
    rows = rows.filter(scheme__phase__in=(Phase.OPEN, Phase.SCORING)).select_related("scheme").annotate(unscored=Exists(unscored))
    found = list(rows.order_by("-scheme__year", "school__order"))
    desk = reverse("ratings:review")
    waiting = [one for one in found if one.status == Status.COUNTY and one.unscored]
    judged = [one for one in found if one.status == Status.COUNTY and not one.unscored]
    late = [one for one in found if one.returned_to == Status.COUNTY and one.return_due < timezone.localdate()]
    if waiting:
        yield Task(
            f"初评：{len(waiting)} 所党校待判断",
            desk,
            f"{waiting[0].scheme.year}年度，学校已提交自评",
            "待判断",
            due=last_day(waiting[0].scheme.county_due),
        )
    if judged and may(user, "confirm_review"):
        url = f"{desk}?view=judged"
        yield Task(
            f"集体确认：{len(judged)} 所党校已评完",
            url,
            f"{judged[0].scheme.year}年度，研究建议星级和初评意见",
            "待确认",
            due=last_day(judged[0].scheme.county_due),
        )
    if late:
        yield Task(f"退回补正：{len(late)} 所党校逾期", f"{desk}?view=returned", "可以收回，按现有内容继续初评", "逾期", "bad")
