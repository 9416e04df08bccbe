"""重要账号: what one administrator asks for and another confirms before it is done."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from .base import OPTIONAL, check, person, reference, unique
from .people import Appointment, User
from .records import BeforeAndAfter
from .scope import ADMINISTRATORS, Role


class AccountChangeQuerySet(models.QuerySet):
    def visible_to(self, user) -> "AccountChangeQuerySet":
        """The three administrators see those of the accounts they see."""
        identity = getattr(user, "identity", None)
        if identity is None or identity.role not in ADMINISTRATORS:
            return self.none()
        return self.filter(account__in=User.objects.visible_to(user))

    def pending(self) -> "AccountChangeQuerySet":
        """Those nobody has decided yet."""
        return self.filter(status=AccountChange.Status.PENDING)


class AccountChange(BeforeAndAfter):
    """One request. `new` holds values as the program writes them, `before` and `after` as people read them.

    The database itself keeps that it takes two people of two roles, and neither is the one concerned.
    """

    class Act(models.TextChoices):
        PASSWORD = "password", "重置密码"
        DETAILS = "details", "修改账号"
        ENABLE = "enable", "启用账号"
        APPOINT = "appoint", "任职"

    class Status(models.TextChoices):
        PENDING = "pending", "待确认"
        DONE = "done", "已办理"
        REFUSED = "refused", "未同意"
        WITHDRAWN = "withdrawn", "已撤回"

    account = person("账号", "account_changes")
    act = models.CharField("事项", max_length=10, choices=Act)
    post = reference(Appointment, "现有任职", "changes_asked", **OPTIONAL)
    new = models.JSONField("新值", default=dict, editable=False)
    before = models.JSONField("修改前", default=dict)
    after = models.JSONField("修改后", default=dict)
    reason = models.CharField("理由", max_length=200)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.PENDING)
    asked_by = person("申请人")
    asked_role = models.CharField("申请人角色", max_length=20, choices=Role)
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    decided_by = person("确认人", **OPTIONAL)
    decided_role = models.CharField("确认人角色", max_length=20, choices=Role, blank=True)
    decided_at = models.DateTimeField("确认时间", **OPTIONAL)
    remark = models.CharField("确认意见", max_length=200, blank=True)

    objects = AccountChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "重要账号变更"
        ordering = ["-asked_at", "-pk"]
        constraints = [
            check("account_change_reason", ~Q(reason=""), "请写明理由。"),
            check("account_change_not_own", ~Q(account=F("asked_by")), "本人的账号由其他管理员申请。"),
            check(
                "account_change_decided",
                Q(status="pending", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(status="pending") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                "确认人和确认时间须同时填写。",
            ),
            check(
                "account_change_two_people",
                ~Q(status="done")
                | (
                    ~Q(decided_by=F("asked_by"))
                    & ~Q(decided_by=F("account"))
                    & ~Q(decided_role=F("asked_role"))
                    & Q(asked_role__in=ADMINISTRATORS, decided_role__in=ADMINISTRATORS)
                ),
                "须由申请人和本人以外的另一名管理员确认。",
            ),
            unique(
                "account_change_one_pending",
                ["account", "act"],
                "该账号已有一份同样的申请等待确认。",
                condition=Q(status="pending"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} {self.account.in_full}"
