"""评定申报: one school in one scheme, its moves and the figures that were seen on the way."""

from django.db import models
from django.db.models import Q

from ratings.enums import Stage, Star, Status
from schools.models.people import Role
from schools.models.scope import NOTHING, school_scope

from .columns import all_or_none, by_person, of_assessment, of_scheme, unique

#: Roles that never read the rating of a school: judges see only their own sheets, the administrators none at
#: all.
NOT_READING = (Role.JUDGE, Role.SYSADMIN, Role.SECURITY)


def rating_scope(user, path: str = "school") -> Q:
    """Condition for rating rows whose school stands at `path`: the scope of the identity, without those who
    read none.
    """
    identity = getattr(user, "identity", None)
    return NOTHING if identity is not None and identity.role in NOT_READING else school_scope(user, path)


class AssessmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Own school, own county or own city by the current identity; others do not exist for the user."""
        return self.filter(rating_scope(user))

    def in_order(self):
        """Administrative order of the schools: by county, then within it, as `SchoolQuerySet.in_order`."""
        return self.order_by("school__county__order", "school__county__code", "school__order", "school__code")


class Assessment(models.Model):
    school = models.ForeignKey(
        "schools.School", models.PROTECT, verbose_name="镇街党校", related_name="assessments"
    )
    scheme = of_scheme("assessments")
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.DRAFT)
    suggested_star = models.PositiveSmallIntegerField("建议星级", choices=Star, null=True, blank=True)
    county_opinion = models.CharField("初评意见", max_length=300, blank=True)
    panel = models.ForeignKey(
        "ratings.Panel",
        models.PROTECT,
        verbose_name="评审组",
        null=True,
        blank=True,
        related_name="assessments",
    )
    visited = models.BooleanField("已实地走访", default=False)
    returned_to = models.CharField(
        "退回到", max_length=10, choices=Status, blank=True, help_text="退回前所在的状态，补正后回到这里"
    )
    return_due = models.DateField("补正截止日", null=True, blank=True)
    version = models.PositiveIntegerField("修改次数", default=0)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "评定申报"
        ordering = ["scheme", "school"]
        constraints = [
            unique("assessment_once_per_school_and_scheme", "school", "scheme"),
            models.CheckConstraint(
                condition=Q(status=Status.RETURNED, return_due__isnull=False) & ~Q(returned_to="")
                | (~Q(status=Status.RETURNED) & Q(return_due__isnull=True, returned_to="")),
                name="assessment_return_complete",
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.scheme.year}年度"


class Move(models.Model):
    """流转记录: a change of status, with the stage's sheet as it was at that moment."""

    assessment = of_assessment("moves")
    step = models.CharField("步骤", max_length=20)
    from_status = models.CharField("原状态", max_length=10, choices=Status, blank=True)
    to_status = models.CharField("新状态", max_length=10, choices=Status)
    by = by_person("操作人")
    at = models.DateTimeField("时间")
    comment = models.TextField("说明", blank=True)
    sheet = models.JSONField("评分表", default=dict, blank=True)
    digest = models.CharField("摘要", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "流转记录"
        ordering = ["assessment", "id"]

    def __str__(self):
        return f"{self.assessment} {self.get_to_status_display()}"


class ReturnedItem(models.Model):
    """An item that a return names: the school may change these and no others until it resubmits."""

    move = models.ForeignKey(Move, models.PROTECT, verbose_name="退回", related_name="items")
    item = models.ForeignKey("ratings.Item", models.PROTECT, verbose_name="小项", related_name="+")
    comment = models.CharField("补正要求", max_length=300)

    class Meta:
        verbose_name = verbose_name_plural = "退回小项"
        ordering = ["move", "item"]
        constraints = [unique("returned_item_once", "move", "item")]

    def __str__(self):
        return f"{self.item}：{self.comment}"


class Extension(models.Model):
    """延期: one school's own deadline for one stage, with who granted it and why; the latest counts."""

    assessment = of_assessment("extensions")
    stage = models.CharField("阶段", max_length=6, choices=Stage)
    due_on = models.DateField("延至")
    reason = models.CharField("理由", max_length=200)
    by = by_person("批准人", required=True)
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "延期"
        ordering = ["assessment", "id"]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="extension_has_reason")]

    def __str__(self):
        return f"{self.assessment} {self.get_stage_display()}延至 {self.due_on}"


class MetricSnapshot(models.Model):
    """取数快照: what the system figures were at one moment; the latest one counts for every stage.

    `values` maps a metric reference to its exact value as text ("11", "17/20") or null where it was not
    known; `sources` names the references whose value was imported instead of computed. A reviewer of the
    county accepts the figures as a whole (认可系统取数); figures taken later than that are to be looked at
    again.
    """

    class Moment(models.TextChoices):
        SUBMIT = "submit", "提交时"
        FINAL = "final", "终算"

    assessment = of_assessment("snapshots")
    moment = models.CharField("时点", max_length=6, choices=Moment)
    values = models.JSONField("数值")
    sources = models.JSONField("导入值", default=dict, blank=True)
    taken_at = models.DateTimeField("取数时间")
    accepted_by = by_person("认可人")
    accepted_at = models.DateTimeField("认可时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "取数快照"
        ordering = ["assessment", "id"]
        constraints = [
            unique("snapshot_once_per_moment", "assessment", "moment"),
            models.CheckConstraint(
                condition=all_or_none("accepted_by", "accepted_at"),
                name="snapshot_accepted_by_somebody",
            ),
        ]

    def __str__(self):
        return f"{self.assessment} {self.get_moment_display()}"
