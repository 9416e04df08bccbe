"""启动通知: the notice that opens the year's rating, with its 附件."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .bulletins import OfficialText
from .schemes import DRAFTERS, Scheme


class OpeningNoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Drafts for those who write them, issued notices for everybody of the city."""
        identity = user.identity
        if identity is None or identity.city_id is None:
            return self.none()
        scoped = self.filter(scheme__city_id=identity.city_id)
        return scoped if identity.role in DRAFTERS else scoped.issued()

    def issued(self):
        return self.filter(issued_at__isnull=False)


class OpeningNotice(OfficialText):
    """`annexes` keeps the 附件 as they were issued; until then they follow the scheme."""

    scheme = models.OneToOneField(Scheme, models.PROTECT, verbose_name="评定方案", related_name="opening_notice")
    annexes = models.JSONField("附件", default=list, blank=True)
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="印发人", null=True, blank=True, related_name="+")
    issued_at = models.DateTimeField("印发时间", null=True, blank=True)

    objects = OpeningNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "启动通知"
        ordering = ["-scheme__year"]
        constraints = [
            models.CheckConstraint(
                condition=Q(pdf="", digest="", issued_at__isnull=True, issued_by__isnull=True)
                | (~Q(pdf="") & ~Q(digest="") & Q(issued_at__isnull=False, issued_by__isnull=False)),
                name="opening_notice_issued_complete",
            ),
        ]

    def __str__(self):
        return self.title

    @property
    def is_issued(self) -> bool:
        """True once it is out: from here no word of it changes."""
        return self.issued_at is not None
