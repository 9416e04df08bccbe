"""The plan of a year and the reports of its months; the classes themselves stand in `classes`."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from .base import SchoolRecordQuerySet
from .registry import School

MONTH_VALIDATORS = [MinValueValidator(1, "月份应为 1 至 12。"), MaxValueValidator(12, "月份应为 1 至 12。")]


class ClassCategory(models.TextChoices):
    """What kind of training a class is."""

    MAIN = "main", "主体班"
    CONCENTRATED = "concentrated", "集中培训"
    ONSITE = "onsite", "现场教学"
    OTHER = "other", "其他"


class PlannedClassQuerySet(SchoolRecordQuerySet):
    school_path = "plan__school"


class AnnualPlan(models.Model):
    """The training plan of one year and the day it was filed."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="plans")
    year = models.PositiveSmallIntegerField("年度")
    filed_on = models.DateField("备案日期", null=True, blank=True)

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度培训计划"
        ordering = ["school", "-year"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year"], name="annual_plan_year", violation_error_message="该党校该年度已有培训计划。"
            )
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年培训计划"


class PlannedClass(models.Model):
    """A class the plan promises for a month."""

    plan = models.ForeignKey(AnnualPlan, models.CASCADE, verbose_name="年度培训计划", related_name="planned_classes")
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    name = models.CharField("班次名称", max_length=100)
    kind = models.CharField("类别", max_length=20, choices=ClassCategory.choices, default=ClassCategory.CONCENTRATED)
    issued = models.ForeignKey(
        "schools.IssuedClass",
        models.PROTECT,
        verbose_name="下发班次",
        null=True,
        blank=True,
        editable=False,
        related_name="planned_classes",
        help_text="由市或县（市、区）下发的，名称和类别以下发的为准。",
    )

    objects = PlannedClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "计划班次"
        ordering = ["plan", "month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "month", "name"], name="planned_class_name", violation_error_message="该月已有同名的计划班次。"
            ),
            models.CheckConstraint(
                name="planned_class_month", condition=Q(month__range=(1, 12)), violation_error_message="月份应为 1 至 12。"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"

    @property
    def school(self) -> School:
        """Whose plan it stands in, as every record tells."""
        return self.plan.school


class MonthlyReport(models.Model):
    """The figures of a month as the school confirmed them; derived from the classes, a zero report included."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="monthly_reports")
    year = models.PositiveSmallIntegerField("年度")
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    due = models.DateField("应报日期", null=True, blank=True, help_text="不填按次月第 5 个工作日计算。")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="确认人", null=True, blank=True, related_name="+"
    )
    is_zero = models.BooleanField("零报告", default=False)
    figures = models.JSONField("各项数字", default=dict, blank=True)

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月报"
        ordering = ["school", "-year", "-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year", "month"], name="monthly_report_month", violation_error_message="该党校该月已有月报。"
            ),
            models.CheckConstraint(
                name="monthly_report_month_range", condition=Q(month__range=(1, 12)), violation_error_message="月份应为 1 至 12。"
            ),
            models.CheckConstraint(
                name="monthly_report_confirmed",
                condition=Q(confirmed_at__isnull=True, confirmed_by__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                violation_error_message="确认时间和确认人须同时填写。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年 {self.month} 月"
