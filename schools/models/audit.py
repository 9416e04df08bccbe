"""The audit trail: rows that are written once and chained, so that any later change shows."""

from typing import Any, NoReturn

from django.db import models
from django.db.models import Q

from .base import person, reference
from .registry import Region
from .scope import Role, sees_everything


class AppendOnlyError(RuntimeError):
    """Somebody tried to change or delete an audit entry through the program."""

    def __init__(self):
        super().__init__("审计记录只能新增，不能修改或删除。")


class AuditQuerySet(models.QuerySet):
    """Reading only: every writing method refuses."""

    def visible_to(self, user) -> "AuditQuerySet":
        """The audit administrator reads the chain of the city, without a city all chains; nobody else reads
        any.
        """
        if sees_everything(user):
            return self
        identity = getattr(user, "identity", None)
        if identity is None or identity.role != Role.AUDITOR:
            return self.none()
        return self.filter(city=identity.city_id) if identity.city_id else self

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError

    update = delete = bulk_create = bulk_update = update_or_create = _raw_delete = _refuse


class AuditEntry(models.Model):
    """One act. Names and roles are copied: the entry must read the same after people and posts have changed.

    The hash is the key: a counter of its own would be one more column that nothing vouches for. `detail` is
    canonical JSON kept as text, because a database that re-writes JSON would change what was hashed.
    """

    hash = models.CharField("校验值", max_length=64, primary_key=True, editable=False)
    previous = models.CharField("上一条校验值", max_length=64, editable=False)
    city = reference(Region, "市", "+", null=True, editable=False)
    number = models.PositiveBigIntegerField("序号", editable=False)
    at = models.DateTimeField("时间", editable=False)
    user = person("用户", "audit_entries", null=True, editable=False)
    user_label = models.CharField("操作人", max_length=100, editable=False)
    role_label = models.CharField("身份", max_length=200, editable=False)
    action = models.CharField("操作代码", max_length=40, editable=False)
    action_label = models.CharField("操作", max_length=40, editable=False)
    subject = models.CharField("对象", max_length=300, editable=False)
    detail = models.TextField("详情", editable=False)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审计记录"
        ordering = ["-at", "-number"]
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(fields=["city", "number"], name="audit_number_once_per_city"),
            models.UniqueConstraint(
                fields=["number"], condition=Q(city__isnull=True), name="audit_number_once_in_system"
            ),
        ]
        indexes = [models.Index(fields=["city", "at"], name="audit_by_city_and_time")]

    def __str__(self) -> str:
        return f"第 {self.number} 条 {self.action_label} {self.subject}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new row only."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused."""
        raise AppendOnlyError


class ChainHead(models.Model):
    """Where a chain ends. The seal is made with the audit key, so a cut-off chain cannot be given a fitting
    end.
    """

    chain = models.CharField("审计链", max_length=20, primary_key=True, editable=False)
    number = models.PositiveBigIntegerField("末条序号", default=0, editable=False)
    hash = models.CharField("末条校验值", max_length=64, editable=False)
    seal = models.CharField("封印", max_length=64, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "审计链末端"

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
