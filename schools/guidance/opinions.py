"""A liaison's opinion of the school's year, which judges and the committee read beside the score."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from schools.models import Liaison, LiaisonOpinion, School, User
from schools.saving import Refused


def opinions_of(school: School, year: int) -> QuerySet[LiaisonOpinion]:
    """The year's opinions with their writers."""
    return LiaisonOpinion.objects.filter(school=school, year=year).select_related("by")


def give_opinion(school: School, *, year: int, by: User, text: str) -> LiaisonOpinion:
    """Write or rewrite one's own opinion; only who guides the school today has one."""
    if not Liaison.objects.current().filter(user=by, school=school).exists():
        raise Refused("年度指导意见由挂点联系该校的人员填写。")
    with transaction.atomic():
        row, _ = LiaisonOpinion.objects.update_or_create(school=school, year=year, by=by, defaults={"text": text, "at": timezone.now()})
    return row
