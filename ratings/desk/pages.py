"""What the rating adds to the schools' pages, to handing over and to the daily job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from django.urls import reverse
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES, Star, Status
from ratings.models import Assessment, Result, Scheme
from ratings.selfassessment.submission import due_of
from ratings.sheets.answering import LIVE
from schools.calendar.workdays import add_workdays
from schools.desk.announcing import Announcement
from schools.models import AuditEntry, Role, School, User
from schools.templatetags.ui import day as day_words

from .tasks import (
    RUNNING,
    WORKDAYS_BEFORE,
    _filled,
    latest_scheme,
)

#: Acts whose lines in the audit trail say points or stars.
SCORING_ACTS = ("adjust", "restrict", "decide", "settle")


def scores_before_publication() -> Callable[[AuditEntry], bool]:
    """Whether a line of the audit trail says points or stars of a year that is not public yet."""
    waiting = [
        (city, words)
        for city, year, name in Scheme.objects.exclude(phase__in=PUBLIC_PHASES).values_list(
            "city", "year", "name"
        )
        for words in (f"{year}年度", name)
    ]
    return lambda entry: (
        entry.action in SCORING_ACTS
        and any(entry.city_id == city and words in entry.subject for city, words in waiting)
    )


def star_heading(user: User) -> str:
    """The column names its year."""
    scheme = latest_scheme(user)
    return f"{scheme.year}年度星级" if scheme else "最近星级"


def latest_stars(schools: Sequence[School], user: User) -> dict[int, int]:
    """The star of each school in the latest published year, as far as the reader may know it."""
    scheme = latest_scheme(user)
    if scheme is None:
        return {}
    return dict(
        Result.objects.visible_to(user)
        .filter(scheme=scheme, school__in=[school.pk for school in schools])
        .values_list("school_id", "star")
    )


def stars_by_year(school: School, user: User) -> dict | None:
    """Results of one school for its page; None where the reader may see none."""
    results = (
        Result.objects.visible_to(user)
        .filter(school=school)
        .select_related("scheme")
        .defer("trace", "figures", "next_star")
    )
    found = list(results.order_by("-scheme__year"))
    return {"results": found} if found else None


def stars_in_words(school: School, user: User) -> str:
    """2025年度五星，2024年度四星: published years only, newest first."""
    results = Result.objects.visible_to(user).filter(school=school, scheme__phase__in=PUBLIC_PHASES)
    rows = results.order_by("-scheme__year").values_list("scheme__year", "star", "lapsed")[:5]
    return "，".join(f"{year}年度{'未申报' if lapsed else Star(star).label}" for year, star, lapsed in rows)


def self_assessments_due(today: date) -> Iterator[Announcement]:
    """Those not handed in whose last day is near; the day stands in the key, so that an extension is
    announced anew.
    """
    found = Assessment.objects.filter(status__in=LIVE, scheme__phase__in=RUNNING)
    for one in found.select_related("scheme").prefetch_related("extensions").order_by("pk"):
        last = due_of(one)
        left = None if last is None else _workdays_left(today, timezone.localtime(last).date())
        if left is None:
            continue
        what = "补正" if one.status == Status.RETURNED else "自评"
        text = (
            f"{one.scheme.year}年度星级评定{what}将于{day_words(last)}截止，目前状态："
            f"{one.get_status_display()}，请抓紧办理。"
        )
        roles = (Role.HEAD,) if one.status == Status.CONFIRMING else (Role.FILLER, Role.HEAD)
        url = reverse("ratings:assessment", args=[one.pk])
        yield Announcement(f"self:{one.pk}:{last:%Y%m%d}:{left}", one.school_id, text, url, roles)


def _workdays_left(today: date, last: date) -> int | None:
    """The announcement that is due: the nearest of WORKDAYS_BEFORE, None while the day is far or when it has
    passed.
    """
    if last < today:
        return None
    return next(
        (number for number in sorted(WORKDAYS_BEFORE) if last <= add_workdays(today, number - 1)), None
    )


def assessment_duties(school: School) -> Iterator[tuple[str, str]]:
    """One line for each year whose result is not public: status, how far it is filled in, until when."""
    found = _filled(
        Assessment.objects.filter(school=school).exclude(scheme__phase__in=PUBLIC_PHASES)
    ).order_by("scheme__year")
    for one in found:
        text = f"{one.scheme.year}年度：{one.get_status_display()}"
        if one.status in LIVE:
            last = due_of(one)
            text += f"，已填 {one.begun} / {one.owed} 项" + (
                f"，{timezone.localtime(last):%Y-%m-%d} 截止" if last else ""
            )
        yield "评定申报", text
    if not found:
        yield "评定申报", "没有进行中的申报"
