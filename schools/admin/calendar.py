"""The editable table of working days."""

from django.contrib import admin

from schools.models import CalendarDay

from .scoped import ScopedAdmin


@admin.register(CalendarDay)
class CalendarDayAdmin(ScopedAdmin):
    list_display = ["day", "works", "note"]
    list_filter = ["works"]
    search_fields = ["note"]
    date_hierarchy = "day"
