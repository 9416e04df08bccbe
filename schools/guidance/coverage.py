"""Full coverage: which school has nobody, which was not visited this year, where problems wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from schools.models import Liaison, Problem, School, Visit


@dataclass(frozen=True)
class Coverage:
    """One school's line: its guides today, visits of the year, the last of them, problems not yet closed."""

    school: School
    guides: tuple[str, ...]
    visits: int
    last: date | None
    unsolved: int
    overdue: int


def without_guide(schools: QuerySet[School]) -> QuerySet[School]:
    """Schools nobody is assigned to today."""
    return schools.filter(~Exists(Liaison.objects.current().filter(school=OuterRef("pk"))))


def without_visit(schools: QuerySet[School], year: int) -> QuerySet[School]:
    """Schools that nobody visited in the year."""
    return schools.filter(~Exists(Visit.objects.kept().filter(school=OuterRef("pk"), on__year=year)))


def with_open_problems(schools: QuerySet[School]) -> QuerySet[School]:
    """Schools where a visit found something that is not closed."""
    return schools.filter(
        Exists(Problem.objects.open().filter(visit__school=OuterRef("pk"), visit__voided_at__isnull=True))
    )


def totals_of(schools: QuerySet[School], year: int) -> dict[str, int]:
    """How many schools there are, how many nobody guides, how many nobody visited in the year; one query."""
    guided = Exists(Liaison.objects.current().filter(school=OuterRef("pk")))
    visited = Exists(Visit.objects.kept().filter(school=OuterRef("pk"), on__year=year))
    return schools.aggregate(
        total=Count("pk"), unguided=Count("pk", filter=~guided), unvisited=Count("pk", filter=~visited)
    )


def coverage_of(schools: Sequence[School], *, year: int, today: date) -> list[Coverage]:
    """The lines of these schools in their order: three queries, however many there are."""
    keys = [school.pk for school in schools]
    guides: dict[int, list[str]] = defaultdict(list)
    for school, name in (
        Liaison.objects.current(today)
        .filter(school__in=keys)
        .values_list("school", "user__name")
        .order_by("since", "pk")
    ):
        guides[school].append(name)
    visited = Visit.objects.kept().filter(school__in=keys, on__year=year).order_by().values("school")
    visits = {row["school"]: row for row in visited.annotate(number=Count("pk"), last=Max("on"))}
    unsolved = (
        Problem.objects.open()
        .filter(visit__school__in=keys, visit__voided_at__isnull=True)
        .order_by()
        .values("visit__school")
    )
    problems = {
        row["visit__school"]: row
        for row in unsolved.annotate(number=Count("pk"), late=Count("pk", filter=Q(due__lt=today)))
    }
    return [
        Coverage(
            school,
            tuple(guides[school.pk]),
            visits.get(school.pk, {}).get("number", 0),
            visits.get(school.pk, {}).get("last"),
            problems.get(school.pk, {}).get("number", 0),
            problems.get(school.pk, {}).get("late", 0),
        )
        for school in schools
    ]
