"""What the county and the office are told of their schools' reports and plans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from schools.metrics.standing import report_due
from schools.models import AnnualPlan, MonthlyReport, School, User
from schools.permissions import may

from .items import Task

FILING_MONTH = 3


def monitoring_tasks(user: User) -> Iterator[Task]:
    """How many schools have not confirmed the newest month that is due, and how many have filed no plan."""
    if not may(user, "remind"):
        return
    today = timezone.localdate()
    schools = School.objects.visible_to(user).open_on()
    year, month = _newest_due(today)
    first = date(year, month, 1)
    answered = MonthlyReport.objects.filter(year=year, month=month).filter(Q(confirmed_at__isnull=False) | Q(due__gte=today))
    owing = schools.filter(Q(opened_on__isnull=True) | Q(opened_on__lt=_following(first))).exclude(pk__in=answered.values("school"))
    page = reverse("schools:monitoring")
    if number := owing.count():
        yield Task(f"{number} 所党校{month}月月报逾期未确认", f"{page}?year={year}&kind=report", "可在监测页逐所催办", "待催办")
    if today.month > FILING_MONTH:
        filed = AnnualPlan.objects.filter(year=today.year, filed_on__isnull=False)
        if number := schools.exclude(pk__in=filed.values("school")).count():
            yield Task(f"{number} 所党校{today.year}年度计划未备案", f"{page}?year={today.year}&kind=plan", "应于3月31日前备案", "待催办")


def _newest_due(today: date) -> tuple[int, int]:
    """The last month whose report is overdue by now when it is missing."""
    year, month = today.year, today.month
    while True:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
        if report_due(year, month) < today:
            return year, month


def _following(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
