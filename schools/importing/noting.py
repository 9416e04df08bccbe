"""What a sheet does to records: refused where they are signed or a correction waits for them, and kept as a
change, old and new, where it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from schools.models import RecordChange, User
from schools.records.changes import Names, change_of, differences, school_of, snapshot, worded
from schools.records.guarding import Guard
from schools.saving import insert_many

Values = Mapping[str, Any]


class NotingResource:
    """Beside the reading of a sheet: what stood in each record before, and what stands there now."""

    by: User | None
    #: Whether new records are named in the audit trail as changed ones are: they give somebody something.
    tells_new = False

    def begin(self, held: Sequence[int]) -> None:
        """Before the first row; the schools that the workbook names are held."""
        self.held = held
        self.guard = Guard(self._meta.model, held)
        self.written: list[tuple[models.Model, Values]] = []

    def stands(self, instance: models.Model) -> Values:
        """What the record says now; nothing while it is not stored."""
        return snapshot(instance) if instance.pk else {}

    def states(self, instance: models.Model) -> Values:
        """What it will say with the cells of its row."""
        return snapshot(instance)

    def refuse_signed(self, instance: models.Model) -> None:
        """Raises the sentence of the form, at a column of the row, with both values where there are two."""
        before, after = instance.stood, self.states(instance)
        school = school_of(instance)
        if school is None or school.pk is None:
            return
        if sentence := self.guard.refusal(school, before, after, instance.pk):
            raise ValidationError(self.at_column(before, after, sentence))

    def at_column(self, before: Values, after: Values, sentence: str) -> dict[str, str]:
        """The sentence by the first column that would change; a new record's stands at its key."""
        if not before:
            keys = [name for name in self.get_import_id_fields() if name != "school"]
            return {self.fields[keys[0]].attribute: sentence}
        _, new = differences(before, after)
        name = next((name for name in new if self.heading(name)), next(iter(new)))
        return {name: both_told(self._meta.model, name, before, after) + sentence}

    def after_save_instance(self, instance: models.Model, row: Values, **kwargs: Any) -> None:
        """Kept until all rows are written: a new one has its number only then."""
        super().after_save_instance(instance, row, **kwargs)
        self.written.append((instance, instance.stood))

    def note(self) -> list[str]:
        """Every change by one insert; what the audit trail says of them, a line each."""
        names: Names = {}
        changes = [change for one in self.written if (change := self._change(*one, names))]
        insert_many(changes)
        return [
            _line(change) for change in changes if self.tells_new or change.action != RecordChange.Action.ADD
        ]

    def _change(self, record: models.Model, before: Values, names: Names) -> RecordChange | None:
        return change_of(
            record,
            school=school_of(record),
            action=RecordChange.Action.CHANGE if before else RecordChange.Action.ADD,
            before=before,
            after=snapshot(record),
            by=self.by,
            reason="工作簿导入",
            names=names,
        )


def both_told(model: type[models.Model], name: str, before: Values, after: Values) -> str:
    """What a field is recorded as and what the sheet says."""
    was, now = (worded(model, {name: values[name]}).popitem()[1] or "空" for values in (before, after))
    return f"登记为“{was}”，表中为“{now}”："


def _line(change: RecordChange) -> str:
    told = "，".join(f"{name} {was or '空'}→{now or '空'}" for name, was, now in change.lines)
    return f"{change.school} {change}：{told}"
