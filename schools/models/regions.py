from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from .scope import region_scope


class RegionQuerySet(models.QuerySet):
    def visible_to(self, user) -> "RegionQuerySet":
        """The regions the current identity of `user` may read."""
        return self.filter(region_scope(user))

    def cities(self) -> "RegionQuerySet":
        """Only the organisers of a rating."""
        return self.filter(kind=Region.Kind.CITY)

    def counties(self) -> "RegionQuerySet":
        """Only the parts of a city."""
        return self.filter(kind=Region.Kind.COUNTY)


class Region(models.Model):
    """A city, organiser of a rating and root of every row, or one of its counties."""

    class Kind(models.TextChoices):
        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"

    class Nature(models.TextChoices):
        ADMINISTRATIVE = "administrative", "行政区"
        FUNCTIONAL = "functional", "功能区"

    city = models.ForeignKey(
        "self", models.PROTECT, verbose_name="所属市", null=True, blank=True, related_name="counties"
    )
    code = models.CharField(
        "区划代码", max_length=20, help_text="有国家标准代码的填国家标准代码，没有的用本市自编代码。"
    )
    name = models.CharField("名称", max_length=50)
    kind = models.CharField("级别", max_length=10, choices=Kind.choices)
    nature = models.CharField("性质", max_length=20, choices=Nature.choices, default=Nature.ADMINISTRATIVE)
    order = models.PositiveIntegerField("排序", default=0, help_text="按建制顺序，通报中的单位按此排列。")
    office_email = models.EmailField(
        "单位邮箱", blank=True, help_text="单位的办公邮箱，不填个人邮箱；启用邮件后，提醒每天汇总发到这里。"
    )

    objects = RegionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "市、县（市、区）"
        ordering = ["order", "code"]
        constraints = [
            models.CheckConstraint(
                name="region_city_above_county",
                condition=Q(kind="city", city__isnull=True) | Q(kind="county", city__isnull=False),
                violation_error_message="市不填所属市，县（市、区）必须填所属市。",
            ),
            models.UniqueConstraint(
                fields=["code"],
                condition=Q(kind="city"),
                name="region_city_code",
                violation_error_message="已有使用该代码的市。",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(kind="city"),
                name="region_city_name",
                violation_error_message="已有同名的市。",
            ),
            models.UniqueConstraint(
                fields=["city", "code"],
                name="region_county_code",
                violation_error_message="该市已有使用该代码的县（市、区）。",
            ),
            models.UniqueConstraint(
                fields=["city", "name"],
                name="region_county_name",
                violation_error_message="该市已有同名的县（市、区）。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A county hangs on a city, never on another county."""
        if self.city_id and self.city.kind != self.Kind.CITY:
            raise ValidationError({"city": "所属市只能选择市。"})
