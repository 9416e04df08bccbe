"""Which years the rating has for a person, where work is in hand, and where a page stands in another year."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.shortcuts import resolve_url
from django.urls import ResolverMatch, reverse
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES, Phase, Status
from ratings.judging.seats import judged_by
from ratings.models import Assessment, Bulletin, JudgeSheet, Result, Scheme
from ratings.review.overview import reviewable
from ratings.workflow.deadlines import in_self_window
from schools.models import Role, User
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.permissions import role_of

#: How much is in hand: what this person owes; a year whose result is not out; next year's draft.
OWED, UNDER_WAY, DRAFT = range(3)


def years_in_hand(user: User) -> Iterator[tuple[int, int | None]]:
    """One query. Of the years with the same in hand the oldest comes first: it has to be finished before."""
    schemes = Scheme.objects.visible_to(user).order_by()
    owed = _owed(user)
    rows = list(
        schemes.annotate(owed=Value(False) if owed is None else Exists(owed)).values_list(
            "year", "phase", "owed"
        )
    )
    out = max((year for year, phase, _ in rows if phase != Phase.DRAFTING), default=0)
    for year, phase, is_owed in rows:
        if phase == Phase.DRAFTING:
            yield year, DRAFT if year > out else None
        elif phase in PUBLIC_PHASES:
            yield year, None
        else:
            yield year, OWED if is_owed else UNDER_WAY


def _owed(user: User) -> QuerySet | None:
    """Rows of the year `pk` that wait for this person; None for those who do not work school by school."""
    role, mine = role_of(user), Assessment.objects.visible_to(user).filter(scheme=OuterRef("pk"))
    if role in SCHOOL_ROLES:
        begun = Q(status__in=(Status.CONFIRMING, Status.RETURNED, Status.COUNTY, Status.CITY))
        return mine.filter(begun | Q(status=Status.DRAFT) & in_self_window(timezone.localdate()))
    if role in COUNTY_ROLES:
        returned = Q(status=Status.RETURNED, returned_to=Status.COUNTY)
        return mine.filter(returned | Q(status=Status.COUNTY), scheme__has_county_stage=True)
    if role == Role.JUDGE:
        own = Q(judge__user=user) | Q(judge__isnull=True, assessment__panel__judges__user=user)
        sheets = JudgeSheet.objects.filter(own, assessment__scheme=OuterRef("pk"))
        return sheets.filter(assessment__status=Status.CITY, submitted_at__isnull=True)
    return None


def _opened(user: User) -> QuerySet[Scheme]:
    return Scheme.objects.visible_to(user).exclude(phase=Phase.DRAFTING)


def _self_checked(user: User) -> QuerySet[Scheme]:
    own = Assessment.objects.visible_to(user)
    return Scheme.objects.filter(pk__in=own.values("scheme"), imported=False)


Rows = Callable[[User], QuerySet]
#: Pages that begin with the number of a row of one year, and which rows have one; a page below them that has
#: no such row in the other year leads to them.
PAGES: dict[str, Rows] = {
    **dict.fromkeys(("scheme", "scheme_changes", "opening_notice", "panel_board"), Scheme.objects.visible_to),
    **dict.fromkeys(("board", "meetings", "progress_board", "methodology", "scheme_errata"), _opened),
    "self_checks": _self_checked,
    **dict.fromkeys(("assessment", "assessment_sheet", "progress_school"), Assessment.objects.visible_to),
    "judging_school": judged_by,
    "review_school": reviewable,
    "sheets": Assessment.objects.visible_to,
    **dict.fromkeys(("result", "form_result"), Result.objects.visible_to),
    "bulletin": Bulletin.objects.visible_to,
}
#: The first pages of rooms, which choose their year themselves, and whether they have one.
ROOMS: dict[str, Rows] = {
    "judging": judged_by,
    "review": reviewable,
    "panels": Scheme.objects.visible_to,
    "progress": _opened,
    "committee": _opened,
    "results": Result.objects.visible_to,
}


def same_page(user: User, match: ResolverMatch, year: int) -> str:
    """The page of the same school in that year, or the same page of the year, or the first one of the room;
    else the criteria of the year, else the workbench.
    """
    pk = next((value for value in match.kwargs.values() if isinstance(value, int)), None)
    if match.app_name != "ratings" or pk is None:
        return ""
    here = reverse(match.view_name, kwargs=match.kwargs)
    above = {resolve_url(f"ratings:{name}", pk): name for name in PAGES}
    for address in sorted(filter(here.startswith, above), key=len, reverse=True):
        name = above[address]
        if there := _twin(PAGES[name](user), pk, year):
            return resolve_url(f"ratings:{name}", there.pk)
    for name, rows in ROOMS.items():
        room = resolve_url(f"ratings:{name}")
        if here.startswith(room) and _of(rows(user), year).exists():
            return room
    scheme = Scheme.objects.visible_to(user).filter(year=year).first()
    return resolve_url("ratings:scheme", scheme.pk) if scheme else resolve_url("schools:desk")


def _twin(rows: QuerySet, pk: int, year: int):
    here = rows.filter(pk=pk).first()
    if here is None:
        return None
    found = _of(rows, year)
    return (found.filter(school=here.school_id) if hasattr(here, "school_id") else found).first()


def _of(rows: QuerySet, year: int) -> QuerySet:
    return rows.filter(**{"year" if rows.model is Scheme else "scheme__year": year})
