"""挂点联系: who guides whom, what a visit found, and what became of it.

A problem stays open until it is gone: the school reports, whoever guides looks again, closes or sends back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import (
    Correction,
    GuidanceTeam,
    Liaison,
    LiaisonOpinion,
    Problem,
    Role,
    School,
    User,
    Visit,
)
from schools.records import corrections
from schools.records.changes import plain
from schools.records.locks import lock_of
from schools.saving import Refused, hold, hold_one

#: 六项走访 of 吴川.
POINTS = ("师资库", "管理制度", "培训计划", "宣传栏", "远程教育终端", "办学场所")
REMARKS = ("好", "须改进")
#: How a request for 数据更正 heads the problems of its visit.
PROBLEMS = "发现的问题"


# --- Coverage ---


def narrowing(year: int) -> dict[str, Q | Exists]:
    """Conditions for schools where something is to be done: nobody guides them today, nobody visited them in
    the year, a visit found something that is not closed.
    """
    school = OuterRef("pk")
    return {
        "guide": ~Exists(Liaison.objects.current().filter(school=school)),
        "visit": ~Exists(Visit.objects.kept().filter(school=school, on__year=year)),
        "problem": Exists(Problem.objects.open().filter(visit__school=school)),
    }


def coverage_of(schools: Sequence[School], *, today: date, year: int) -> list[dict[str, Any]]:
    """A line for each of these schools in their order: its guides today, visits of the year and the last of
    them, problems not yet closed. Three queries, however many schools there are.
    """
    keys = [school.pk for school in schools]
    guides: dict[int, list[str]] = defaultdict(list)
    links = Liaison.objects.current(today).filter(school__in=keys).order_by("since", "pk")
    for school, name in links.values_list("school", "user__name"):
        guides[school].append(name)
    visited = Visit.objects.kept().filter(school__in=keys, on__year=year).order_by().values("school")
    visits = {row["school"]: row for row in visited.annotate(visits=Count("pk"), last=Max("on"))}
    unsolved = Problem.objects.open().filter(visit__school__in=keys).order_by().values("visit__school")
    problems = {
        row["visit__school"]: row
        for row in unsolved.annotate(unsolved=Count("pk"), overdue=Count("pk", filter=Q(due__lt=today)))
    }
    nothing = {"visits": 0, "last": None, "unsolved": 0, "overdue": 0}
    return [
        {
            **nothing,
            **visits.get(school.pk, {}),
            **problems.get(school.pk, {}),
            "school": school,
            "guides": guides[school.pk],
        }
        for school in schools
    ]


# --- Guides and groups ---


def assign(user: User, schools: Sequence[School], *, by: User, since: date) -> int:
    """Make `user` the guide of these schools from a day on; those already guided by this person are left
    alone.

    Only who holds the role of a liaison in the city of the schools can be assigned.
    """
    cities = {school.city_id for school in schools}
    if not all(user.appointments.in_force().filter(role=Role.LIAISON, city=city).exists() for city in cities):
        raise Refused(f"{user.name}没有挂点联系指导人员的任职，请先由安全管理员授予。")
    with transaction.atomic():
        held = {link.school_id for link in hold(Liaison.objects.filter(user=user, until__isnull=True))}
        added = [school for school in schools if school.pk not in held]
        Liaison.objects.bulk_create(Liaison(user=user, school=school, since=since) for school in added)
        if added:
            detail = {"党校": [str(school) for school in added], "自": since.isoformat()}
            audit.record(
                "appointment", by=by, city=added[0].city, subject=f"挂点联系 {user.name}", detail=detail
            )
    return len(added)


@transaction.atomic
def end_liaison(liaison: Liaison, *, by: User) -> None:
    """The link ends with yesterday, or with the day it began; the record stays."""
    locked = hold_one(Liaison.objects.all(), liaison.pk, "school__city", "user")
    if locked.until is not None:
        raise Refused("这一挂点联系已经结束。")
    locked.until = max(locked.since, timezone.localdate() - timedelta(days=1))
    locked.save(update_fields=["until"])
    detail = {"党校": str(locked.school), "止": locked.until.isoformat()}
    subject = f"挂点联系 {locked.user.name}"
    audit.record("appointment", by=by, city=locked.school.city, subject=subject, detail=detail)


def save_team(team: GuidanceTeam, members: Iterable[User], *, by: User) -> None:
    """A new or changed group with its members; a name in use is refused."""
    try:
        with transaction.atomic():
            team.save()
            team.members.set(members)
            detail = {"成员": sorted(member.name for member in team.members.all())}
            subject = f"{team.get_kind_display()} {team.name}"
            audit.record("appointment", by=by, city=team.city, subject=subject, detail=detail)
    except IntegrityError as clash:
        raise Refused(f"已有名为“{team.name}”的指导组，请换一个名称。") from clash


@transaction.atomic
def dissolve(team: GuidanceTeam, *, by: User) -> None:
    """The group takes no more visits; those it made keep its name."""
    GuidanceTeam.objects.filter(pk=team.pk, until__isnull=True).update(until=timezone.localdate())
    audit.record("appointment", by=by, city=team.city, subject=f"撤销{team.get_kind_display()} {team.name}")


# --- Visits ---


@transaction.atomic
def record_visit(
    school: School,
    *,
    by: User,
    on: date,
    kind: str,
    checklist: Mapping[str, str],
    findings: str,
    problems: Sequence[Mapping[str, Any]] = (),
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
    school = School.objects.hold(school.pk)
    school.refuse_outside_life(on=on)
    if school.visits.kept().filter(by=by, on=on, kind=kind).exists():
        raise Refused(f"您 {on:%Y-%m-%d} 对该校已登记同类走访，请打开那一次走访核对，不必重复登记。")
    if lock_of(school, on):
        rows = [{name: plain(value) for name, value in problem.items()} for problem in problems]
        words = {PROBLEMS: "；".join(row["text"] for row in rows)} if rows else {}
        return corrections.request_add(
            Visit, school, values, by=by, reason=reason, extras=rows or None, words=words
        )
    visit = school.visits.create(**values)
    add_problems(visit, problems)
    return visit


@transaction.atomic
def void_visit(visit: Visit, *, by: User, reason: str) -> Correction | None:
    """Take a visit out of every count; problems it found no longer wait. Of a signed day it is asked for."""
    School.objects.hold(visit.school_id)
    locked = hold_one(Visit.objects.all(), visit.pk, "school__city")
    if not locked.is_voided and lock_of(locked.school, locked.on):
        return corrections.request_void(locked, by=by, reason=reason)
    locked.void(by=by, reason=reason)
    subject = f"{locked.school} 走访 {locked}"
    audit.record("void", by=by, city=locked.school.city, subject=subject, detail={"原因": reason})
    return None


def write_rows(visit: Visit, extras: list[dict[str, Any]], by: User) -> None:
    """Problems are written together with an approved visit."""
    add_problems(
        visit, [{**row, "due": date.fromisoformat(row["due"]) if row.get("due") else None} for row in extras]
    )


# --- Problems and opinions ---


def add_problems(visit: Visit, problems: Iterable[Mapping[str, Any]]) -> None:
    """What the visit found; the school hears of it."""
    noted = [visit.problems.create(**problem) for problem in problems]
    if noted:
        when = f"{visit.on.month}月{visit.on.day}日"
        text = f"{visit.by.name} {when} 走访提出 {len(noted)} 个问题，请整改后上报"
        people = User.objects.of_schools(visit.school_id)
        url = reverse("schools:guidance_school", args=[visit.school_id])
        notify(people, text, url=url, key=f"visit:{visit.pk}")


def _locked(problem: Problem) -> Problem:
    locked = hold_one(Problem.objects.all(), problem.pk, "visit__school", "visit__by")
    if locked.closed_at is not None:
        raise Refused("这个问题已经销号。")
    if locked.visit.is_voided:
        raise Refused("提出这个问题的走访已经作废，不必整改。")
    return locked


@transaction.atomic
def report_problem(problem: Problem, *, by: User, report: str) -> None:
    """已整改: what the school did; whoever found the problem is told."""
    problem = _locked(problem)
    problem.report, problem.reported_at, problem.reported_by = report, timezone.now(), by
    problem.recheck = ""
    problem.save(update_fields=["report", "reported_at", "reported_by", "recheck"])
    text = f"{problem.visit.school}已上报整改：{problem.text}，请复查"
    _tell([problem.visit.by], problem, text, "reported")


@transaction.atomic
def recheck_problem(
    problem: Problem, *, by: User, passed: bool, remark: str, due: date | None = None
) -> None:
    """复查: closed for good, or back to the school with what is still missing and a new day."""
    problem = _locked(problem)
    problem.recheck = remark
    if passed:
        problem.closed_at, problem.closed_by = timezone.now(), by
        text = f"问题已销号：{problem.text}"
    elif not remark.strip():
        raise Refused("复查未通过的，请写明还差什么。")
    else:
        problem.report, problem.reported_at, problem.reported_by = "", None, None
        problem.due = due or problem.due
        text = f"复查未通过：{problem.text}（{remark}）"
    problem.save(
        update_fields=["recheck", "closed_at", "closed_by", "report", "reported_at", "reported_by", "due"]
    )
    _tell(User.objects.of_schools(problem.visit.school_id), problem, text, "rechecked")


def _tell(people: Iterable[User], problem: Problem, text: str, occasion: str) -> None:
    """Each time anew: a problem may go back and forth."""
    url = reverse("schools:guidance_school", args=[problem.visit.school_id])
    notify(people, text, url=url, key=f"problem-{occasion}:{problem.pk}:{timezone.now():%Y%m%d%H%M%S%f}")


def opinions_of(school: School, year: int) -> QuerySet[LiaisonOpinion]:
    """The year's opinions with their writers."""
    return school.liaison_opinions.filter(year=year).select_related("by")


def give_opinion(school: School, *, year: int, by: User, text: str) -> None:
    """Write or rewrite one's own opinion; only who guides the school today has one."""
    if not school.liaisons.current().filter(user=by).exists():
        raise Refused("年度指导意见由挂点联系该校的人员填写。")
    written = {"text": text, "at": timezone.now()}
    school.liaison_opinions.update_or_create(year=year, by=by, defaults=written)
