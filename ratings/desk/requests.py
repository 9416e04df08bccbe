"""What schools ask for, on the workbench of those who answer it or have to know of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from django.shortcuts import resolve_url
from django.utils import timezone

from ratings.enums import RUNNING
from ratings.models import Assessment
from ratings.workflow.requests import open_request, waiting, with_requests
from schools.models import User
from schools.permissions import may
from schools.site.contributions import Task

#: So many requests are told in their own words, the others are counted.
TOLD = 3


def request_tasks(user: User) -> Iterator[Task]:
    """One task a year: the office answers, the county knows of it. Two queries for any number of schools."""
    if not (may(user, "take_office_steps") or may(user, "review")):
        return
    running = Assessment.objects.visible_to(user).filter(scheme__phase__in=RUNNING)
    rows = with_requests(waiting(running).select_related("school", "scheme").order_by("-scheme__year", "pk"))
    for scheme, group in groupby(rows, key=attrgetter("scheme")):
        asking = list(group)
        hint = "；".join(map(_words, asking[:TOLD])) + ("等" if len(asking) > TOLD else "")
        url = f"{resolve_url('ratings:progress_board', scheme.pk)}?status=asking"
        title = f"{len(asking)} 所党校申请不参加{scheme.year}年度评定"
        if may(user, "take_office_steps"):
            yield Task(title, url, hint, "待答复")
        else:
            yield Task(title, url, f"由市评委会办公室答复。{hint}", "待市答复", "info")


def _words(assessment: Assessment) -> str:
    asked = open_request(assessment)
    day = timezone.localdate(asked.at)
    return f"{assessment.school}（{asked.by}，{day.month}月{day.day}日）：{asked.comment}"
