"""Who may sign in to look around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from schools.models import Appointment, Liaison, Region, School, User
from schools.models.people import Role


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
    *(DemoAccount(f"judge{number}", f"评委{numeral}", Role.JUDGE) for number, numeral in enumerate("一二三四五", 1)),
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


@transaction.atomic
def make_accounts(entries: tuple[DemoAccount, ...], city: Region, password: str) -> list[User]:
    """Create or refresh the accounts of one city."""
    hashed = make_password(password)
    return [_account(entry, city, hashed) for entry in entries]


def _account(entry: DemoAccount, city: Region, hashed: str) -> User:
    """Create or refresh one account; the password never has to be changed at first sign-in of a demo."""
    user, _ = User.objects.update_or_create(
        username=entry.username,
        defaults={"name": entry.name, "city": city, "password": hashed, "must_change_password": False, "is_staff": entry.role in STAFF},
    )
    school = School.objects.filter(city=city).order_by("order", "code").first()
    reach = {"school": {"school": school}, "county": {"county": school.county}, "city": {}}[entry.reach]
    if not user.appointments.filter(role=entry.role).exists():
        Appointment.objects.create(user=user, role=entry.role, city=city, **reach)
    if entry.role == Role.LIAISON and not Liaison.objects.filter(user=user).exists():
        for guided in School.objects.filter(city=city).order_by("order", "code")[:GUIDED]:
            Liaison.objects.create(user=user, school=guided, since=date(timezone.localdate().year, 1, 1))
    return user
