"""What a school plans for each month of a year, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import (
    AnnualPlan,
    Appointment,
    Correction,
    IssuedClass,
    IssuedPlan,
    PlannedClass,
    Region,
    School,
    TrainingClass,
    User,
)
from schools.models.scope import SCHOOL_ROLES
from schools.records import corrections
from schools.records.changes import note_change, snapshot
from schools.records.locks import APPROVER_NAMES, Lock, among, lock_of, periods
from schools.saving import Refused, Stale, digest

FILING_DEADLINE = (3, 31)


@dataclass(frozen=True)
class PlanRow:
    """A planned class as typed: `pk` of the row it changes, None for a new one."""

    pk: int | None
    month: int
    name: str
    kind: str
    remove: bool = False


@dataclass(frozen=True)
class Progress:
    """A year's plan against its classes."""

    planned: int
    done: int
    held: int
    unplanned: int

    @property
    def percent(self) -> int | None:
        """Planned classes held at least once, in whole per cent; None without a plan."""
        return self.done * 100 // self.planned if self.planned else None


def due_of(year: int) -> date:
    """The day by which the year's plan is to be filed."""
    return date(year, *FILING_DEADLINE)


def is_late(plan: AnnualPlan) -> bool:
    """Filed after the day, or not filed although it has passed."""
    return (plan.filed_on or timezone.localdate()) > due_of(plan.year)


def plan_of(school: School, year: int) -> AnnualPlan | None:
    """The plan of the year with its classes and what was held of each."""
    return AnnualPlan.objects.filter(school=school, year=year).first()


def planned_rows(plan: AnnualPlan | None) -> list[tuple[PlannedClass, list[TrainingClass]]]:
    """Planned classes by month, each with the classes held for it."""
    if plan is None:
        return []
    rows = list(
        plan.planned_classes.select_related(
            "issued__issued_plan__city", "issued__issued_plan__county"
        ).order_by("month", "pk")
    )
    held: dict[int, list[TrainingClass]] = {}
    for one in (
        TrainingClass.objects.kept().filter(planned__in=[row.pk for row in rows]).order_by("starts_on", "pk")
    ):
        held.setdefault(one.planned_id, []).append(one)
    return [(row, held.get(row.pk, [])) for row in rows]


def progress_of(schools: QuerySet[School], year: int) -> dict[int, Progress]:
    """Progress by school: two queries, however many schools. A joint class fulfils the plan of whoever takes
    part.
    """
    ids = schools.order_by().values("pk")
    planned: dict[int, set[int]] = {}
    for school, pk in PlannedClass.objects.filter(plan__school__in=ids, plan__year=year).values_list(
        "plan__school_id", "pk"
    ):
        planned.setdefault(school, set()).add(pk)
    held: dict[int, list[int | None]] = {}
    classes = (
        TrainingClass.objects.filter(school__in=ids)
        .kept()
        .held_between(date(year, 1, 1), date(year, 12, 31))
        .order_by()
    )
    for school, plan in classes.values_list("school_id", "planned_id"):
        held.setdefault(school, []).append(plan)
    return {
        school: Progress(
            len(planned.get(school, ())),
            len(planned.get(school, set()) & set(held.get(school, ()))),
            len(held.get(school, ())),
            sum(one not in planned.get(school, ()) for one in held.get(school, ())),
        )
        for school in planned.keys() | held.keys()
    }


def progress(school: School, year: int) -> Progress:
    """Of one school."""
    return progress_of(School.objects.filter(pk=school.pk), year).get(school.pk, Progress(0, 0, 0, 0))


def digest_of(rows: Iterable[PlannedClass]) -> str:
    """What a form was filled from, to notice that somebody else changed it meanwhile."""
    return digest([[row.pk, row.month, row.name, row.kind] for row in sorted(rows, key=lambda row: row.pk)])


