"""建设投入: money spent on the school itself, as opposed to money for training."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from .base import Voidable, VoidableQuerySet
from .registry import School

YEAR_VALIDATORS = [MinValueValidator(2000, "年度应为 2000 至 2100。"), MaxValueValidator(2100, "年度应为 2000 至 2100。")]


class Investment(Voidable):
    """One project of a year with its money, in yuan."""

    class Source(models.TextChoices):
        TOWN = "town", "镇街财政"
        COUNTY = "county", "县级拨付"
        CITY = "city", "市级拨付"
        DUES = "dues", "党费"
        OTHER = "other", "其他"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="investments")
    year = models.PositiveSmallIntegerField("年度", validators=YEAR_VALIDATORS)
    project = models.CharField("项目", max_length=100, help_text="如主教室修缮、购置投影设备。")
    amount = models.DecimalField("金额（元）", max_digits=12, decimal_places=2, validators=[MinValueValidator(0, "金额不能小于 0。")])
    source = models.CharField("来源", max_length=10, choices=Source.choices, default=Source.TOWN)

    objects = VoidableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "建设投入"
        ordering = ["school", "-year", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "year", "project", "source"],
                condition=Q(voided_at__isnull=True),
                name="investment_once",
                violation_error_message="该年度已登记同一来源的同名项目。",
            ),
            models.CheckConstraint(name="investment_not_negative", condition=Q(amount__gte=0), violation_error_message="金额不能小于 0。"),
        ]

    def __str__(self) -> str:
        return f"{self.year} 年 {self.project}"
