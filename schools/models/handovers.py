"""填报工作交接单: who took over a school's account duties from whom, and what was handed over."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .people import Appointment
from .registry import School
from .scope import COUNTY_ROLES, NOTHING, Role, school_scope

HANDOVER_READERS = (Role.FILLER, Role.HEAD, *COUNTY_ROLES, Role.OFFICE, Role.SECURITY, Role.SYSADMIN)


class HandoverQuerySet(models.QuerySet):
    def visible_to(self, user) -> "HandoverQuerySet":
        """The handovers of the schools one answers for; who only reads figures or scores has no business with
        people.
        """
        identity = getattr(user, "identity", None)
        return self.filter(
            school_scope(user, "school") if identity is None or identity.role in HANDOVER_READERS else NOTHING
        )


class Handover(models.Model):
    """One succession. `contents` lists what was handed over as it stood on the day: [["评定申报", "2026年度
    填报中"], …].
    """

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="handovers")
    ended = models.ForeignKey(
        Appointment, models.PROTECT, verbose_name="移交人任职", related_name="handed_over"
    )
    begun = models.ForeignKey(
        Appointment, models.PROTECT, verbose_name="接收人任职", related_name="taken_over"
    )
    reason = models.CharField("原因", max_length=100)
    contents = models.JSONField("移交内容", default=list)
    moved_notices = models.PositiveIntegerField("转交的未读消息", default=0)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="办理人", related_name="+")
    at = models.DateTimeField("办理时间", default=timezone.now)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "填报工作交接"
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ended"], name="handover_once", violation_error_message="这项任职已经交接。"
            ),
            models.CheckConstraint(
                name="handover_two_people",
                condition=~Q(ended=F("begun")),
                violation_error_message="移交人和接收人不能是同一项任职。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.ended.get_role_display()} {self.ended.user}→{self.begun.user}"
