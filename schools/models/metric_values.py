from django.conf import settings
from django.db import models
from django.utils import timezone

from .base import ExactDecimalField, SchoolRecordQuerySet
from .registry import School


class MetricValue(models.Model):
    """A figure brought in from outside; it takes the place of the computed one and says so."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="metric_values")
    year = models.PositiveSmallIntegerField("年度")
    reference = models.CharField("指标", max_length=120, help_text="指标名称，有口径的写在方括号内，如：办班期数[学时≥2, 人次≥15]。")
    value = ExactDecimalField("数值", help_text="百分比填小数，如 85% 填 0.85。")
    note = models.CharField("来源", max_length=200, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="导入人", null=True, blank=True, editable=False, related_name="+"
    )
    recorded_at = models.DateTimeField("导入时间", default=timezone.now, editable=False)

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "导入值"
        ordering = ["school", "-year", "reference"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year", "reference"],
                name="metric_value_once",
                violation_error_message="该党校该年度已有这项指标的导入值。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.year} 年 {self.reference}"
