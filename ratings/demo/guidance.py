"""The sample city's guides: every school has one, most were visited lately, a few problems wait."""

from __future__ import annotations

import datetime as dt
from datetime import date, timedelta

from django.utils import timezone

from ratings.judging.visits import save_feedback
from ratings.models import Assessment
from schools.models import Appointment, Liaison, Problem, Region, Role, School, User, Visit

from .accounts import own_people
from .seasons import nearest_workday, noon

#: So many people share the schools that nobody of the demonstration's accounts guides.
GUIDES = 6
NUMERALS = "一二三四五六"
FINDINGS = (
    "教学计划上墙，台账齐全，学员签到规范。",
    "主教室设备完好，宣传栏更新及时。",
    "课程与本地工作结合较紧，建议增加现场教学。",
)
PROBLEMS = ("宣传栏没有更新", "师资库未按年度核对", "远程教育终端无法登录")
#: At every so many schools something was found, or nobody came yet.
FOUND_EVERY, MISSED_EVERY = 7, 6
#: A problem is due so long after the visit; the school reports it mended before that day, the guide closes it
#: on it. Only the newest ones are left, one of them overdue.
MENDED_IN, REPORTED_BEFORE, LEFT_OPEN = timedelta(days=30), timedelta(days=5), timedelta(days=50)


def load_guidance(city: Region, *, since: date) -> None:
    """Guides for the schools that have none, and the inspections of the last months, which no
    figure counts.
    """
    today = timezone.localdate()
    schools = list(School.objects.filter(city=city).in_order())
    held = {
        link.school_id: link.user for link in Liaison.objects.filter(school__city=city).select_related("user")
    }
    reporters = own_people(city)
    people = [_guide(city, numeral, since) for numeral in NUMERALS[:GUIDES]]
    for number, school in enumerate(schools):
        guide = held.get(school.pk)
        if guide is None:
            guide = people[number * GUIDES // len(schools)]
            Liaison.objects.create(user=guide, school=school, since=since)
        if number % MISSED_EVERY != MISSED_EVERY - 1:
            day = nearest_workday(today - timedelta(days=20 + 3 * (number % 30)))
            _visit(school, guide, number, day, reporters[school.pk])


def _visit(school: School, guide: User, number: int, day: date, reporter: int) -> None:
    """A visit that looked at three points; now and then it found something."""
    is_found = number % FOUND_EVERY == 0
    points = {"师资库": "好", "培训计划": "好", "宣传栏": "须改进" if is_found else "好"}
    finding = FINDINGS[number % len(FINDINGS)]
    visit = Visit.objects.create(
        school=school, by=guide, on=day, kind=Visit.Kind.INSPECTION, checklist=points, findings=finding
    )
    if not is_found:
        return
    due, mended = day + MENDED_IN, {}
    if timezone.localdate() - day > LEFT_OPEN:
        at, closed = noon(due - REPORTED_BEFORE), noon(due)
        mended = {
            "report": "已整改到位。",
            "reported_at": at,
            "reported_by_id": reporter,
            "closed_at": closed,
            "closed_by": guide,
        }
    Problem.objects.create(
        visit=visit, text=PROBLEMS[number % len(PROBLEMS)], owner="组织委员", due=due, **mended
    )


def _guide(city: Region, numeral: str, since: date) -> User:
    """An account nobody can sign in to: it only lends its name."""
    user = User.objects.create_user(
        f"guide-{ord(numeral):x}", name=f"联系人员{numeral}", city=city, must_change_password=False
    )
    Appointment.objects.create(user=user, role=Role.LIAISON, city=city, start=since)
    return user


NOTES = (
    (
        "好的方面：教室、设备齐全，台账随班登记，群众评价较好。存在问题："
        "远程教育终端使用记录不连续。改进建议：每次使用后当天登记。"
    ),
    (
        "好的方面：书记带头授课，主体班次落实。存在问题：师资库专家型师资偏少。改进建议："
        "与市委党校联系，充实专家型师资。"
    ),
    (
        "好的方面：现场教学点有特色。存在问题：培训集中在下半年，上半年办班偏少。改进建议："
        "年初排定计划，按月均衡办班。"
    ),
)


def note_visits(city: Region, *, by: User) -> None:
    """Feedback for the first schools of the year that stands before its bulletin; the teams went there in
    November.
    """
    rows = Assessment.objects.filter(scheme__city=city).select_related("scheme").in_order()
    for number, (assessment, text) in enumerate(zip(rows, NOTES, strict=False)):
        visited_on = nearest_workday(dt.date(assessment.scheme.year, 11, 10 + number))
        save_feedback(assessment, {"text": text, "visited_on": visited_on}, version=0, by=by)
