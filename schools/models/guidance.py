from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .base import SchoolRecordQuerySet, Voidable, VoidableQuerySet
from .registry import School
from .scope import in_force


class LiaisonQuerySet(SchoolRecordQuerySet):
    def current(self, on=None) -> "LiaisonQuerySet":
        """Links in force on the day `on` (today by default)."""
        return self.filter(in_force(on, since="since", until="until"))


class ProblemQuerySet(SchoolRecordQuerySet):
    school_path = "visit__school"

    def open(self) -> "ProblemQuerySet":
        """Those still waiting to be solved."""
        return self.filter(closed_at__isnull=True)


class Liaison(models.Model):
    """Who guides which school; whoever guides a school does not score it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="联系指导人员", related_name="liaisons")
    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="liaisons")
    since = models.DateField("开始日期")
    until = models.DateField("结束日期", null=True, blank=True)

    objects = LiaisonQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "挂点联系"
        ordering = ["school", "since"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "school"],
                condition=Q(until__isnull=True),
                name="liaison_once",
                violation_error_message="该人员已挂点联系该党校。",
            ),
            models.CheckConstraint(
                name="liaison_period",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} 联系 {self.school}"


class Visit(Voidable):
    """A visit of guidance, a demonstration lesson or an inspection."""

    class Kind(models.TextChoices):
        GUIDANCE = "guidance", "走访"
        LESSON = "lesson", "示范课"
        INSPECTION = "inspection", "实地检查"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="visits")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="走访人", related_name="visits")
    on = models.DateField("日期")
    kind = models.CharField("类别", max_length=20, choices=Kind.choices, default=Kind.GUIDANCE)
    findings = models.CharField("情况", max_length=200, blank=True)

    objects = VoidableQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "走访指导"
        ordering = ["school", "-on", "pk"]
        constraints = [
            *Voidable.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "by", "on", "kind"],
                condition=Q(voided_at__isnull=True),
                name="visit_once_a_day",
                violation_error_message="该走访人当天对该党校已登记同类走访。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.on:%Y-%m-%d} {self.get_kind_display()}"


class Problem(models.Model):
    """Something a visit found that somebody has to put right by a day."""

    visit = models.ForeignKey(Visit, models.PROTECT, verbose_name="走访指导", related_name="problems")
    text = models.CharField("问题", max_length=200)
    owner = models.CharField("责任人", max_length=30, blank=True)
    due = models.DateField("整改期限", null=True, blank=True)
    closed_at = models.DateTimeField("销号时间", null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="销号人", null=True, blank=True, editable=False, related_name="+"
    )

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问题"
        ordering = ["visit", "pk"]
        constraints = [
            models.CheckConstraint(
                name="problem_closed",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True) | Q(closed_at__isnull=False, closed_by__isnull=False),
                violation_error_message="销号时间和销号人须同时填写。",
            )
        ]

    def __str__(self) -> str:
        return self.text
