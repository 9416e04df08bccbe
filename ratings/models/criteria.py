"""大项、小项、加分项、自定义指标、星级标准、限制性情形: the rows of a scheme."""

from django.db import models
from django.db.models import Q

from ratings.enums import FilledBy, ItemKind, Star, Trigger
from schools.metrics.catalogue import DIRECTIONS

from .columns import of_scheme, points_column, unique
from .schemes import Edited


class Category(Edited):
    scheme = of_scheme("categories")
    code = models.CharField("大项编码", max_length=20)
    name = models.CharField("大项名称", max_length=60)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "大项"
        ordering = ["order", "id"]
        constraints = [unique("category_code_once_per_scheme", "scheme", "code")]

    def __str__(self):
        return f"{self.code} {self.name}"


class Item(Edited):
    """One line of the rating table; `rule` is the text that the program executes and people read."""

    scheme = of_scheme("items")
    category = models.ForeignKey(
        Category, models.PROTECT, verbose_name="大项", related_name="items", null=True, blank=True
    )
    group = models.CharField("分组名称", max_length=60, blank=True)
    code = models.CharField("小项编码", max_length=20)
    label = models.CharField(
        "原编码", max_length=40, blank=True, help_text="原表编码不合格式时保留在这里，另编新码"
    )
    name = models.CharField("小项名称", max_length=60)
    kind = models.CharField("类型", max_length=5, choices=ItemKind, default=ItemKind.BASE)
    points = points_column("分值")
    standard = models.TextField("标准", blank=True)
    rule = models.TextField("计分规则")
    evidence = models.CharField("佐证要求", max_length=200, blank=True)
    verified = models.CharField(
        "核定要素",
        max_length=200,
        blank=True,
        help_text="只由初评、评审核定，不问学校；用顿号分隔，或写“全部”",
    )
    onsite = models.BooleanField("现场", default=False)
    may_be_na = models.BooleanField("可不适用", default=False)
    origin = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name="由上年哪一项而来",
        null=True,
        blank=True,
        editable=False,
        related_name="successors",
    )
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "小项"
        ordering = ["order", "id"]
        constraints = [
            unique("item_code_once_per_scheme", "scheme", "code"),
            models.CheckConstraint(condition=Q(points__gt=0), name="item_points_positive"),
            models.CheckConstraint(
                condition=Q(kind=ItemKind.BONUS) | Q(category__isnull=False), name="item_base_has_category"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"


class CustomMetric(Edited):
    """A figure that only this scheme knows; its values are typed in or imported, never computed."""

    scheme = of_scheme("custom_metrics")
    name = models.CharField("名称", max_length=40)
    unit = models.CharField("单位", max_length=10, blank=True)
    direction = models.CharField("方向", max_length=4, choices=list(DIRECTIONS.items()), default="up")
    upper = models.DecimalField("上限", max_digits=14, decimal_places=4, null=True, blank=True)
    filled_by = models.CharField("填报", max_length=6, choices=FilledBy, default=FilledBy.SCHOOL)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "自定义指标"
        ordering = ["order", "id"]
        constraints = [unique("custom_metric_once_per_scheme", "scheme", "name")]

    def __str__(self):
        return self.name


class StarBand(Edited):
    scheme = of_scheme("bands")
    star = models.PositiveSmallIntegerField("星级", choices=Star)
    condition = models.CharField("条件", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "星级标准"
        ordering = ["-star"]
        constraints = [
            unique("band_star_once_per_scheme", "scheme", "star"),
            models.CheckConstraint(
                condition=Q(star__gte=1, star__lte=5), name="band_star_between_one_and_five"
            ),
        ]

    def __str__(self):
        return f"{self.get_star_display()}：{self.condition}"


class Restriction(Edited):
    """限制性情形: a proven fact that limits the star; it always names the document it rests on."""

    scheme = of_scheme("restrictions")
    code = models.CharField("编码", max_length=20)
    name = models.CharField("情形", max_length=200)
    trigger = models.CharField("触发", max_length=13, choices=Trigger, default=Trigger.MANUAL)
    condition = models.CharField("触发条件", max_length=300, blank=True)
    effect = models.CharField("后果", max_length=20)
    basis = models.CharField("依据", max_length=200, blank=True)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "限制性情形"
        ordering = ["order", "id"]
        constraints = [
            unique("restriction_code_once_per_scheme", "scheme", "code"),
            models.CheckConstraint(
                condition=(Q(trigger=Trigger.CONDITION) & ~Q(condition=""))
                | (~Q(trigger=Trigger.CONDITION) & Q(condition="")),
                name="restriction_condition_with_its_trigger",
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.name}"
