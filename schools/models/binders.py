"""台账: where the paper file of a school's year stands and who keeps it."""

from django.db import models

from .base import SchoolRecordQuerySet
from .registry import School


class Binder(models.Model):
    """The binder of one school and year."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="binders")
    year = models.PositiveSmallIntegerField("年度")
    number = models.CharField("案卷号", max_length=30, blank=True)
    keeper = models.CharField("保管人", max_length=30, blank=True)
    place = models.CharField("存放位置", max_length=60, blank=True)

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "台账案卷"
        ordering = ["school", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["school", "year"], name="binder_year", violation_error_message="该党校该年度的台账已登记。")
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年台账"
