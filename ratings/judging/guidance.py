"""What the people who guide a school recorded of it: the liaison's opinion beside the score."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from schools.models import Liaison, School, Visit

MOST_VISITS = 20


def visits_of(school: School, year: int) -> QuerySet[Visit]:
    """The year's visits by the people who guided the school, newest first, with how many problems are still open."""
    guides = Liaison.objects.filter(school=school).values("user")
    unsolved = Count("problems", filter=Q(problems__closed_at__isnull=True))
    rows = Visit.objects.kept().filter(school=school, by__in=guides, on__year=year)
    return rows.select_related("by").annotate(unsolved=unsolved).order_by("-on", "pk")[:MOST_VISITS]
