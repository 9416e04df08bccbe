"""The running year of the sample city: schools at every status, so that each account has something to do."""

import datetime as dt
from collections.abc import Mapping
from itertools import chain, groupby, repeat
from typing import Any

from django.utils import timezone

from ratings.committee.meetings import Ballot, record_meeting
from ratings.committee.motions import propose_star
from ratings.committee.settling import offered_stars
from ratings.criteria.years import copy_scheme
from ratings.enums import Stage, Status
from ratings.judging.visits import Trip, register_visit
from ratings.models import Assessment, Judge, Panel, Result, Scheme, Score
from ratings.offline.judging import SchoolYear
from ratings.publication.opening_notice import OPENING_NOTICE
from ratings.rules.rounding import rounded
from ratings.scoring import entry_to_json
from ratings.sheets.evaluation import evaluate
from ratings.workflow import grant_extension, open_scheme, take_step
from ratings.workflow.deadlines import last_workday_before
from schools.models import Appointment, Region, Role, User

from .accounts import DemoAccount, appoint
from .past_years import NUMBER, can_print, meeting_on
from .sample import nearest_workday

#: Days from today to the deadlines of the three stages; the self-assessment closes yesterday, with
#: extensions.
SELF_DAYS, COUNTY_DAYS, CITY_DAYS = 6, 14, 25
#: How far the schools of the first county have come, in administrative order; the rest of that county waits
#: for 初评.
FIRST_COUNTY = ("begun", "empty", "filled", "confirming", "returned", "declining", "declined", "lapsed")
#: Schools of the other counties have reached the city; the judges have closed their sheets at so many of them
#: …
CLOSED = 4
#: … and the first judge has filled in, but not closed, the sheet of so many more.
BEGUN = 2
PANEL_SIZE = 5
#: Why the committee decided one school otherwise than the scores say.
DEVIATION = "实地核查时两期主体班的签到表与登记人数不符，经集体研究下调一个星级"
#: So many schools have been visited, so many on one day.
VISITED, A_DAY = 15, 3
#: The notice went out so many days before the self-assessment closed.
NOTICE_DAYS, NOTICE_NUMBER = 30, 8


def open_running_year(
    previous: Scheme, year: int, judged: Mapping[str, SchoolYear], users: dict[str, User]
) -> None:
    """Open the rating of the year with the criteria of a previous one and move the schools along."""
    office, today = users["office"], timezone.localdate()
    scheme = copy_scheme(previous, year=year, by=office)
    scheme.self_due, scheme.county_due, scheme.city_due = (
        today + dt.timedelta(days=days) for days in (SELF_DAYS, COUNTY_DAYS, CITY_DAYS)
    )
    scheme.save(update_fields=["self_due", "county_due", "city_due"])
    open_scheme(scheme, by=office)
    judges = [users[f"judge{number}"] for number in range(1, PANEL_SIZE + 1)]
    panel = seat_panel(scheme, {judge.name: judge for judge in judges})
    rows = Assessment.objects.filter(scheme=scheme).select_related("school__county", "scheme__city")
    by_county = groupby(rows.in_order(), key=lambda row: row.school.county)
    for place, (county, assessments) in enumerate(by_county):
        lead = _official(scheme.city, Role.COUNTY_LEAD, county=county)
        targets = repeat("city") if place else chain(FIRST_COUNTY, repeat("county"))
        for assessment, target in zip(assessments, targets, strict=False):
            _advance(assessment, judged[assessment.school.code], target, lead, panel, office)
    _visit(scheme, panel, office)
    _score(scheme, judged)
    _propose(scheme, office)
    _close_self_assessment(scheme, office)
    _issue_notice(scheme, office)


def _issue_notice(scheme: Scheme, office: User) -> None:
    """The notice that opened the year, as everybody reads it; last, because it names the deadlines as they
    stand.
    """
    day = nearest_workday(scheme.self_due - dt.timedelta(days=NOTICE_DAYS))
    notice = OPENING_NOTICE.draft(scheme, issued_on=day)
    notice.number = NUMBER.format(notice.issued_on.year, NOTICE_NUMBER)
    notice.save(update_fields=["number"])
    if can_print():  # else it waits as a draft, which the office issues when it can
        OPENING_NOTICE.issue(notice, by=office)


def seat_panel(scheme: Scheme, people: Mapping[str, User | None]) -> Panel:
    """One panel of judges by label, the first of whom leads it."""
    judges = [Judge.objects.create(scheme=scheme, label=label, user=user) for label, user in people.items()]
    panel = Panel.objects.create(scheme=scheme, name="第一评审组", leader=judges[0])
    panel.judges.set(judges)
    return panel


def _official(city: Region, role: str, **scope: Any) -> User:
    """Somebody who holds the role there; an account without a usable password is made where nobody does."""
    held = Appointment.objects.filter(role=role, city=city, **scope).select_related("user").first()
    if held:
        return held.user
    (where,) = scope.values()
    return appoint(city, DemoAccount(f"{role}-{where.code}", f"{where}负责人", role), **scope)


def _advance(
    assessment: Assessment, school: SchoolYear, target: str, lead: User, panel: Panel, office: User
) -> None:
    if target in ("empty", "lapsed"):
        return
    _answer(assessment, Stage.SELF, school.judged.self_entries, school, half=target == "begun")
    if target in ("begun", "filled"):
        return
    city, own = assessment.scheme.city, {"school": assessment.school}
    head = _official(city, Role.HEAD, **own)
    if target in ("declining", "declined"):
        take_step(assessment, "ask_decline", by=head, comment="校舍重建，今年无法正常办班")
        if target == "declined":
            take_step(assessment, "decline", by=office)
    elif target == "confirming":
        take_step(assessment, "send_to_head", by=_official(city, Role.FILLER, **own))
    else:
        take_step(assessment, "submit", by=head)
        _review(assessment, school, target, lead, panel)


