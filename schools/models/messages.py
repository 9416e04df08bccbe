"""Reminders (催办) and the runs of the daily job."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import OPTIONAL, SchoolRecord, check, of_school, person, unique
from .registry import School
from .scope import ADMINISTRATORS, sees_everything


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user) -> "NoticeQuerySet":
        """One's own messages, whatever the current identity: a person has one inbox."""
        return self.filter(user=user.pk)

    def unread(self) -> "NoticeQuerySet":
        """Those not opened yet."""
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """A message to one person; `key` names the occasion, so that nobody is told of the same thing twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="收件人", related_name="notices"
    )
    text = models.CharField("内容", max_length=400)
    url = models.CharField("链接", max_length=200, blank=True)
    key = models.CharField("事由标识", max_length=120)
    school = models.ForeignKey(
        School,
        models.CASCADE,
        verbose_name="有关党校",
        related_name="+",
        help_text="党校、县（市、区）设有单位邮箱的，同时汇总发到该邮箱。",
        **OPTIONAL,
    )
    at = models.DateTimeField("时间", default=timezone.now)
    read_at = models.DateTimeField("已读时间", **OPTIONAL)
    mailed_at = models.DateTimeField("汇总邮件时间", editable=False, **OPTIONAL)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-at"], name="notice_user_at"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_user_unread"),
        ]
        constraints = [unique("notice_once", ["user", "key"], "该事由已通知过此人。")]

    def __str__(self) -> str:
        return self.text


class Reminder(SchoolRecord):
    """One of at most two reminders of a matter: the first to the 填报人, the second to the 负责人 and the
    county.
    """

    class Step(models.IntegerChoices):
        FILLER = 1, "提醒填报人"
        HEAD = 2, "提醒负责人和县（区）"

    school = of_school("reminders")
    matter = models.CharField("事项标识", max_length=60)
    title = models.CharField("事项", max_length=100)
    step = models.PositiveSmallIntegerField("次序", choices=Step, default=Step.FILLER)
    by = person("提醒人", help_text="空白为系统按期转请负责人督促。", **OPTIONAL)
    at = models.DateTimeField("提出时间", default=timezone.now)
    sent_at = models.DateTimeField("送达时间", help_text="空白表示等到上班时间再送达。", **OPTIONAL)
    lapsed_at = models.DateTimeField("免送时间", help_text="等候期间事项已办结，不再送达。", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "催办"
        ordering = ["school", "matter", "step"]
        indexes = [
            models.Index(
                fields=["at"],
                condition=Q(sent_at__isnull=True, lapsed_at__isnull=True),
                name="reminder_waiting",
            )
        ]
        constraints = [
            unique("reminder_once", ["school", "matter", "step"], "该事项已提醒过。"),
            check("reminder_twice_at_most", Q(step__in=(1, 2)), "同一事项最多提醒两次。"),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.title}"


class JobRunQuerySet(models.QuerySet):
    def visible_to(self, user) -> "JobRunQuerySet":
        """Jobs serve the whole system; administrators look after them."""
        identity = getattr(user, "identity", None)
        return (
            self if sees_everything(user) or (identity and identity.role in ADMINISTRATORS) else self.none()
        )


class JobRun(models.Model):
    """A piece of the daily job done on a day; the row is what keeps a second machine from doing it again."""

    name = models.CharField("任务", max_length=60)
    day = models.DateField("日期")
    started_at = models.DateTimeField("开始时间", default=timezone.now)
    ended_at = models.DateTimeField("完成时间", **OPTIONAL)
    summary = models.CharField("结果", max_length=200, blank=True)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "定时任务"
        ordering = ["-day", "name"]
        constraints = [unique("job_once_a_day", ["name", "day"], "该任务当天已运行。")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"
