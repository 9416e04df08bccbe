"""期限: inclusive to the last second of the day, moved off rest days, extended for single schools."""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from ratings.enums import RUNNING, Stage, Status
from ratings.models import Assessment, Extension
from schools import audit
from schools.calendar.workdays import add_workdays, is_workday
from schools.messages.inbox import notify
from schools.models import User
from schools.numbers import WEEKDAYS, near_date
from schools.saving import Refused, Shown, refuse

from .holding import hold_assessment
from .steps import STAGE_OF

#: 补正 is due this many working days after the return.
RETURN_WORKDAYS = 3
#: 自评 is asked for so long before its last day, or from the end of 统计期 on, whichever comes first: a task
#: that stands there all year is not read when it counts. A year without a last day asks at once.
SELF_WINDOW = dt.timedelta(days=30)
#: Nothing is owed any more.
OVER = (Status.SETTLED, Status.DECLINED, Status.LAPSED)
LAST_SECOND = dt.time(23, 59, 59)


def due(assessment: Assessment, stage: str) -> dt.datetime | None:
    """The last moment of a stage for one school, or None where the scheme sets none.

    A returned school answers to its own 补正截止日; an extension, the latest one, takes the place of the
    scheme's day.
    """
    if stage == Stage.SELF and assessment.return_due:
        return end_of(assessment.return_due)
    extended = [extension.due_on for extension in assessment.extensions.all() if extension.stage == stage]
    day = last_day(extended[-1] if extended else getattr(assessment.scheme, f"{stage}_due"))
    return day and end_of(day)


def due_now(assessment: Assessment) -> dt.datetime | None:
    """The last moment of the stage that the school is in; none once it is through, or where none is set."""
    stage = STAGE_OF.get(assessment.status)
    return due(assessment, stage) if stage else None


def is_overdue(assessment: Assessment, stage: str, *, at: dt.datetime | None = None) -> bool:
    """Whether the stage's last moment has passed; a stage without a deadline is never overdue."""
    last = due(assessment, stage)
    return last is not None and (at or timezone.now()) > last


def return_deadline(today: dt.date) -> dt.date:
    """The third working day after the day of the return."""
    return add_workdays(today, RETURN_WORKDAYS)


def next_workday_from(day: dt.date) -> dt.date:
    """The day itself, or the first working day after it."""
    while not is_workday(day):
        day += dt.timedelta(days=1)
    return day


def last_workday_before(day: dt.date) -> dt.date:
    """The latest day whose deadline has passed when `day` begins: a rest day before it would be moved to
    `day` or beyond.
    """
    day -= dt.timedelta(days=1)
    while not is_workday(day):
        day -= dt.timedelta(days=1)
    return day


def last_day(day: dt.date | None) -> dt.date | None:
    """The day of the scheme as people have to keep it: moved off rest days, None where the scheme
    sets none.
    """
    return None if day is None else next_workday_from(day)


def end_of(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, LAST_SECOND))


def day_words(moment: dt.datetime | dt.date) -> str:
    """A last day in a sentence: 12月7日, with the year where it is another one."""
    day = timezone.localdate(moment) if isinstance(moment, dt.datetime) else moment
    return near_date(day, timezone.localdate())


def until_words(day: dt.date) -> str:
    """What 延至 says of the day that was typed: 12月12日（星期六），顺延至12月14日."""
    kept = next_workday_from(day)
    if kept == day:
        return day_words(day)
    return f"{day_words(day)}（星期{WEEKDAYS[day.weekday()]}），顺延至{day_words(kept)}"


def in_self_window(today: dt.date, scheme: str = "scheme__") -> Q:
    """Whether 自评 is asked for by now, of rows that find their scheme by `scheme`."""
    near = Q(**{f"{scheme}self_due__lte": today + SELF_WINDOW}) | Q(**{f"{scheme}self_due": None})
    return near | Q(**{f"{scheme}period_end__lt": today})


def shown_deadlines(assessment: Assessment) -> Shown:
    """What stands above the form of an extension: the days of the scheme, and what was granted so far."""
    granted, scheme = list(assessment.extensions.all()), assessment.scheme

    def saver() -> str:
        if not granted:
            return ""
        last = granted[-1]
        at, until = f"{day_words(last.at)} {timezone.localtime(last.at):%H:%M}", until_words(last.due_on)
        return f"{last.by} {at} 已把{last.get_stage_display()}延至{until}：{last.reason}"

    return Shown(
        {
            "截止时间": [scheme.self_due, scheme.county_due, scheme.city_due, assessment.return_due],
            "延期": [(one.stage, one.due_on, one.by_id, one.at) for one in granted],
        },
        {"延期": saver},
    )


def extension_refusal(assessment: Assessment) -> str:
    """Why the school gets no more time for anything, or ""."""
    if assessment.scheme.phase not in RUNNING:
        return f"方案处于“{assessment.scheme.get_phase_display()}”阶段，不能再延期。"
    if assessment.status in OVER:
        return f"申报处于“{assessment.get_status_display()}”，不能再延期。"
    return ""


def grant_extension(
    assessment: Assessment, stage: str, due_on: dt.date, *, by, reason: str, seen: str | None = None
) -> Extension:
    """Give one school more time for one stage; who and why stay on record. Raises Refused.

    A school in 补正 gets the time for mending: its own 补正截止日 moves.
    """
    if not reason.strip():
        raise Refused({"reason": "请写明延期理由。"})
    with transaction.atomic():
        locked = hold_assessment(assessment.pk)
        refuse(extension_refusal(locked))
        shown_deadlines(locked).refuse_changed(seen)
        now = due(locked, stage)
        if now is not None and end_of(due_on) <= now:
            raise Refused({"due_on": f"延至的日期须晚于现在的截止时间 {day_words(now)}。"})
        if stage == Stage.SELF and locked.return_due:
            locked.return_due = next_workday_from(due_on)
            locked.save(update_fields=["return_due"])
        extension = Extension.objects.create(
            assessment=locked, stage=stage, due_on=due_on, reason=reason.strip(), by=by, at=timezone.now()
        )
        detail = {"阶段": Stage(stage).label, "延至": due_on, "理由": reason.strip()}
        audit.record("extend", by=by, city=locked.scheme.city, subject=str(locked), detail=detail)
        if stage == Stage.SELF:
            _tell_school(locked, extension)
    assessment.return_due = locked.return_due
    return extension


def _tell_school(assessment: Assessment, extension: Extension) -> None:
    people = User.objects.of_schools(assessment.school_id)
    page = reverse("ratings:assessment", args=[assessment.pk])
    until = until_words(extension.due_on)
    text = f"{assessment.scheme.year}年度星级评定自评延期至{until}：{extension.reason}"
    notify(people, text, url=page, key=f"extension-{extension.pk}", school=assessment.school)