@transaction.atomic
def save_rows(
    school: School, year: int, rows: Iterable[PlanRow], *, by: User, reason: str = "", seen: str | None = None
) -> list[Correction]:
    """Write the table of planned classes; Refused says which row cannot be written, and then none is.

    `seen` is the digest the table was filled from; None is for a program that has shown nothing to anybody.
    Raises Stale. Names and kinds of issued rows stay the issuer's; what a class was held for cannot be
    removed. Planned classes count in figures: of a month the school has signed a change becomes a request,
    which owes a `reason`; the requests come back.
    """
    School.objects.hold(school.pk)
    plan, _ = AnnualPlan.objects.get_or_create(school=school, year=year)
    known = {row.pk: row for row in plan.planned_classes.all()}
    if seen is not None and digest_of(known.values()) != seen:
        raise Stale(list(known.values()))
    asked: list[Correction | None] = []
    # What goes makes room for what changes, and that for what is new.
    for typed in sorted(rows, key=lambda row: (not row.remove, row.pk is None)):
        if typed.pk is None:
            if not typed.remove:
                asked.append(_add(plan, typed, school, by, reason))
            continue
        row = known.get(typed.pk)
        if row is None:
            raise Refused(f"“{typed.name}”已被他人从计划中删去，请重新打开本页。")
        if typed.remove:
            asked.append(_remove(row, school, by, reason))
        else:
            asked.append(_change(row, typed, school, by, reason))
    return [one for one in asked if one is not None]


def signed_part(school: School, year: int) -> Lock | None:
    """The signed period in which months of this year's plan lie."""
    return next(
        (lock for lock in periods([school.pk])[school.pk] if lock.start.year <= year <= lock.end.year), None
    )


def waiting(school: School) -> int:
    """How many changes of its plans the school has asked for that nobody has decided yet."""
    return Correction.objects.pending().filter(school=school, model=PlannedClass._meta.label_lower).count()


def _add(plan: AnnualPlan, typed: PlanRow, school: School, by: User, reason: str) -> Correction | None:
    _refuse_twin(plan, typed.month, typed.name)
    values = {"plan": plan, "month": typed.month, "name": typed.name, "kind": typed.kind}
    if _is_signed(school, plan.year, typed.month, reason):
        return corrections.request_add(PlannedClass, school, values, by=by, reason=reason)
    made = PlannedClass.objects.create(**values)
    note_change(made, school=school, action="add", before={}, after=snapshot(made), by=by)
    return None


def _remove(row: PlannedClass, school: School, by: User, reason: str) -> Correction | None:
    if row.issued_id:
        raise Refused(f"“{row.name}”由上级下发，不能从计划中删去。")
    held = f"“{row.name}”已有办班登记，不能从计划中删去。"
    if _is_signed(school, row.plan.year, row.month, reason):
        if row.classes.exists():
            raise Refused(held)
        return corrections.request_void(row, by=by, reason=reason)
    before = snapshot(row)
    note_change(row, school=school, action="void", before=before, after={}, by=by, reason="从年度计划中删去")
    try:
        row.delete()
    except ProtectedError as error:
        raise Refused(held) from error
    return None


def _change(row: PlannedClass, typed: PlanRow, school: School, by: User, reason: str) -> Correction | None:
    name, kind = (row.name, row.kind) if row.issued_id else (typed.name, typed.kind)
    if (row.month, row.name, row.kind) == (typed.month, name, kind):
        return None
    _refuse_twin(row.plan, typed.month, name, but=row.pk)
    signed = [_is_signed(school, row.plan.year, month, reason) for month in (row.month, typed.month)]
    if any(signed):
        return corrections.request_change(
            row, {"month": typed.month, "name": name, "kind": kind}, by=by, reason=reason
        )
    before = snapshot(row)
    row.month, row.name, row.kind = typed.month, name, kind
    row.save(update_fields=["month", "name", "kind"])
    note_change(row, school=school, action="change", before=before, after=snapshot(row), by=by)
    return None


def _is_signed(school: School, year: int, month: int, reason: str) -> bool:
    lock = lock_of(school, date(year, month, 1))
    if lock and not reason.strip():
        approver = APPROVER_NAMES[lock.approver]
        raise Refused(
            f"{lock.name}已提交，{year}年{month}月的计划已经锁定；请在表下写明更正理由后保存，"
            f"提交数据更正，经{approver}同意后生效。"
        )
    return lock is not None


def _refuse_twin(plan: AnnualPlan, month: int, name: str, *, but: int | None = None) -> None:
    if PlannedClass.objects.filter(plan=plan, month=month, name=name).exclude(pk=but).exists():
        raise Refused(f"{month}月有两个“{name}”，请合并或改名。")


