"""补列参评、因撤并移出: which schools are in a year after it was opened, by an act of the office."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.storing import hold_scheme
from ratings.enums import RUNNING, Stage
from ratings.models import Assessment, Scheme
from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, School, User
from schools.models.scope import COUNTY_ROLES
from schools.numbers import chinese_date
from schools.saving import Refused, Shown, refuse
from schools.workbooks import clean_text

from .deadlines import due, grant_extension, is_overdue
from .snapshots import scheme_spec
from .stages import enter

ENTERS = "补列参评"


@dataclass(frozen=True)
class Absent:
    """A school of the registry that is not in the year, and why; `closed` schools stay out."""

    school: School
    why: str = "启动以后登记"
    may_enter: bool = True


def has_left(school: School, scheme: Scheme) -> bool:
    """Closed today, or by the last day of the 统计期; a later closing day still to come changes nothing."""
    return school.is_closed or bool(school.closed_on and school.closed_on < scheme.period_end)


def absent_from(scheme: Scheme, schools: QuerySet[School]) -> list[Absent]:
    """Those of `schools` that are not in a running year, without those that were closed before its 统计期."""
    if scheme.phase not in RUNNING:
        return []
    rows = schools.filter(city=scheme.city_id).exclude(assessments__scheme=scheme)
    rows = rows.exclude(closed_on__lt=scheme.period_start).select_related("county", "merged_into")
    return [_absent(school, scheme) for school in rows.in_order()]


def _absent(school: School, scheme: Scheme) -> Absent:
    if has_left(school, scheme):
        return Absent(school, school.closing, may_enter=False)
    if school.opened_on and school.opened_on > scheme.period_end:
        month = f"{school.opened_on.year}年{school.opened_on.month}月"
        return Absent(
            school, f"{month}启用，在统计截止日（{chinese_date(scheme.period_end)}）以后", may_enter=False
        )
    return Absent(school)


def admission_refusal(scheme: Scheme, school: School) -> str:
    """Why the school cannot enter the year, or ""."""
    if scheme.phase not in RUNNING:
        return f"方案处于“{scheme.get_phase_display()}”阶段，不能再补列。"
    if Assessment.objects.filter(scheme=scheme, school=school).exists():
        return f"{school.name}已经在本年度，不必补列。"
    absent = _absent(school, scheme)
    return "" if absent.may_enter else f"{school.name}不能补列：{absent.why}。"


def shown_admission(scheme: Scheme, school: School) -> Shown:
    """What the office goes by."""
    return Shown(
        {"党校登记": [school.name, school.opened_on, school.closed_on], "自评截止日": [scheme.self_due]}
    )


def admit(
    scheme: Scheme,
    school: School,
    *,
    by: User,
    reason: str,
    due_on: date | None = None,
    seen: str | None = None,
) -> Assessment:
    """The school gets what the opening gives, and more time for its 自评 where a day is named; that is owed
    once the scheme's day has passed. Raises Refused.
    """
    reason = clean_text(reason)
    if not reason:
        raise Refused({"reason": f"请写明{ENTERS}的理由。"})
    with transaction.atomic():
        locked, held = hold_scheme(scheme.pk), School.objects.hold(school.pk)
        refuse(admission_refusal(locked, held))
        shown_admission(locked, held).refuse_changed(seen)
        (assessment,) = enter(
            locked, [held], scheme_spec(locked), by=by, step="admit", comment=f"{ENTERS}：{reason}"
        )
        if due_on:
            grant_extension(assessment, Stage.SELF, due_on, by=by, reason=f"{ENTERS}：{reason}"[:200])
        if is_overdue(assessment, Stage.SELF):
            raise Refused({"due_on": "自评截止时间已过，请填写这所党校的自评延至哪一天。"})
        detail = {"步骤": ENTERS, "理由": reason}
        audit.record("move", by=by, city=locked.city, subject=str(assessment), detail=detail)
        last = due(assessment, Stage.SELF)
        until = f"，自评截止{chinese_date(timezone.localdate(last))}" if last else ""
        tell(
            assessment,
            f"{held}列入{locked.year}年度星级评定{until}：{reason}",
            key=f"admitted-{assessment.pk}",
        )
    return assessment


def tell(assessment: Assessment, text: str, *, key: str) -> None:
    """To the people of the school, and to those of its county who rate it."""
    school = assessment.school
    held = Appointment.objects.in_force().filter(role__in=COUNTY_ROLES, county=school.county_id)
    county = User.objects.filter(is_active=True, pk__in=held.order_by().values("user"))
    people = {user.pk: user for user in (*User.objects.of_schools(school), *county)}
    url = reverse("ratings:scheme", args=[assessment.scheme_id])
    notify(list(people.values()), text, url=url, key=key, school=school)
