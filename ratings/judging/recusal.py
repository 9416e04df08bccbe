"""回避: nobody scores a school that they guide or work for."""

from __future__ import annotations

from collections.abc import Iterable

from ratings.models import Judge
from schools.models import Appointment, Liaison, School
from schools.models.scope import SCHOOL_ROLES


def conflicts(judges: Iterable[Judge], schools: Iterable[School]) -> list[str]:
    """One sentence for every judge who may not score one of the schools today; two queries for any number of either."""
    seated = {judge.user_id: judge for judge in judges if judge.user_id}
    named = {school.pk: school for school in schools}
    guides = Liaison.objects.current().filter(user__in=seated, school__in=named).values_list("user_id", "school_id")
    works = (
        Appointment.objects.in_force().filter(user__in=seated, school__in=named, role__in=SCHOOL_ROLES).values_list("user_id", "school_id")
    )
    return [f"{seated[user].label}挂点联系指导{named[school].name}，不能评审该校。" for user, school in sorted(set(guides))] + [
        f"{seated[user].label}是{named[school].name}的工作人员，不能评审该校。" for user, school in sorted(set(works))
    ]


def must_recuse(judge: Judge, school: School) -> str:
    """Why this judge may not score this school, or ""."""
    return next(iter(conflicts([judge], [school])), "")
