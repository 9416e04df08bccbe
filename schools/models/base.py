"""What several records share: the right to see, voiding instead of deleting, exact numbers; fields and rules
that stand in many tables. A rule has a name, and a sentence for whoever breaks it.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import reduce
from operator import or_

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from schools.saving import Refused

from .scope import record_scope

#: May stay empty, in the form and in the table.
OPTIONAL = {"null": True, "blank": True}
#: Records that were not voided.
KEPT = Q(voided_at__isnull=True)


def reference(to, label: str, related_name: str, **options) -> models.ForeignKey:
    """Another record, which is never deleted under the one that names it."""
    return models.ForeignKey(to, models.PROTECT, verbose_name=label, related_name=related_name, **options)


def of_school(related_name: str) -> models.ForeignKey:
    """The school a record belongs to."""
    return reference("schools.School", "党校", related_name)


def person(label: str, related_name: str = "+", **options) -> models.ForeignKey:
    """An account; where it only did something, nobody asks it for all it did."""
    return reference(settings.AUTH_USER_MODEL, label, related_name, **options)


def unique(name: str, fields: Sequence[str], sentence: str, **options) -> models.UniqueConstraint:
    """No two rows are the same in these fields."""
    return models.UniqueConstraint(fields=fields, name=name, violation_error_message=sentence, **options)


def check(name: str, condition: Q, sentence: str) -> models.CheckConstraint:
    """Every row fulfils the condition."""
    return models.CheckConstraint(name=name, condition=condition, violation_error_message=sentence)


def together(name: str, fields: Sequence[str], sentence: str, *, text: str = "") -> models.CheckConstraint:
    """All of these fields are filled or none is; `text` is one of them that holds words."""
    empty = {f"{field}__isnull": True for field in fields}
    filled = Q(**dict.fromkeys(empty, False))
    if text:
        empty[text] = ""
        filled &= ~Q(**{text: ""})
    return check(name, Q(**empty) | filled, sentence)


def period(
    name: str,
    first: str = "since",
    last: str = "until",
    sentence: str = "结束日期不能早于开始日期。",
    *,
    open_ends: Sequence[str] | None = None,
) -> models.CheckConstraint:
    """A period does not end before it starts; it may be open at both ends, or only at `open_ends`."""
    ends = (first, last) if open_ends is None else open_ends
    conditions = [Q(**{f"{end}__isnull": True}) for end in ends]
    return check(name, reduce(or_, [*conditions, Q(**{f"{last}__gte": F(first)})]), sentence)


def twelve_months(name: str) -> models.CheckConstraint:
    """For rows of a month."""
    return check(name, Q(month__range=(1, 12)), "月份应为 1 至 12。")


def between(least: int, most: int, sentence: str) -> list:
    """Validators of a number."""
    return [MinValueValidator(least, sentence), MaxValueValidator(most, sentence)]


class SchoolRecordQuerySet(models.QuerySet):
    """Rows that hang on one school through the path `school_path`."""

    school_path = "school"

    def visible_to(self, user) -> "SchoolRecordQuerySet":
        """The rows the current identity of `user` may read."""
        return self.filter(record_scope(user, self.school_path))


class SchoolRecord(models.Model):
    """Hangs on one school, by a field of that name."""

    objects = SchoolRecordQuerySet.as_manager()

    class Meta:
        abstract = True


class VoidableQuerySet(SchoolRecordQuerySet):
    """Records that stay in the table after being voided."""

    def kept(self) -> "VoidableQuerySet":
        """Without the voided ones; every figure is counted from these."""
        return self.filter(KEPT)


class Voidable(models.Model):
    """A record that is voided with a reason, never deleted."""

    voided_at = models.DateTimeField("作废时间", editable=False, **OPTIONAL)
    voided_by = person("作废人", editable=False, **OPTIONAL)
    void_reason = models.CharField("作废原因", max_length=200, blank=True, editable=False)

    objects = VoidableQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            together(
                "%(app_label)s_%(class)s_void_complete",
                ["voided_at", "voided_by"],
                "作废须同时写明时间、作废人和原因。",
                text="void_reason",
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


class Recorded(models.Model):
    """When and by whom a record was entered."""

    recorded_at = models.DateTimeField("登记时间", default=timezone.now, editable=False)
    recorded_by = person("登记人", editable=False, **OPTIONAL)

    class Meta:
        abstract = True


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
