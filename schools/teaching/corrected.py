"""Classes of a locked period: what the school asks for, with the lessons, until county or office agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db import transaction

from schools.models import Correction, JointPartner, School, TrainingClass, User
from schools.records import corrections
from schools.records.changes import plain
from schools.records.corrections import EXTRAS
from schools.saving import Refused

from . import joint
from .classes import LESSONS, DuplicateClass, LessonIn, lessons_of, twin_of, worded_lessons, write_lessons

#: The key under which a request keeps which invitation to a joint class it answers.
INVITATION = "invitation"


def ask_add(
    school: School, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str
) -> Correction:
    """A class held in a period the school has signed."""
    existing = twin_of(school, values["starts_on"], values["name"])
    if existing:
        raise DuplicateClass(existing)
    words = {LESSONS: worded_lessons(lessons)} if lessons else {}
    return corrections.request_add(
        TrainingClass, school, values, by=by, reason=reason, extras=_extras(lessons), words=words
    )


@transaction.atomic
def ask_join(partner: JointPartner, attendance: int, *, by: User, reason: str) -> Correction:
    """That the school took part in a joint class of a day it has signed. Raises Refused where the answer is
    on its way.
    """
    School.objects.hold(partner.school_id)
    partner = joint.unanswered(partner)
    if waiting := joining_asked(partner):
        raise Refused(f"本校已于{waiting.asked_at:%m月%d日}提交数据更正，正在等待审核，不需要再次提交。")
    values = joint.values_of(partner, attendance)
    return corrections.request_add(
        TrainingClass, partner.school, values, by=by, reason=reason, extras={INVITATION: partner.pk}
    )


def joining_asked(partner: JointPartner) -> Correction | None:
    """The request by which the school answers this invitation, while it waits."""
    asked = Correction.objects.pending().filter(
        school=partner.school_id, act=Correction.Act.ADD, model=TrainingClass._meta.label_lower
    )
    return next((one for one in asked if _invitation(one.new.get(EXTRAS)) == partner.pk), None)


def ask_change(
    record: TrainingClass, values: Mapping[str, Any], lessons: list[LessonIn], *, by: User, reason: str
) -> Correction:
    """Other values for a class of a period the school has signed, or into one."""
    existing = twin_of(record.school, values["starts_on"], values["name"], but=record.pk)
    if existing:
        raise DuplicateClass(existing)
    before, after = worded_lessons(lessons_of(record)), worded_lessons(lessons)
    if before == after:
        return corrections.request_change(record, values, by=by, reason=reason)
    words = ({LESSONS: before}, {LESSONS: after})
    return corrections.request_change(
        record, values, by=by, reason=reason, extras=_extras(lessons), words=words
    )


def ask_void(record: TrainingClass, *, by: User, reason: str) -> Correction:
    """That a class of a signed period no longer count."""
    return corrections.request_void(record, by=by, reason=reason)


def _extras(lessons: Iterable[LessonIn]) -> list[dict[str, Any]]:
    return [{**asdict(one), "hours": plain(one.hours)} for one in lessons]


def _invitation(extras: Any) -> int | None:
    return extras.get(INVITATION) if isinstance(extras, Mapping) else None


def write_rows(record: TrainingClass, extras: Any, by: User) -> None:
    """Lessons, or the answer to a host, are written together with an approved correction."""
    if key := _invitation(extras):
        joint.enter(joint.unanswered(JointPartner(pk=key)), record)
        return
    write_lessons(record, [LessonIn(**{**one, "hours": Decimal(one["hours"])}) for one in extras])
