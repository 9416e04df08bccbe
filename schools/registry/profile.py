"""Everything a school's page shows, as far as the reader may see it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import QuerySet, Sum
from django.utils import timezone

from schools.metrics import IMPORTED, METRICS, figures
from schools.models import (
    AnnualPlan,
    Budget,
    Equipment,
    FormerName,
    Investment,
    Leader,
    Lesson,
    Liaison,
    MonthlyReport,
    Region,
    Regulation,
    School,
    Teacher,
    TeachingPoint,
    TrainingClass,
    User,
    Visit,
    YearFigures,
)
from schools.numbers import with_unit


def years(school: School, user: User) -> list[int]:
    """Years with classes, money or head counts, and this year; newest first."""
    found = {timezone.localdate().year}
    found.update(day.year for day in _own(TrainingClass, school, user).kept().dates("starts_on", "year"))
    found.update(_own(Budget, school, user).values_list("year", flat=True))
    found.update(_own(YearFigures, school, user).values_list("year", flat=True))
    return sorted(found, reverse=True)


def registry(school: School, user: User) -> dict:
    """What stands whatever the year."""
    return {
        "former_names": _own(FormerName, school, user),
        "leaders": _own(Leader, school, user),
        "liaisons": _own(Liaison, school, user).current().select_related("user"),
        "teachers": _own(Teacher, school, user).in_force(),
        "points": TeachingPoint.objects.visible_to(user)
        .in_force()
        .filter(pk__in=_points(school))
        .select_related("school"),
        "equipment": _own(Equipment, school, user),
        "regulations": _own(Regulation, school, user),
    }


def year_records(school: School, user: User, year: int) -> dict:
    """What was recorded for one year."""
    classes = (
        _own(TrainingClass, school, user)
        .kept()
        .held_between(date(year, 1, 1), date(year, 12, 31))
        .order_by("-starts_on", "pk")
    )
    budgets = list(_own(Budget, school, user).filter(year=year))
    return {
        "classes": classes.prefetch_related("lessons__teacher"),
        "totals": classes.aggregate(hours=Sum("hours"), attendance=Sum("attendance"), cost=Sum("cost")),
        "budgets": budgets,
        "arrived": sum(row.arrived or 0 for row in budgets),
        "people": _own(YearFigures, school, user).filter(year=year).first(),
        "plan": _own(AnnualPlan, school, user)
        .filter(year=year)
        .prefetch_related("planned_classes__classes")
        .first(),
        "reports": _own(MonthlyReport, school, user).filter(year=year).order_by("month"),
        "visits": _own(Visit, school, user)
        .kept()
        .filter(on__year=year)
        .select_related("by")
        .prefetch_related("problems"),
    }


def figure_rows(school: School, year: int) -> list[dict]:
    """Every metric of the school and year: figure, definition, the section of the page it was
    counted from.
    """
    one = School.objects.filter(pk=school.pk)
    found = figures(METRICS, schools=one, year=year, start=date(year, 1, 1), end=date(year, 12, 31))[
        school.pk
    ]
    return [
        {
            "label": label,
            "value": with_unit(found[label].value, metric.unit),
            "section": metric.section,
            "definition": metric.definition,
            "imported": found[label].source == IMPORTED,
            "note": found[label].note,
        }
        for label, metric in METRICS.items()
    ]


def lecturers(lessons: list[Lesson]) -> str:
    """Who taught a class, each once, with the capacity they taught in."""
    return "、".join(
        dict.fromkeys(f"{lesson.lecturer_name}（{lesson.get_lecturer_kind_display()}）" for lesson in lessons)
    )


def _own(model, school: School, user: User) -> QuerySet:
    return model.objects.visible_to(user).filter(school=school)


def _points(school: School) -> QuerySet:
    """The school's own points and those its neighbours share with it."""
    return (
        TeachingPoint.objects.filter(school=school) | TeachingPoint.objects.filter(shared_with=school)
    ).values("pk")


def investment_of(city: Region, year: int, *, county: Region | None = None) -> Decimal:
    """Yuan spent on building up the schools of a city in a year, or of one of its counties."""
    rows = Investment.objects.kept().filter(school__city=city, year=year)
    if county is not None:
        rows = rows.filter(school__county=county)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
