"""What a city or a county asks its schools to hold: the issued plan, from which the schools' own plans are
prefilled.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

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
        Region,
        models.PROTECT,
        verbose_name="县（市、区）",
        null=True,
        blank=True,
        related_name="county_issued_plans",
    )
    year = models.PositiveSmallIntegerField("年度")
    issued_at = models.DateTimeField("最近下发时间", null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="下发人",
        null=True,
        blank=True,
        related_name="+",
    )

    objects = IssuedPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发计划"
        ordering = ["-year", "county_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "year"],
                condition=Q(county__isnull=True),
                name="issued_plan_of_city",
                violation_error_message="本市该年度已有下发计划。",
            ),
            models.UniqueConstraint(
                fields=["county", "year"],
                condition=Q(county__isnull=False),
                name="issued_plan_of_county",
                violation_error_message="本县（市、区）该年度已有下发计划。",
            ),
            models.CheckConstraint(
                name="issued_plan_issued",
                condition=Q(issued_at__isnull=True, issued_by__isnull=True)
                | Q(issued_at__isnull=False, issued_by__isnull=False),
                violation_error_message="下发时间和下发人须同时填写。",
            ),
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
    withdrawn_at = models.DateTimeField("撤回时间", null=True, blank=True, editable=False)

    objects = IssuedClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "下发班次"
        ordering = ["issued_plan", "month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["issued_plan", "month", "name"],
                condition=Q(withdrawn_at__isnull=True),
                name="issued_class_name",
                violation_error_message="该月已下发同名的班次。",
            ),
            models.CheckConstraint(
                name="issued_class_month",
                condition=Q(month__range=(1, 12)),
                violation_error_message="月份应为 1 至 12。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month} 月 {self.name}"
