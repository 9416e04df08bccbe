"""The sheet by which a school brings in classes it held before it used the system: new records only, nothing
overwritten.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from schools.importing.base import has_ended, rows_of
from schools.importing.columns import SCHOOL_CODE, ColumnField, column_of
from schools.importing.teaching_sheets import TrainingClassResource
from schools.models import Lesson, School, Teacher, TrainingClass
from schools.models.naming import refuse_several
from schools.workbooks import same

from .classes import habits_of

ALREADY = "这个班次已经登记，内容相同，不再写入"
OTHERWISE = "日期和班名相同，其他内容不同，没有登记：授课人与登记不同；更正请到该班页面修改"


class BackfillResource(TrainingClassResource):
    """One row per class of one school, with the person who taught it; a class already registered is told,
    never changed.
    """

    lecturer = column_of(
        Lesson,
        "lecturer",
        attribute="lecturer_name",
        hint="在师资库的自动关联；几个人讲的，登记后在该班页面补课次",
    )
    lecturer_kind = column_of(Lesson, "lecturer_kind")

    class Meta(TrainingClassResource.Meta):
        fields = (*TrainingClassResource.Meta.fields, "lecturer", "lecturer_kind")

    def __init__(self, **kwargs) -> None:
        super().__init__(**kwargs)
        self.made: list[TrainingClass] = []

    @classmethod
    def columns(cls) -> list[ColumnField]:
        """The school is whoever imports."""
        return [field for field in super().columns() if field.column_name != SCHOOL_CODE]

    def defaults(self) -> dict[str, Any]:
        """See `columns`."""
        return {SCHOOL_CODE: self.own.code}

    @cached_property
    def own(self) -> School:
        """The one school of the import."""
        return self.schools.get()

    def before_import(self, dataset, **kwargs) -> None:
        """Pool and habits are asked once."""
        super().before_import(dataset, **kwargs)
        pool = sorted(rows_of(self, Teacher), key=has_ended, reverse=True)
        self.pool = {same(teacher.name): teacher for teacher in pool}
        self.kinds = {same(name): kind for name, kind in habits_of(self.own).kinds.items()}
        self.taught: dict[int, list[tuple[str, str]]] = {}
        for one in rows_of(self, Lesson, "training_class__school").select_related("teacher"):
            taught = self.taught.setdefault(one.training_class_id, [])
            taught.append((same(one.lecturer_name), one.lecturer_kind))

    def before_import_row(self, row, row_number=None, **kwargs) -> None:
        """Where remarks on the row belong."""
        self.at = self.numbers[row_number - 1]
        super().before_import_row(row, row_number=row_number, **kwargs)

    def check(self, instance: TrainingClass) -> None:
        """A class known with other figures, a stranger without a capacity."""
        super().check(instance)
        if instance.pk is not None:
            self._check_known(instance)
            return
        name = getattr(instance, "lecturer_name", "")
        refuse_several(name, "lecturer_name")
        is_known = getattr(instance, "lecturer_kind", "") or same(name) in {*self.pool, *self.kinds}
        if name and not is_known:
            raise ValidationError({"lecturer_kind": f"“{name}”不在师资库，请填写授课人身份"})

    def _check_known(self, instance: TrainingClass) -> None:
        changed = [
            field.verbose_name
            for field in instance._meta.concrete_fields
            if getattr(instance, field.attname) != instance.imported_over[field.attname]
        ]
        if changed:  # what is the same never comes here, see `skip_row`
            sentence = (
                f"这个班次已经登记，{'、'.join(changed)}与登记不同；更正请到该班页面修改，或从表中删去这一行"
            )
            raise ValidationError({"name": sentence})

    def skip_row(self, instance, original, row, import_validation_errors=None) -> bool:
        """A class known with the same figures is said to be so."""
        skipped = super().skip_row(instance, original, row, import_validation_errors)
        if skipped:
            self.remarks.append((self.at, None, ALREADY if self._is_taught_so(instance) else OTHERWISE))
        return skipped

    def _is_taught_so(self, instance: TrainingClass) -> bool:
        """Whether the row names nobody else than who taught the class, in no other capacity."""
        name, kind = (getattr(instance, part, "") or "" for part in ("lecturer_name", "lecturer_kind"))
        taught = self.taught.get(instance.pk, [])
        return not (name or kind) or any(
            same(name) in ("", who) and kind in ("", known) for who, known in taught
        )

    def before_save_instance(self, instance, row, **kwargs) -> None:
        """Remembered for its lesson, which needs its number."""
        super().before_save_instance(instance, row, **kwargs)
        if instance.pk is None:
            self.made.append(instance)

    def after_import(self, dataset, result, **kwargs) -> None:
        """The person who taught each new class, in one go."""
        super().after_import(dataset, result, **kwargs)
        taught = [record for record in self.made if record.pk and getattr(record, "lecturer_name", "")]
        lessons = [self._lesson(record) for record in taught]
        Lesson.objects.bulk_create(lessons, batch_size=500)

    def _lesson(self, record: TrainingClass) -> Lesson:
        name = record.lecturer_name
        teacher = self.pool.get(same(name))
        kind = getattr(record, "lecturer_kind", "") or self.kinds.get(same(name))
        return Lesson(
            training_class=record,
            teacher=teacher,
            lecturer="" if teacher else name,
            lecturer_kind=kind or Lesson.KIND_OF_TEACHER[teacher.kind],
            hours=record.hours,
        )
