"""What a school's registry does not say yet, although figures and forms need it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from schools.models import School

#: Unknown, as opposed to a recorded zero or no.
INCOMPLETE = Q(has_plaque__isnull=True) | Q(seats__isnull=True) | Q(staff_count__isnull=True)


def incomplete(schools: QuerySet[School]) -> QuerySet[School]:
    """The schools whose own entry lacks a figure."""
    return schools.filter(INCOMPLETE)


def missing(school: School, year: int) -> list[str]:
    """Names of what is not recorded for the school and the year, in the order of its page."""
    facts = [
        ("挂牌情况", school.has_plaque is not None),
        ("主教室座位", school.seats is not None),
        ("工作人员数", school.staff_count is not None),
        ("校领导", school.leaders.exists()),
        ("师资", school.teachers.exists()),
        ("设施", school.equipment.exists()),
        ("管理制度", school.regulations.exists()),
        (f"{year}年培训计划", school.plans.filter(year=year).exists()),
        (f"{year}年到位经费", school.budgets.filter(year=year, arrived__isnull=False).exists()),
        (f"{year}年党员和干部人数", school.year_figures.filter(year=year).exists()),
    ]
    return [name for name, known in facts if not known]
