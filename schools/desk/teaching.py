"""What a school's year asks for: months to confirm, a plan to file, joint classes to answer; to others how many plans are filed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils import timezone

from schools.models import AnnualPlan, School, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import FOLLOWERS, role_of
from schools.teaching import joint, months, plans

from .items import Task, Tile

#: Months shown at once: whoever is a year behind first needs the page of the year, not a wall of tasks.
MOST_MONTHS = 3


def teaching_tasks(user: User) -> Iterator[Task]:
    """For those who record for a school."""
    if user.identity and user.identity.role in SCHOOL_ROLES:
        school = user.identity.school
        yield from _months(school)
        yield from _plan(school, timezone.localdate())
        yield from _joint(school)


def _months(school: School) -> Iterator[Task]:
    waiting = months.unanswered(school)
    for month in waiting[:MOST_MONTHS]:
        url = reverse("schools:month", args=[school.pk, month.year, month.month])
        year = "" if month.year == month.today.year else f"{month.year}年"
        if month.state == months.CHANGED:
            yield Task(f"{year}{month.month}月月报确认以后记录有变化", url, "请核对，写明原因后再确认", "有更正")
            continue
        tag, kind = month.tag
        yield Task(
            f"{year}{month.month}月{'零报告' if month.is_zero else '月报'}",
            url,
            month.sentence,
            tag,
            kind,
            month.due,
            reverse("schools:month_confirm", args=[month.year, month.month]),
            "确认零报告" if month.is_zero else "确认月报",
        )
    if len(waiting) > MOST_MONTHS:
        yield Task(f"还有 {len(waiting) - MOST_MONTHS} 个月的月报待办", reverse("schools:teaching"), "在培训页逐月确认")


def _plan(school: School, today: date) -> Iterator[Task]:
    plan = plans.plan_of(school, today.year)
    if plan and plan.filed_on:
        return
    due = plans.due_of(today.year)
    late = today > due
    hint = "填好后按“备案”" if plan else "逐月填写，或从上一年复制"
    url = reverse("schools:plan", args=[school.pk, today.year])
    yield Task(f"{today.year}年培训计划还没有备案", url, hint, "逾期" if late else "待办", "bad" if late else "warn", due)


def _joint(school: School) -> Iterator[Task]:
    for partner in joint.waiting_for(school):
        host = partner.host_class
        hint = f"{host.school}主办，{host.starts_on.month}月{host.starts_on.day}日"
        yield Task(f"确认联合办班“{host.name}”本校参加的人次", reverse("schools:joint", args=[partner.pk]), hint)


def teaching_tiles(user: User) -> Iterator[Tile]:
    """Filed plans of the scope, leading to the list of schools."""
    if role_of(user) not in FOLLOWERS:
        return
    year = timezone.localdate().year
    schools = School.objects.visible_to(user).open_on()
    filed = AnnualPlan.objects.filter(school__in=schools.order_by().values("pk"), year=year, filed_on__isnull=False).count()
    count = schools.count()
    yield Tile(
        f"{year}年培训计划备案",
        str(filed),
        f"所（共 {count} 所）",
        "各校计划、办班和月报",
        reverse("schools:teaching"),
        filed,
        count or None,
    )
