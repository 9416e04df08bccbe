"""Changes made in the back office leave old and new value, like those a school makes itself."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from schools import audit
from schools.models import RecordChange, School
from schools.records.changes import note_change, snapshot

REASON = "数据维护"


class NotingAdmin(admin.ModelAdmin):
    """Notes what a saved form and its inline rows changed; Django's admin saves both in one transaction."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Keeps what stood before until the many-to-many fields are saved too."""
        obj.noted_before = snapshot(self.model._base_manager.get(pk=obj.pk)) if change else {}
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The record with its sets is whole now."""
        rows = [row.instance for formset in formsets for row in formset.forms if row.has_changed()]
        before = {id(row): snapshot(type(row)._base_manager.get(pk=row.pk)) for row in rows if row.pk}
        super().save_related(request, form, formsets, change)
        _note(request, form.instance, form.instance.noted_before)
        for row in rows:
            if row.pk:
                _note(request, row, before.get(id(row), {}))


def _note(request: HttpRequest, record: Any, before: dict[str, Any]) -> None:
    school = record if isinstance(record, School) else getattr(record, "school", None)
    if school is None:
        return
    action = RecordChange.Action.CHANGE if before else RecordChange.Action.ADD
    change = note_change(
        record,
        school=school,
        action=action,
        before=before,
        after=snapshot(record),
        by=request.user,
        reason=REASON,
    )
    if change:
        detail = {"修改前": change.before, "修改后": change.after}
        audit.record(
            "maintain", by=request.user, city=school.city, subject=f"{school.name} {change}", detail=detail
        )
