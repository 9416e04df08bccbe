"""联合办班: one school hosts and counts the class, the others confirm that they took part with their own
attendance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from schools.messages.inbox import notify
from schools.models import Appointment, JointPartner, School, TrainingClass, User
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Refused

from .classes import DuplicateClass, refuse_locked, twin_of

#: What a school that takes part copies from the host; attendance is its own, the money stays the host's.
SHARED = ("starts_on", "ends_on", "name", "category", "form", "audience", "hours", "first_lesson", "place")


def invite(record: TrainingClass, partners: Iterable[School], *, by: User) -> None:
    """Name the schools that take part; each hears of it once."""
    for school in partners:
        if school.pk == record.school_id:
            continue
        partner, made = JointPartner.objects.get_or_create(host_class=record, school=school)
        if made:
            url = reverse("schools:joint", args=[partner.pk])
            _tell(
                school, f"{record.school}登记了联合办班“{record.name}”，请确认本校参加的人次。", url, partner
            )


def _tell(school: School, text: str, url: str, partner: JointPartner) -> None:
    people = (
        Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, school=school).select_related("user")
    )
    notify(
        {one.user_id: one.user for one in people}.values(),
        text,
        url=url,
        key=f"joint-{partner.pk}",
        school=school,
    )


def waiting_for(school: School) -> list[JointPartner]:
    """What the school has not answered yet."""
    return list(
        JointPartner.objects.filter(school=school)
        .waiting()
        .select_related("host_class__school")
        .order_by("host_class__starts_on")
    )


def unanswered(partner: JointPartner) -> JointPartner:
    """The invitation under lock; raises Refused where it needs no answer any more."""
    found = (
        JointPartner.objects.select_for_update(of=("self",))
        .select_related("host_class__school", "school")
        .get(pk=partner.pk)
    )
    if found.record_id:
        raise Refused("本校已经确认参加。")
    if found.declined_at:
        raise Refused("本校已经答复不参加。")
    if found.host_class.is_voided:
        raise Refused("主办校已将这一班次作废，不需要再确认。")
    return found


@transaction.atomic
def join(partner: JointPartner, attendance: int, *, by: User) -> TrainingClass:
    """The record 参加 of this school. Of a signed day it is asked for instead: `corrected.ask_join`."""
    School.objects.hold(partner.school_id)
    partner = unanswered(partner)
    refuse_locked(partner.school, partner.host_class.starts_on)
    record = TrainingClass.objects.create(
        school=partner.school, recorded_by=by, **values_of(partner, attendance)
    )
    enter(partner, record)
    return record


def values_of(partner: JointPartner, attendance: int) -> dict[str, Any]:
    """The host's class with the school's own attendance. Raises DuplicateClass where the school registered it
    already.
    """
    host = partner.host_class
    existing = twin_of(partner.school, host.starts_on, host.name)
    if existing:
        raise DuplicateClass(existing)
    return {name: getattr(host, name) for name in SHARED} | {
        "part": TrainingClass.Part.PARTICIPANT,
        "attendance": attendance,
    }


def enter(partner: JointPartner, record: TrainingClass) -> None:
    """The record answers the invitation."""
    partner.record = record
    partner.save(update_fields=["record"])


@transaction.atomic
def decline(partner: JointPartner, *, by: User) -> None:
    """The school did not take part."""
    partner = unanswered(partner)
    partner.declined_at = timezone.now()
    partner.save(update_fields=["declined_at"])
