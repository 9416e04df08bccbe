"""走访: when the city was at a school and who went; what is judged on site is open from then on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet
from django.utils import timezone

from ratings.criteria.storing import hold_scheme
from ratings.enums import PUBLIC_PHASES, RUNNING, Stage, Status
from ratings.models import Adjustment, Assessment, Feedback, JudgeSheet, Scheme, Score, SiteVisit, sits_at
from ratings.workflow import hold_assessment, hold_assessments, open_city_rows, recusal, scheme_spec, tie
from schools import audit
from schools.models import Liaison, School, User, Visit
from schools.numbers import chinese_date
from schools.permissions import may
from schools.saving import Refused, Shown, last_saved, refuse, save_versioned
from schools.workbooks import clean_text

FINISHED = (Status.SETTLED, Status.DECLINED, Status.LAPSED)
MEMBERS_LIMIT = 300


class Trip(NamedTuple):
    """One day on the road: when, and who went, by the names that stand on the papers."""

    on: dt.date
    members: tuple[str, ...]

    @property
    def names(self) -> str:
        return "、".join(self.members)


def names_in(text: str) -> tuple[str, ...]:
    """The names that somebody typed one after another, each once."""
    typed = (name.strip() for name in re.split(r"[、，,;；\n]", clean_text(text)))
    return tuple(dict.fromkeys(filter(None, typed)))


def visitable(user: User) -> QuerySet[Assessment]:
    """Schools whose visit this person may register: all of the city for the office, those of the own panel
    for a judge. `tie` is why the person must recuse there.
    """
    rows = Assessment.objects.select_related("scheme__city", "school", "panel", "site_visit")
    rows = rows.annotate(tie=tie(user, OuterRef("school")))
    if may(user, "arrange_panels"):
        return rows.filter(pk__in=Assessment.objects.visible_to(user))
    if not may(user, "register_visit"):
        return rows.none()
    return rows.filter(sits_at(user, "pk"), scheme__city=user.identity.city_id, status=Status.CITY)


def shown_visits(rows: Iterable[Assessment]) -> Shown:
    """What is registered of these schools, as the page of the visit shows it."""
    found = sorted(rows, key=lambda row: row.pk)
    visits = SiteVisit.objects.filter(assessment__in=found)
    return Shown(
        {"走访登记": [[row.pk, row.visited, *_registered(row)] for row in found]},
        {"走访登记": lambda: last_saved((visits, "by__name", "at"))},
    )


def _registered(row: Assessment) -> tuple[str, str]:
    visit = visit_of(row)
    return (str(visit.on), visit.members) if visit else ("", "")


def visit_of(row: Assessment) -> SiteVisit | None:
    """What is registered of the visit, if anything; years from before only know that there was one."""
    return getattr(row, "site_visit", None)


def register_visit(
    scheme: Scheme, assessments: Iterable[int], trip: Trip, *, by: User, seen: str | None = None
) -> int:
    """Enter one trip to several schools, all or none; returns how many. Entered again it is corrected, and
    the audit trail keeps both. Refused where the page that sent `seen` showed something else.

    A visit opens 现场 items only while no sheet is handed in; its day and names may be mended afterwards.
    """
    refuse(*_trip_refusals(scheme, trip))
    with transaction.atomic():
        rows = _held(scheme, assessments, by)
        fresh = [row for row in rows if not row.visited]
        opening = fresh if scheme.has_county_stage else []  # else the sheets owe these items in any case
        refuse(*_own_refusals(rows, trip, by), *_refusals(rows, opening))
        shown_visits(rows).refuse_changed(seen)
        for row in rows:
            entered = {"on": trip.on, "members": trip.names, "by": by, "at": timezone.now()}
            SiteVisit.objects.update_or_create(assessment=row, defaults=entered)
        _mark(scheme, fresh, True)
        _record(scheme, rows, by, {"走访": chinese_date(trip.on), "人员": trip.names})
    return len(rows)


def withdraw_visits(scheme: Scheme, assessments: Iterable[int], *, by: User) -> int:
    """Say that these schools were not visited after all; returns how many had been. The office alone, and
    never once somebody judged a 现场 item there.
    """
    refuse("" if may(by, "arrange_panels") else "走访由市评委会办公室改为未走访。")
    with transaction.atomic():
        rows = [row for row in _held(scheme, assessments, by) if row.visited]
        refuse(*(_refusals(rows, rows) or _judged_there(rows)))
        SiteVisit.objects.filter(assessment__in=rows).delete()
        _mark(scheme, rows, False)
        _record(scheme, rows, by, {"改为": "未走访"})
    return len(rows)


def _held(scheme: Scheme, assessments: Iterable[int], by: User) -> list[Assessment]:
    """The schools, locked: who scores there waits."""
    scheme = hold_scheme(scheme.pk)
    if scheme.phase not in RUNNING:
        raise Refused(f"方案处于“{scheme.get_phase_display()}”阶段，不能再改走访情况。")
    wanted = list(visitable(by).filter(scheme=scheme, pk__in=list(assessments)))
    refuse(*(recusal(row.tie, row.school) for row in wanted))
    rows = Assessment.objects.filter(pk__in=[row.pk for row in wanted])
    found = hold_assessments(rows.prefetch_related("site_visit"))
    if not found:
        raise Refused("走访由市评委会办公室或本组评委登记，您没有可以登记的党校。")
    return found


def _mark(scheme: Scheme, rows: Sequence[Assessment], visited: bool) -> None:
    spec = scheme_spec(scheme) if rows else None
    for row in rows:
        row.visited = visited
        row.save(update_fields=["visited"])
        open_city_rows(row, spec)


def _record(scheme: Scheme, rows: Sequence[Assessment], by: User, detail: Mapping[str, str]) -> None:
    if rows:
        detail = {**detail, "党校": [row.school.name for row in rows]}
        audit.record("panel", by=by, city=scheme.city, subject=str(scheme), detail=detail)


def _trip_refusals(scheme: Scheme, trip: Trip) -> list[str]:
    first, today = scheme.period_start, timezone.localdate()
    too_long = f"走访人员共 {len(trip.names)} 字，最多 {MEMBERS_LIMIT} 字。"
    return [
        *([] if trip.members else ["请写明走访人员。"]),
        *([too_long] if len(trip.names) > MEMBERS_LIMIT else []),
        *(["走访日期不能晚于今天；走访以后再登记。"] if trip.on > today else []),
        *([f"走访日期不能早于统计起始日（{chinese_date(first)}）。"] if trip.on < first else []),
    ]


def _own_refusals(rows: Sequence[Assessment], trip: Trip, by: User) -> list[str]:
    """A judge registers where he was himself."""
    if may(by, "arrange_panels"):
        return []
    labels = set(by.seats.filter(scheme=rows[0].scheme_id).values_list("label", flat=True))
    absent = "走访人员里没有您本人；没有参加走访的，请由参加的评委或市评委会办公室登记。"
    return [] if labels & set(trip.members) else [absent]


def _refusals(rows: Sequence[Assessment], changing: Sequence[Assessment]) -> list[str]:
    """Why the visits of `rows` stay as they are; only those of `changing` would open or shut anything."""
    submitted = JudgeSheet.objects.filter(assessment__in=changing, submitted_at__isnull=False)
    closed = set(submitted.values_list("assessment_id", flat=True))
    return [
        *(
            f"{row.school.name}处于“{row.get_status_display()}”，不能改走访情况。"
            for row in rows
            if row.status in FINISHED
        ),
        *(
            f"{row.school.name}已有评委提交评分表，须先退回评分表，再改走访情况。"
            for row in changing
            if row.pk in closed
        ),
    ]


def _judged_there(rows: Sequence[Assessment]) -> list[str]:
    onsite = {"stage": Stage.CITY, "item__onsite": True, "assessment__in": rows}
    scores = Score.objects.filter(answers__isnull=False, **onsite)
    scored = set(scores.values_list("assessment_id", flat=True))
    adjusted = set(Adjustment.objects.filter(**onsite).values_list("assessment_id", flat=True))
    return [
        *(f"{row.school.name}的现场项已经评分，不能改为未走访。" for row in rows if row.pk in scored),
        *(
            f"{row.school.name}的现场项已经核定，不能改为未走访。"
            for row in rows
            if row.pk in adjusted - scored
        ),
    ]


def scored_unseen(scheme: Scheme, *, only: int | None = None) -> set[int]:
    """Schools whose 现场 items were scored before anybody asked for a visit, with none registered yet: of a
    year that was under way then. Where there is a county stage such items had no row.
    """
    if scheme.has_county_stage or scheme.imported:
        return set()
    rows = Score.objects.filter(assessment__scheme=scheme, assessment__visited=False, stage=Stage.CITY)
    rows = rows.filter(assessment__status=Status.CITY, item__onsite=True, answers__isnull=False)
    found = rows if only is None else rows.filter(assessment=only)
    return set(found.values_list("assessment", flat=True))


MOST_VISITS = 20


def visits_of(school: School, year: int) -> QuerySet[Visit]:
    """The year's visits by the people who guided the school, newest first, with how many problems are still
    open.
    """
    guides = Liaison.objects.filter(school=school).values("user")
    unsolved = Count("problems", filter=Q(problems__closed_at__isnull=True))
    rows = Visit.objects.kept().filter(school=school, by__in=guides, on__year=year)
    return rows.select_related("by").annotate(unsolved=unsolved).order_by("-on", "pk")[:MOST_VISITS]


def closed(scheme: Scheme) -> str:
    """Why nothing is written any more, since the school can read it; empty before."""
    return "结果已经通报，反馈意见不再修改。" if scheme.phase in PUBLIC_PHASES else ""


def save_feedback(
    assessment: Assessment, values: Mapping[str, object], *, version: int, by: User
) -> Feedback:
    """Store the note; raises Stale if somebody saved since `version`, Refused once the year is public."""
    with transaction.atomic():
        refuse(closed(hold_assessment(assessment.pk).scheme))  # and holds back a second first note
        feedback = Feedback.objects.filter(assessment=assessment).first()
        if feedback is None:
            return Feedback.objects.create(
                assessment=assessment, version=1, by=by, at=timezone.now(), **values
            )
        return save_versioned(feedback, values, version=version, by=by)
