"""What several records share: the right to see, voiding instead of deleting, exact numbers."""

from decimal import Decimal

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from schools.saving import Refused

from .scope import record_scope


class SchoolRecordQuerySet(models.QuerySet):
    """Rows that hang on one school through the path `school_path`."""

    school_path = "school"

    def visible_to(self, user) -> "SchoolRecordQuerySet":
        """The rows the current identity of `user` may read."""
        return self.filter(record_scope(user, self.school_path))


class VoidableQuerySet(SchoolRecordQuerySet):
    """Records that stay in the table after being voided."""

    def kept(self) -> "VoidableQuerySet":
        """Without the voided ones; every figure is counted from these."""
        return self.filter(voided_at__isnull=True)


class Voidable(models.Model):
    """A record that is voided with a reason, never deleted."""

    voided_at = models.DateTimeField("作废时间", null=True, blank=True, editable=False)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        verbose_name="作废人",
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_void_complete",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
                violation_error_message="作废须同时写明时间、作废人和原因。",
            )
        ]

    @property
    def is_voided(self) -> bool:
        """Whether the record no longer counts."""
        return self.voided_at is not None

    def void(self, *, by, reason: str) -> None:
        """Take the record out of every figure; a second voiding is refused so that the first reason stays."""
        if self.is_voided:
            raise Refused("该记录已作废，不能重复作废。")
        if not reason.strip():
            raise Refused("请写明作废原因。")
        self.voided_at, self.voided_by, self.void_reason = timezone.now(), by, reason.strip()
        self.save(update_fields=["voided_at", "voided_by", "void_reason"])


class ExactDecimalField(models.CharField):
    """A Decimal kept as text: SQLite would store a decimal column as a binary float of 15 digits."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 60)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return None if value is None else Decimal(value)

    def to_python(self, value):
        if value is None or isinstance(value, Decimal):
            return value
        try:
            number = Decimal(str(value).strip())
        except ArithmeticError:
            number = None
        if number is None or not number.is_finite():
            raise ValidationError("“%(value)s”不是数字。", params={"value": value})
        return number

    def get_prep_value(self, value):
        value = self.to_python(value)
        return None if value is None else format(value, "f")

    def value_to_string(self, obj) -> str:
        return self.get_prep_value(self.value_from_object(obj))

    def formfield(self, **kwargs):
        return models.Field.formfield(self, **{"form_class": forms.DecimalField, **kwargs})

    def run_validators(self, value):
        super().run_validators(self.get_prep_value(value))