def _refuse_locked(school: School, year: int, month: int) -> None:
    lock = lock_of(school, date(year, month, 1))
    if lock:
        raise Refused(
            f"{lock.name}已提交，{year}年{month}月的计划已经锁定，不能复制；请在表中填写要增加的班次，"
            "并写明更正理由。"
        )


def own_rows(school: School, year: int) -> QuerySet[PlannedClass]:
    """What the school planned itself, without the classes issued to it: what next year's plan can be copied
    from.
    """
    return PlannedClass.objects.filter(plan__school=school, plan__year=year, issued__isnull=True)


@transaction.atomic
def copy_last_year(school: School, year: int, *, by: User) -> int:
    """Last year's own rows once more, those already there left out; how many were added."""
    School.objects.hold(school.pk)
    plan, _ = AnnualPlan.objects.get_or_create(school=school, year=year)
    there = set(plan.planned_classes.values_list("month", "name"))
    added = 0
    for row in own_rows(school, year - 1).order_by("month", "pk"):
        name = row.name.replace(str(year - 1), str(year))
        if (row.month, name) in there:
            continue
        _refuse_locked(school, year, row.month)
        made = PlannedClass.objects.create(plan=plan, month=row.month, name=name, kind=row.kind)
        note_change(
            made,
            school=school,
            action="add",
            before={},
            after=snapshot(made),
            by=by,
            reason=f"从{year - 1}年计划复制",
        )
        there.add((row.month, name))  # “2025年秋训”和“2026年秋训” of one month are one class now
        added += 1
    return added


@transaction.atomic
def file_plan(school: School, year: int, *, by: User) -> AnnualPlan:
    """备案 today; a plan is filed once, and not empty."""
    School.objects.hold(school.pk)
    plan = plan_of(school, year)
    if plan is None or not plan.planned_classes.exists():
        raise Refused("计划中还没有班次，请先填写再备案。")
    if plan.filed_on:
        raise Refused(f"{year}年计划已于{plan.filed_on.month}月{plan.filed_on.day}日备案。")
    plan.filed_on = timezone.localdate()
    plan.save(update_fields=["filed_on"])
    detail = {"年度": year, "班次": plan.planned_classes.count(), "备案日期": plan.filed_on.isoformat()}
    audit.record("plan", by=by, city=school.city, subject=f"{school.name}{year}年培训计划备案", detail=detail)
    return plan


def scope_of(user: User) -> tuple[Region, Region | None]:
    """City and county for which this person issues."""
    return user.identity.city, user.identity.county


def schools_of(issued: IssuedPlan) -> QuerySet[School]:
    """Schools in operation that the plan concerns."""
    found = School.objects.filter(city=issued.city)
    if issued.county_id:
        found = found.filter(county=issued.county)
    return found.open_on()


@transaction.atomic
def save_issued(issued: IssuedPlan, rows: Iterable[PlanRow], withdrawn: Iterable[int] = ()) -> None:
    """New rows, and the ids of those to withdraw. A row keeps its words once it stands: a school may have
    held it.
    """
    IssuedPlan.objects.select_for_update().get(pk=issued.pk)
    for row in issued.issued_classes.kept().filter(pk__in=list(withdrawn)):
        _withdraw(row)
    there = set(issued.issued_classes.kept().values_list("month", "name"))
    for typed in rows:
        if typed.remove:  # the page offers no such tick for a row that is still to be
            continue
        if (typed.month, typed.name) in there:
            raise Refused(f"{typed.month}月已有“{typed.name}”，请合并或改名。")
        IssuedClass.objects.create(issued_plan=issued, month=typed.month, name=typed.name, kind=typed.kind)


def _withdraw(row: IssuedClass) -> None:
    """Schools lose what they have not held; what was held or signed stays theirs."""
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    idle = list(row.planned_classes.filter(classes__isnull=True).select_related("plan"))
    signed = periods(one.plan.school_id for one in idle)
    free = [
        one.pk
        for one in idle
        if not among(signed[one.plan.school_id], since=date(one.plan.year, one.month, 1))
    ]
    PlannedClass.objects.filter(pk__in=free).delete()
    row.planned_classes.update(issued=None)


