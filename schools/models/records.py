"""修改记录: what a record said before and after, who changed it, when and why."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from .base import OPTIONAL, SchoolRecordQuerySet, check, of_school, person, unique


class RecordChangeQuerySet(SchoolRecordQuerySet):
    def of(self, obj: models.Model) -> "RecordChangeQuerySet":
        """The changes of one record, newest first."""
        return self.filter(model=obj._meta.label_lower, object_id=obj.pk)


class BeforeAndAfter(models.Model):
    """Holds what differs, by the names of the fields as people read them."""

    class Meta:
        abstract = True

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """What differs: name of the field, before, after."""
        names = dict.fromkeys([*self.before, *self.after])
        return [(name, self.before.get(name, ""), self.after.get(name, "")) for name in names]


class RecordChange(BeforeAndAfter):
    """One change. The names of fields and their values are kept as people read them: they must say the same
    in ten years.

    `before` and `after` hold only what differs, as {"主教室座位": "80"}; an added record has no before, a
    voided one no after.
    """

    class Action(models.TextChoices):
        ADD = "add", "新增"
        CHANGE = "change", "修改"
        END = "end", "停用"
        VOID = "void", "作废"
        CORRECT = "correct", "更正"

    school = of_school("changes")
    record = models.CharField("登记项目", max_length=40)
    model = models.CharField("数据表", max_length=60, editable=False)
    object_id = models.PositiveBigIntegerField("编号", editable=False)
    name = models.CharField("名称", max_length=200)
    action = models.CharField("操作", max_length=10, choices=Action)
    before = models.JSONField("修改前", default=dict, blank=True)
    after = models.JSONField("修改后", default=dict, blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    by = person("修改人", help_text="空的是在服务器上用命令办的。", **OPTIONAL)
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
    def who(self) -> str:
        """Who changed it, for the page."""
        return str(self.by or "系统（命令）")


class CorrectionQuerySet(SchoolRecordQuerySet):
    def pending(self) -> "CorrectionQuerySet":
        """Those nobody has decided yet."""
        return self.filter(status=Correction.Status.PENDING)


class Correction(BeforeAndAfter):
    """What shall change and why. `old` and `new` hold the fields as the program writes them, `before` and
    `after` as people read them.

    `since`, `year` and `standing` say for which lock the request was made: an event of a day, a figure of a
    year, or a fact that stands.
    """

    class Act(models.TextChoices):
        ADD = "add", "新增"
        CHANGE = "change", "修改"
        VOID = "void", "作废"

    class Status(models.TextChoices):
        PENDING = "pending", "待审核"
        APPROVED = "approved", "已同意"
        REFUSED = "refused", "未同意"
        WITHDRAWN = "withdrawn", "已撤回"

    school = of_school("corrections")
    act = models.CharField("更正方式", max_length=10, choices=Act)
    record = models.CharField("登记项目", max_length=40)
    model = models.CharField("数据表", max_length=60, editable=False)
    object_id = models.PositiveBigIntegerField("编号", null=True, editable=False)
    name = models.CharField("名称", max_length=200)
    since = models.DateField("日期", null=True, editable=False)
    year = models.PositiveSmallIntegerField("年度", null=True, editable=False)
    standing = models.BooleanField("长期有效的登记", default=False, editable=False)
    old = models.JSONField("原值", default=dict, editable=False)
    new = models.JSONField("新值", default=dict, editable=False)
    before = models.JSONField("更正前", default=dict)
    after = models.JSONField("更正后", default=dict)
    reason = models.CharField("更正理由", max_length=200)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PENDING)
    asked_by = person("申请人")
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    decided_by = person("审核人", **OPTIONAL)
    decided_at = models.DateTimeField("审核时间", **OPTIONAL)
    remark = models.CharField("审核意见", max_length=200, blank=True)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "数据更正"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            check(
                "correction_decided",
                Q(status="pending", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status="pending") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                "审核人和审核时间须同时填写。",
            ),
            check("correction_reason", ~Q(reason=""), "请写明更正理由。"),
            unique(
                "correction_one_pending",
                ["model", "object_id"],
                "该记录已有一份数据更正等待审核。",
                condition=Q(status="pending", object_id__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["school", "status"], name="correction_school_status")]

    def __str__(self) -> str:
        return f"{self.get_act_display()}{self.record} {self.name}"
