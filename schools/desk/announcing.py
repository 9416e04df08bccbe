"""What has fallen due: said once to those who can do something about it, by the daily job."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

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
    return [one for provider in contributed("announcements") for one in provider(today)]


def announce(due: list[Announcement]) -> int:
    """Write the messages; who had one with its key before is passed over. Returns how many people were
    addressed.
    """
    wanted = {one.school_id for one in due}
    appointed: dict[tuple[int, str], list[int]] = {}
    people = Appointment.objects.in_force().filter(
        school__in=wanted, user__is_active=True, role__in=SCHOOL_ROLES
    )
    for school, role, user in people.values_list("school_id", "role", "user_id"):
        appointed.setdefault((school, role), []).append(user)
    messages = []
    for one in due:
        users = {
            *one.users,
            *(user for role in one.roles for user in appointed.get((one.school_id, role), [])),
        }
        messages += [Message(user, one.text, one.url, one.key, one.school_id) for user in sorted(users)]
    deliver(messages)
    return len({message.user_id for message in messages})


def owed_records(today: date) -> Iterator[Announcement]:
    """Months past their day without a confirmed report, all in one sentence; the plan not filed in spring."""
    years = [today.year - 1, today.year] if today.month <= LAST_YEAR_UNTIL_MONTH else [today.year]
    records = reverse("schools:teaching")
    for city in Region.objects.cities():
        for year in years:
            for one in standings(School.objects.filter(city=city), View(year, today)):
                if one.unreported:
                    text = (
                        f"{year}年{month_list(one.unreported)}月报已过应报日期，请核对后确认；"
                        "没有培训的确认零报告。"
                    )
                    yield Announcement(
                        f"report:{one.pk}:{year}-{one.unreported[-1]:02}", one.pk, text, records
                    )
                if (
                    year == today.year
                    and today.month > FILING_MONTH
                    and one.filed_on is None
                    and one.in_use(year, FILING_MONTH)
                ):
                    text = f"{year}年度培训计划应于3月31日前备案，至今没有备案，请填好后备案。"
                    yield Announcement(f"plan:{one.pk}:{year}", one.pk, text, records)


def overdue_problems(today: date) -> Iterator[Announcement]:
    """Problems a visit found, not closed by their day: to the school and to whoever found them."""
    found = Problem.objects.open().filter(due__lt=today).select_related("visit")
    for one in found.order_by("pk"):
        text = f"走访指导提出的问题已过整改期限（{one.due.month}月{one.due.day}日）：{one.text}"
        school = one.visit.school_id
        yield Announcement(
            f"problem:{one.pk}:{one.due}",
            school,
            text,
            reverse("schools:guidance_school", args=[school]),
            SCHOOL_ROLES,
            (one.visit.by_id,),
        )
