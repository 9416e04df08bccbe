"""What a city or county asks of all its schools: it is filled into their plans, once, and they are told."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.inbox import notify
from schools.locks import among, periods
from schools.models import AnnualPlan, Appointment, IssuedClass, IssuedPlan, PlannedClass, Region, School, User
from schools.models.scope import SCHOOL_ROLES
from schools.saving import Refused

from .plans import PlanRow


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
    """New rows, and the ids of those to withdraw. A row keeps its words once it stands: a school may have held it."""
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
    free = [one.pk for one in idle if not among(signed[one.plan.school_id], since=date(one.plan.year, one.month, 1))]
    PlannedClass.objects.filter(pk__in=free).delete()
    row.planned_classes.update(issued=None)


@transaction.atomic
def issue(issued: IssuedPlan, *, by: User) -> tuple[int, int]:
    """Bring every class of the plan into the plans of its schools; (schools reached, rows added).

    Nothing happens twice: a school that has the class keeps it, wherever it moved it; a class it planned itself
    under the same name becomes the issued one. A school that has signed the month keeps the plan it signed.
    """
    IssuedPlan.objects.select_for_update().get(pk=issued.pk)
    rows = list(issued.issued_classes.kept())
    if not rows:
        raise Refused("还没有班次，请先填写再下发。")
    schools = list(schools_of(issued))
    AnnualPlan.objects.bulk_create([AnnualPlan(school=one, year=issued.year) for one in schools], ignore_conflicts=True)
    plans = {plan.school_id: plan for plan in AnnualPlan.objects.filter(school__in=schools, year=issued.year)}
    there = PlannedClass.objects.filter(plan__in=plans.values())
    linked = set(there.filter(issued__in=rows).values_list("plan_id", "issued_id"))
    named = {(row.plan_id, row.month, row.name): row for row in there.filter(issued__isnull=True)}
    signed = periods(plans)
    added, adopted = [], []
    for plan in plans.values():
        for row in rows:
            if (plan.pk, row.pk) in linked or among(signed[plan.school_id], since=date(issued.year, row.month, 1)):
                continue
            own = named.pop((plan.pk, row.month, row.name), None)
            if own is None:
                added.append(PlannedClass(plan=plan, month=row.month, name=row.name, kind=row.kind, issued=row))
            else:
                own.issued, own.kind = row, row.kind
                adopted.append(own)
    _make(added)
    PlannedClass.objects.bulk_update(adopted, ["issued", "kind"], batch_size=200)
    issued.issued_at, issued.issued_by = timezone.now(), by
    issued.save(update_fields=["issued_at", "issued_by"])
    reached = {row.plan_id for row in added}
    _tell(issued, [one for one in schools if plans[one.pk].pk in reached], len(rows), newest=max(row.pk for row in rows))
    detail = {"年度": issued.year, "班次": [str(row) for row in rows], "党校": len(schools), "新增": len(added)}
    audit.record("plan", by=by, city=issued.city, subject=f"下发{issued.year}年培训计划（{issued.issuer}）", detail=detail)
    return len(reached), len(added)


def _make(added: list[PlannedClass]) -> None:
    """Two issuers may ask for a class of one name in one month: it is one class of the school's plan, the first issuer's."""
    PlannedClass.objects.bulk_create(added, batch_size=200, ignore_conflicts=True)


def _tell(issued: IssuedPlan, schools: list[School], count: int, *, newest: int) -> None:
    """Once for each addition, however often the button is pressed."""
    people = Appointment.objects.in_force().filter(role__in=SCHOOL_ROLES, school__in=schools).select_related("user")
    users = {one.user_id: one.user for one in people}
    text = f"{issued.issuer}下发{issued.year}年培训计划（共 {count} 班），已填入本校计划，请核对并补充本校自办的班次。"
    notify(users.values(), text, url=reverse("schools:plan_edit", args=[issued.year]), key=f"issued-plan-{issued.pk}-{newest}")


def issuers_rows(issued: IssuedPlan) -> list[tuple[IssuedClass, int, int]]:
    """(class, schools that have it in their plan, schools that have held it)."""
    rows = list(issued.issued_classes.kept())
    planned: dict[int, set[int]] = {row.pk: set() for row in rows}
    held: dict[int, set[int]] = {row.pk: set() for row in rows}
    links = PlannedClass.objects.filter(issued__in=rows)
    for issued_id, plan in links.values_list("issued_id", "plan_id"):
        planned[issued_id].add(plan)
    for issued_id, plan in links.filter(classes__voided_at__isnull=True, classes__isnull=False).values_list("issued_id", "plan_id"):
        held[issued_id].add(plan)
    return [(row, len(planned[row.pk]), len(held[row.pk])) for row in rows]