def _review(assessment: Assessment, school: SchoolYear, target: str, lead: User, panel: Panel) -> None:
    """What the county has done with what the school handed in."""
    if target == "returned":
        code = assessment.scores.filter(stage=Stage.SELF).order_by("item__order").first().item.code
        remarks = {code: "任职文件与登记不一致，请核对"}
        take_step(assessment, "return_", by=lead, comment="请补正后再报", items=remarks)
    if target == "city":
        _answer(assessment, Stage.COUNTY, school.judged.county, school)
        Assessment.objects.filter(pk=assessment.pk).update(panel=panel)
        assessment.refresh_from_db()
        # What the school held last year is a plausible suggestion.
        held = Result.objects.filter(school=assessment.school).order_by("-scheme__year")
        star = held.values_list("star", flat=True).first() or 0
        take_step(assessment, "recommend", by=lead, star=star, opinion="经集体研究，同意初评意见。")


def _visit(scheme: Scheme, panel: Panel, office: User) -> None:
    """The panel has been on the road, in administrative order; it has not been everywhere yet."""
    members = tuple(panel.judges.values_list("label", flat=True))
    rows = Assessment.objects.filter(scheme=scheme, status=Status.CITY).in_order()
    keys = list(rows.values_list("pk", flat=True)[:VISITED])
    days = [timezone.localdate()]
    for _ in keys[::A_DAY]:
        days.insert(0, last_workday_before(days[0]))
    for day, first in zip(days, range(0, len(keys), A_DAY), strict=False):
        register_visit(scheme, keys[first : first + A_DAY], Trip(day, members), by=office)


def _score(scheme: Scheme, judged: Mapping[str, SchoolYear]) -> None:
    """Sheets of the first schools of the panel as the sample's judges filled them in, closed at
    some of them.
    """
    judges = list(Judge.objects.filter(scheme=scheme).select_related("user"))
    waiting = Assessment.objects.filter(scheme=scheme, status=Status.CITY).select_related("school").in_order()
    for place, assessment in enumerate(waiting[: CLOSED + BEGUN]):
        school, is_closed = judged[assessment.school.code], place < CLOSED
        sheets = sorted(school.judged.city.items())
        for judge, (label, entries) in zip(judges if is_closed else judges[:1], sheets, strict=False):
            _answer(assessment, Stage.CITY, entries, school, judge=judge, label=label)
            owed = assessment.scores.filter(stage=Stage.CITY, judge=judge, answers=None)
            if is_closed and not owed.exists():
                closed = {"submitted_at": timezone.now(), "submitted_by": judge.user}
                assessment.sheets.filter(judge=judge).update(**closed)


def _propose(scheme: Scheme, office: User) -> None:
    """The committee has met over the schools that are scored, and decided one otherwise than computed; the
    office has recorded it, the chair has not confirmed it yet.
    """
    held = meeting_on(timezone.localdate())
    values = {"held_on": held.held_on, "expected": held.expected, "present": held.present}
    meeting = record_meeting(scheme, {**values, "number": held.number}, by=office)
    evaluation = evaluate(scheme)
    offered = offered_stars(evaluation)
    scored = Assessment.objects.filter(scheme=scheme, status=Status.CITY).select_related("school").in_order()
    for row in scored:
        outcome = evaluation.outcomes[str(row.pk)]
        lower = [] if outcome.problems else [star for star in offered if star < outcome.star]
        if lower:
            propose_star(row, lower[0], by=office, reason=DEVIATION, ballot=Ballot(8, 1, 1), meeting=meeting)
            return


def _close_self_assessment(scheme: Scheme, office: User) -> None:
    """The deadline was on the last working day: schools still at work got an extension, one handed in nothing
    and is lapsed.
    """
    scheme.self_due = last_workday_before(timezone.localdate())
    scheme.save(update_fields=["self_due"])
    extended = timezone.localdate() + dt.timedelta(days=SELF_DAYS)
    late = Assessment.objects.filter(scheme=scheme, status__in=[Status.DRAFT, Status.CONFIRMING])
    *at_work, last = late.select_related("scheme__city", "school").in_order()
    for assessment in at_work:
        grant_extension(assessment, Stage.SELF, extended, by=office, reason="台风停课，补办培训班次")
    scheme.refresh_from_db()
    last.refresh_from_db()
    take_step(last, "lapse", by=office, comment="经两次提醒仍未提交自评")


def _answer(
    assessment: Assessment,
    stage: str,
    entries: dict,
    school: SchoolYear,
    *,
    half: bool = False,
    judge: Judge | None = None,
    label: str = "",
) -> None:
    """Fill the stage's empty rows with what the sample says; `half` leaves every second row open."""
    rows = Score.objects.filter(assessment=assessment, stage=stage, judge=judge).select_related("item")
    ordered = list(rows.order_by("item__order"))
    filled = [row for row in ordered[:: 2 if half else 1] if row.item.code in entries]
    for row in filled:
        entry, typed = entries[row.item.code]
        row.answers, row.remark = entry_to_json(entry), typed.remark
        points = school.judged.asked_points.get((stage, label, row.item.code))
        row.points = None if points is None else rounded(points)
        row.updated_at = timezone.now()
    Score.objects.bulk_update(filled, ["answers", "remark", "points", "updated_at"])
