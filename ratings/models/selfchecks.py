"""对标自查: what a school sets itself for an item. The school's own paper; nobody else reads it."""

from django.conf import settings
from django.db import models

from schools.models.scope import SCHOOL_ROLES

from .assessments import Assessment, rating_scope
from .criteria import Item


class GoalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The own school's people and nobody else, whatever their reach: goals are never reported upward."""
        identity = user.identity
        if identity is None or identity.role not in SCHOOL_ROLES:
            return self.none()
        return self.filter(rating_scope(user, "assessment__school"))


class Goal(models.Model):
    """自查目标: what is to be reached at one item, who does it, by when. Never scored; an empty text is a goal taken back."""

    assessment = models.ForeignKey(Assessment, models.PROTECT, verbose_name="评定申报", related_name="goals")
    item = models.ForeignKey(Item, models.PROTECT, verbose_name="小项", related_name="+")
    text = models.CharField("目标", max_length=200, blank=True)
    person = models.CharField("责任人", max_length=40, blank=True)
    due = models.DateField("完成时间", null=True, blank=True)
    done = models.BooleanField("已完成", default=False)
    version = models.PositiveIntegerField("修改次数", default=0)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="最后修改人", related_name="+")
    updated_at = models.DateTimeField("最后修改时间")

    objects = GoalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "自查目标"
        ordering = ["assessment", "item"]
        constraints = [models.UniqueConstraint(fields=["assessment", "item"], name="goal_once_per_item")]

    def __str__(self):
        return self.text
