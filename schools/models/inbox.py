from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .registry import School


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user) -> "NoticeQuerySet":
        """One's own messages, whatever the current identity: a person has one inbox."""
        return self.filter(user=user.pk)

    def unread(self) -> "NoticeQuerySet":
        """Those not opened yet."""
        return self.filter(read_at__isnull=True)


class Notice(models.Model):
    """A message to one person; `key` names the occasion, so that nobody is told of the same thing twice."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name="收件人", related_name="notices")
    text = models.CharField("内容", max_length=400)
    url = models.CharField("链接", max_length=200, blank=True)
    key = models.CharField("事由标识", max_length=120)
    school = models.ForeignKey(
        School,
        models.CASCADE,
        verbose_name="有关党校",
        null=True,
        blank=True,
        related_name="+",
        help_text="党校、县（市、区）设有单位邮箱的，同时汇总发到该邮箱。",
    )
    at = models.DateTimeField("时间", default=timezone.now)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    mailed_at = models.DateTimeField("汇总邮件时间", null=True, blank=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["user", "-at"], name="notice_user_at"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="notice_user_unread"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once", violation_error_message="该事由已通知过此人。")]

    def __str__(self) -> str:
        return self.text
