"""催办: the 填报人 first, after three working days the 负责人 and the county, at most twice for a matter, in
working hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from schools.calendar.workdays import add_workdays, in_working_hours
from schools.messages.inbox import Message, deliver
from schools.models import Appointment, Reminder, Role, School, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.saving import Refused, hold
from schools.site.contributions import contributed
from schools.templatetags.ui import day as day_words

from .overview import city_on
from .standing import View

WORKDAYS_BETWEEN = 3
NOBODY = "没有填报人和负责人，无法在系统内提醒，请联系安全管理员任命，或复制提醒文字另行通知。"
#: A reminder older than this is no longer passed on by itself: its matter belongs to a year that is over.
DAYS_PASSED_ON = 120
FILLER, HEAD = Reminder.Step.FILLER, Reminder.Step.HEAD
#: Those who are told, by role: as what, and where they are appointed.
DUTIES = {
    Role.FILLER: ("filler", "school_id"),
    Role.HEAD: ("head", "school_id"),
    Role.COUNTY: ("county", "county_id"),
    Role.COUNTY_LEAD: ("county", "county_id"),
    Role.OFFICE: ("office", "city_id"),
}


class Place(NamedTuple):
    """Where a matter is done by the school, where those above see it, and who of the school is told first."""

    own: str
    above: str
    first: str = "filler"


@dataclass(frozen=True)
class State:
    """What was said about one matter so far."""

    first: Reminder | None = None
    second: Reminder | None = None

    @property
    def made(self) -> list[Reminder]:
        """Those that were made, in their order."""
        return [reminder for reminder in (self.first, self.second) if reminder]

    @property
    def passed_on_from(self) -> date | None:
        """The day from which the 负责人 and the county may be told; None while nobody was told."""
        return (
            add_workdays(timezone.localdate(self.first.sent_at), WORKDAYS_BETWEEN)
            if self.first and self.first.sent_at
            else None
        )

    def next_step(self, today: date) -> int | None:
        """The reminder that may be made today, if any."""
        if self.first is None:
            return FILLER
        if self.second is None and self.passed_on_from and self.passed_on_from <= today:
            return HEAD
        return None


@dataclass
class Outcome:
    """What a click did: titles by what became of them."""

    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    too_soon: list[tuple[str, date | None]] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    @property
    def why_not(self) -> str:
        """Why there was nothing to remind of."""
        return why_not([day for _, day in self.too_soon], twice=bool(self.twice))


def why_not(days: Iterable[date | None], *, twice: bool) -> str:
    """The same of matters that were told of once, each with the day from which it may be again, and twice."""
    if known := [day for day in days if day]:
        return f"已提醒，{day_words(min(known))}起可再提醒负责人和县（区）"
    if days:
        return "提醒已排队，等到上班时间送达"
    return "同一事项最多提醒两次，均已提醒" if twice else "事项已经办结"


def states_of(schools: Sequence[int]) -> dict[int, dict[str, State]]:
    """By school and matter; one query."""
    rows = (
        Reminder.objects.filter(school__in=schools, lapsed_at__isnull=True)
        .select_related("by")
        .order_by("school", "matter", "step")
    )
    found: dict[int, dict[str, State]] = {}
    for (school, matter), steps in groupby(rows, key=lambda row: (row.school_id, row.matter)):
        by_step = {row.step: row for row in steps}
        found.setdefault(school, {})[matter] = State(by_step.get(FILLER), by_step.get(HEAD))
    return found


@transaction.atomic
def remind(
    school: School, matters: Iterable[tuple[str, str]], *, by: User | None, now: datetime | None = None
) -> Outcome:
    """Make the reminder that each matter (key, title) allows now; outside working hours it waits for
    `send_waiting`.

    Two people clicking at once make one: the school's row is locked, and (school, matter, step) is unique.
    Raises Refused.
    """
    now = now or timezone.now()
    School.objects.hold(school.pk)
    if not is_manned(people_of([school.pk])[school.pk]):
        raise Refused(f"{school}{NOBODY}")
    states = states_of([school.pk]).get(school.pk, {})
    outcome, made = Outcome(), []
    open_now = in_working_hours(now)
    for key, title in matters:
        state = states.get(key, State())
        step = state.next_step(timezone.localdate(now))
        if step is None and state.second:
            outcome.twice.append(title)
            continue
        if step is None:
            outcome.too_soon.append((title, state.passed_on_from))
            continue
        row, _ = Reminder.objects.update_or_create(
            school=school,
            matter=key,
            step=step,
            defaults={"title": title, "by": by, "at": now, "sent_at": None, "lapsed_at": None},
        )
        made.append(row)
        (outcome.sent if open_now else outcome.waiting).append(title)
    if open_now:
        _send(made, now)
    return outcome


def send_waiting(now: datetime) -> int:
    """Send what was asked for outside working hours; what has been settled meanwhile is let go. Returns how
    many were sent.
    """
    if not in_working_hours(now):
        return 0
    with transaction.atomic():
        rows = Reminder.objects.filter(sent_at__isnull=True, lapsed_at__isnull=True)
        # Two machines take different rows, or one finds nothing left.
        skip = connection.features.has_select_for_update_skip_locked
        waiting = hold(rows, "school", "by", skip_locked=skip)
        still_open = open_matters([row.school for row in waiting], timezone.localdate(now))
        due = [row for row in waiting if (row.school_id, row.matter) in still_open]
        gone = [row.pk for row in waiting if (row.school_id, row.matter) not in still_open]
        Reminder.objects.filter(pk__in=gone).update(lapsed_at=now)
        _send(due, now)
    return len(due)


def pass_on(now: datetime) -> int:
    """Tell the 负责人 and the county of what a 填报人 was reminded of three working days ago and is still
    open.
    """
    told = Reminder.objects.filter(step=HEAD, school=OuterRef("school"), matter=OuterRef("matter"))
    rows = Reminder.objects.filter(
        step=FILLER, sent_at__isnull=False, at__gte=now - timedelta(days=DAYS_PASSED_ON)
    )
    rows = rows.exclude(Exists(told)).select_related("school").order_by("school_id", "pk")
    today = timezone.localdate(now)
    due = [row for row in rows if State(row).next_step(today) == HEAD]
    still_open = open_matters([row.school for row in due], today)
    due = [row for row in due if (row.school_id, row.matter) in still_open]
    count = 0
    for _, group in groupby(due, key=lambda row: row.school_id):
        overdue = list(group)
        matters = [(row.matter, row.title) for row in overdue]
        with suppress(Refused):  # whoever opens the monitoring page is told so there
            count += len(remind(overdue[0].school, matters, by=None, now=now).sent)
    return count


def open_matters(schools: Iterable[School], today: date) -> set[tuple[int, str]]:
    """School and key of the matters of this year and the last that are open on the day."""
    wanted = {school.pk for school in schools}
    cities = sorted({school.city_id for school in schools})
    return {
        (school.pk, key)
        for city in cities
        for year in (today.year - 1, today.year)
        for school in city_on(city, View(year, today), wanted)
        for key, _ in school.matters
    } | _places(wanted).keys()


def _places(schools: Iterable[int]) -> dict[tuple[int, str], Place]:
    """By school and key, the open matters that are no records."""
    return {
        matter: place for of_app in contributed("matters") for matter, place in of_app(set(schools)).items()
    }


def _send(reminders: Sequence[Reminder], now: datetime) -> None:
    """One message a school, step and place, naming all its matters."""
    schools = {row.school_id for row in reminders}
    people, places = people_of(schools), _places(schools)

    def where(row: Reminder) -> tuple:
        records = reverse("schools:teaching"), reverse("schools:monitoring_school", args=[row.school_id])
        return row.school_id, row.step, places.get((row.school_id, row.matter), Place(*records))

    messages = []
    ordered = sorted(reminders, key=lambda row: (*where(row), row.pk))
    for (school, step, place), group in groupby(ordered, key=where):
        messages += _messages(list(group), step, people[school], place)
    deliver(messages)
    Reminder.objects.filter(pk__in=[row.pk for row in reminders]).update(sent_at=now)


def _messages(
    rows: list[Reminder], step: int, people: Mapping[str, list[int]], place: Place
) -> Iterable[Message]:
    school, by = rows[0].school, rows[0].by
    key = f"reminder:{rows[0].pk}:{step}"
    titles = summary([row.title for row in rows])
    sender = f"（{by.identity.scope_name if by.identity else ''}{by.name}提醒）" if by else "（系统按期转告）"
    first = {"filler": "填报人", "head": "负责人"}[place.first]
    urged = f"{titles}，已提醒{first}满 {WORKDAYS_BETWEEN} 个工作日，请督促办理。{sender}"
    if step == FILLER:
        users = people[place.first] or people["head"] or people["filler"]
        told = [(users, f"{titles}，请尽快办理。{sender}", place.own)]
    else:
        told = [
            (people["head"] or people["filler"], urged, place.own),
            (people["county"], f"{school}：{urged}", place.above),
        ]
    for users, text, url in told:
        for user in users:
            yield Message(user, f"【催办】{text}", url, key, school.pk)


def words(school: School, matters: Sequence[tuple[str, str]], *, by: User) -> str:
    """The reminder as text for the office's messenger, signed by the office and not by a person; "" when
    nothing is open.
    """
    if not matters:
        return ""
    today = timezone.localdate()
    return (
        f"{school}：请尽快办理以下事项，并在系统中登记或确认。{summary([title for _, title in matters])}。"
        f"（{by.identity.scope_name if by.identity else ''}，{today.month}月{today.day}日）"
    )


def summary(titles: Sequence[str]) -> str:
    """8月、9月月报未确认；2026年度计划未备案."""
    end = "月报未确认"
    reports = [title.removesuffix(end) for title in titles if title.endswith(end)]
    others = [title for title in titles if not title.endswith(end)]
    return "；".join([f"{'、'.join(reports)}{end}", *others] if reports else others)


def is_manned(people: Mapping[str, list[int]]) -> bool:
    """Whether the school has anybody to be told."""
    return bool(people["filler"] or people["head"])


def people_of(schools: Iterable[int]) -> dict[int, dict[str, list[int]]]:
    """Who is appointed to each school today, and in its county, or in its city's office where there is no
    county.
    """
    places = list(School.objects.filter(pk__in=schools).values_list("pk", "county_id", "city_id"))
    keys, counties, cities = ({place[index] for place in places} for index in range(3))
    appointments = Appointment.objects.in_force().filter(
        Q(role__in=SCHOOL_ROLES, school__in=keys)
        | Q(role__in=COUNTY_ROLES, county__in=counties)
        | Q(role=Role.OFFICE, city__in=cities),
        user__is_active=True,
    )
    held: dict[tuple[str, int], list[int]] = defaultdict(list)
    for appointment in appointments.values("role", "school_id", "county_id", "city_id", "user_id"):
        duty, place = DUTIES[appointment["role"]]
        held[duty, appointment[place]].append(appointment["user_id"])
    return {
        pk: {
            "filler": held["filler", pk],
            "head": held["head", pk],
            "county": held["county", county] if county else held["office", city],
        }
        for pk, county, city in places
    }
