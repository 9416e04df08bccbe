"""The figures of a month, made of its class records; the monthly report stores them as they were confirmed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from schools.models import Lesson, School, TrainingClass
from schools.models.teaching import ClassCategory

#: Key, label and unit in the order of the report. Counted like the metrics of the same names: a joint class counts at its host.
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


def figures_of_year(schools: QuerySet[School], year: int) -> dict[tuple[int, int], Figures]:
    """Figures by (school, month) for every month with a class: two queries, however many schools."""
    days = (date(year, 1, 1), date(year, 12, 31))
    ids = schools.order_by().values("pk")
    sums: dict[tuple[int, int], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    held = TrainingClass.objects.filter(school__in=ids).kept().held_between(*days).order_by()
    for school, day, category, part, attendance, hours, cost in held.values_list(
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
    _add_lessons(sums, ids, days)
    return {key: {name: _stored(name, month[name]) for name, _, _ in LINES} for key, month in sums.items()}


def _add_lessons(sums: dict, ids: QuerySet, days: tuple[date, date]) -> None:
    lessons = Lesson.objects.filter(
        training_class__school__in=ids,
        training_class__voided_at__isnull=True,
        training_class__starts_on__range=days,
        training_class__part=TrainingClass.Part.HOST,
    )
    for school, day, kind, hours in lessons.order_by().values_list(
        "training_class__school_id", "training_class__starts_on", "lecturer_kind", "hours"
    ):
        month = sums[school, day.month]
        month[f"by_{kind}"] += 1
        if kind in Lesson.LEADING:
            month["leading_hours"] += hours


def _stored(key: str, value: Decimal) -> int | str:
    """Whole numbers as such, exact ones as text: JSON knows no decimals."""
    return str(value.quantize(Decimal(EXACT[key]))) if key in EXACT else int(value)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, Any, Any]]:
    """(label, unit, old, new) of the lines that changed; a line the old report did not have is no change."""
    return [(label, unit, before[key], after[key]) for key, label, unit in LINES if key in before and before[key] != after[key]]


def rows(figures: Mapping[str, Any]) -> list[tuple[str, str, Any, str]]:
    """(key, label, value, unit) of a report, lecturers of a kind that did not teach left out."""
    return [
        (key, label, figures[key], unit) for key, label, unit in LINES if key in figures and (figures[key] or not key.startswith("by_"))
    ]


def sentence(figures: Mapping[str, Any]) -> str:
    """The month in one line, as the workbench and a confirmation show it."""
    joined = f"，参加联合办班 {figures['joined']} 期" if figures.get("joined") else ""
    cost = Decimal(str(figures["cost"]))
    return f"办班 {figures['classes']} 期{joined}，{figures['attendance']:,} 人次，{figures['hours']} 学时，支出 {cost:,.2f} 元"
