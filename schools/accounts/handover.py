"""填报工作交接: one person of a school hands over to another; what is open is listed, what waits for a person
moves with the duty.

Assessments, records and drafts belong to the school and stay; only messages belong to a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, Handover, Notice, Problem, Role, School, User
from schools.models.scope import ADMINISTRATORS, SCHOOL_ROLES
from schools.permissions import may
from schools.saving import Refused, hold_one
from schools.site.contributions import contributed
from schools.teaching.months import unanswered

from .opening import one_time_password

NOTHING = "没有"


@dataclass(frozen=True)
class NewAccount:
    """The account of a successor who has none."""

    username: str
    name: str
    office_phone: str = ""


@dataclass(frozen=True)
class HandoverPaper:
    """填报工作交接单 as it is shown and printed."""

    template: ClassVar[str] = "documents/papers/handover.html"
    handover: Handover

    @property
    def title(self) -> str:
        """Names the file too."""
        return f"{self.handover.school.name}填报工作交接单"


def replaceable(user: User) -> QuerySet[Appointment]:
    """Appointments of schools that this person may hand over: the county's lead its own, the office where
    there are no counties.
    """
    identity = user.identity
    if not may(user, "hand_over"):
        return Appointment.objects.none()
    held = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, school__in=School.objects.open_on())
    if identity.role == Role.COUNTY_LEAD:
        return held.filter(school__county=identity.county_id)
    return held.filter(city=identity.city_id, school__county__isnull=True)


def candidates(appointment: Appointment) -> QuerySet[User]:
    """Existing accounts that may succeed: people of the same county's schools, without administrators and the
    one who goes.
    """
    near = Appointment.objects.filter(
        role__in=SCHOOL_ROLES, school__city=appointment.city_id, school__county=appointment.school.county_id
    )
    same = Q(role=appointment.role, school=appointment.school_id)
    held = Appointment.objects.in_force().filter(Q(role__in=ADMINISTRATORS) | same)
    people = User.objects.filter(pk__in=near.values("user"), is_active=True, is_staff=False)
    return people.exclude(pk__in=held.values("user")).order_by("name", "username")


def open_duties(school: School) -> list[tuple[str, str]]:
    """Everything a successor must know is open, as it stands now."""
    duties = [line for provider in contributed("duties") for line in provider(school)]
    owed = [f"{month.year}年{month.month}月" for month in unanswered(school) if not month.is_confirmed]
    problems = Problem.objects.open().filter(visit__school=school).order_by("due", "pk")
    return [
        *duties,
        ("未确认月报", "、".join(owed) or NOTHING),
        *_listed("待整改问题", map(_with_due, problems)),
        *_listed("待审核数据更正", map(str, school.corrections.pending())),
    ]


def _listed(kind: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    return [(kind, text) for text in texts] or [(kind, NOTHING)]


def _with_due(problem: Problem) -> str:
    return f"{problem.text}（期限 {problem.due:%Y-%m-%d}）" if problem.due else problem.text


@transaction.atomic
def hand_over(
    appointment: Appointment, successor: User | NewAccount, *, by: User, reason: str
) -> tuple[Handover, str]:
    """Ends one appointment and begins the other; the second value is the one-time password of a new account,
    else "".

    The outgoing person loses the role at once, except on the very day they began. Raises Refused.
    """
    School.objects.hold(appointment.school_id)
    held = hold_one(Appointment.objects.all(), appointment.pk, "school__city", "user")
    today = timezone.localdate()
    if (held.end is not None and held.end < today) or Handover.objects.filter(ended=held).exists():
        raise Refused("这项任职已经结束或已经交接，不能再办。")
    is_new = isinstance(successor, NewAccount)
    if not is_new and not candidates(held).filter(pk=successor.pk).exists():
        raise Refused("接收人不在可选范围内，或已在本校担任同一角色。")
    school, reason = held.school, reason.strip()
    contents = open_duties(school)
    password = one_time_password() if is_new else ""
    to = _account(successor, school, password, by) if is_new else successor
    held.end = max(held.start, today - timedelta(days=1))
    held.save(update_fields=["end"])
    begun = Appointment(user=to, role=held.role, school=school, start=today)
    begun.full_clean()
    begun.save()
    handover = Handover.objects.create(
        school=school,
        ended=held,
        begun=begun,
        reason=reason,
        contents=contents,
        moved_notices=_move_notices(held, to),
        by=by,
    )
    role = held.get_role_display()
    text = f"您已接任{school}{role}，请查看交接单中的待办事项。"
    url = reverse("schools:handover", args=[handover.pk])
    notify([to], text, url=url, key=f"handover-{handover.pk}", school=school)
    detail = {
        "移交人": str(held.user),
        "接收人": to.in_full,
        "原因": reason,
        "移交内容": contents,
    }
    subject = f"{school.name} {role}交接"
    audit.record("appointment", by=by, city=school.city, subject=subject, detail=detail)
    return handover, password


def _account(new: NewAccount, school: School, password: str, by: User) -> User:
    username = User.normalize_username(new.username)
    user = User(username=username, name=new.name, office_phone=new.office_phone, city=school.city)
    user.set_password(password)
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Refused("该用户名已被使用。") from error
    who, detail = user.in_full, {"操作": "交接时新建账号"}
    audit.record("account", by=by, city=school.city, subject=who, detail=detail)
    return user


def _move_notices(held: Appointment, to: User) -> int:
    """Unread messages about this school; all of them where the person has no other duty left."""
    unread = Notice.objects.unread().filter(user=held.user_id)
    if Appointment.objects.in_force().filter(user=held.user_id).exists():
        unread = unread.filter(school=held.school_id)
    notices = list(unread)
    moved = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
    for notice in notices:
        notice.pk, notice.user = None, to
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return moved.update(read_at=timezone.now())
