"""The figures of a month, made of its class records; the monthly report stores them as they were
confirmed.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from schools.metrics.standing import in_use, report_due
from schools.models import Lesson, MonthlyReport, School, TrainingClass, User
from schools.models.teaching import ClassCategory
from schools.saving import refuse

#: Key, label and unit in the order of the report. Counted like the metrics of the same names: a joint class
#: counts at its host.
LINES: tuple[tuple[str, str, str], ...] = (
    ("classes", "办班期数", "期"),
    ("main", "其中主体班", "期"),
    ("concentrated", "其中集中培训", "期"),
    ("onsite", "其中现场教学", "期"),
    ("joined", "参加联合办班", "期"),
    ("attendance", "参训人次", "人次"),
    ("hours", "培训学时", "学时"),
    ("leading_hours", "领导干部授课", "学时"),
    *((f"by_{kind.value}", f"授课主体：{kind.label}", "课次") for kind in Lesson.LecturerKind),
    ("cost", "经费支出", "元"),
)
EXACT = {"hours": "0.1", "leading_hours": "0.1", "cost": "0.01"}
CATEGORIES = {ClassCategory.MAIN, ClassCategory.CONCENTRATED, ClassCategory.ONSITE}

Figures = dict[str, Any]


def nothing() -> Figures:
    """The figures of a month without a class."""
    return {key: _stored(key, Decimal(0)) for key, _, _ in LINES}


def is_zero(figures: Mapping[str, Any]) -> bool:
    """Whether nothing was held: a report of it is a 零报告."""
    return not figures["classes"] and not figures["joined"]


def figures_of_year(schools: QuerySet[School], year: int) -> dict[tuple[int, int], Figures]:
    """Figures by (school, month) for every month with a class: two queries, however many schools."""
    sums: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    held = TrainingClass.objects.filter(school__in=schools.order_by().values("pk")).kept().held_in(year)
    for school, day, category, part, attendance, hours, cost in held.order_by().values_list(
        "school_id", "starts_on", "category", "part", "attendance", "hours", "cost"
    ):
        month = sums[school, day.month]
        month["attendance"] += attendance
        month["cost"] += cost
        if part != TrainingClass.Part.HOST:
            month["joined"] += 1
            continue
        month["classes"] += 1
        month["hours"] += hours
        if category in CATEGORIES:
            month[category] += 1
    lessons = Lesson.objects.filter(training_class__in=held.filter(part=TrainingClass.Part.HOST))
    for school, day, kind, hours in lessons.order_by().values_list(
        "training_class__school_id", "training_class__starts_on", "lecturer_kind", "hours"
    ):
        month = sums[school, day.month]
        month[f"by_{kind}"] += 1
        if kind in Lesson.LEADING:
            month["leading_hours"] += hours
    return {key: {name: _stored(name, month[name]) for name, _, _ in LINES} for key, month in sums.items()}


def _stored(key: str, value: Decimal) -> int | str:
    """Whole numbers as such, exact ones as text: JSON knows no decimals."""
    return str(value.quantize(Decimal(EXACT[key]))) if key in EXACT else int(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """(label, unit, old, new) of the lines that changed; a line the old report did not have is no change."""
    return [
        (label, unit, before[key], after[key])
        for key, label, unit in LINES
        if key in before and before[key] != after[key]
    ]


def rows(figures: Mapping[str, Any]) -> list[tuple[str, str, Any, str]]:
    """(key, label, value, unit) of a report, lecturers of a kind that did not teach left out."""
    return [
        (key, label, figures[key], unit)
        for key, label, unit in LINES
        if key in figures and (figures[key] or not key.startswith("by_"))
    ]


FUTURE, RUNNING, OWED = "future", "running", "owed"
CONFIRMED, CHANGED, UNUSED = "confirmed", "changed", "unused"


@dataclass(frozen=True)
class Month:
    """A month of a school as it stands today: the figures of its records, and the report if there is one."""

    year: int
    month: int
    figures: Figures
    report: MonthlyReport | None
    today: date
    in_use: bool
    changes: list[tuple]

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def due(self) -> date:
        """The day its report is due."""
        return (self.report and self.report.due) or report_due(self.year, self.month)

    @property
    def is_zero(self) -> bool:
        """See `is_zero`."""
        return is_zero(self.figures)

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody answered for it."""
        return self.report is not None and self.report.confirmed_at is not None

    @property
    def state(self) -> str:
        """One word for what can be done with it."""
        if self.is_confirmed:
            return CHANGED if self.changes else CONFIRMED
        if not self.in_use:
            return UNUSED
        if self.first > self.today:
            return FUTURE
        return RUNNING if self.last >= self.today else OWED

    @property
    def is_late(self) -> bool:
        """Confirmed after the day it was due, or owed beyond it; a later correction makes nothing late."""
        if self.is_confirmed:
            return timezone.localdate(self.report.confirmed_at) > self.due
        return self.state == OWED and self.today > self.due

    @property
    def tag(self) -> tuple[str, str]:
        """Words and tint of its state."""
        if self.state == CHANGED:
            return "有更正", "warn"
        if self.state == CONFIRMED:
            name = "零报告" if self.report.is_zero else "已确认"
            return (f"{name}（逾期）", "warn") if self.is_late else (name, "ok")
        if self.state == OWED:
            return ("逾期未报", "bad") if self.is_late else ("待确认", "warn")
        return {FUTURE: "未到", RUNNING: "本月", UNUSED: "不计"}[self.state], "plain"

    @property
    def sentence(self) -> str:
        """Its figures in one line, as the workbench and a confirmation show it."""
        if self.is_zero:
            return "没有办班"
        figures = self.figures
        joined = f"，参加联合办班 {figures['joined']} 期" if figures["joined"] else ""
        return (
            f"办班 {figures['classes']} 期{joined}，{figures['attendance']:,} 人次，{figures['hours']} "
            f"学时，支出 {Decimal(figures['cost']):,.2f} 元"
        )


