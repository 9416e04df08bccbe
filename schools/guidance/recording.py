"""Writing down who guides, what was looked at, and by which group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from schools import audit
from schools.models import Correction, GuidanceTeam, Liaison, Role, School, User, Visit
from schools.records import corrections
from schools.records.changes import plain
from schools.records.locks import lock_of
from schools.saving import Refused

from .problems import add_problems

#: 六项走访 of 吴川.
POINTS = ("师资库", "管理制度", "培训计划", "宣传栏", "远程教育终端", "办学场所")
REMARKS = ("好", "须改进")


def record_visit(
    school: School,
    *,
    by: User,
    on: date,
    kind: str,
    checklist: Mapping[str, str],
    findings: str,
    problems: Iterable[Mapping[str, object]] = (),
    team: GuidanceTeam | None = None,
    reason: str = "",
) -> Visit | Correction:
    """A visit with the problems it found, which the school is told of. Points not looked at are left out of
    `checklist`.

    A visit counts in 走访指导次数: where the school has signed the day, it becomes a request, which owes a
    `reason`.
    """
    if on > timezone.localdate():
        raise Refused("走访日期不能晚于今天。")
    looked_at = {point: checklist[point] for point in POINTS if checklist.get(point) in REMARKS}
    values = {"by": by, "on": on, "kind": kind, "team": team, "checklist": looked_at, "findings": findings}
    with transaction.atomic():
        School.objects.hold(school.pk)
        if Visit.objects.kept().filter(school=school, by=by, on=on, kind=kind).exists():
            raise Refused(f"您 {on:%Y-%m-%d} 对该校已登记同类走访，请打开那一次走访核对，不必重复登记。")
        if lock_of(school, on):
            return ask_visit(school, values, list(problems), by=by, reason=reason)
        visit = Visit.objects.create(school=school, **values)
        add_problems(visit, problems)
    return visit


def void_visit(visit: Visit, *, by: User, reason: str) -> Visit | Correction:
    """Take a visit out of every count; problems it found no longer wait. Of a signed day it is asked for."""
    with transaction.atomic():
        School.objects.hold(visit.school_id)
        locked = Visit.objects.select_for_update().select_related("school__city").get(pk=visit.pk)
        if not locked.is_voided and lock_of(locked.school, locked.on):
            return ask_void(locked, by=by, reason=reason)
        locked.void(by=by, reason=reason)
        audit.record(
            "void",
            by=by,
            city=locked.school.city,
            subject=f"{locked.school} 走访 {locked}",
            detail={"原因": reason},
        )
    return locked


def assign(user: User, schools: Sequence[School], *, by: User, since: date) -> int:
    """Make `user` the guide of these schools from a day on; those already guided by this person are left
    alone.

    Only who holds the role of a liaison in the city of the schools can be assigned.
    """
    cities = {school.city_id for school in schools}
    if not all(user.appointments.in_force().filter(role=Role.LIAISON, city=city).exists() for city in cities):
        raise Refused(f"{user.name}没有挂点联系指导人员的任职，请先由安全管理员授予。")
    with transaction.atomic():
        held = set(
            Liaison.objects.select_for_update()
            .filter(user=user, until__isnull=True)
            .values_list("school", flat=True)
        )
        added = [school for school in schools if school.pk not in held]
        Liaison.objects.bulk_create(Liaison(user=user, school=school, since=since) for school in added)
        if added:
            detail = {"党校": [str(school) for school in added], "自": since.isoformat()}
            audit.record(
                "appointment", by=by, city=added[0].city, subject=f"挂点联系 {user.name}", detail=detail
            )
    return len(added)


def end_liaison(liaison: Liaison, *, by: User, today: date) -> None:
    """The link ends with yesterday, or with the day it began; the record stays."""
    with transaction.atomic():
        locked = Liaison.objects.select_for_update().select_related("school__city", "user").get(pk=liaison.pk)
        if locked.until is not None:
            raise Refused("这一挂点联系已经结束。")
        locked.until = max(locked.since, today - timedelta(days=1))
        locked.save(update_fields=["until"])
        subject, city = f"挂点联系 {locked.user.name}", locked.school.city
        audit.record(
            "appointment",
            by=by,
            city=city,
            subject=subject,
            detail={"党校": str(locked.school), "止": locked.until.isoformat()},
        )


def save_team(team: GuidanceTeam, members: Iterable[User], *, by: User) -> GuidanceTeam:
    """A new or changed group with its members; a name in use is refused."""
    try:
        with transaction.atomic():
            team.save()
            team.members.set(members)
            detail = {"成员": sorted(member.name for member in team.members.all())}
            audit.record(
                "appointment",
                by=by,
                city=team.city,
                subject=f"{team.get_kind_display()} {team.name}",
                detail=detail,
            )
    except IntegrityError as clash:
        raise Refused(f"已有名为“{team.name}”的指导组，请换一个名称。") from clash
    return team


def dissolve(team: GuidanceTeam, *, by: User, today: date) -> None:
    """The group takes no more visits; those it made keep its name."""
    with transaction.atomic():
        GuidanceTeam.objects.filter(pk=team.pk, until__isnull=True).update(until=today)
        audit.record(
            "appointment", by=by, city=team.city, subject=f"撤销{team.get_kind_display()} {team.name}"
        )


PROBLEMS = "发现的问题"


def ask_visit(
    school: School,
    values: Mapping[str, Any],
    problems: Sequence[Mapping[str, object]],
    *,
    by: User,
    reason: str,
) -> Correction:
    """A visit that was not registered before the school signed."""
    rows = [{name: plain(value) for name, value in problem.items()} for problem in problems]
    words = {PROBLEMS: "；".join(str(problem["text"]) for problem in problems)} if problems else {}
    return corrections.request_add(
        Visit, school, values, by=by, reason=reason, extras=rows or None, words=words
    )


def ask_void(visit: Visit, *, by: User, reason: str) -> Correction:
    """That a visit the school has signed no longer count."""
    return corrections.request_void(visit, by=by, reason=reason)


def write_rows(visit: Visit, extras: list[dict[str, Any]], by: User) -> None:
    """Problems are written together with an approved visit."""
    add_problems(
        visit, [{**one, "due": date.fromisoformat(one["due"]) if one.get("due") else None} for one in extras]
    )
