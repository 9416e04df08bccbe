"""工作人员: who does the daily work of a school."""

from django.db import models
from django.db.models import Q

from .registry import School
from .resources import DatedQuerySet, period_constraint


class StaffMember(models.Model):
    """A person at the school's office for a time; no telephone number, no identity number."""

    class Duty(models.TextChoices):
        FULL = "full", "专职"
        PART = "part", "兼职"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="staff")
    name = models.CharField("姓名", max_length=30)
    post = models.CharField("岗位职务", max_length=50, blank=True, help_text="如教务、学员管理、后勤。")
    duty = models.CharField("专兼职", max_length=10, choices=Duty.choices, default=Duty.PART)
    since = models.DateField("到岗日期", null=True, blank=True)
    until = models.DateField("离岗日期", null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作人员"
        ordering = ["school", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "name"],
                condition=Q(until__isnull=True),
                name="staff_once",
                violation_error_message="该党校已登记这位在岗工作人员。",
            ),
            period_constraint("staff_period"),
        ]

    def __str__(self) -> str:
        return self.name
