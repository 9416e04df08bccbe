"""填报工作交接: one person of a school hands over to another; what is open is listed, what waits for a person
moves with the duty.

Assessments, records and drafts belong to the school and stay; only messages belong to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, Correction, Handover, Notice, Problem, Role, School, User
from schools.models.scope import ADMINISTRATORS, SCHOOL_ROLES
from schools.permissions import may
from schools.saving import Refused
from schools.site.contributions import contributed
from schools.teaching import months

from .passwords import one_time_password


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
    held = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, school__closed_on__isnull=True)
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
    kept = User.objects.filter(pk__in=near.values("user"), is_active=True, is_staff=False)
    administrators = Appointment.objects.in_force().filter(role__in=ADMINISTRATORS).values("user")
    same = (
        Appointment.objects.in_force()
        .filter(role=appointment.role, school=appointment.school_id)
        .values("user")
    )
    return kept.exclude(Q(pk__in=administrators) | Q(pk__in=same)).order_by("name", "username")


def open_duties(school: School) -> list[tuple[str, str]]:
    """Everything a successor must know is open, as it stands now."""
    found = [line for provider in contributed("duties") for line in provider(school)]
    unconfirmed = [f"{one.year}年{one.month}月" for one in months.unanswered(school) if not one.is_confirmed]
    found.append(("未确认月报", "、".join(unconfirmed) or "没有"))
    problems = Problem.objects.open().filter(visit__school=school).order_by("due", "pk")
    found += [
        ("待整改问题", f"{one.text}" + (f"（期限 {one.due:%Y-%m-%d}）" if one.due else ""))
        for one in problems
    ]
    if not problems:
        found.append(("待整改问题", "没有"))
    waiting = Correction.objects.pending().filter(school=school)
    found += [("待审核数据更正", str(one)) for one in waiting] or [("待审核数据更正", "没有")]
    return found


@transaction.atomic
def hand_over(
    appointment: Appointment, *, to: User | None = None, new: NewAccount | None = None, by: User, reason: str
) -> tuple[Handover, str]:
    """Ends one appointment and begins the other; the second value is the one-time password of a new account,
    else "".

    The outgoing person loses the role at once, except on the very day they began. Raises Refused.
    """
    School.objects.hold(appointment.school_id)
    held = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("school__city", "user")
        .get(pk=appointment.pk)
    )
    today = timezone.localdate()
    if (held.end is not None and held.end < today) or Handover.objects.filter(ended=held).exists():
        raise Refused("这项任职已经结束或已经交接，不能再办。")
    if to is not None and not candidates(held).filter(pk=to.pk).exists():
        raise Refused("接收人不在可选范围内，或已在本校担任同一角色。")
    contents = open_duties(held.school)
    password = ""
    if to is None:
        password = one_time_password()
        to = _account(new, held.school, password)
        audit.record(
            "account",
            by=by,
            city=held.school.city,
            subject=f"{to.name}（{to.username}）",
            detail={"操作": "交接时新建账号"},
        )
    held.end = max(held.start, today - timedelta(days=1))
    held.save(update_fields=["end"])
    begun = Appointment(user=to, role=held.role, school=held.school, start=today)
    begun.full_clean()
    begun.save()
    handover = Handover.objects.create(
        school=held.school, ended=held, begun=begun, reason=reason.strip(), contents=contents, by=by
    )
    handover.moved_notices = _move_notices(held, to)
    handover.save(update_fields=["moved_notices"])
    url = reverse("schools:handover", args=[handover.pk])
    notify(
        [to],
        f"您已接任{held.school}{held.get_role_display()}，请查看交接单中的待办事项。",
        url=url,
        key=f"handover-{handover.pk}",
        school=held.school,
    )
    audit.record(
        "appointment",
        by=by,
        city=held.school.city,
        subject=f"{held.school.name} {held.get_role_display()}交接",
        detail={
            "移交人": str(held.user),
            "接收人": f"{to.name}（{to.username}）",
            "原因": reason.strip(),
            "移交内容": contents,
        },
    )
    return handover, password


def _account(new: NewAccount | None, school: School, password: str) -> User:
    if new is None:
        raise Refused("请选择接收人，或填写新账号。")
    user = User(
        username=User.normalize_username(new.username),
        name=new.name,
        office_phone=new.office_phone,
        city=school.city,
    )
    user.set_password(password)
    user.full_clean()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise Refused("该用户名已被使用。") from error
    return user


def _move_notices(held: Appointment, to: User) -> int:
    """Unread messages about this school; all of them where the person has no other duty left."""
    unread = Notice.objects.unread().filter(user=held.user_id)
    if Appointment.objects.in_force().filter(user=held.user_id).exists():
        unread = unread.filter(school=held.school_id)
    rows = list(unread)
    Notice.objects.bulk_create(
        [
            Notice(
                user=to,
                text=one.text,
                url=one.url,
                key=one.key,
                school=one.school,
                at=one.at,
                mailed_at=one.mailed_at,
            )
            for one in rows
        ],
        ignore_conflicts=True,
    )
    Notice.objects.filter(pk__in=[one.pk for one in rows]).update(read_at=timezone.now())
    return len(rows)
