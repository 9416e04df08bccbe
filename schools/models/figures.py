"""Figures kept once a year: money and head counts."""

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import (
    KEPT,
    OPTIONAL,
    ExactDecimalField,
    SchoolRecord,
    Voidable,
    between,
    check,
    of_school,
    person,
    unique,
)

NOT_NEGATIVE = MinValueValidator(Decimal(0), "金额不能小于 0。")


def yuan(label: str, **options) -> models.DecimalField:
    """An amount of money."""
    return models.DecimalField(label, max_digits=12, decimal_places=2, validators=[NOT_NEGATIVE], **options)


class MoneySource(models.TextChoices):
    """Who pays."""

    TOWN = "town", "镇街财政"
    COUNTY = "county", "县级拨付"
    CITY = "city", "市级拨付"
    DUES = "dues", "党费"
    OTHER = "other", "其他"


class Budget(SchoolRecord):
    """Training money of one year from one source, in yuan."""

    Source = MoneySource

    school = of_school("budgets")
    year = models.PositiveSmallIntegerField("年度")
    source = models.CharField("来源", max_length=10, choices=MoneySource)
    allotted = yuan("下达（元）", **OPTIONAL)
    arrived = yuan("到位（元）", help_text="不填表示尚未登记。", **OPTIONAL)

    class Meta:
        verbose_name = verbose_name_plural = "经费"
        ordering = ["school", "-year", "source"]
        constraints = [
            unique("budget_source", ["school", "year", "source"], "该党校该年度已登记这一来源的经费。"),
            check(
                "budget_not_negative",
                (Q(allotted__isnull=True) | Q(allotted__gte=0))
                & (Q(arrived__isnull=True) | Q(arrived__gte=0)),
                "金额不能小于 0。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年{self.get_source_display()}"


class YearFigures(SchoolRecord):
    """Head counts without double counting: no class record can yield them, so they are stated once a year."""

    school = of_school("year_figures")
    year = models.PositiveSmallIntegerField("年度")
    party_members = models.PositiveIntegerField("党员总数", help_text="年度统计数。", **OPTIONAL)
    cadres_due = models.PositiveIntegerField(
        "应训干部", help_text="书记和村（社区）“两委”干部人数。", **OPTIONAL
    )
    members_trained = models.PositiveIntegerField(
        "参训党员", help_text="当年参加过培训的人数，一人只计一次。", **OPTIONAL
    )
    cadres_trained = models.PositiveIntegerField(
        "参训干部", help_text="当年参加过培训的人数，一人只计一次。", **OPTIONAL
    )
    issues_solved = models.PositiveIntegerField(
        "专题研究解决事项", help_text="党（工）委专题研究党校工作解决的问题数。", **OPTIONAL
    )

    class Meta:
        verbose_name = verbose_name_plural = "年度人数"
        ordering = ["school", "-year"]
        constraints = [unique("year_figures_year", ["school", "year"], "该党校该年度已登记。")]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年"


class Investment(Voidable):
    """One project of a year with its money, in yuan."""

    Source = MoneySource

    school = of_school("investments")
    year = models.PositiveSmallIntegerField("年度", validators=between(2000, 2100, "年度应为 2000 至 2100。"))
    project = models.CharField("项目", max_length=100, help_text="如主教室修缮、购置投影设备。")
    amount = yuan("金额（元）")
    source = models.CharField("来源", max_length=10, choices=MoneySource, default=MoneySource.TOWN)

    class Meta:
        verbose_name = verbose_name_plural = "建设投入"
        ordering = ["school", "-year", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            unique(
                "investment_once",
                ["school", "year", "project", "source"],
                "该年度已登记同一来源的同名项目。",
                condition=KEPT,
            ),
            check("investment_not_negative", Q(amount__gte=0), "金额不能小于 0。"),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年 {self.project}"


class MetricValue(SchoolRecord):
    """A figure brought in from outside; it takes the place of the computed one and says so."""

    school = of_school("metric_values")
    year = models.PositiveSmallIntegerField("年度")
    reference = models.CharField(
        "指标", max_length=120, help_text="指标名称，有口径的写在方括号内，如：办班期数[学时≥2, 人次≥15]。"
    )
    value = ExactDecimalField("数值", help_text="百分比填小数，如 85% 填 0.85。")
    note = models.CharField("来源", max_length=200, blank=True)
    recorded_by = person("导入人", editable=False, **OPTIONAL)
    recorded_at = models.DateTimeField("导入时间", default=timezone.now, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "导入值"
        ordering = ["school", "-year", "reference"]
        constraints = [
            unique("metric_value_once", ["school", "year", "reference"], "该党校该年度已有这项指标的导入值。")
        ]

    def __str__(self) -> str:
        return f"{self.year} 年 {self.reference}"


class Binder(SchoolRecord):
    """The binder of one school and year."""

    school = of_school("binders")
    year = models.PositiveSmallIntegerField("年度")
    number = models.CharField("案卷号", max_length=30, blank=True)
    keeper = models.CharField("保管人", max_length=30, blank=True)
    place = models.CharField("存放位置", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "台账案卷"
        ordering = ["school", "-year"]
        constraints = [unique("binder_year", ["school", "year"], "该党校该年度的台账已登记。")]

    def __str__(self) -> str:
        return f"{self.school} {self.year} 年台账"
