"""What a city or a county asks its schools to hold: the issued plan, from which the schools' own plans are
prefilled.
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import OPTIONAL, person, together, twelve_months, unique
from .registry import Region
from .scope import EVERYTHING, NOTHING, Role, sees_everything
from .teaching import MONTH_VALIDATORS, ClassCategory


class IssuedPlanQuerySet(models.QuerySet):
    def visible_to(self, user) -> "IssuedPlanQuerySet":
        """Plans of the city of the identity, and of the county it belongs to; a city's people see those of
        all its counties.
        """
        if sees_everything(user):
            return self.filter(EVERYTHING)
        identity = getattr(user, "identity", None)
        if identity is None or not identity.city_id or identity.role == Role.SECURITY:
            return self.filter(NOTHING)
        county = identity.county_id or (identity.school.county_id if identity.school_id else None)
        if county is None and not identity.school_id:
            return self.filter(city=identity.city_id)
        return self.filter(Q(county__isnull=True) | Q(county=county), city=identity.city_id)


class IssuedPlan(models.Model):
    """The classes one issuer wants held in a year: the city for all its schools, or a county for its own."""

    city = models.ForeignKey(Region, models.PROTECT, verbose_name="市", related_name="issued_plans")
    county = models.ForeignKey(
        Region, models.PROTECT, verbose_name="县（市、区）", related_name="county_issued_plans", **OPTIONAL
    )
    year = models.PositiveSmallIntegerField("年度")
    issued_at = models.DateTimeField("最近下发时间", **OPTIONAL)
    issued_by = person("下发人", **OPTIONAL)

    objects = IssuedPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发计划"
        ordering = ["-year", "county_id", "pk"]
        constraints = [
            unique(
                "issued_plan_of_city",
                ["city", "year"],
                "本市该年度已有下发计划。",
                condition=Q(county__isnull=True),
            ),
            unique(
                "issued_plan_of_county",
                ["county", "year"],
                "本县（市、区）该年度已有下发计划。",
                condition=Q(county__isnull=False),
            ),
            together("issued_plan_issued", ["issued_at", "issued_by"], "下发时间和下发人须同时填写。"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.year} 年下发计划"

    @property
    def issuer(self) -> Region:
        """Who issued it."""
        return self.county or self.city


class IssuedClassQuerySet(models.QuerySet):
    def visible_to(self, user) -> "IssuedClassQuerySet":
        """The classes of the plans one may see."""
        return self.filter(issued_plan__in=IssuedPlan.objects.visible_to(user))

    def kept(self) -> "IssuedClassQuerySet":
        """Without the withdrawn ones."""
        return self.filter(withdrawn_at__isnull=True)


class IssuedClass(models.Model):
    """One class of an issued plan; withdrawn, never deleted, because schools' plans grew from it."""

    issued_plan = models.ForeignKey(
        IssuedPlan, models.PROTECT, verbose_name="下发计划", related_name="issued_classes"
    )
    month = models.PositiveSmallIntegerField("月份", validators=MONTH_VALIDATORS)
    name = models.CharField("班次名称", max_length=100)
    kind = models.CharField(
        "类别", max_length=20, choices=ClassCategory.choices, default=ClassCategory.CONCENTRATED
    )
    added_at = models.DateTimeField("下发时间", default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField("撤回时间", editable=False, **OPTIONAL)

    objects = IssuedClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发班次"
        ordering = ["issued_plan", "month", "pk"]
        constraints = [
            unique(
                "issued_class_name",
                ["issued_plan", "month", "name"],
                "该月已下发同名的班次。",
                condition=Q(withdrawn_at__isnull=True),
            ),
            twelve_months("issued_class_month"),
        ]

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"
