"""Figures kept once a year: money and head counts."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from .base import SchoolRecordQuerySet
from .registry import School

NOT_NEGATIVE = MinValueValidator(Decimal(0), "金额不能小于 0。")


class Budget(models.Model):
    """Training money of one year from one source, in yuan."""

    class Source(models.TextChoices):
        TOWN = "town", "镇街财政"
        COUNTY = "county", "县级拨付"
        CITY = "city", "市级拨付"
        DUES = "dues", "党费"
        OTHER = "other", "其他"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="budgets")
    year = models.PositiveSmallIntegerField("年度")
    source = models.CharField("来源", max_length=10, choices=Source.choices)
    allotted = models.DecimalField("下达（元）", max_digits=12, decimal_places=2, null=True, blank=True, validators=[NOT_NEGATIVE])
    arrived = models.DecimalField(
        "到位（元）", max_digits=12, decimal_places=2, null=True, blank=True, validators=[NOT_NEGATIVE], help_text="不填表示尚未登记。"
    )

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "经费"
        ordering = ["school", "-year", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "year", "source"], name="budget_source", violation_error_message="该党校该年度已登记这一来源的经费。"
            ),
            models.CheckConstraint(
                name="budget_not_negative",
                condition=(Q(allotted__isnull=True) | Q(allotted__gte=0)) & (Q(arrived__isnull=True) | Q(arrived__gte=0)),
                violation_error_message="金额不能小于 0。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年{self.get_source_display()}"


class YearFigures(models.Model):
    """Head counts without double counting: no class record can yield them, so they are stated once a year."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="year_figures")
    year = models.PositiveSmallIntegerField("年度")
    party_members = models.PositiveIntegerField("党员总数", null=True, blank=True, help_text="年度统计数。")
    cadres_due = models.PositiveIntegerField("应训干部", null=True, blank=True, help_text="书记和村（社区）“两委”干部人数。")
    members_trained = models.PositiveIntegerField("参训党员", null=True, blank=True, help_text="当年参加过培训的人数，一人只计一次。")
    cadres_trained = models.PositiveIntegerField("参训干部", null=True, blank=True, help_text="当年参加过培训的人数，一人只计一次。")
    issues_solved = models.PositiveIntegerField(
        "专题研究解决事项", null=True, blank=True, help_text="党（工）委专题研究党校工作解决的问题数。"
    )

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "年度人数"
        ordering = ["school", "-year"]
        constraints = [
            models.UniqueConstraint(fields=["school", "year"], name="year_figures_year", violation_error_message="该党校该年度已登记。")
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年"
