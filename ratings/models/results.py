"""限制性情形认定、审定意见、评定结果: what the committee decided and what stands for good."""

from django.db import models
from django.db.models import F, Q

from ratings.enums import PUBLIC_PHASES, Star

from .assessments import Assessment, rating_scope
from .columns import all_or_none, by_person, of_assessment, of_scheme, points_column, unique
from .criteria import Restriction
from .meetings import TakenByMeeting
from .schemes import COMMITTEE, SchemeVersion


class RestrictionCase(TakenByMeeting):
    """A restriction found to apply to one school, with the document it rests on; confirmed by a person or by
    the run. Without a meeting it rests on its condition alone, or was found before meetings were recorded.
    """

    assessment = of_assessment("cases")
    restriction = models.ForeignKey(
        Restriction, models.PROTECT, verbose_name="限制性情形", related_name="cases"
    )
    basis = models.CharField("认定依据", max_length=300)
    by = by_person("认定人")
    at = models.DateTimeField("认定时间")

    class Meta:
        verbose_name = verbose_name_plural = "限制性情形认定"
        constraints = [
            unique("case_once_per_restriction", "assessment", "restriction"),
            models.CheckConstraint(condition=~Q(basis=""), name="case_has_basis"),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=True) | ~Q(recorded_by=F("by")),
                name="case_confirmed_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.restriction.code}"


class Decision(TakenByMeeting):
    """审定意见: the committee follows the computed star, or deviates and says why; on other figures it is
    owed again.

    `by` is the chair; `recorded_by` wrote a deviation down before the chair confirmed it. `basis` is a digest
    of the figures it was taken on, empty before meetings were recorded, as `minutes` was typed until then.
    """

    assessment = models.OneToOneField(
        Assessment, models.PROTECT, verbose_name="评定申报", related_name="decision"
    )
    star = models.PositiveSmallIntegerField("审定星级", choices=Star)
    computed = models.PositiveSmallIntegerField("当时的计算星级", choices=Star)
    reason = models.CharField("理由", max_length=500, blank=True)
    total = points_column("当时的总分", null=True, blank=True)
    basis = models.CharField("当时得分的摘要", max_length=16, blank=True)
    minutes = models.CharField("会议纪要", max_length=200, blank=True)
    by = by_person("审定人")
    at = models.DateTimeField("审定时间")

    class Meta:
        verbose_name = verbose_name_plural = "审定意见"
        constraints = [
            models.CheckConstraint(
                condition=Q(star=F("computed")) | ~Q(reason=""), name="decision_deviation_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=True) | ~Q(recorded_by=F("by")),
                name="decision_confirmed_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.get_star_display()}"

    @property
    def deviates(self) -> bool:
        """Whether the committee decided otherwise than the scores said when it decided."""
        return self.star != self.computed


class ResultQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Results of the schools in scope: for the committee once settled, for others once published."""
        scoped = self.filter(rating_scope(user))
        if user.identity is not None and user.identity.role in COMMITTEE:
            return scoped
        return scoped.filter(scheme__phase__in=PUBLIC_PHASES)


class Result(models.Model):
    """评定结果: a frozen copy of names, figures, star and the way they were reached.

    `figures` holds the exact and the shown value of every item, category and total; `trace` the steps in
    order; `next_star` what the school is told about the next level. Nothing here is recomputed after
    publication.
    """

    assessment = models.OneToOneField(
        Assessment, models.PROTECT, verbose_name="评定申报", related_name="result"
    )
    scheme = of_scheme("results")
    version = models.ForeignKey(SchemeVersion, models.PROTECT, verbose_name="方案版本", related_name="+")
    school = models.ForeignKey(
        "schools.School", models.PROTECT, verbose_name="镇街党校", related_name="results"
    )
    school_code = models.CharField("学校编码", max_length=40)
    school_name = models.CharField("学校名称", max_length=120)
    county_name = models.CharField("县（市、区）", max_length=60, blank=True)
    order = models.PositiveIntegerField("行政区划顺序", default=0)
    lapsed = models.BooleanField("未申报", default=False)
    base = points_column("基础分", null=True)
    bonus = points_column("加分", null=True)
    total = points_column("总分", null=True)
    computed_star = models.PositiveSmallIntegerField("计算星级", choices=Star)
    star = models.PositiveSmallIntegerField("星级", choices=Star)
    restrictions = models.JSONField("限制性情形", default=list)
    figures = models.JSONField("分项得分", default=dict)
    trace = models.JSONField("计算过程", default=list)
    next_star = models.JSONField("离上一星级", default=dict)
    digest = models.CharField("摘要", max_length=64)

    objects = ResultQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评定结果"
        ordering = ["scheme", "order", "school_code"]
        indexes = [models.Index(fields=["scheme", "-total"], name="result_by_total")]
        constraints = [
            models.CheckConstraint(
                condition=all_or_none("base", "bonus", "total"),
                name="result_totals_all_or_none",
            ),
            models.CheckConstraint(
                condition=Q(total__isnull=False) | Q(star=0), name="result_without_total_has_no_star"
            ),
        ]

    def __str__(self):
        return f"{self.school_name} {self.get_star_display()}"

    @property
    def deviates(self) -> bool:
        """Whether the committee decided otherwise than the scores say."""
        return self.star != self.computed_star
