"""The editable table of working days; a whole year is pasted on its own page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from schools import audit
from schools.models import CalendarDay
from schools.records.changes import snapshot, worded

from .scoped import ScopedAdmin


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    change_list_template = "admin/calendar/change_list.html"
    list_display = ["day", "works", "note", "arrangement"]
    list_filter = ["works"]
    list_select_related = ["arrangement"]
    search_fields = ["note"]
    date_hierarchy = "day"

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        """A day that moves everybody's deadlines is audited, with what was entered before."""
        before = worded(CalendarDay, snapshot(CalendarDay.objects.get(pk=obj.pk))) if change else {}
        if form.changed_data:
            obj.arrangement = (
                None  # the next list of the year replaces its own days only, and names the others
            )
        super().save_model(request, obj, form, change)
        identity = request.user.identity
        detail = {"修改前": before, "修改后": worded(CalendarDay, snapshot(obj))}
        audit.record(
            "maintain",
            by=request.user,
            city=identity and identity.city,
            subject=f"工作日调整 {obj}",
            detail=detail,
        )
