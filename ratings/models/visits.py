"""现场评分: what the team tells a school after looking at it on site."""

from django.conf import settings
from django.db import models

from ratings.enums import PUBLIC_PHASES
from schools.models.scope import SCHOOL_ROLES

from .assessments import Assessment, rating_scope
from .schemes import COMMITTEE


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The committee and its office; the school itself once the year is public."""
        identity = user.identity
        if identity is None or identity.role not in (*COMMITTEE, *SCHOOL_ROLES):
            return self.none()
        scoped = self.filter(rating_scope(user, "assessment__school"))
        return scoped if identity.role in COMMITTEE else scoped.filter(assessment__scheme__phase__in=PUBLIC_PHASES)


class Feedback(models.Model):
    """反馈意见: strengths, shortcomings and advice from the visit; no points and no names of judges."""

    assessment = models.OneToOneField(Assessment, models.PROTECT, verbose_name="评定申报", related_name="feedback")
    visited_on = models.DateField("走访日期", null=True, blank=True)
    text = models.CharField("反馈意见", max_length=500)
    version = models.PositiveIntegerField("修改次数", default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="登记人", related_name="+")
    at = models.DateTimeField("登记时间")

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "现场反馈意见"
        ordering = ["assessment"]

    def __str__(self):
        return f"{self.assessment}反馈意见"
