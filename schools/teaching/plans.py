"""What a school plans for each month of a year, and how far it has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from django.db import transaction
from django.db.models import Count, Prefetch, ProtectedError, Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import (
    AnnualPlan,
    Correction,
    IssuedClass,
    IssuedPlan,
    PlannedClass,
    School,
    TrainingClass,
    User,
)
from schools.records import corrections
from schools.records.changes import note_change, snapshot
from schools.records.locks import APPROVER_NAMES, Lock, among, lock_of, periods
from schools.saving import Refused, Stale, digest, hold_one
from schools.site.asked import number

FILING_DEADLINE = (3, 31)
#: Of a year's table.
MOST_ROWS = 200


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


NO_PROGRESS = Progress(0, 0, 0, 0)


def due_of(year: int) -> date:
    """The day by which the year's plan is to be filed."""
    return date(year, *FILING_DEADLINE)


def is_late(year: int, plan: AnnualPlan | None) -> bool:
    """Filed after the day, or not filed although it has passed."""
    return ((plan and plan.filed_on) or timezone.localdate()) > due_of(year)


def plan_of(school: School, year: int) -> AnnualPlan | None:
    """The plan of the year."""
    return school.plans.filter(year=year).first()


def planned_rows(plan: AnnualPlan | None) -> list[PlannedClass]:
    """Planned classes by month; `held` are the classes held for each."""
    if plan is None:
        return []
    held = Prefetch("classes", TrainingClass.objects.kept().order_by("starts_on", "pk"), to_attr="held")
    issuer = ("issued__issued_plan__city", "issued__issued_plan__county")
    rows = plan.planned_classes.select_related(*issuer).prefetch_related(held)
    return list(rows.order_by("month", "pk"))


def progress_of(schools: QuerySet[School], year: int) -> dict[int, Progress]:
    """Progress by school: two queries, however many schools. A joint class fulfils the plan of whoever takes
    part.
    """
    ids = schools.order_by().values("pk")
    rows = PlannedClass.objects.filter(plan__school__in=ids, plan__year=year)
    classes = TrainingClass.objects.filter(school__in=ids).kept().held_in(year).order_by()
    planned = set(rows.values_list("plan__school_id", "pk"))
    held = list(classes.values_list("school_id", "planned_id"))
    figures = (planned, planned.intersection(held), held, [row for row in held if row not in planned])
    counts = [Counter(school for school, _ in pairs) for pairs in figures]
    return {school: Progress(*(count[school] for count in counts)) for school in counts[0] | counts[2]}


def progress(school: School, year: int) -> Progress:
    """Of one school."""
    return progress_of(School.objects.filter(pk=school.pk), year).get(school.pk, NO_PROGRESS)


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
    plan = _held_plan(school, year)
    known = {row.pk: row for row in plan.planned_classes.all()}
    if seen is not None and digest_of(known.values()) != seen:
        raise Stale(list(known.values()))
    table = _Table(plan, by, reason)
    requests = []
    # What goes makes room for what changes, and that for what is new.
    for typed in sorted(rows, key=lambda row: (not row.remove, row.pk is None)):
        if typed.pk is not None and typed.pk not in known:
            raise Refused(f"“{typed.name}”已被他人从计划中删去，请重新打开本页。")
        requests.append(table.write(known.get(typed.pk), typed))
    return [request for request in requests if request]


def _held_plan(school: School, year: int) -> AnnualPlan:
    """The year's plan, made if need be, while nobody else changes records of the school."""
    School.objects.hold(school.pk)
    plan, _ = school.plans.get_or_create(year=year)
    return plan


def signed_part(school: School, year: int) -> Lock | None:
    """The signed period in which months of this year's plan lie."""
    return next(
        (lock for lock in periods([school.pk])[school.pk] if lock.start.year <= year <= lock.end.year), None
    )


def waiting(school: School) -> int:
    """How many changes of its plans the school has asked for that nobody has decided yet."""
    return school.corrections.pending().filter(model=PlannedClass._meta.label_lower).count()


