"""课程 and 特色品牌: what a school teaches again and again, and what it is known for."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from .base import Voidable, VoidableQuerySet
from .registry import School
from .resources import Teacher


class Course(Voidable):
    """A course the school offers; a class may be made of several."""

    class Origin(models.TextChoices):
        OWN = "own", "自编"
        ADAPTED = "adapted", "改编"
        INTRODUCED = "introduced", "引进"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="courses")
    name = models.CharField("课程名称", max_length=100)
    theme = models.CharField("主题", max_length=100, blank=True, help_text="如党的创新理论、基层治理、乡村振兴。")
    teacher = models.ForeignKey(Teacher, models.PROTECT, verbose_name="主讲教师", null=True, blank=True, related_name="courses")
    hours = models.DecimalField(
        "学时", max_digits=4, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0, "学时不能小于 0。")]
    )
    origin = models.CharField("来源", max_length=12, choices=Origin.choices, default=Origin.OWN)
    since = models.DateField("开设日期", null=True, blank=True)

    objects = VoidableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课程"
        ordering = ["school", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "name"],
                condition=Q(voided_at__isnull=True),
                name="course_once",
                violation_error_message="该党校已登记同名课程。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Brand(Voidable):
    """特色品牌: a practice of the school's own that others come to see."""

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="brands")
    name = models.CharField("品牌名称", max_length=60)
    content = models.CharField("主要做法", max_length=200, help_text="一两句话，不超过 200 字。")
    since = models.DateField("开始日期", null=True, blank=True)

    objects = VoidableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "特色品牌"
        ordering = ["school", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "name"],
                condition=Q(voided_at__isnull=True),
                name="brand_once",
                violation_error_message="该党校已登记同名品牌。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
