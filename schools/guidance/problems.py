"""Until a problem is gone: the school reports, whoever guides looks again and closes or sends back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from schools.messages.inbox import notify
from schools.models import Liaison, LiaisonOpinion, Problem, School, User, Visit
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Refused


def add_problems(visit: Visit, problems: Iterable[Mapping[str, object]]) -> None:
    """What the visit found; the school hears of it."""
    found = [Problem.objects.create(visit=visit, **problem) for problem in problems]
    if found:
        people = User.objects.filter(
            appointments__in=visit.school.appointments.in_force().filter(role__in=SCHOOL_ROLES)
        ).distinct()
        text = (
            f"{visit.by.name} {visit.on.month}月{visit.on.day}日 走访提出 {len(found)} 个问题，请整改后上报"
        )
        notify(
            people,
            text,
            url=reverse("schools:guidance_school", args=[visit.school_id]),
            key=f"visit:{visit.pk}",
        )


def _locked(problem: Problem) -> Problem:
    found = (
        Problem.objects.select_for_update(of=("self",))
        .select_related("visit__school", "visit__by")
        .get(pk=problem.pk)
    )
    if found.closed_at is not None:
        raise Refused("这个问题已经销号。")
    if found.visit.is_voided:
        raise Refused("提出这个问题的走访已经作废，不必整改。")
    return found


def report_problem(problem: Problem, *, by: User, report: str) -> None:
    """已整改: what the school did; whoever found the problem is told."""
    with transaction.atomic():
        found = _locked(problem)
        found.report, found.reported_at, found.reported_by, found.recheck = report, timezone.now(), by, ""
        found.save(update_fields=["report", "reported_at", "reported_by", "recheck"])
        key = f"problem-reported:{found.pk}:{found.reported_at:%Y%m%d%H%M%S%f}"
        notify(
            [found.visit.by],
            f"{found.visit.school}已上报整改：{found.text}，请复查",
            url=_address(found),
            key=key,
        )


def recheck_problem(
    problem: Problem, *, by: User, passed: bool, remark: str, due: date | None = None
) -> None:
    """复查: closed for good, or back to the school with what is still missing and a new day."""
    with transaction.atomic():
        found = _locked(problem)
        found.recheck = remark
        if passed:
            found.closed_at, found.closed_by = timezone.now(), by
        elif not remark.strip():
            raise Refused("复查未通过的，请写明还差什么。")
        else:
            found.report, found.reported_at, found.reported_by = "", None, None
            found.due = due or found.due
        found.save(
            update_fields=["recheck", "closed_at", "closed_by", "report", "reported_at", "reported_by", "due"]
        )
        people = User.objects.filter(
            appointments__in=found.visit.school.appointments.in_force().filter(role__in=SCHOOL_ROLES)
        ).distinct()
        text = f"问题已销号：{found.text}" if passed else f"复查未通过：{found.text}（{remark}）"
        notify(
            people,
            text,
            url=_address(found),
            key=f"problem-rechecked:{found.pk}:{timezone.now():%Y%m%d%H%M%S%f}",
        )


def _address(problem: Problem) -> str:
    return reverse("schools:guidance_school", args=[problem.visit.school_id])


def opinions_of(school: School, year: int) -> QuerySet[LiaisonOpinion]:
    """The year's opinions with their writers."""
    return LiaisonOpinion.objects.filter(school=school, year=year).select_related("by")


def give_opinion(school: School, *, year: int, by: User, text: str) -> LiaisonOpinion:
    """Write or rewrite one's own opinion; only who guides the school today has one."""
    if not Liaison.objects.current().filter(user=by, school=school).exists():
        raise Refused("年度指导意见由挂点联系该校的人员填写。")
    with transaction.atomic():
        row, _ = LiaisonOpinion.objects.update_or_create(
            school=school, year=year, by=by, defaults={"text": text, "at": timezone.now()}
        )
    return row
