"""On the workbench: what one person has begun and a second one must finish, an opening and a correction of the criteria."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from ratings.enums import Phase
from ratings.models import Erratum, Scheme
from schools.desk import Task
from schools.models import User
from schools.permissions import may


def with_waiting(schemes: QuerySet[Scheme]) -> QuerySet[Scheme]:
    """Joins the proposal and the correction that wait, so that the workbench asks nothing more; the models allow one of each."""
    opening = Q(opening_proposals__withdrawn_at=None, opening_proposals__confirmed_at=None)
    return schemes.annotate(
        opening=FilteredRelation("opening_proposals", condition=opening),
        opening_by=F("opening__proposed_by"),
        opening_name=F("opening__proposed_by__name"),
        opening_at=F("opening__proposed_at"),
        correction=FilteredRelation("errata", condition=Q(errata__state=Erratum.State.PROPOSED)),
        correction_pk=F("correction__pk"),
        correction_by=F("correction__prepared_by"),
        correction_name=F("correction__prepared_by__name"),
        correction_at=F("correction__proposed_at"),
        correction_reason=F("correction__reason"),
    )


def second_person_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """For one scheme of `with_waiting`. The message may have been read days ago; the work stays on the workbench until it is done."""
    if may(user, "check_scheme") and scheme.phase == Phase.DRAFTING and scheme.opening_by not in (None, user.pk):
        # Whether the draft was changed since then is said on the page: comparing it costs too much here.
        hint = f"{scheme.opening_name} {_day(scheme.opening_at)} 提议，核对方案后确认"
        yield Task(f"确认启动{scheme.year}年度评定", reverse("ratings:scheme_opening", args=[scheme.pk]), hint, "待确认")
    if may(user, "sign_erratum") and not scheme.is_public and scheme.correction_by not in (None, user.pk):
        hint = f"{scheme.correction_name} {_day(scheme.correction_at)} 提请：{scheme.correction_reason}"
        yield Task(f"签发{scheme.year}年度评定方案的更正", reverse("ratings:erratum_sign", args=[scheme.correction_pk]), hint, "待签发")


def _day(moment) -> str:
    local = timezone.localdate(moment)
    return f"{local.month}月{local.day}日"
