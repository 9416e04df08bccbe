"""Who may sign in to look around, and who only lends a name; and what the guides among them found."""

import datetime as dt
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from ratings.judging.visits import save_feedback
from ratings.models import Assessment
from schools.models import Appointment, Liaison, Problem, Region, Role, School, User, Visit
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES

from .sample import nearest_workday, noon


class DemoAccount(NamedTuple):
    """Who may sign in to look around: for the first school, its county or the city, as the role has it."""

    username: str
    name: str
    role: str


#: Office and chair of the second city carry a 2.
FIRST_CITY = (
    DemoAccount("filler", "陈填报", Role.FILLER),
    DemoAccount("head", "李校长", Role.HEAD),
    DemoAccount("county", "张初评", Role.COUNTY),
    DemoAccount("county_lead", "周部长", Role.COUNTY_LEAD),
    DemoAccount("liaison", "林老师", Role.LIAISON),
    *(
        DemoAccount(f"judge{number}", f"评委{numeral}", Role.JUDGE)
        for number, numeral in enumerate("一二三四五", 1)
    ),
    DemoAccount("office", "王科", Role.OFFICE),
    DemoAccount("chair", "黄主任", Role.CHAIR),
    DemoAccount("viewer", "吴常委", Role.VIEWER),
    DemoAccount("sysadmin", "系统管理员", Role.SYSADMIN),
    DemoAccount("security", "安全管理员", Role.SECURITY),
    DemoAccount("auditor", "审计管理员", Role.AUDITOR),
)
SECOND_CITY = (DemoAccount("office2", "何科", Role.OFFICE), DemoAccount("chair2", "郑主任", Role.CHAIR))
#: Roles that work in the administration pages.
STAFF = (Role.SYSADMIN, Role.SECURITY)
#: How many schools the demo liaison guides.
GUIDED = 3
#: Schools at the end of the list whose filler has left: the security administrator appoints a new one.
WITHOUT_FILLER = 2
#: Names of people nobody can sign in as; the lengths have no common divisor, so that none comes twice.
SURNAMES = "林黄张李王吴刘蔡杨许郑"
GIVEN = (
    "晓敏",
    "志强",
    "丽华",
    "国平",
    "秀英",
    "文斌",
    "海燕",
    "少波",
    "美玲",
    "俊杰",
    "淑贞",
    "伟明",
    "佳慧",
)


def appoint(city: Region, account: DemoAccount, *, password: str | None = None, **held: Any) -> User:
    """An account of the city in office, ready to work; without a (hashed) password it only lends its name."""
    user = User.objects.create(
        username=account.username,
        name=account.name,
        city=city,
        password=password or make_password(None),
        must_change_password=False,
        is_staff=account.role in STAFF,
    )
    Appointment.objects.create(user=user, role=account.role, city=city, **held)
    return user


def make_accounts(
    entries: tuple[DemoAccount, ...], city: Region, password: str, *, since: date
) -> list[User]:
    """The accounts of one city that one can sign in to; none of them has to change its password first."""
    hashed, schools = make_password(password), list(School.objects.filter(city=city).in_order()[:GUIDED])
    users = []
    for entry in entries:
        reach = {}
        if entry.role in SCHOOL_ROLES:
            reach = {"school": schools[0]}
        elif entry.role in COUNTY_ROLES:
            reach = {"county": schools[0].county}
        users.append(appoint(city, entry, password=hashed, start=since, **reach))
        if entry.role == Role.LIAISON:
            Liaison.objects.bulk_create(
                Liaison(user=users[-1], school=school, since=since) for school in schools
            )
    return users


def make_school_people(city: Region, *, since: date) -> None:
    """A filler and a head for every school that has none, with accounts nobody can sign in to; the last
    schools lack a filler.
    """
    schools = list(School.objects.filter(city=city).in_order())
    held = set(Appointment.objects.filter(city=city, role__in=SCHOOL_ROLES).values_list("role", "school"))
    places = [(Role.FILLER, school) for school in schools[:-WITHOUT_FILLER]]
    places += [(Role.HEAD, school) for school in schools]
    lacking = [(role, school) for role, school in places if (role, school.pk) not in held]
    for number, (role, school) in enumerate(lacking, User.objects.count()):
        name = SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)]
        account = DemoAccount(f"{role}-{school.code}", name, role)
        appoint(city, account, school=school, start=since)


def own_people(city: Region) -> dict[int, int]:
    """By school, who answers for its records: the first of its fillers, or its head."""
    held = Appointment.objects.filter(city=city, role__in=SCHOOL_ROLES).order_by("-role", "-pk")
    return dict(held.values_list("school", "user"))


#: Of the people who share the schools that nobody of the demonstration's accounts guides.
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
    schools = list(School.objects.filter(city=city).in_order())
    links = Liaison.objects.filter(school__city=city).select_related("user")
    held, reporters = {link.school_id: link.user for link in links}, own_people(city)
    guides = [
        appoint(city, DemoAccount(f"guide-{ord(numeral):x}", f"联系人员{numeral}", Role.LIAISON), start=since)
        for numeral in NUMERALS
    ]
    for number, school in enumerate(schools):
        guide = held.get(school.pk)
        if guide is None:
            guide = guides[number * len(guides) // len(schools)]
            Liaison.objects.create(user=guide, school=school, since=since)
        if number % MISSED_EVERY != MISSED_EVERY - 1:
            _visit(school, guide, number, reporters[school.pk])


def _visit(school: School, guide: User, number: int, reporter: int) -> None:
    """A visit that looked at three points; now and then it found something."""
    today = timezone.localdate()
    day = nearest_workday(today - timedelta(days=20 + 3 * (number % 30)))
    is_found = number % FOUND_EVERY == 0
    visit = Visit.objects.create(
        school=school,
        by=guide,
        on=day,
        kind=Visit.Kind.INSPECTION,
        checklist={"师资库": "好", "培训计划": "好", "宣传栏": "须改进" if is_found else "好"},
        findings=FINDINGS[number % len(FINDINGS)],
    )
    if not is_found:
        return
    due = day + MENDED_IN
    problem = Problem(visit=visit, text=PROBLEMS[number % len(PROBLEMS)], owner="组织委员", due=due)
    if today - day > LEFT_OPEN:
        problem.report, problem.reported_by_id = "已整改到位。", reporter
        problem.reported_at, problem.closed_at = noon(due - REPORTED_BEFORE), noon(due)
        problem.closed_by = guide
    problem.save()


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
