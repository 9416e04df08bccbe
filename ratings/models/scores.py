"""评分与核定: what people answered at each stage, and where a stage replaced a system figure."""

from django.db import models
from django.db.models import Q

from ratings.enums import Stage

from .columns import by_person, of_assessment, points_column, unique
from .criteria import Item
from .judging import Judge


class Score(models.Model):
    """One stage's (for 评审: one judge's) answers to the asked part of one item.

    `answers` is null while unscored; `{"答": …}` holds answers by name, `{"得分": …, "系统": …}` the points
    of the whole item as typed in a workbook beside the exact system part it was read against, `{"不适用":
    true}` an item that does not apply. `points` repeats the asked part for display, rounded; scoring always
    starts from `answers`.
    """

    assessment = of_assessment("scores")
    item = models.ForeignKey(Item, models.PROTECT, verbose_name="小项", related_name="scores")
    stage = models.CharField("阶段", max_length=6, choices=Stage)
    judge = models.ForeignKey(
        Judge, models.PROTECT, verbose_name="评委", null=True, blank=True, related_name="scores"
    )
    answers = models.JSONField("作答", null=True, blank=True)
    points = models.DecimalField("得分", max_digits=9, decimal_places=4, null=True, blank=True)
    remark = models.TextField("说明", blank=True)
    version = models.PositiveIntegerField("修改次数", default=0)
    updated_by = by_person("最后修改人")
    updated_at = models.DateTimeField("最后修改时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "评分"
        ordering = ["assessment", "item", "stage", "judge"]
        constraints = [
            unique(
                "score_once_per_item_and_stage",
                "assessment",
                "item",
                "stage",
                condition=Q(judge__isnull=True),
            ),
            unique("score_once_per_item_and_judge", "assessment", "item", "judge"),
            models.CheckConstraint(
                condition=Q(judge__isnull=True) | Q(stage=Stage.CITY), name="score_judge_only_in_city_stage"
            ),
            models.CheckConstraint(
                condition=Q(points__isnull=True) | Q(points__gte=0), name="score_points_not_negative"
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.item.code} {self.get_stage_display()}"


class Adjustment(models.Model):
    """核定: a stage replaces the system part of an item; it always says why and which figures were seen."""

    assessment = of_assessment("adjustments")
    item = models.ForeignKey(Item, models.PROTECT, verbose_name="小项", related_name="adjustments")
    stage = models.CharField(
        "阶段",
        max_length=6,
        choices=[(Stage.COUNTY.value, Stage.COUNTY.label), (Stage.CITY.value, Stage.CITY.label)],
    )
    points = points_column("核定得分")
    reason = models.CharField("理由", max_length=500)
    metric_values = models.JSONField("当时的系统数值", default=dict)
    by = by_person("核定人")
    by_label = models.CharField("核定人署名", max_length=40, blank=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "核定"
        ordering = ["assessment", "item", "stage"]
        constraints = [
            unique("adjustment_once_per_stage", "assessment", "item", "stage"),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_has_reason"),
            models.CheckConstraint(condition=Q(points__gte=0), name="adjustment_points_not_negative"),
        ]

    def __str__(self):
        return f"{self.assessment} {self.item.code} {self.get_stage_display()}核定"
