"""现场反馈意见: registered by the office after the visit, read by the school once the year is public."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES
from ratings.models import Assessment, Feedback
from schools.models import User


class FeedbackConflict(Exception):
    """Somebody saved in between; `current` is what is stored now."""

    def __init__(self, current: Feedback):
        super().__init__("反馈意见已被他人修改")
        self.current = current


def is_open(assessment: Assessment) -> bool:
    """Feedback is written until the school can read it."""
    return assessment.scheme.phase not in PUBLIC_PHASES


def save_feedback(assessment: Assessment, values: Mapping[str, object], *, version: int, by: User) -> Feedback:
    """Store the note unless somebody saved since `version`; raises FeedbackConflict, changing nothing."""
    with transaction.atomic():
        Assessment.objects.select_for_update().get(pk=assessment.pk)
        feedback = Feedback.objects.filter(assessment=assessment).select_related("by").first() or Feedback(assessment=assessment)
        if feedback.version != version:
            raise FeedbackConflict(feedback)
        for name, value in values.items():
            setattr(feedback, name, value)
        feedback.version, feedback.by, feedback.at = version + 1, by, timezone.now()
        feedback.save()
    return feedback