def year_of(school: School, year: int, *, today: date | None = None) -> list[Month]:
    """The twelve months; three queries."""
    held = figures_of_year(School.objects.filter(pk=school.pk), year)
    kept = school.monthly_reports.filter(year=year).select_related("confirmed_by")
    reports = {report.month: report for report in kept}
    today = today or timezone.localdate()
    months = []
    for number in range(1, 13):
        figures, report = held.get((school.pk, number)) or nothing(), reports.get(number)
        confirmed = report.figures if report and report.confirmed_at else {}
        changes = differences(confirmed, figures)
        months.append(Month(year, number, figures, report, today, in_use(school, year, number), changes))
    return months


def month_of(school: School, year: int, month: int) -> Month:
    """One month."""
    return year_of(school, year)[month - 1]


@transaction.atomic
def confirm(school: School, year: int, month: int, *, by: User, reason: str = "") -> Month:
    """Store the month's figures as the school answers for them.

    What was confirmed before stays: a second confirmation needs a reason, keeps the day of the first and both
    sets of figures. Raises Refused with a sentence.
    """
    School.objects.hold(school.pk)
    current = month_of(school, year, month)
    if current.state == UNUSED:
        school.refuse_month_outside_life(year, month)
    running = f"{month}月还没有结束，结束后再确认月报。"
    refusals = {
        FUTURE: running,
        RUNNING: running,
        UNUSED: f"{year}年{month}月本校未启用或已关闭，不需要报送月报。",
        CONFIRMED: f"{year}年{month}月的月报已经确认，记录没有变化，不需要再次确认。",
        CHANGED: "" if reason.strip() else "请写明更正原因。",
    }
    refuse(refusals.get(current.state, ""))
    report = current.report or MonthlyReport(school=school, year=year, month=month)
    changed = None
    if current.state == CHANGED:
        reason, changed = reason.strip()[:200], ["figures", "is_zero"]
        report.corrections.create(before=report.figures, after=current.figures, reason=reason, by=by)
    else:
        report.confirmed_at, report.confirmed_by = timezone.now(), by
    report.is_zero, report.figures = current.is_zero, current.figures
    report.save(update_fields=changed)
    return month_of(school, year, month)


def unanswered(school: School) -> list[Month]:
    """Months of this year and the last that wait for the school: not confirmed, or changed since; oldest
    first. Last year's are owed from the first month in which the school recorded anything.
    """
    this = timezone.localdate().year
    months = [*year_of(school, this - 1), *year_of(school, this)]
    begun = [month.first for month in months if month.report or not month.is_zero]
    since = min([*begun, date(this, 1, 1)])
    return [
        month for month in months if month.state == CHANGED or (month.state == OWED and month.first >= since)
    ]


def fill_figures(schools: QuerySet[School], year: int) -> None:
    """Give imported confirmations the figures of the records that were imported with them."""
    held = figures_of_year(schools, year)
    confirmed = MonthlyReport.objects.filter(school__in=schools, year=year, confirmed_at__isnull=False)
    reports = list(confirmed.filter(figures={}))
    for report in reports:
        report.figures = held.get((report.school_id, report.month)) or nothing()
        report.is_zero = is_zero(report.figures)
    MonthlyReport.objects.bulk_update(reports, ["figures", "is_zero"], batch_size=200)


def calendar_weeks(year: int, month: int) -> list[list[date | None]]:
    """The weeks of the month from Monday, days of neighbouring months left blank."""
    weeks = calendar.Calendar().monthdatescalendar(year, month)
    return [[day if day.month == month else None for day in week] for week in weeks]
