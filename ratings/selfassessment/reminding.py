"""催办 of a self-assessment: a matter beside the records, reminded of as they are (`schools.monitoring`)."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse
from django.utils import timezone

from ratings.enums import RUNNING, Status
from ratings.models import Assessment
from ratings.sheets.answering import LIVE
from schools.models import Reminder
from schools.monitoring.reminders import Place

from .submission import due_of

WORDS = {
    Status.DRAFT: "自评未提交",
    Status.CONFIRMING: "自评待负责人确认提交",
    Status.RETURNED: "补正未提交",
}


def matter_of(assessment: Assessment) -> tuple[str, str] | None:
    """Key and title of what a school owes now; another status, or another last day, is another matter."""
    if assessment.status not in LIVE or assessment.scheme.phase not in RUNNING:
        return None
    last = due_of(assessment)
    day = f"{timezone.localdate(last):%Y%m%d}" if last else ""
    return (
        f"self-{assessment.status}:{assessment.pk}:{day}",
        f"{assessment.scheme.year}年度{WORDS[assessment.status]}",
    )


def step_words(key: str, step: int) -> str:
    """Who is told; the head first where only the confirmation is missing."""
    if step == Reminder.Step.FILLER and key.startswith(f"self-{Status.CONFIRMING}:"):
        return "提醒负责人"
    return Reminder.Step(step).label


def reminders_of(assessment: Assessment) -> list[tuple[Reminder, str]]:
    """What a school was reminded of in a year, with what still waits for working hours."""
    own = Reminder.objects.filter(school=assessment.school_id, matter__startswith="self-")
    rows = own.filter(matter__contains=f":{assessment.pk}:").select_related("by").order_by("at", "pk")
    return [(row, step_words(row.matter, row.step)) for row in rows]


def place_of(assessment: Assessment) -> Place:
    """The head is told first where only the confirmation is missing."""
    own = reverse("ratings:assessment", args=[assessment.pk])
    above = reverse("ratings:progress_board", args=[assessment.scheme_id])
    return Place(own, above, "head" if assessment.status == Status.CONFIRMING else "filler")


def open_assessments(schools: Collection[int]) -> dict[tuple[int, str], Place]:
    """By school and key, what may be reminded of now."""
    rows = Assessment.objects.filter(school__in=schools, status__in=LIVE, scheme__phase__in=RUNNING)
    return {
        (row.school_id, matter_of(row)[0]): place_of(row)
        for row in rows.select_related("scheme").prefetch_related("extensions")
    }
