"""What has fallen due: said once to those who can do something about it, by the daily job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from django.urls import reverse

from schools.messages.inbox import Message, deliver
from schools.models import Appointment, Problem, Region, Role, School
from schools.models.scope import SCHOOL_ROLES
from schools.monitoring.anomalies import FILING_MONTH, month_list
from schools.monitoring.standing import View, standings
from schools.site.contributions import contributed

#: Reports of a year are asked for until the spring of the next.
LAST_YEAR_UNTIL_MONTH = 3


@dataclass(frozen=True)
class Announcement:
    """One sentence about one school, to the roles appointed there and to single people; `key` names the
    occasion for good.
    """

    key: str
    school_id: int
    text: str
    url: str
    roles: tuple[str, ...] = (Role.FILLER,)
    users: tuple[int, ...] = ()


def announcements(today: date) -> list[Announcement]:
    """Everything due on the day, said before or not."""
    return [notice for provider in contributed("announcements") for notice in provider(today)]


def announce(due: list[Announcement]) -> int:
    """Write the messages; who had one with its key before is passed over. Returns how many people were
    addressed.
    """
    schools = {notice.school_id for notice in due}
    people = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, user__is_active=True)
    appointed: dict[tuple[int, str], set[int]] = defaultdict(set)
    held = people.filter(school__in=schools).values_list("school_id", "role", "user_id")
    for school, role, user in held:
        appointed[school, role].add(user)
    messages = []
    for notice in due:
        users = set(notice.users).union(*(appointed[notice.school_id, role] for role in notice.roles))
        messages += [
            Message(user, notice.text, notice.url, notice.key, notice.school_id) for user in sorted(users)
        ]
    deliver(messages)
    return len({message.user_id for message in messages})


def owed_records(today: date) -> Iterator[Announcement]:
    """Months past their day without a confirmed report, all in one sentence; the plan not filed in spring."""
    years = [today.year - 1, today.year] if today.month <= LAST_YEAR_UNTIL_MONTH else [today.year]
    records = reverse("schools:teaching")
    for city, year in product(Region.objects.cities(), years):
        asks_plan = year == today.year and today.month > FILING_MONTH
        for school in standings(School.objects.filter(city=city), View(year, today)):
            if months := school.unreported:
                text = f"{year}年{month_list(months)}月报已过应报日期，请核对后确认；没有培训的确认零报告。"
                yield Announcement(f"report:{school.pk}:{year}-{months[-1]:02}", school.pk, text, records)
            if asks_plan and school.filed_on is None and school.in_use(year, FILING_MONTH):
                text = f"{year}年度培训计划应于3月31日前备案，至今没有备案，请填好后备案。"
                yield Announcement(f"plan:{school.pk}:{year}", school.pk, text, records)


def overdue_problems(today: date) -> Iterator[Announcement]:
    """Problems a visit found, not closed by their day: to the school and to whoever found them."""
    found = Problem.objects.open().filter(due__lt=today).select_related("visit")
    for problem in found.order_by("pk"):
        due, school = problem.due, problem.visit.school_id
        text = f"走访指导提出的问题已过整改期限（{due.month}月{due.day}日）：{problem.text}"
        url = reverse("schools:guidance_school", args=[school])
        key, finder = f"problem:{problem.pk}:{due}", problem.visit.by_id
        yield Announcement(key, school, text, url, SCHOOL_ROLES, (finder,))