@transaction.atomic
def issue(issued: IssuedPlan, *, by: User) -> tuple[int, int]:
    """Bring every class of the plan into the plans of its schools; (schools reached, rows added).

    Nothing happens twice: a school that has the class keeps it, wherever it moved it; a class it planned
    itself under the same name becomes the issued one. A school that has signed the month keeps the plan it
    signed.
    """
    IssuedPlan.objects.select_for_update().get(pk=issued.pk)
    rows = list(issued.issued_classes.kept())
    if not rows:
        raise Refused("还没有班次，请先填写再下发。")
    schools = list(schools_of(issued))
    AnnualPlan.objects.bulk_create(
        [AnnualPlan(school=one, year=issued.year) for one in schools], ignore_conflicts=True
    )
    plans = {plan.school_id: plan for plan in AnnualPlan.objects.filter(school__in=schools, year=issued.year)}
    there = PlannedClass.objects.filter(plan__in=plans.values())
    linked = set(there.filter(issued__in=rows).values_list("plan_id", "issued_id"))
    named = {(row.plan_id, row.month, row.name): row for row in there.filter(issued__isnull=True)}
    signed = periods(plans)
    added, adopted = [], []
    for plan in plans.values():
        for row in rows:
            if (plan.pk, row.pk) in linked or among(
                signed[plan.school_id], since=date(issued.year, row.month, 1)
            ):
                continue
            own = named.pop((plan.pk, row.month, row.name), None)
            if own is None:
                added.append(
                    PlannedClass(plan=plan, month=row.month, name=row.name, kind=row.kind, issued=row)
                )
            else:
                own.issued, own.kind = row, row.kind
                adopted.append(own)
    _make(added)
    PlannedClass.objects.bulk_update(adopted, ["issued", "kind"], batch_size=200)
    issued.issued_at, issued.issued_by = timezone.now(), by
    issued.save(update_fields=["issued_at", "issued_by"])
    reached = {row.plan_id for row in added}
    _tell(
        issued,
        [one for one in schools if plans[one.pk].pk in reached],
        len(rows),
        newest=max(row.pk for row in rows),
    )
    detail = {
        "年度": issued.year,
        "班次": [str(row) for row in rows],
        "党校": len(schools),
        "新增": len(added),
    }
    audit.record(
        "plan",
        by=by,
        city=issued.city,
        subject=f"下发{issued.year}年培训计划（{issued.issuer}）",
        detail=detail,
    )
    return len(reached), len(added)


def _make(added: list[PlannedClass]) -> None:
    """Two issuers may ask for a class of one name in one month: it is one class of the school's plan, the
    first issuer's.
    """
    PlannedClass.objects.bulk_create(added, batch_size=200, ignore_conflicts=True)


def _tell(issued: IssuedPlan, schools: list[School], count: int, *, newest: int) -> None:
    """Once for each addition, however often the button is pressed."""
    people = (
        Appointment.objects.in_force()
        .filter(role__in=SCHOOL_ROLES, school__in=schools)
        .select_related("user")
    )
    users = {one.user_id: one.user for one in people}
    text = (
        f"{issued.issuer}下发{issued.year}年培训计划（共 {count} 班），已填入本校计划，"
        "请核对并补充本校自办的班次。"
    )
    notify(
        users.values(),
        text,
        url=reverse("schools:plan_edit", args=[issued.year]),
        key=f"issued-plan-{issued.pk}-{newest}",
    )


def issuers_rows(issued: IssuedPlan) -> list[tuple[IssuedClass, int, int]]:
    """(class, schools that have it in their plan, schools that have held it)."""
    rows = list(issued.issued_classes.kept())
    planned: dict[int, set[int]] = {row.pk: set() for row in rows}
    held: dict[int, set[int]] = {row.pk: set() for row in rows}
    links = PlannedClass.objects.filter(issued__in=rows)
    for issued_id, plan in links.values_list("issued_id", "plan_id"):
        planned[issued_id].add(plan)
    for issued_id, plan in links.filter(classes__voided_at__isnull=True, classes__isnull=False).values_list(
        "issued_id", "plan_id"
    ):
        held[issued_id].add(plan)
    return [(row, len(planned[row.pk]), len(held[row.pk])) for row in rows]
