"""Whose assessments a reviewer works on, and of which year."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Q, QuerySet

from ratings.enums import Phase, Status
from ratings.models import Assessment, Scheme
from ratings.workflow import tie
from schools.models import User


def reviewable(user: User) -> QuerySet[Assessment]:
    """Assessments in reach whose scheme has a county stage, without schools that take no part; `tie` is why the reviewer
    must recuse.
    """
    returns = Count("moves", filter=Q(moves__step="return_", moves__from_status=Status.COUNTY))
    rows = Assessment.objects.visible_to(user).filter(scheme__has_county_stage=True).exclude(status=Status.DECLINED)
    rows = rows.select_related("school__county", "scheme__city").prefetch_related("extensions")
    return rows.annotate(returns=returns, tie=tie(user, OuterRef("school")))


def current_scheme(user: User, year: str = "") -> Scheme | None:
    """The scheme of the wanted year; else the newest still being scored, else the newest of all."""
    schemes = list(Scheme.objects.visible_to(user).filter(has_county_stage=True).exclude(phase=Phase.DRAFTING).order_by("-year"))
    wanted = [one for one in schemes if str(one.year) == year]
    running = [one for one in schemes if one.phase in (Phase.OPEN, Phase.SCORING)]
    return next(iter([*wanted, *running, *schemes]), None)