@dataclass(frozen=True)
class _Table:
    """One save of a year's plan: by whom, and why where the school has signed a month."""

    plan: AnnualPlan
    by: User
    reason: str = ""

    def write(self, row: PlannedClass | None, typed: PlanRow) -> Correction | None:
        """One row; the request where it must be asked for."""
        if row is None:
            return None if typed.remove else self.add(typed)
        return self.remove(row) if typed.remove else self.change(row, typed)

    def add(self, typed: PlanRow) -> Correction | None:
        """A new row."""
        _refuse_twin(self.plan, typed.month, typed.name)
        values = {"plan": self.plan, "month": typed.month, "name": typed.name, "kind": typed.kind}
        PlannedClass(**values).clean()
        if self.is_signed(typed.month):
            school = self.plan.school
            return corrections.request_add(PlannedClass, school, values, by=self.by, reason=self.reason)
        return self.create(values)

    def create(self, values: dict[str, Any]) -> None:
        """Written, and kept in the list of changes."""
        row = PlannedClass.objects.create(**values)
        self.note(row, "add", {}, snapshot(row))

    def remove(self, row: PlannedClass) -> Correction | None:
        """Out of the plan, unless somebody else put it there or a class was held for it."""
        if row.issued_id:
            raise Refused(f"“{row.name}”由上级下发，不能从计划中删去。")
        held = f"“{row.name}”已有办班登记，不能从计划中删去。"
        if self.is_signed(row.month):
            if row.classes.exists():
                raise Refused(held)
            return corrections.request_void(row, by=self.by, reason=self.reason)
        self.note(row, "void", snapshot(row), {}, "从年度计划中删去")
        try:
            row.delete()
        except ProtectedError as error:
            raise Refused(held) from error
        return None

    def change(self, row: PlannedClass, typed: PlanRow) -> Correction | None:
        """Other words; those of an issued row stay the issuer's."""
        values = {"month": typed.month, "name": typed.name, "kind": typed.kind}
        if row.issued_id:
            values |= {"name": row.name, "kind": row.kind}
        if all(getattr(row, name) == value for name, value in values.items()):
            return None
        _refuse_twin(self.plan, typed.month, values["name"], but=row.pk)
        PlannedClass(plan=self.plan, month=typed.month).clean()
        if self.is_signed(row.month) or self.is_signed(typed.month):
            return corrections.request_change(row, values, by=self.by, reason=self.reason)
        before = snapshot(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        self.note(row, "change", before, snapshot(row))
        return None

    def note(self, row: PlannedClass, action: str, before: dict, after: dict, why: str = "") -> None:
        """For the list of changes."""
        school = self.plan.school
        note_change(row, school=school, action=action, before=before, after=after, by=self.by, reason=why)

    def is_signed(self, month: int) -> bool:
        """Raises Refused where a signed month is changed without a reason."""
        lock = lock_of(self.plan.school, date(self.plan.year, month, 1))
        if lock and not self.reason.strip():
            raise Refused(
                f"{lock.name}已提交，{self.plan.year}年{month}月的计划已经锁定；请在表下写明更正理由后保存，"
                f"提交数据更正，经{APPROVER_NAMES[lock.approver]}同意后生效。"
            )
        return lock is not None


def _refuse_twin(plan: AnnualPlan, month: int, name: str, *, but: int | None = None) -> None:
    if plan.planned_classes.filter(month=month, name=name).exclude(pk=but).exists():
        raise Refused(f"{month}月有两个“{name}”，请合并或改名。")


def own_rows(school: School, year: int) -> QuerySet[PlannedClass]:
    """What the school planned itself, without the classes issued to it: what next year's plan can be copied
    from.
    """
    return PlannedClass.objects.filter(plan__school=school, plan__year=year, issued__isnull=True)


def with_last_year(typed: QueryDict, prefix: str, school: School, year: int) -> tuple[QueryDict, int]:
    """The table as it is being typed, last year's own rows in what is still empty of it and below; nothing is
    saved. How many were added: those already there are left out.
    """
    table, size = typed.copy(), number(typed.get(f"{prefix}-TOTAL_FORMS", "")) or 0
    rows = [f"{prefix}-{place}" for place in range(min(size, MOST_ROWS))]
    there = {(table.get(f"{row}-month"), table.get(f"{row}-name", "").strip()) for row in rows}
    empty = [row for row in rows if not any(table.get(f"{row}-{field}") for field in ("pk", "month", "name"))]
    added = 0
    for last in own_rows(school, year - 1).order_by("month", "pk"):
        month, name = str(last.month), last.name.replace(str(year - 1), str(year))
        if (month, name) in there:  # “2025年秋训”和“2026年秋训” of one month are one class now
            continue
        there.add((month, name))
        if empty:
            row = empty.pop(0)
        else:
            row, size = f"{prefix}-{size}", size + 1
        for field, value in (("month", month), ("name", name), ("kind", last.kind)):
            table[f"{row}-{field}"] = value
        added += 1
    table[f"{prefix}-TOTAL_FORMS"] = str(size)
    return table, added


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


def schools_of(issued: IssuedPlan) -> QuerySet[School]:
    """Schools in operation that the plan concerns."""
    schools = issued.county.county_schools if issued.county_id else issued.city.schools
    return schools.open_on()


@transaction.atomic
def save_issued(issued: IssuedPlan, rows: Iterable[PlanRow], withdrawn: Iterable[int] = ()) -> None:
    """New rows, and the ids of those to withdraw. A row keeps its words once it stands: a school may have
    held it.
    """
    hold_one(IssuedPlan.objects.all(), issued.pk)
    for row in issued.issued_classes.kept().filter(pk__in=list(withdrawn)):
        _withdraw(row)
    there = set(issued.issued_classes.kept().values_list("month", "name"))
    for typed in rows:
        if typed.remove:  # the page offers no such tick for a row that is still to be
            continue
        if (typed.month, typed.name) in there:
            raise Refused(f"{typed.month}月已有“{typed.name}”，请合并或改名。")
        issued.issued_classes.create(month=typed.month, name=typed.name, kind=typed.kind)


def _withdraw(row: IssuedClass) -> None:
    """Schools lose what they have not held; what was held or signed stays theirs."""
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    idle = list(row.planned_classes.filter(classes__isnull=True).select_related("plan"))
    signed = periods(planned.plan.school_id for planned in idle)
    free = [
        planned.pk
        for planned in idle
        if not among(signed[planned.plan.school_id], since=date(planned.plan.year, planned.month, 1))
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
    hold_one(IssuedPlan.objects.all(), issued.pk)
    rows = list(issued.issued_classes.kept())
    if not rows:
        raise Refused("还没有班次，请先填写再下发。")
    schools = list(schools_of(issued))
    missing = [AnnualPlan(school=school, year=issued.year) for school in schools]
    AnnualPlan.objects.bulk_create(missing, ignore_conflicts=True)
    added, adopted = _spread(
        rows, AnnualPlan.objects.filter(school__in=schools, year=issued.year).select_related("school")
    )
    # Two issuers may ask for a class of one name in one month: it is one class of the school's plan, the
    # first issuer's.
    PlannedClass.objects.bulk_create(added, batch_size=200, ignore_conflicts=True)
    PlannedClass.objects.bulk_update(adopted, ["issued", "kind"], batch_size=200)
    issued.issued_at, issued.issued_by = timezone.now(), by
    issued.save(update_fields=["issued_at", "issued_by"])
    reached = {row.plan.school_id for row in added}
    text = (
        f"{issued.issuer}下发{issued.year}年培训计划（共 {len(rows)} 班），已填入本校计划，"
        "请核对并补充本校自办的班次。"
    )
    # Once for each addition, however often the button is pressed.
    key = f"issued-plan-{issued.pk}-{max(row.pk for row in rows)}"
    url = reverse("schools:plan_edit", args=[issued.year])
    notify(User.objects.of_schools(*reached), text, url=url, key=key)
    classes = [str(row) for row in rows]
    detail = {"年度": issued.year, "班次": classes, "党校": len(schools), "新增": len(added)}
    subject = f"下发{issued.year}年培训计划（{issued.issuer}）"
    audit.record("plan", by=by, city=issued.city, subject=subject, detail=detail)
    return len(reached), len(added)


def _spread(
    rows: list[IssuedClass], plans: QuerySet[AnnualPlan]
) -> tuple[list[PlannedClass], list[PlannedClass]]:
    """The rows that the plans lack, and those the schools planned themselves that are issued from now on."""
    there = PlannedClass.objects.filter(plan__in=plans)
    linked = set(there.filter(issued__in=rows).values_list("plan_id", "issued_id"))
    named = {(row.plan_id, row.month, row.name): row for row in there.filter(issued__isnull=True)}
    signed = periods(plan.school_id for plan in plans)
    added, adopted = [], []
    for plan, row in product(plans, rows):
        first = date(plan.year, row.month, 1)
        absent = plan.school.month_outside_life(plan.year, row.month)
        if absent or among(signed[plan.school_id], since=first) or (plan.pk, row.pk) in linked:
            continue
        own = named.pop((plan.pk, row.month, row.name), None)
        if own is None:
            added.append(PlannedClass(plan=plan, month=row.month, name=row.name, kind=row.kind, issued=row))
        else:
            own.issued, own.kind = row, row.kind
            adopted.append(own)
    return added, adopted


def issuers_rows(issued: IssuedPlan) -> QuerySet[IssuedClass]:
    """Its classes with `planned` schools that have them in their plan, and `held` schools that held them."""
    schools = Count("planned_classes__plan", distinct=True)
    kept = Q(planned_classes__classes__isnull=False, planned_classes__classes__voided_at__isnull=True)
    held = Count("planned_classes__plan", distinct=True, filter=kept)
    # A query that groups leaves the order of the model aside.
    return issued.issued_classes.kept().annotate(planned=schools, held=held).order_by("month", "pk")
