"""Where a school's assessment stands, for the sheet on which one of its people hands over to another."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q
from django.utils import timezone

from ratings.answering import LIVE
from ratings.enums import PUBLIC_PHASES, Stage
from ratings.models import Assessment
from ratings.submission import due_of
from schools.models import School


def assessment_duties(school: School) -> Iterator[tuple[str, str]]:
    """One line for each year whose result is not public: status, how far it is filled in, until when."""
    rows = Q(scores__stage=Stage.SELF)
    counted = Count("scores", filter=rows), Count("scores", filter=rows & Q(scores__answers__isnull=False))
    found = Assessment.objects.filter(school=school).exclude(scheme__phase__in=PUBLIC_PHASES).select_related("scheme")
    none = True
    for one in found.prefetch_related("extensions").annotate(owed=counted[0], begun=counted[1]).order_by("scheme__year"):
        none = False
        text = f"{one.scheme.year}年度：{one.get_status_display()}"
        if one.status in LIVE:
            last = due_of(one)
            text += f"，已填 {one.begun} / {one.owed} 项" + (f"，{timezone.localtime(last):%Y-%m-%d} 截止" if last else "")
        yield "评定申报", text
    if none:
        yield "评定申报", "没有进行中的申报"
