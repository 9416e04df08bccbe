"""现场反馈意见: registered by the office after the visit, read by the school once the year is public."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from ratings.enums import PUBLIC_PHASES
from ratings.models import Assessment, Feedback, Scheme
from schools.models import User
from schools.saving import refuse, save_versioned


def closed(scheme: Scheme) -> str:
    """Why nothing is written any more, since the school can read it; empty before."""
    return "结果已经通报，反馈意见不再修改。" if scheme.phase in PUBLIC_PHASES else ""


def save_feedback(assessment: Assessment, values: Mapping[str, object], *, version: int, by: User) -> Feedback:
    """Store the note; raises Stale if somebody saved since `version`, Refused once the year is public."""
    with transaction.atomic():
        refuse(closed(Scheme.objects.select_for_update().get(pk=assessment.scheme_id)))
        Assessment.objects.select_for_update().get(pk=assessment.pk)  # holds back a second first note
        feedback = Feedback.objects.filter(assessment=assessment).first()
        if feedback is None:
            return Feedback.objects.create(assessment=assessment, version=1, by=by, at=timezone.now(), **values)
        return save_versioned(feedback, values, version=version, by=by)
