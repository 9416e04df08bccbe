"""Sheets that nobody can finish, or on which nothing may be settled: the office's tasks, and what is said to
who makes a guide or staff of a school out of somebody who scored it.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.db.models import Count, Q, QuerySet
from django.shortcuts import resolve_url

from ratings.enums import RUNNING, Stage, Status
from ratings.judging.sheets import stuck
from ratings.models import Assessment, JudgeSheet, Score, SeatChange
from ratings.scoring.items import LEAST_SHEETS
from schools.models import School, User
from schools.site.contributions import Task


def stuck_tasks(rows: QuerySet[Assessment]) -> Iterator[Task]:
    """By judge and reason, sheets that nobody can finish or that nothing can be settled on."""
    found = stuck(JudgeSheet.objects.filter(assessment__in=rows)).order_by("pk")
    columns = ("assessment__panel_id", "judge__label", "tied", "gone", "assessment_id")
    reasons: dict[tuple[int, str], list[int]] = defaultdict(list)
    for panel, judge, tied, gone, school in found.values_list(*columns):
        reasons[panel, f"{judge or '合议组长'}{'应当回避' if tied else gone}"].append(school)
    for (panel, why), schools in reasons.items():
        alone = len(schools) == 1
        url = resolve_url("ratings:sheets", schools[0]) if alone else resolve_url("ratings:panel", panel)
        yield Task(f"{why}：{len(schools)} 份评分表须作废或移交", url, "写明理由，安排接替", "待办理", "bad")
    lonely = SeatChange.objects.filter(assessment__in=rows, judge__isnull=False, successor=None)
    lonely = lonely.annotate(left=Count("assessment__sheets")).filter(left__lt=LEAST_SHEETS).order_by("pk")
    for pk, school, left in lonely.values_list("assessment_id", "assessment__school__name", "left"):
        hint, url = f"只剩 {left} 份，至少须有 {LEAST_SHEETS} 份", resolve_url("ratings:sheets", pk)
        yield Task(f"{school}作废的评分表还没有人接替", url, hint, "待办理", "bad")


def scored_this_year(user: User, schools: Sequence[School]) -> Iterator[str]:
    """What the person scored of these schools in years under way: it stands under 回避 from now on."""
    running = Q(assessment__school__in=schools, assessment__scheme__phase__in=RUNNING)
    sheets = JudgeSheet.objects.filter(running, judge__user=user, assessment__status=Status.CITY)
    sheets = sheets | JudgeSheet.objects.filter(
        running, judge=None, assessment__panel__leader__user=user, assessment__status=Status.CITY
    )
    columns = ("assessment__school__name", "assessment__scheme__year", "judge__label", "submitted_at")
    for school, year, judge, submitted in sheets.order_by("pk").values_list(*columns):
        whose = f"{judge}的" if judge else "由其填写的合议"
        state = "已提交" if submitted else "尚未提交"
        yield (
            f"{user.name}是{year}年度{school}的评委，{whose}评分表{state}；从任职之日起应当回避，"
            "该评分表须由市评委会办公室作废或移交，此前不能办理审定。"
        )
    reviewed = Score.objects.filter(running, stage=Stage.COUNTY, updated_by=user, answers__isnull=False)
    names = reviewed.order_by("assessment").values_list(
        "assessment__school__name", "assessment__scheme__year"
    )
    for school, year in names.distinct():
        yield f"{user.name}填写了{year}年度{school}的初评；从任职之日起应当回避，不能再办该校的初评。"
