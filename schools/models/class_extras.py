"""What stands beside the class records: schools that join a class, new teachers' trial lessons, corrected reports."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import SchoolRecordQuerySet, Voidable, VoidableQuerySet
from .classes import TrainingClass
from .registry import School
from .resources import Teacher
from .teaching import MonthlyReport


class JointPartnerQuerySet(SchoolRecordQuerySet):
    def waiting(self) -> "JointPartnerQuerySet":
        """Neither joined nor declined, and the host's class still stands."""
        return self.filter(record__isnull=True, declined_at__isnull=True, host_class__voided_at__isnull=True)


class JointPartner(models.Model):
    """A school the host of a joint class (联合办班) named; it counts there only once that school entered its own attendance."""

    host_class = models.ForeignKey(TrainingClass, models.PROTECT, verbose_name="主办班次", related_name="partners")
    school = models.ForeignKey(School, models.PROTECT, verbose_name="参加党校", related_name="joint_classes")
    record = models.OneToOneField(TrainingClass, models.PROTECT, verbose_name="参加校登记", null=True, blank=True, related_name="joined_as")
    declined_at = models.DateTimeField("不参加确认时间", null=True, blank=True)

    objects = JointPartnerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联合办班参加校"
        ordering = ["host_class", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["host_class", "school"], name="joint_partner_once", violation_error_message="该党校已在参加名单中。"
            ),
            models.CheckConstraint(
                name="joint_partner_answer",
                condition=Q(record__isnull=True) | Q(declined_at__isnull=True),
                violation_error_message="已登记参加的不能同时标为不参加。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} 参加 {self.host_class}"


class TrialLesson(Voidable):
    """首讲试讲: a new teacher's lesson before colleagues, and what they thought of it."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="trial_lessons")
    teacher = models.ForeignKey(Teacher, models.PROTECT, verbose_name="教师", related_name="trial_lessons")
    on = models.DateField("试讲日期")
    topic = models.CharField("题目", max_length=100)
    assessors = models.CharField("评议人", max_length=100)
    opinion = models.CharField("评议意见", max_length=200)
    passed = models.BooleanField("通过")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="登记人", null=True, blank=True, editable=False, related_name="+"
    )

    objects = VoidableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "首讲试讲"
        ordering = ["school", "-on", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["teacher", "on", "topic"],
                condition=Q(voided_at__isnull=True),
                name="trial_lesson_once",
                violation_error_message="这位教师当天已登记同题试讲。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.teacher} {self.topic}"


class ReportCorrectionQuerySet(SchoolRecordQuerySet):
    school_path = "report__school"


class ReportCorrection(models.Model):
    """A confirmed report confirmed anew after its records changed: both sets of figures stay."""

    report = models.ForeignKey(MonthlyReport, models.PROTECT, verbose_name="月报", related_name="corrections")
    before = models.JSONField("更正前")
    after = models.JSONField("更正后")
    reason = models.CharField("更正原因", max_length=200)
    at = models.DateTimeField("更正时间", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="更正人", related_name="+")

    objects = ReportCorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月报更正"
        ordering = ["report", "at", "pk"]
        constraints = [
            models.CheckConstraint(name="report_correction_reason", condition=~Q(reason=""), violation_error_message="请写明更正原因。")
        ]

    def __str__(self) -> str:
        return f"{self.report} 更正"
