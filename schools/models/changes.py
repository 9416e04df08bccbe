"""修改记录: what a record said before and after, who changed it, when and why."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .base import SchoolRecordQuerySet
from .registry import School


class RecordChangeQuerySet(SchoolRecordQuerySet):
    def of(self, obj: models.Model) -> "RecordChangeQuerySet":
        """The changes of one record, newest first."""
        return self.filter(model=obj._meta.label_lower, object_id=obj.pk)


class RecordChange(models.Model):
    """One change. The names of fields and their values are kept as people read them: they must say the same in ten years.

    `before` and `after` hold only what differs, as {"主教室座位": "80"}; an added record has no before, a voided one no after.
    """

    class Action(models.TextChoices):
        ADD = "add", "新增"
        CHANGE = "change", "修改"
        END = "end", "停用"
        VOID = "void", "作废"
        CORRECT = "correct", "更正"

    school = models.ForeignKey(School, models.PROTECT, verbose_name="党校", related_name="changes")
    record = models.CharField("登记项目", max_length=40)
    model = models.CharField("数据表", max_length=60, editable=False)
    object_id = models.PositiveBigIntegerField("编号", editable=False)
    name = models.CharField("名称", max_length=200)
    action = models.CharField("操作", max_length=10, choices=Action.choices)
    before = models.JSONField("修改前", default=dict, blank=True)
    after = models.JSONField("修改后", default=dict, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name="修改人", related_name="+")
    at = models.DateTimeField("时间", default=timezone.now)

    objects = RecordChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "修改记录"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["school", "-at"], name="change_school_at"),
            models.Index(fields=["model", "object_id", "-at"], name="change_object_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}{self.record} {self.name}"

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """What differs: name of the field, before, after."""
        names = dict.fromkeys([*self.before, *self.after])
        return [(name, self.before.get(name, ""), self.after.get(name, "")) for name in names]
