"""Reminders (催办) and the runs of the daily job."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import SchoolRecordQuerySet
from .registry import School
from .scope import ADMINISTRATORS, sees_everything


class Reminder(models.Model):
    """One of at most two reminders of a matter: the first to the 填报人, the second to the 负责人 and the county."""

    class Step(models.IntegerChoices):
        FILLER = 1, "提醒填报人"
        HEAD = 2, "提醒负责人和县（区）"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="reminders")
    matter = models.CharField("事项标识", max_length=60)
    title = models.CharField("事项", max_length=100)
    step = models.PositiveSmallIntegerField("次序", choices=Step.choices, default=Step.FILLER)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="提醒人",
        null=True,
        blank=True,
        related_name="+",
        help_text="空白为系统按期转请负责人督促。",
    )
    at = models.DateTimeField("提出时间", default=timezone.now)
    sent_at = models.DateTimeField("送达时间", null=True, blank=True, help_text="空白表示等到上班时间再送达。")
    lapsed_at = models.DateTimeField("免送时间", null=True, blank=True, help_text="等候期间事项已办结，不再送达。")

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "催办"
        ordering = ["school", "matter", "step"]
        indexes = [models.Index(fields=["at"], condition=Q(sent_at__isnull=True, lapsed_at__isnull=True), name="reminder_waiting")]
        constraints = [
            models.UniqueConstraint(fields=["school", "matter", "step"], name="reminder_once", violation_error_message="该事项已提醒过。"),
            models.CheckConstraint(
                name="reminder_twice_at_most", condition=Q(step__in=(1, 2)), violation_error_message="同一事项最多提醒两次。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.title}"


class JobRunQuerySet(models.QuerySet):
    def visible_to(self, user) -> "JobRunQuerySet":
        """Jobs serve the whole system; administrators look after them."""
        identity = getattr(user, "identity", None)
        return self if sees_everything(user) or (identity and identity.role in ADMINISTRATORS) else self.none()


class JobRun(models.Model):
    """A piece of the daily job done on a day; the row is what keeps a second machine from doing it again."""

    name = models.CharField("任务", max_length=60)
    day = models.DateField("日期")
    started_at = models.DateTimeField("开始时间", default=timezone.now)
    ended_at = models.DateTimeField("完成时间", null=True, blank=True)
    summary = models.CharField("结果", max_length=200, blank=True)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "定时任务"
        ordering = ["-day", "name"]
        constraints = [models.UniqueConstraint(fields=["name", "day"], name="job_once_a_day", violation_error_message="该任务当天已运行。")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
