"""Who may sign in to look around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password

from schools.models import Appointment, Liaison, Region, School, User
from schools.models.people import Role
from schools.models.scope import SCHOOL_ROLES


@dataclass(frozen=True)
class DemoAccount:
    """Who may sign in to look around; `reach` says what an appointment of the role hangs on."""

    username: str
    name: str
    role: str
    reach: str = "city"


#: Office and chair of the second city carry a 2.
FIRST_CITY = (
    DemoAccount("filler", "陈填报", Role.FILLER, "school"),
    DemoAccount("head", "李校长", Role.HEAD, "school"),
    DemoAccount("county", "张初评", Role.COUNTY, "county"),
    DemoAccount("county_lead", "周部长", Role.COUNTY_LEAD, "county"),
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


def make_accounts(
    entries: tuple[DemoAccount, ...], city: Region, password: str, *, since: date
) -> list[User]:
    """The accounts of one city that one can sign in to; none of them has to change its password first."""
    hashed = make_password(password)
    return [_account(entry, city, hashed, since) for entry in entries]


def _account(entry: DemoAccount, city: Region, hashed: str, since: date) -> User:
    user = User.objects.create(
        username=entry.username,
        name=entry.name,
        city=city,
        password=hashed,
        must_change_password=False,
        is_staff=entry.role in STAFF,
    )
    school = School.objects.filter(city=city).in_order().first()
    reach = {"school": {"school": school}, "county": {"county": school.county}, "city": {}}[entry.reach]
    Appointment.objects.create(user=user, role=entry.role, city=city, start=since, **reach)
    if entry.role == Role.LIAISON:
        guided = School.objects.filter(city=city).in_order()[:GUIDED]
        Liaison.objects.bulk_create(Liaison(user=user, school=one, since=since) for one in guided)
    return user


def make_school_people(city: Region, *, since: date) -> None:
    """A filler and a head for every school that has none, with accounts nobody can sign in to; the last
    schools lack a filler.
    """
    schools = list(School.objects.filter(city=city).in_order())
    held = set(Appointment.objects.filter(city=city, role__in=SCHOOL_ROLES).values_list("role", "school"))
    places = [(Role.FILLER, school) for school in schools[: len(schools) - WITHOUT_FILLER]] + [
        (Role.HEAD, school) for school in schools
    ]
    lacking = [(role, school) for role, school in places if (role, school.pk) not in held]
    people = User.objects.bulk_create(
        User(
            username=f"{role}-{school.code}",
            name=SURNAMES[number % len(SURNAMES)] + GIVEN[number % len(GIVEN)],
            city=city,
            must_change_password=False,
            password=make_password(None),
        )
        for number, (role, school) in enumerate(lacking, User.objects.count())
    )
    Appointment.objects.bulk_create(
        Appointment(user=user, role=role, city=city, school=school, start=since)
        for user, (role, school) in zip(people, lacking, strict=True)
    )


def own_people(city: Region) -> dict[int, int]:
    """By school, who answers for its records: the first of its fillers, or its head."""
    held = Appointment.objects.filter(city=city, role__in=SCHOOL_ROLES).order_by("-role", "-pk")
    return dict(held.values_list("school", "user"))
